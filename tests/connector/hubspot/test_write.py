"""Writing to an emulated account over HTTP."""

import orjson
import pytest
from pydantic import SecretStr

from connector.errors import GiveUp, TryAgain, Unclear
from connector.hubspot.crm import HubSpotConfig, open_hubspot
from connector.port import Record
from mappings.changes import Link
from mappings.schema import FieldType, WantedField
from tests.connector.scripted import Reply, scripted


def key_of(object):
    return WantedField(
        object=object, name="tossup_key", label="Tossup key", type=FieldType.TEXT, help="Names the lead.", unique=True
    )


@pytest.fixture
def keyed(world):
    """An account with the key on tasks, leads and deals."""
    world.crm.setup(world.crm.missing([key_of("tasks"), key_of("leads"), key_of("deals")]))
    return world


def task(n, *links):
    values = {"hs_task_subject": f"Task {n}", "hs_timestamp": "2026-12-01T09:00:00Z"}
    return Record(ref=f"task-{n}", key=f"key-{n}", values=values, links=links)


def lead(n, *links):
    return Record(ref=f"lead-{n}", key=f"key-{n}", values={"hs_lead_name": f"Lead {n}"}, links=links)


def by_ref(outcomes):
    return {outcome.ref: outcome for outcome in outcomes}


def linked(world, object, to):
    return {(row["from_id"], row["to_id"]) for some in world.crm.links(object, to) for row in some.rows.to_pylist()}


def linked_by(world, object):
    return [record["id"] for record in world.records(object) if record["associations"]]


def test_ten_thousand_updates_take_a_hundred_calls(world):
    ids = world.seed("companies", *({"name": f"Example Industries {n:05d}"} for n in range(10_000)))
    before = world.crm.calls
    records = [Record(ref=id, id=id, values={"numberofemployees": 7}) for id in ids]
    assert all(outcome.ok for outcome in world.crm.update("companies", records))
    assert world.crm.calls - before == world.crm.cost("companies", "update", 10_000) == 100


def test_a_task_is_created_with_its_links_and_a_second_time_changes_nothing(keyed):
    (company,) = keyed.seed("companies", {"name": "Example Industries 001"})
    (contact,) = keyed.seed("contacts", {"lastname": "Example 001"})
    links = (Link(object="companies", id=company), Link(object="contacts", id=contact))
    first = by_ref(keyed.crm.upsert("tasks", "tossup_key", [task(1, *links), task(2)]))
    assert all(outcome.ok and outcome.created for outcome in first.values())
    id = first["task-1"].id
    assert linked(keyed, "tasks", "companies") == {(id, company)}
    assert linked(keyed, "tasks", "contacts") == {(id, contact)}
    again = by_ref(keyed.crm.upsert("tasks", "tossup_key", [task(1, *links), task(2)]))
    assert all(outcome.ok and not outcome.created for outcome in again.values())
    assert again["task-1"].id == id
    assert linked(keyed, "tasks", "companies") == {(id, company)}


def test_two_thousand_links_take_few_calls(keyed):
    companies = keyed.seed("companies", *({"name": f"Example Industries {n:04d}"} for n in range(1000)))
    records = [task(n, Link(object="companies", id=company)) for n, company in enumerate(companies)]
    before = keyed.crm.calls
    assert all(outcome.ok for outcome in keyed.crm.upsert("tasks", "tossup_key", records))
    assert keyed.crm.calls - before <= keyed.crm.cost("tasks", "upsert", 1000) <= 12
    assert len(linked(keyed, "tasks", "companies")) == 1000


def test_a_link_to_a_record_that_is_gone_is_that_records_outcome_only(keyed):
    (company,) = keyed.seed("companies", {"name": "Example Industries 001"})
    records = [task(1, Link(object="companies", id=company)), task(2, Link(object="companies", id="999999999"))]
    found = by_ref(keyed.crm.upsert("tasks", "tossup_key", records))
    assert found["task-1"].ok
    assert not found["task-2"].ok
    assert found["task-2"].code == "LINK_REFUSED"
    assert found["task-2"].id is not None


