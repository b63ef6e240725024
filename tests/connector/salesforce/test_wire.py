"""Answers that an emulated org never gives: whole calls refused, rows missing, an org that forgets what it said."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import orjson
import pytest
from pydantic import SecretStr

from connector.errors import GiveUp, Incomplete, TryAgain, Unclear
from connector.port import Read, Record
from connector.salesforce import ingest, setup
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.crm import Salesforce, open_salesforce
from connector.wire import Patience
from mappings.schema import Field, FieldType, ObjectSchema, WantedField
from tests.connector.contract.base import by_ref
from tests.connector.contract.side import read_all
from tests.connector.scripted import Reply, Seen, Server, scripted

DATA = "/services/data/v68.0"
ACCOUNT = ObjectSchema(
    name="Account",
    label="Account",
    fields={
        "Id": Field(name="Id", label="Id", type=FieldType.ID),
        "Name": Field(name="Name", label="Name", type=FieldType.TEXT),
        "Place": Field(name="Place", label="Place", type=FieldType.OTHER),
    },
    stamp_field=None,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with scripted(Reply(status=404, body=b'[{"errorCode": "NOT_FOUND", "message": "not scripted"}]')) as server:
        yield server


@pytest.fixture
def crm(server: Server) -> Iterator[Salesforce]:
    patience = Patience(attempts=2, first_s=0.001, longest_s=0.001)
    config = SalesforceConfig(url=server.url, access_token=SecretStr("t"), patience=patience, job_patience_s=0.1)
    crm = open_salesforce(config)
    yield crm
    crm.close()


def numbered(number: int) -> str:
    return f"001{number:012}AAA"


def json(said: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=orjson.dumps(said))


def error(code: str, message: str = "words", status: int = 400) -> Reply:
    return json([{"errorCode": code, "message": message}], status)


def page(first: int, last: int, total: int, more: str | None = None) -> Reply:
    records = [{"Id": f"{number:018}", "Name": f"Example Industries {number}"} for number in range(first, last)]
    said = {"totalSize": total, "done": more is None, "records": records}
    return json(said | ({"nextRecordsUrl": more} if more else {}))


def soql(seen: Seen) -> str:
    return unquote_plus(parse_qs(urlsplit(seen.path).query)["q"][0])


def test_a_value_that_makes_the_whole_call_fail_is_found_by_halves(server, crm):
    def reply(seen: Seen) -> Reply:
        records = orjson.loads(seen.body)["records"]
        if any(record["NumberOfEmployees"] == "many" for record in records):
            return error("JSON_PARSER_ERROR", "Cannot deserialize instance of int from VALUE_STRING value many")
        return json([{"id": record["id"], "success": True, "errors": []} for record in records])

    server.by_path[f"{DATA}/composite/sobjects"] = reply
    records = [Record(ref=f"r{n}", id=numbered(n), values={"NumberOfEmployees": n}) for n in range(200)]
    records[77] = Record(ref="r77", id=numbered(77), values={"NumberOfEmployees": "many"})
    outcomes = by_ref(crm.update("Account", records))
    assert [(ref, outcome.code) for ref, outcome in outcomes.items() if not outcome.ok] == [
        ("r77", "JSON_PARSER_ERROR")
    ]
    assert len(outcomes) == 200
    assert len(server.seen) <= 17


def test_a_call_that_every_record_makes_fail_is_given_up_soon(server, crm):
    server.by_path[f"{DATA}/composite/sobjects"] = lambda _: error("INVALID_FIELD", "No such column 'X__c'")
    with pytest.raises(GiveUp, match="field-level security"):
        list(crm.update("Account", [Record(ref=str(n), id=numbered(n), values={"X__c": n}) for n in range(200)]))
    assert len(server.seen) < 100


@pytest.mark.parametrize("more", [[], [None], [{}], [{"id": "2", "errors": []}]])
def test_a_write_answered_with_too_few_outcomes_is_not_believed(server, crm, more):
    server.by_path[f"{DATA}/composite/sobjects"] = lambda _: json([{"id": "1", "success": True}, *more])
    with pytest.raises(Unclear, match="another number of outcomes"):
        list(crm.update("Account", [Record(ref=str(n), id=numbered(n), values={}) for n in range(2)]))


def test_locked_records_are_tried_again_and_their_neighbours_are_not(server, crm):
    times = {"tries": 0}

    def reply(seen: Seen) -> Reply:
        times["tries"] += 1
        records = orjson.loads(seen.body)["records"]
        locked = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy", "fields": []}]}
        done = [{"id": record["id"], "success": True, "errors": []} for record in records]
        return json(done if times["tries"] == 3 else [*done[:-1], locked])

    server.by_path[f"{DATA}/composite/sobjects"] = reply
    outcomes = by_ref(crm.update("Account", [Record(ref=str(n), id=numbered(n), values={}) for n in range(3)]))
    assert all(outcome.ok for outcome in outcomes.values())
    assert [len(orjson.loads(seen.body)["records"]) for seen in server.seen] == [3, 1, 1]


def test_rows_that_salesforce_announced_and_did_not_send_are_missed(server, crm):
    server.by_path[f"{DATA}/query"] = lambda seen: page(0, 0, 5) if "COUNT" in soql(seen) else page(0, 4, 5)
    with pytest.raises(Incomplete, match="announced 5 rows of Account, counts 5 now and sent 4"):
        read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))


def test_rows_that_were_deleted_while_reading_are_not_missed(server, crm):
    server.by_path[f"{DATA}/query"] = lambda seen: page(0, 0, 4) if "COUNT" in soql(seen) else page(0, 4, 5)
    rows, _, _ = read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))
    assert len(rows) == 4


def test_a_lost_place_is_taken_up_behind_the_last_row(server, crm):
    def reply(seen: Seen) -> Reply:
        return (
            page(2, 5, 3) if "WHERE Id > '000000000000000001'" in soql(seen) else page(0, 2, 5, f"{DATA}/query/01g-2")
        )

    server.by_path[f"{DATA}/query"] = reply
    server.by_path[f"{DATA}/query/01g-2"] = lambda _: error("INVALID_QUERY_LOCATOR")
    rows, _, _ = read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))
    assert [int(row["Id"]) for row in rows] == list(range(5))


def test_another_error_between_pages_is_not_taken_for_a_lost_place(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: page(0, 2, 5, f"{DATA}/query/01g-2")
    server.by_path[f"{DATA}/query/01g-2"] = lambda _: error("INSUFFICIENT_ACCESS", status=403)
    with pytest.raises(GiveUp, match="INSUFFICIENT_ACCESS"):
        read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))


def test_a_query_that_takes_too_long_is_given_to_bulk(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: error("QUERY_TIMEOUT", "too complicated or too long")
    server.by_path[f"{DATA}/jobs/query"] = lambda _: json({"id": "750J"})
    done = {"id": "750J", "object": "Account", "state": "JobComplete", "numberRecordsProcessed": 1}
    server.by_path[f"{DATA}/jobs/query/750J"] = lambda _: json(done)
    headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": "1"}
    server.by_path[f"{DATA}/jobs/query/750J/results"] = lambda _: Reply(
        body=b'"Id","Name"\n"1","a"\n', headers=headers
    )
    rows, _, _ = read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))
    assert rows == [{"Id": "1", "Name": "a"}]


def test_a_query_that_bulk_cannot_take_over_says_try_again(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: error("QUERY_TIMEOUT", "too complicated or too long")
    with pytest.raises(TryAgain, match="QUERY_TIMEOUT"):
        read_all(crm, Read(schema=ACCOUNT, fields=("Place",)))


def test_a_large_object_that_bulk_does_not_serve_is_read_by_rest(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: page(0, 20_000, 20_000)
    server.by_path[f"{DATA}/jobs/query"] = lambda _: error("INVALIDENTITY", "not supported by the Bulk API")
    rows, _, _ = read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))
    assert len(rows) == 20_000


def test_too_many_fields_for_rest_and_none_for_bulk_is_said(server, crm):
    names = [f"Some_Quite_Long_Field_Name_{number:04}__c" for number in range(400)]
    fields = {name: Field(name=name, label=name, type=FieldType.OTHER) for name in names}
    schema = ObjectSchema(name="Account", label="Account", fields=dict(ACCOUNT.fields) | fields, stamp_field=None)
    server.by_path[f"{DATA}/jobs/query"] = lambda _: error("INVALIDENTITY")
    with pytest.raises(GiveUp, match="Map fewer fields"):
        read_all(crm, Read(schema=schema, fields=tuple(names)))


def test_a_query_longer_than_salesforce_takes_is_refused_before_it_is_sent(server, crm):
    names = [f"Some_Quite_Long_Field_Name_{number:04}__c" for number in range(5_000)]
    fields = {name: Field(name=name, label=name, type=FieldType.TEXT) for name in names}
    schema = ObjectSchema(name="Account", label="Account", fields=dict(ACCOUNT.fields) | fields, stamp_field=None)
    with pytest.raises(GiveUp, match=r"5,001 fields mapped of Account .* Salesforce takes 100,000\. Map fewer"):
        read_all(crm, Read(schema=schema, fields=tuple(names)))
    assert not [seen for seen in server.seen if "query" in seen.path]


def test_a_mapping_that_only_a_later_runs_query_has_no_room_for_is_refused_at_once(server, crm):
    server.by_path["/services/data"] = lambda _: json([])
    names = [f"Field_{number:05}______c" for number in range(4_900)]
    whole = f"SELECT {', '.join(['Id', 'Stamp', *names])} FROM Account ORDER BY Id"
    names[0] += "_" * (100_000 - len(whole))
    fields = {name: Field(name=name, label=name, type=FieldType.TEXT) for name in (*names, "Stamp")}
    schema = ObjectSchema(name="Account", label="Account", fields=dict(ACCOUNT.fields) | fields, stamp_field="Stamp")
    with pytest.raises(GiveUp, match=r"make a query of 100,0\d\d characters; Salesforce takes 100,000"):
        read_all(crm, Read(schema=schema, fields=tuple(names)))
    assert not [seen for seen in server.seen if "query" in seen.path]


def test_an_answer_to_a_query_that_is_not_rows_is_said(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: json({"hello": "proxy"})
    with pytest.raises(GiveUp, match="something else than rows"):
        crm.count("Account")


def test_a_job_that_never_ends_is_not_waited_for_for_ever(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: page(0, 1, 20_000)
    server.by_path[f"{DATA}/jobs/query"] = lambda _: json({"id": "750J"})
    server.by_path[f"{DATA}/jobs/query/750J"] = lambda _: json({"id": "750J", "state": "InProgress"})
    with pytest.raises(TryAgain, match="has not finished job 750J"):
        read_all(crm, Read(schema=ACCOUNT, fields=("Name",)))


def test_a_job_that_takes_too_long_is_aborted_so_that_it_does_not_write_later(server, crm):
    job: dict[str, Any] = {"id": "750J", "state": "InProgress", "object": "Account", "contentUrl": "x"}

    def asked(request: Any) -> Reply:
        if request.method == "PATCH":
            job["state"] = orjson.loads(request.body)["state"]
            job["said"] = [*job.get("said", ()), job["state"]]
            job["state"] = "InProgress" if job["state"] == "UploadComplete" else job["state"]
        return json(job)

    server.by_path[f"{DATA}/jobs/ingest"] = lambda _: json(job)
    server.by_path[f"{DATA}/jobs/ingest/750J"] = asked
    server.by_path[f"{DATA}/jobs/ingest/750J/batches"] = lambda _: Reply(status=201, body=b"")
    many = [Record(ref=numbered(n), id=numbered(n), values={"Name": "x"}) for n in range(12_000)]
    with pytest.raises(TryAgain, match="has not finished job 750J"):
        list(crm.update("Account", many))
    assert job["said"] == ["UploadComplete", "Aborted"]


def test_who_we_are_is_asked_with_a_ready_token(server, crm):
    server.by_path["/services/oauth2/userinfo"] = lambda _: json({"user_id": "005000000000001AAA"})
    assert crm.user_id() == "005000000000001AAA"
    crm.user_id()
    assert len(server.seen) == 1


def test_who_we_are_may_stay_unknown(crm):
    assert crm.user_id() is None


def test_an_object_that_describe_refuses_is_hidden_with_the_reason(server, crm):
    entries = [{"name": "Account", "queryable": True}, {"name": "Vault__c", "queryable": True}, {"name": "Log"}]
    entries[2]["queryable"] = False
    server.by_path[f"{DATA}/sobjects"] = lambda _: json({"sobjects": entries})
    account = {"name": "Account", "label": "Account", "fields": [{"name": "Id", "label": "Id", "type": "id"}]}
    server.by_path[f"{DATA}/sobjects/Account/describe"] = lambda _: json(account)
    schema = crm.describe(["Account", "Vault__c", "Log", "Nowhere"])
    assert set(schema.objects) == {"Account"}
    assert schema.known == ("Account", "Log", "Vault__c")
    assert set(schema.hidden) == {"Vault__c", "Log"}
    assert "permissions" in schema.hidden["Vault__c"]


def test_a_refused_token_is_not_taken_for_a_hidden_object(server, crm):
    server.by_path[f"{DATA}/sobjects"] = lambda _: json({"sobjects": [{"name": "Account", "queryable": True}]})
    server.by_path[f"{DATA}/sobjects/Account/describe"] = lambda _: error("INVALID_SESSION_ID", status=401)
    with pytest.raises(GiveUp, match="token is wrong"):
        crm.describe(["Account"])


def test_large_uploads_are_cut_into_jobs(server, crm, monkeypatch):
    monkeypatch.setattr(ingest, "_LARGEST", 60)
    files = list(ingest._files([Record(ref=str(n), id=numbered(n), values={"Name": "x"}) for n in range(5)], "Id"))
    assert [len(part) for _, part in files] == [2, 2, 1]
    assert all(text.startswith(b"Id,Name\n") and len(text) <= 60 for text, _ in files)


KEY = WantedField(object="Account", name="K__c", label="K", type=FieldType.TEXT, help="h")


def test_a_field_that_stays_unseen_after_setup_is_said(server, crm, monkeypatch):
    monkeypatch.setattr(setup, "_PATIENCE_S", 0.1)
    account = {"name": "Account", "label": "Account", "fields": [{"name": "Id", "label": "Id", "type": "id"}]}
    server.by_path[f"{DATA}/sobjects/Account/describe"] = lambda _: json(account)
    server.by_path[f"{DATA}/tooling/query"] = lambda _: error("INSUFFICIENT_ACCESS", status=403)
    server.by_path[f"{DATA}/query"] = lambda seen: page(0, 1, 1) if "Name = 'Tossup'" in soql(seen) else page(0, 0, 0)
    server.by_path[f"{DATA}/tooling/sobjects/CustomField"] = lambda _: error("DUPLICATE_DEVELOPER_NAME")
    server.by_path[f"{DATA}/sobjects/FieldPermissions"] = lambda _: json({"id": "01k", "success": True}, 201)
    steps = [step for step in crm.missing([KEY]) if step.action != "assign"]
    assert [step.action for step in steps] == ["create_field", "grant"]
    with pytest.raises(TryAgain, match=r"does not show Account\.K__c yet"):
        crm.setup(steps)


def test_assigning_without_knowing_who_we_are_is_left_to_a_person(server, crm):
    server.by_path[f"{DATA}/query"] = lambda _: page(0, 0, 0)
    account = {"name": "Account", "label": "Account", "fields": [{"name": "Id", "label": "Id", "type": "id"}]}
    server.by_path[f"{DATA}/sobjects/Account/describe"] = lambda _: json(account)
    server.by_path[f"{DATA}/tooling/query"] = lambda _: json({"records": []})
    (assign,) = [step for step in crm.missing([KEY]) if step.action == "assign"]
    with pytest.raises(GiveUp, match="assign Tossup to it by hand"):
        crm.setup([assign])
