"""What is Salesforce's own: Bulk and REST alike, lost places, locks, field-level security, assignment rules."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connector.emulator.server import Emulator
from connector.errors import GiveUp
from connector.port import Read, Record
from connector.salesforce.crm import Salesforce
from connector.wire import Call
from mappings.schema import FieldType, WantedField
from tests.connector.contract.base import by_ref
from tests.connector.contract.side import described, read_all
from tests.connector.salesforce.side import WORDS, SalesforceSide, emulated

JOBS = "/services/data/*/jobs"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with emulated() as emulator:
        yield emulator


@pytest.fixture
def side(emulator: Emulator) -> SalesforceSide:
    return SalesforceSide(emulator)


@pytest.fixture
def crm(side: SalesforceSide) -> Iterator[Salesforce]:
    crm = side.open()
    yield crm
    crm.close()


@pytest.fixture
def bulk(side: SalesforceSide) -> Iterator[Salesforce]:
    """A connection that sends everything by Bulk, in small parts."""
    crm = side.open(bulk_rows=0, bulk_writes=0, bulk_page=100)
    yield crm
    crm.close()


def routes(side: SalesforceSide) -> dict[str, int]:
    return side.emulator.calls(forget=True)


def test_bulk_and_rest_bring_the_same_rows(side, crm, bulk):
    side.add("Account", [{"Name": 'a "b",\nc'} | dict(WORDS.one_of_each), {"Name": "株式会社サンプル001"}])
    side.accounts(250)
    schema = described(crm, "Account")
    read = Read(schema=schema, fields=("Name", *WORDS.read_back))
    by_rest, _, rest_last = read_all(crm, read)
    routes(side)
    by_bulk, _, bulk_last = read_all(bulk, read)
    assert any("/jobs/query" in route for route in routes(side))
    assert sorted(by_bulk, key=lambda row: row["Id"]) == by_rest
    assert bulk_last.rows.schema == rest_last.rows.schema
    assert len(by_rest) == 252


def test_bulk_brings_changes_and_deletes(side, bulk):
    ids = side.accounts(150)
    side.advance(hours=1)
    schema = described(bulk, "Account")
    _, _, last = read_all(bulk, Read(schema=schema, fields=("Name",)))
    side.advance(hours=1)
    side.edit("Account", ids[0], {"Name": "Renamed"})
    side.delete("Account", ids[1])
    rows, deleted, _ = read_all(bulk, Read(schema=schema, fields=("Name",), since=last.cursor))
    assert [(row["Id"], row["Name"]) for row in rows] == [(ids[0], "Renamed")]
    assert deleted == [ids[1]]


@pytest.mark.parametrize("way", ["crm", "bulk"])
def test_a_transaction_that_commits_fourteen_minutes_after_its_stamp_arrives(side, way, request):
    connection = request.getfixturevalue(way)
    side.accounts(2)
    side.advance(hours=1)
    schema = described(connection, "Account")
    started = side.now() - timedelta(minutes=14)
    _, _, last = read_all(connection, Read(schema=schema, fields=("Name",)))
    (late,) = side.accounts(1, stamp=started)
    rows, _, _ = read_all(connection, Read(schema=schema, fields=("Name",), since=last.cursor))
    assert [row["Id"] for row in rows] == [late]


def test_a_bulk_part_is_asked_for_again_when_the_connection_drops(side, bulk):
    side.accounts(350)
    side.fault(f"GET {JOBS}/query/*/results*", "drop_before", times=2, skip=1)
    rows, _, _ = read_all(bulk, Read(schema=described(bulk, "Account"), fields=("Name",)))
    assert len({row["Id"] for row in rows}) == len(rows) == 350
    assert side.hits() == 2


def test_a_small_object_is_read_by_rest_and_a_large_one_by_bulk(side):
    side.accounts(30)
    crm = side.open(bulk_rows=29)
    schema = described(crm, "Account")
    routes(side)
    read_all(crm, Read(schema=schema, fields=("Name",)))
    assert any("/jobs/query" in route for route in routes(side))
    side.delete("Account", next(iter(crm.ids("Account"))).to_pylist()[0])
    routes(side)
    read_all(crm, Read(schema=schema, fields=("Name",)))
    assert not any("/jobs/query" in route for route in routes(side))
    crm.close()


def test_a_read_goes_on_when_salesforce_has_lost_its_place(side, crm, emulator):
    ids = side.accounts(450)
    schema = described(crm, "Account")
    reading = crm.read(Read(schema=schema, fields=("Name",)))
    batches = [next(reading)]
    emulator.salesforce._queries.clear()
    batches += list(reading)
    arrived = [id for batch in batches for id in batch.rows.column(0).to_pylist()]
    assert arrived == sorted(ids)


def test_many_fields_go_by_bulk(side, crm, emulator):
    names = [f"Some_Quite_Long_Field_Name_{number:04}__c" for number in range(400)]
    emulator.salesforce.define("Account", [{"name": n, "label": n, "type": "Text", "length": 20} for n in names])
    side.add("Account", [{"Name": "Example Industries 001", names[399]: "last"}])
    schema = described(crm, "Account")
    rows, _, _ = read_all(crm, Read(schema=schema, fields=("Name", *names)))
    assert rows[0][names[399]] == "last"


def test_a_field_that_is_hidden_from_us_is_not_there_and_reading_it_says_why(side, crm):
    schema = described(crm, "Account")
    side.settings(hide=["Account.Tier__c"])
    assert "Tier__c" not in described(crm, "Account").fields
    side.accounts(1)
    with pytest.raises(GiveUp, match="field-level security") as caught:
        list(crm.read(Read(schema=schema, fields=("Tier__c",))))
    assert caught.value.code == "INVALID_FIELD"


def test_an_object_without_stamps_is_read_in_full_every_time(side, crm):
    schema = described(crm, "Account")
    bare = type(schema)(name=schema.name, label=schema.label, fields=schema.fields, stamp_field=None)
    side.accounts(3)
    rows, _, last = read_all(crm, Read(schema=bare, fields=("Name",)))
    assert (len(rows), last.cursor) == (3, None)


def test_an_assignment_rule_does_not_take_a_lead_from_its_owner(side, crm):
    side.settings(assignment_rule=True)
    wanted = WantedField(
        object="Lead", name="Tossup_Key__c", label="Key", type=FieldType.TEXT, help="Names the lead.", unique=True
    )
    crm.setup(crm.missing([wanted]))
    me = crm.user_id()
    record = Record(ref="a", key="k1", values={"LastName": "Owner 01", "Company": "Example", "OwnerId": me})
    assert by_ref(crm.upsert("Lead", "Tossup_Key__c", [record]))["a"].ok
    (lead,) = side.held("Lead")
    assert lead["OwnerId"] == me


def test_ten_thousand_updates_take_at_most_sixty_calls(side, crm):
    ids = side.accounts(10_000)
    crm.connection()
    records = [Record(ref=f"r{n}", id=id, values={"NumberOfEmployees": n}) for n, id in enumerate(ids)]
    before = crm.calls
    outcomes = by_ref(crm.update("Account", records))
    assert crm.calls - before <= 60
    assert len(outcomes) == 10_000
    assert all(outcome.ok and not outcome.created for outcome in outcomes.values())
    held = {record["Id"]: record["NumberOfEmployees"] for record in side.held("Account")}
    assert [held[id] for id in ids] == list(range(10_000))


def test_bulk_writes_give_an_outcome_for_every_record(side, bulk):
    good, bad, cleared = side.add(
        "Account", [{"Name": f"Example Industries {n}", "NumberOfEmployees": 7, "Phone": "x"} for n in range(3)]
    )
    records = [
        Record(ref="good", id=good, values={"Description": 'two\nlines, "quoted"', "Invoice_Overdue__c": True}),
        Record(ref="bad", id=bad, values=dict(WORDS.bad_values)),
        Record(ref="cleared", id=cleared, values={"NumberOfEmployees": None}),
        Record(ref="gone", id=WORDS.missing_id, values={"NumberOfEmployees": 1}),
    ]
    outcomes = by_ref(bulk.update("Account", records))
    assert {ref: outcome.ok for ref, outcome in outcomes.items()} == {
        "good": True,
        "cleared": True,
        "bad": False,
        "gone": False,
    }
    assert all(outcomes[ref].code and outcomes[ref].message for ref in ("bad", "gone"))
    held = {record["Id"]: record for record in side.held("Account")}
    assert held[good]["Description"] == 'two\nlines, "quoted"'
    assert held[good]["NumberOfEmployees"] == 7
    assert held[cleared]["NumberOfEmployees"] is None
    assert held[cleared]["Phone"] == "x"


def test_bulk_upserts_create_once(side, bulk):
    bulk.setup(bulk.missing(side.wanted()))
    records = [
        Record(ref=f"t{n}", key=f"k{n}", values={"Subject": f"Call {n}"} | dict(WORDS.new_task)) for n in range(25)
    ]
    first = by_ref(bulk.upsert("Task", "Tossup_Key__c", records))
    second = by_ref(bulk.upsert("Task", "Tossup_Key__c", records))
    assert all(outcome.ok and outcome.created for outcome in first.values())
    assert all(outcome.ok and not outcome.created for outcome in second.values())
    assert len(side.held("Task")) == 25


@pytest.mark.parametrize("call", ["POST", "PUT", "PATCH"])
def test_a_bulk_job_gets_over_a_lost_answer(side, bulk, call):
    (id,) = side.accounts(1)
    side.fault(f"{call} {JOBS}/ingest*", "drop_after")
    outcomes = by_ref(bulk.update("Account", [Record(ref="a", id=id, values={"NumberOfEmployees": 9})]))
    assert outcomes["a"].ok
    assert side.hits() == 1


def test_a_value_of_the_wrong_type_refuses_one_record_and_not_its_neighbours(side, crm):
    ids = side.accounts(9)
    records = [Record(ref=f"r{n}", id=id, values={"NumberOfEmployees": n}) for n, id in enumerate(ids)]
    records[4] = Record(ref="r4", id=ids[4], values={"NumberOfEmployees": "many"})
    outcomes = by_ref(crm.update("Account", records))
    assert [ref for ref, outcome in outcomes.items() if not outcome.ok] == ["r4"]


def test_records_that_stay_locked_can_be_tried_later(side, crm):
    ids = side.accounts(2)
    side.fault(WORDS.update_calls, "lock", times=20)
    outcomes = by_ref(crm.update("Account", [Record(ref=id, id=id, values={"NumberOfEmployees": 1}) for id in ids]))
    assert {(outcome.code, outcome.retryable) for outcome in outcomes.values()} == {("UNABLE_TO_LOCK_ROW", True)}


def test_setup_defines_a_tasks_field_on_activity_and_shows_it_on_task_and_event(side, crm):
    steps = crm.missing(side.wanted())
    assert [(step.action, step.target) for step in steps] == [
        ("create_field", "Activity.Tossup_Key__c"),
        ("create_permission_set", "Tossup"),
        ("assign", "Tossup"),
        ("grant", "Task.Tossup_Key__c"),
        ("grant", "Event.Tossup_Key__c"),
    ]
    crm.setup(steps)
    assert all("Tossup_Key__c" in described(crm, name).fields for name in ("Task", "Event"))


def test_a_field_that_is_there_but_hidden_is_only_granted(side, crm, emulator):
    field = {"name": "Tossup_Headroom__c", "label": "Headroom", "type": "Number", "precision": 18, "scale": 0}
    emulator.salesforce.define("Account", [field], hidden=True)
    wanted = WantedField(
        object="Account", name="Tossup_Headroom__c", label="Headroom", type=FieldType.INTEGER, help="Seats left."
    )
    steps = crm.missing([wanted])
    assert [step.action for step in steps] == ["create_permission_set", "assign", "grant"]
    crm.setup(steps)
    assert crm.missing([wanted]) == ()


@pytest.mark.parametrize(
    "field",
    [
        WantedField(object="Account", name="T_A__c", label="A", type=FieldType.INTEGER, help="h"),
        WantedField(object="Account", name="T_B__c", label="B", type=FieldType.CURRENCY, help="h"),
        WantedField(object="Account", name="T_C__c", label="C", type=FieldType.CHOICE, help="h", choices=("x", "y")),
        WantedField(object="Account", name="T_D__c", label="D", type=FieldType.LONG_TEXT, help="h"),
        WantedField(object="Account", name="T_E__c", label="E", type=FieldType.DATETIME, help="h"),
        WantedField(
            object="Lead", name="T_F__c", label="F", type=FieldType.REFERENCE, help="h", references=("Account",)
        ),
        WantedField(object="Lead", name="T_G__c", label="G", type=FieldType.DATE, help="h"),
    ],
    ids=lambda field: field.type.value,
)
def test_every_kind_of_field_is_created_as_wanted(side, crm, field):
    crm.setup(crm.missing([field]))
    made = described(crm, field.object).fields[field.name]
    assert made.type in (field.type, FieldType.NUMBER if field.type is FieldType.INTEGER else field.type)
    assert set(field.choices) <= set(made.choices)
    assert made.references == field.references


def test_a_ready_token_works_without_signing_in(side):
    crm = side.open(token=side.emulator.announcement["salesforce"]["access_token"])
    side.accounts(2)
    assert crm.count("Account") == 2
    assert crm.connection() == f"salesforce:{side.emulator.salesforce.org_id}"
    crm.close()


def test_tokens_that_all_expire_are_renewed_in_the_middle_of_a_read(side, crm):
    side.accounts(450)
    reading = crm.read(Read(schema=described(crm, "Account"), fields=("Name",)))
    next(reading)
    side.settings(expire_tokens=True)
    assert sum(batch.rows.num_rows for batch in reading) == 250


def test_the_budget_is_kept_when_the_vendor_counts(side):
    crm = side.open(reserve=0.2)
    side.accounts(1)
    side.settings(daily_calls=1000, calls_used=780)
    for _ in range(19):
        crm.count("Account")
    with pytest.raises(Exception, match="800 of 1,000 calls of the day are used, and 20% are kept"):
        [crm.count("Account") for _ in range(3)]
    crm.close()


def test_a_cursor_never_goes_back(side, crm):
    schema = described(crm, "Account")
    _, _, first = read_all(crm, Read(schema=schema, fields=("Name",)))
    side.advance(hours=-2)
    crm.count("Account")  # which tells the new time
    _, _, second = read_all(crm, Read(schema=schema, fields=("Name",), since=first.cursor))
    assert second.cursor == first.cursor


def test_a_field_that_we_may_only_read_is_granted_for_writing(side, crm):
    crm.setup(crm.missing(side.wanted()))
    (row,) = crm._reader.rest.rows("SELECT Id FROM FieldPermissions WHERE Field = 'Task.Tossup_Key__c'")
    target = f"/services/data/v68.0/sobjects/FieldPermissions/{row['Id']}"
    crm._transport.send(Call(method="PATCH", target=target, json={"PermissionsEdit": False}))
    steps = crm.missing(side.wanted())
    assert [(step.action, step.target) for step in steps] == [("grant", "Task.Tossup_Key__c")]
    crm.setup(steps)
    assert crm.missing(side.wanted()) == ()


def test_what_a_record_was_merged_into_is_told_as_long_as_the_bin_keeps_it(side, crm, emulator):
    kept, *losers, deleted, live = emulator.orgs["salesforce"].insert(
        "Account", [{"Name": f"Merged {n}"} for n in range(45)]
    )
    org = emulator.orgs["salesforce"]
    for at in range(0, len(losers), 2):
        org.act(org.core.tables["User"].ids[0], "merge", "Account", kept, {"losers": losers[at : at + 2]})
    org.act(org.core.tables["User"].ids[0], "delete", "Account", deleted, {})
    assert crm.merged("Account", [*losers, deleted, live]) == dict.fromkeys(losers, kept)
    assert crm.merged("Account", ["x", "an id' OR Name != '", "001", *losers]) == dict.fromkeys(losers, kept)
    assert crm.merged("Asset", [live]) == {}


def test_without_field_history_who_saved_the_record_last_is_told_as_such(side: SalesforceSide, crm: Salesforce):
    side.hire("CSM 03")
    first, second = side.accounts(2)
    side.edit("Account", first, {"NumberOfEmployees": 12}, "CSM 03")
    assert all(one.ok for one in crm.update("Account", [Record(ref="2", id=second, values={"Name": "Ours"})]))
    edits = list(crm.edits("Account", [first, second], ["NumberOfEmployees"]))
    assert [(one.id, one.by, one.source, one.value) for one in edits] == [(first, "CSM 03", "LastModifiedBy", None)]


def test_of_tasks_there_is_no_history_but_who_saved_them(side: SalesforceSide, crm: Salesforce):
    side.hire("CSM 03")
    (task,) = side.add("Task", [{"Subject": "Call", "Status": "Not Started", "Priority": "Normal"}])
    side.edit("Task", task, {"Subject": "Called"}, "CSM 03")
    (edit,) = crm.edits("Task", [task], ["Subject"])
    assert (edit.by, edit.source) == ("CSM 03", "LastModifiedBy")
