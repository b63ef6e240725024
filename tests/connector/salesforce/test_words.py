"""SOQL, field definitions and outcomes, as text."""

import pytest
from pydantic import SecretStr

from connector.port import Record
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.definition import definition, full_name, seen_on
from connector.salesforce.outcomes import first_of_each, of_bulk_error, of_collection
from connector.salesforce.soql import Select, any_of, live_or, quoted
from mappings.changes import Link
from mappings.schema import FieldType, WantedField

ALL = Select(object="Account", fields=("Id", "Name"), stamp="SystemModstamp")


def test_a_full_read_goes_by_id_and_can_go_on_behind_a_row():
    assert ALL.text == "SELECT Id, Name FROM Account ORDER BY Id"
    assert ALL.from_here("", "001A").text == "SELECT Id, Name FROM Account WHERE Id > '001A' ORDER BY Id"


def test_an_incremental_read_goes_by_stamp_and_id():
    changed = Select(object="Account", fields=("Id",), stamp="SystemModstamp", since="2026-01-01T00:00:00.000Z")
    where = "WHERE SystemModstamp >= 2026-01-01T00:00:00.000Z"
    assert changed.text == f"SELECT Id FROM Account {where} ORDER BY SystemModstamp, Id"
    assert changed.count == f"SELECT COUNT() FROM Account {where}"
    assert changed.from_here("2026-01-02T00:00:00.000Z", "001A").unordered == (
        "SELECT Id FROM Account WHERE SystemModstamp > 2026-01-02T00:00:00.000Z OR "
        "(SystemModstamp = 2026-01-02T00:00:00.000Z AND Id > '001A')"
    )


def test_what_every_row_must_meet_holds_behind_any_row():
    only = live_or(("Key__c", "Other__c"))
    assert only == "IsDeleted = false AND (IsArchived = false OR Key__c != null OR Other__c != null)"
    kept = Select(object="Task", fields=("Id",), everything=True, only=only)
    assert kept.count == f"SELECT COUNT() FROM Task WHERE {only}"
    assert kept.from_here("", "00T1").text == f"SELECT Id FROM Task WHERE (Id > '00T1') AND {only} ORDER BY Id"


def test_a_query_of_many_fields_does_not_fit_an_address():
    assert ALL.fits_a_url
    assert not Select(object="Account", fields=tuple(f"Field_Number_{n}__c" for n in range(700))).fits_a_url


def test_literals_are_quoted():
    assert quoted("O'Neil \\ x\ny") == "'O\\'Neil \\\\ x\\ny'"
    assert any_of("Name", ["a", "b'"]) == "Name IN ('a', 'b\\'')"


def wanted(type: FieldType, **more) -> WantedField:
    return WantedField(object="Account", name="Tossup_X__c", label="X", type=type, help="h", **more)


@pytest.mark.parametrize(
    ("field", "metadata"),
    [
        (wanted(FieldType.TEXT, unique=True), {"type": "Text", "length": 255, "externalId": True, "unique": True}),
        (wanted(FieldType.LONG_TEXT), {"type": "LongTextArea", "length": 32_768, "visibleLines": 6}),
        (wanted(FieldType.INTEGER), {"type": "Number", "precision": 18, "scale": 0}),
        (wanted(FieldType.CURRENCY), {"type": "Currency", "precision": 18, "scale": 2}),
        (wanted(FieldType.BOOLEAN), {"type": "Checkbox", "defaultValue": "false"}),
        (wanted(FieldType.DATE), {"type": "Date"}),
        (wanted(FieldType.REFERENCE, references=("Account",)), {"type": "Lookup", "referenceTo": "Account"}),
    ],
)
def test_a_wanted_field_is_defined(field, metadata):
    made = definition(field)
    assert made["FullName"] == "Account.Tossup_X__c"
    assert metadata.items() <= made["Metadata"].items()


def test_a_choice_gets_its_values_and_stays_open():
    values = definition(wanted(FieldType.CHOICE, choices=("high", "low")))["Metadata"]["valueSet"]
    assert values["restricted"] is False
    assert [v["fullName"] for v in values["valueSetDefinition"]["value"]] == ["high", "low"]


def test_a_field_of_a_task_is_defined_on_activity_and_granted_on_task_and_event():
    field = WantedField(object="Task", name="K__c", label="K", type=FieldType.TEXT, help="h")
    assert full_name(field) == "Activity.K__c"
    assert seen_on("Task") == ("Task", "Event")


def test_the_first_of_each_id_or_key_is_sent():
    records = [
        Record(ref="a", id="001000000000001AAA", values={}),
        Record(ref="b", id="001000000000001", values={}),
        Record(ref="c", values={}),
        Record(ref="d", id="001000000000002AAA", values={}, links=(Link(object="x", id="1"),)),
    ]
    sent, rest = first_of_each(records, "id")
    assert [record.ref for record in sent] == ["a"]
    assert {outcome.ref: outcome.code for outcome in rest} == {"b": "DUPLICATE_IN_BATCH", "c": "NO_ID", "d": "LINKS"}


def test_bulk_errors_are_taken_apart():
    record = Record(ref="a", id="1", values={})
    outcome = of_bulk_error(record, "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --")
    assert (outcome.code, outcome.fields, outcome.retryable) == ("REQUIRED_FIELD_MISSING", ("LastName",), False)
    assert "missing: [LastName]" in (outcome.message or "")
    locked = of_bulk_error(record, "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--")
    assert (locked.code, locked.fields, locked.retryable) == ("UNABLE_TO_LOCK_ROW", (), True)


def test_an_outcome_of_a_refused_record_says_what_to_do():
    error = {"statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "message": "Unable to write", "fields": ["X__c"]}
    outcome = of_collection(Record(ref="a", id="1", values={}), {"success": False, "errors": [error]}, by_key=False)
    assert outcome.fields == ("X__c",)
    assert "field-level security" in (outcome.message or "")


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://acme.my.salesforce.com", "login"),
        ("https://acme--uat.sandbox.my.salesforce.com", "test"),
        ("http://127.0.0.1:8080", "login"),
    ],
)
def test_a_sandbox_signs_in_at_test(url, domain):
    assert SalesforceConfig(url=url).login_domain == domain


def test_secrets_are_not_shown():
    secret = SecretStr("s3cret")
    assert "s3cret" not in repr(SalesforceConfig(url="x", access_token=secret, client_secret=secret))
