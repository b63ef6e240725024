"""Facts as the fields of accounts that a CRM should hold."""

from dataclasses import replace
from datetime import date

import ibis
import pyarrow as pa

from mappings.config import MappingConfig
from mappings.schema import Schema
from mappings.write import (
    ACCOUNT_OUTPUTS,
    account_policies,
    account_rows,
    computed_at_field,
    lead_record,
)
from tests.mappings.one_lead import LEAD, Said
from tests.mappings.orgs import preset, salesforce, writing

ACCOUNTS = pa.table(
    {
        "account_id": ["001A", "001B"],
        "headroom": pa.array([80, None], pa.int64()),
        "headroom_value": pa.array([123456, 5000], pa.int64()),
        "currency": ["USD", "JPY"],
        "risk": ["high", None],
        "risk_reasons": ["usage fell", None],
        "next_product": ["n" * 300, "SUITE"],
        "priority": ["high", "low"],
    }
)


def rows(schema: Schema | None, crm: str = "salesforce") -> list[dict[str, object]]:
    con = ibis.duckdb.connect()
    table = account_rows(con.create_table("accounts", ACCOUNTS), preset(crm), schema)
    return sorted(con.to_pyarrow(table).to_pylist(), key=lambda row: str(row["id"]))


def test_account_fields_leave_in_the_crms_names_and_major_units() -> None:
    first, second = rows(salesforce())
    assert first == {
        "id": "001A",
        "Tossup_Headroom__c": 80,
        "Tossup_Headroom_Value__c": 1234.56,
        "Tossup_Risk__c": "high",
        "Tossup_Risk_Reasons__c": "usage fell",
        "Tossup_Next_Product__c": "n" * 254 + "…",
        "Tossup_Priority__c": "high",
    }
    assert (second["Tossup_Headroom__c"], second["Tossup_Headroom_Value__c"]) == (None, 5000.0)
    assert second["Tossup_Risk__c"] is None


def test_money_leaves_with_the_two_decimals_that_fields_keep() -> None:
    worth = [1234567, 1234564, None]
    dinars = {"account_id": ["1", "2", "3"], "currency": ["KWD"] * 3, "headroom_value": pa.array(worth, pa.int64())}
    con = ibis.duckdb.connect()
    table = con.to_pyarrow(account_rows(con.create_table("dinars", pa.table(dinars)), preset("salesforce")))
    told = dict(zip(table["id"].to_pylist(), table["Tossup_Headroom_Value__c"].to_pylist(), strict=True))
    assert told == {"1": 1234.57, "2": 1234.56, "3": None}
    lead = lead_record(replace(LEAD, value=1234567, currency="KWD"), Said(), preset("salesforce"), salesforce())
    assert lead is not None
    assert 1234.57 in lead.new.values()


def test_account_fields_that_are_not_there_are_left_out() -> None:
    assert set(rows(salesforce(stock=True))[0]) == {"id"}
    assert len(rows(None, "hubspot")[0]) == 7


def test_what_is_known_of_an_account_is_written_and_days_leave_as_text() -> None:
    more = {
        "renewal_on": pa.array([date(2027, 3, 31), None], pa.date32()),
        "open_value": pa.array([250000, 0], pa.int64()),
        "rfm": ["1-2-3", None],
    }
    known = ACCOUNTS.select(["account_id", "currency"])
    for name, values in more.items():
        known = known.append_column(name, pa.array(values) if isinstance(values, list) else values)
    con = ibis.duckdb.connect()
    table = con.to_pyarrow(account_rows(con.create_table("known", known), preset("hubspot")))
    assert sorted(table.to_pylist(), key=lambda row: row["id"])[0] == {
        "id": "001A",
        "tossup_rfm": "1-2-3",
        "tossup_renewal_on": "2027-03-31",
        "tossup_open_value": 2500.0,
    }


def test_account_values_are_spelled_by_the_mapping() -> None:
    mapping = preset("salesforce")
    risk = mapping.write.account.fields["risk"].model_copy(update={"values": {"high": "Red", "none": "Green"}})
    mapping = writing(mapping, "account", risk=risk)
    con = ibis.duckdb.connect()
    table = account_rows(con.create_table("accounts", ACCOUNTS), mapping)
    assert con.to_pyarrow(table)["Tossup_Risk__c"].to_pylist() == ["Red", None]
    assert computed_at_field(mapping) is None


def test_a_code_is_written_in_words_unless_the_mapping_or_a_list_of_choices_says_otherwise() -> None:
    table = pa.table({"account_id": ["1", "2"], "currency": ["USD", "USD"], "rfm_segment": ["at_risk", "loyal"]})
    words = {"rfm_segment.at_risk": "At risk", "rfm_segment.new": "New customers"}
    con = ibis.duckdb.connect()

    def written(mapping: MappingConfig, schema: Schema | None = None) -> list[object]:
        told = con.to_pyarrow(account_rows(con.create_table("t", table, overwrite=True), mapping, schema, words))
        return [row["Tossup_RFM_Segment__c"] for row in sorted(told.to_pylist(), key=lambda row: str(row["id"]))]

    mapping = preset("salesforce")
    field = mapping.write.account.fields["rfm_segment"].model_copy(update={"values": {"at_risk": "R"}})
    own = writing(mapping, "account", rfm_segment=field)
    assert written(mapping) == ["At risk", "loyal"]
    assert written(own) == ["R", "loyal"]
    there = salesforce()
    some = there.objects["Account"].fields["Tossup_Risk__c"]
    picklist = replace(some, name="Tossup_RFM_Segment__c", choices=("at_risk", "loyal"))
    account_object = there.objects["Account"]
    fields = {**account_object.fields, picklist.name: picklist}
    listed = replace(there, objects={**there.objects, "Account": replace(account_object, fields=fields)})
    assert written(mapping, listed) == ["at_risk", "loyal"]


def test_when_the_fields_changed_is_ours_and_stands_apart() -> None:
    assert computed_at_field(preset("hubspot")) == "tossup_computed_at"
    policies = account_policies(preset("hubspot"))
    assert (policies["tossup_computed_at"], policies["tossup_risk"]) == ("ours", "pin_on_human_edit")
    assert "computed_at" in ACCOUNT_OUTPUTS