def test_a_crash_between_creating_and_linking_is_mended_by_writing_again(keyed):
    (company,) = keyed.seed("companies", {"name": "Example Industries 001"})
    records = [task(1, Link(object="companies", id=company))]
    keyed.fault("POST /crm/associations/*", "503", times=50)
    with pytest.raises(TryAgain):
        list(keyed.crm.upsert("tasks", "tossup_key", records))
    assert len(keyed.records("tasks")) == 1
    assert linked_by(keyed, "tasks") == []
    keyed.emulator.faults.clear()
    (outcome,) = keyed.crm.upsert("tasks", "tossup_key", records)
    assert outcome.ok
    assert not outcome.created
    assert linked(keyed, "tasks", "companies") == {(outcome.id, company)}


def test_a_lead_is_created_with_the_contact_it_must_have(keyed):
    (company,) = keyed.seed("companies", {"name": "Example Industries 001"})
    (contact,) = keyed.seed("contacts", {"lastname": "Example 001"})
    links = (Link(object="contacts", id=contact), Link(object="companies", id=company))
    found = by_ref(keyed.crm.upsert("leads", "tossup_key", [lead(1, *links), lead(2)]))
    assert found["lead-1"].ok
    assert found["lead-1"].created
    assert not found["lead-2"].ok
    assert "associated" in found["lead-2"].message
    assert linked(keyed, "leads", "companies") == {(found["lead-1"].id, company)}
    again = by_ref(keyed.crm.upsert("leads", "tossup_key", [lead(1, *links)]))
    assert again["lead-1"].ok
    assert not again["lead-1"].created
    assert len(keyed.records("leads")) == 1


def test_a_lead_whose_creation_got_no_answer_is_looked_up_and_not_created_twice(keyed):
    (contact,) = keyed.seed("contacts", {"lastname": "Example 001"})
    keyed.fault("POST /crm/objects/*/leads/batch/create", "drop_after")
    records = [lead(n, Link(object="contacts", id=contact)) for n in range(3)]
    found = by_ref(keyed.crm.upsert("leads", "tossup_key", records))
    assert all(outcome.ok for outcome in found.values())
    assert len(keyed.records("leads")) == 3
    created = sum(n for call, n in keyed.emulator.calls().items() if call.endswith("batch/create"))
    assert created == 1


def test_a_lead_whose_creation_never_arrived_is_created(keyed):
    (contact,) = keyed.seed("contacts", {"lastname": "Example 001"})
    keyed.fault("POST /crm/objects/*/leads/batch/create", "drop_before")
    found = by_ref(keyed.crm.upsert("leads", "tossup_key", [lead(1, Link(object="contacts", id=contact))]))
    assert found["lead-1"].ok
    assert len(keyed.records("leads")) == 1


def test_a_creation_that_stays_unclear_ends_the_run(keyed):
    (contact,) = keyed.seed("contacts", {"lastname": "Example 001"})
    keyed.fault("POST /crm/objects/*/leads/batch/create", "drop_before", times=2)
    with pytest.raises(Unclear):
        list(keyed.crm.upsert("leads", "tossup_key", [lead(1, Link(object="contacts", id=contact))]))
    assert keyed.records("leads") == []


def test_a_rule_that_one_record_breaks_is_that_records_outcome(world):
    good, bad = world.seed("companies", {"name": "one"}, {"name": "two"})
    records = [
        Record(ref="good", id=good, values={"industry": "COMPUTER_SOFTWARE"}),
        Record(ref="bad", id=bad, values={"industry": "NO_SUCH"}),
    ]
    found = by_ref(world.crm.update("companies", records))
    assert found["good"].ok
    assert (found["bad"].code, found["bad"].fields) == ("INVALID_OPTION", ("industry",))


def test_a_batch_that_is_refused_as_a_whole_is_halved_until_the_culprit_is_found(keyed):
    # keys that differ in case only are one key to HubSpot, which rejects the whole batch
    records = [task(n) for n in range(20)]
    twin = Record(ref="twin", key="KEY-7", values=dict(records[7].values))
    found = by_ref(keyed.crm.upsert("tasks", "tossup_key", [*records, twin]))
    assert all(found[f"task-{n}"].ok for n in range(20))
    assert "twin" in found


def test_a_missing_scope_ends_the_run_with_the_scope_to_add(world):
    (id,) = world.seed("companies", {"name": "one"})
    world.emulator.hubspot.settings({"missing_scopes": ["crm.objects.companies.write"]})
    with pytest.raises(GiveUp, match=r"crm\.objects\.companies\.write"):
        list(world.crm.update("companies", [Record(ref="a", id=id, values={"name": "x"})]))


def test_every_api_version_writes_the_same(opened):
    for version in ("v3", "2026-03"):
        world = opened(config={"api_version": version})
        world.crm.setup(world.crm.missing([key_of("tasks")]))
        (company,) = world.seed("companies", {"name": "one"})
        found = by_ref(world.crm.upsert("tasks", "tossup_key", [task(1, Link(object="companies", id=company))]))
        assert found["task-1"].ok
        bad = Record(ref="bad", id=company, values={"industry": "NO_SUCH"})
        assert by_ref(world.crm.update("companies", [bad]))["bad"].code == "INVALID_OPTION"


def test_a_record_that_somebody_created_in_the_same_moment_is_updated_instead():
    conflict = {
        "category": "CONFLICT",
        "message": "already has that value",
        "context": {"objectWriteTraceId": ["t1"]},
        "errors": [{"code": "CONFLICTING_UNIQUE_VALUE", "message": "key-2 is taken"}],
    }
    upserted = {
        "results": [{"id": "1", "new": True, "objectWriteTraceId": "t0", "properties": {}}],
        "errors": [conflict],
    }
    found = {"results": [{"id": "2", "properties": {"tossup_key": "key-2"}}]}
    updated = {"results": [{"id": "2", "objectWriteTraceId": "t0", "properties": {}}]}
    with scripted(*(Reply(body=orjson.dumps(body)) for body in (upserted, found, updated))) as server:
        crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("pat-example-token")))
        outcomes = by_ref(crm.upsert("tasks", "tossup_key", [task(1), task(2)]))
        crm.close()
    assert [seen.path.rsplit("/", 1)[1] for seen in server.seen] == ["upsert", "read", "update"]
    assert (outcomes["task-1"].id, outcomes["task-1"].created) == ("1", True)
    assert (outcomes["task-2"].ok, outcomes["task-2"].id, outcomes["task-2"].created) == (True, "2", False)


def test_links_refused_as_a_whole_are_halved_until_the_culprit_is_found():
    both = [{"id": str(n), "new": True, "objectWriteTraceId": f"t{n}", "properties": {}} for n in range(2)]
    refused = Reply(status=400, body=b'{"status":"error","category":"VALIDATION_ERROR","message":"no such company"}')
    made = Reply(body=b'{"status":"COMPLETE","results":[]}')
    with scripted(Reply(body=orjson.dumps({"results": both})), refused, made, refused) as server:
        crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("pat-example-token")))
        records = [task(n, Link(object="companies", id=f"9{n}")) for n in range(2)]
        outcomes = by_ref(crm.upsert("tasks", "tossup_key", records))
        crm.close()
    assert outcomes["task-0"].ok
    assert (outcomes["task-1"].code, outcomes["task-1"].id) == ("LINK_REFUSED", "1")
    assert "companies 91" in outcomes["task-1"].message


def silence(*told):
    return {"status": "COMPLETE", "results": list(told)}


@pytest.mark.parametrize(
    ("made", "more"), [([{"id": "7", "objectWriteTraceId": "t0", "properties": {}}], []), ([], ["read"])]
)
def test_a_lead_of_which_nothing_is_said_and_that_is_not_there_is_created_once_more(made, more):
    answers = [silence(), silence(), silence(), silence(*made), silence()]
    with scripted(*(Reply(body=orjson.dumps(answer)) for answer in answers)) as server:
        crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("pat-example-token")))
        (outcome,) = crm.upsert("leads", "tossup_key", [lead(1)])
        crm.close()
    verbs = [seen.path.rsplit("/", 1)[1] for seen in server.seen]
    assert verbs == ["read", "create", "read", "create", *more]
    assert (outcome.ok, outcome.id, outcome.unclear) == ((True, "7", False) if made else (False, None, True))


def test_an_archive_that_does_not_say_whom_it_kept_is_looked_at(keyed):
    records = archivable(keyed, 2)
    list(keyed.crm.remove("tasks", records[:1]))
    keyed.emulator.calls(forget=True)
    errors = {"status": "COMPLETE", "numErrors": 1, "errors": [{"category": "LOCKED", "message": "locked"}]}
    there = {"results": [{"id": records[1].id, "properties": {}}]}
    for error in (errors, {"status": "COMPLETE", "numErrors": 1}):
        with scripted(*(Reply(status=207, body=orjson.dumps(body)) for body in (error, there))) as server:
            crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("pat-example-token")))
            told = by_ref(crm.remove("tasks", records))
            crm.close()
        assert [seen.path.rsplit("/", 1)[1] for seen in server.seen] == ["archive", "read"]
        gone, kept = (told[record.ref] for record in records)
        assert (gone.ok, kept.ok, kept.unclear) == (True, False, False)
        assert kept.code == ("LOCKED" if "errors" in error else "NO_ANSWER")


def archivable(world, n):
    outcomes = world.crm.upsert("tasks", "tossup_key", [task(one) for one in range(n)])
    return [Record(ref=outcome.ref, id=outcome.id, key=outcome.ref, values={}) for outcome in outcomes]


def test_one_bad_id_keeps_none_of_the_others_from_the_recycle_bin(keyed):
    records = archivable(keyed, 100)
    records[37] = Record(ref="bad", id="no-id", key="bad", values={})
    before = keyed.crm.calls
    told = by_ref(keyed.crm.remove("tasks", records))
    assert [ref for ref, outcome in told.items() if not outcome.ok] == ["bad"]
    assert "must be a record id, got no-id" in told["bad"].message
    assert keyed.crm.calls - before <= 15
    assert len(keyed.records("tasks")) == 1, "the one whose place the bad id took"


def test_what_is_gone_already_is_as_it_was_to_be(keyed):
    records = archivable(keyed, 3)
    list(keyed.crm.remove("tasks", records[:1]))
    assert all(outcome.ok for outcome in keyed.crm.remove("tasks", records))
    assert keyed.records("tasks") == []


@pytest.mark.parametrize("status", [207, 404])
def test_an_answer_that_names_what_is_gone_or_refused_is_believed(status):
    gone = {"category": "OBJECT_NOT_FOUND", "message": "not found", "context": {"ids": ["1"]}}
    kept = {"category": "VALIDATION_ERROR", "message": "locked", "context": {"ids": ["2"]}}
    whole = gone if status == 404 else {"status": "COMPLETE", "results": [], "errors": [gone, kept]}
    with scripted(Reply(status=status, body=orjson.dumps(whole))) as server:
        crm = open_hubspot(HubSpotConfig(url=server.url, access_token=SecretStr("t")))
        records = [Record(ref=id, id=id, key=id, values={}) for id in ("1", "2", "3")]
        told = {outcome.ref: (outcome.ok, outcome.code) for outcome in crm.remove("tasks", records)}
        crm.close()
    kept_code = (False, "VALIDATION_ERROR") if status == 207 else (True, None)
    assert told == {"1": (True, None), "2": kept_code, "3": (True, None)}
