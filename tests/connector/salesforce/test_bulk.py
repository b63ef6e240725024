"""Bulk results on a wire that misbehaves, and jobs whose numbers do not add up."""

import gzip
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import orjson
import pyarrow as pa
import pytest

from connector.errors import GiveUp, Incomplete, Interrupted, TryAgain, Unclear
from connector.port import Record
from connector.salesforce import rows as rows_module
from connector.salesforce.answers import SalesforceAnswers
from connector.salesforce.config import SalesforceConfig
from connector.salesforce.extract import BulkQuery
from connector.salesforce.ingest import Ingest
from connector.salesforce.soql import Select
from connector.transport import Transport
from tests.connector.scripted import Reply, Seen, Server, scripted

INTO = pa.schema([pa.field("Id", pa.string()), pa.field("Name", pa.string())])
SELECT = Select(object="Account", fields=("Id", "Name"))
JOBS = "/services/data/v68.0/jobs"


def rows(first: int, last: int) -> bytes:
    lines = [f'"{number:018}","Example Industries {number:05}\nLtd"\n' for number in range(first, last)]
    return ('"Id","Name"\n' + "".join(lines)).encode()


def part(first: int, last: int, locator: str, **more) -> Reply:
    headers = {"Content-Type": "text/csv", "Sforce-Locator": locator, "Sforce-NumberOfRecords": str(last - first)}
    return Reply(body=rows(first, last), headers=headers, **more)


class Org:
    """A server with one Bulk job."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.slept: list[float] = []
        config = SalesforceConfig(url=server.url, access_token=None)
        self.transport = Transport(SalesforceAnswers(), server.url, token="t", sleep=self.slept.append)
        self.query = BulkQuery(config, self.transport)
        self.ingest = Ingest(config, self.transport)

    def answers(self, path: str, *replies: Reply) -> None:
        left = list(replies)
        self.server.by_path[JOBS + path] = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def answers_by(self, path: str, reply: Callable[[Seen], Reply]) -> None:
        self.server.by_path[JOBS + path] = reply

    def job(self, kind: str, **states: object) -> None:
        self.answers(f"/{kind}", Reply(body=b'{"id": "750J"}'))
        said = {"id": "750J", "object": "Account", "state": "JobComplete"} | states
        self.answers(f"/{kind}/750J", Reply(body=orjson.dumps(said)))


@pytest.fixture
def org() -> Iterator[Org]:
    with scripted(Reply(status=404, body=b"[]")) as server:
        org = Org(server)
        yield org
        org.transport.close()


def ids(org: Org) -> list[str]:
    job = org.query.start(SELECT)
    assert job is not None
    return [id for batch in org.query.batches(job, INTO) for id in batch.column("Id").to_pylist()]


def numbers(first: int, last: int) -> list[str]:
    return [f"{number:018}" for number in range(first, last)]


def by_locator(**parts: list[Reply]) -> Callable[[Seen], Reply]:
    def reply(seen: Seen) -> Reply:
        locator = parse_qs(urlsplit(seen.path).query).get("locator", ["start"])[0]
        left = parts[locator]
        return left.pop(0) if len(left) > 1 else left[0]

    return reply


def test_parts_follow_each_other_by_locator(org):
    org.job("query", numberRecordsProcessed=25)
    org.answers_by(
        "/query/750J/results", by_locator(start=[part(0, 10, "B")], B=[part(10, 20, "C")], C=[part(20, 25, "null")])
    )
    assert ids(org) == numbers(0, 25)


def test_a_part_that_breaks_off_is_taken_up_where_it_broke(org, monkeypatch):
    monkeypatch.setattr(rows_module, "_CSV_BLOCK", 1 << 16)
    org.job("query", numberRecordsProcessed=40_000)
    half = part(0, 20_000, "B", cut=True)
    org.answers_by(
        "/query/750J/results",
        by_locator(start=[half, half, part(0, 20_000, "B")], B=[part(20_000, 40_000, "null")]),
    )
    assert ids(org) == numbers(0, 40_000)


def test_a_part_that_always_breaks_off_ends_the_read(org):
    org.job("query", numberRecordsProcessed=10)
    org.answers("/query/750J/results", part(0, 10, "null", cut=True))
    with pytest.raises(Interrupted):
        ids(org)


def test_a_part_with_fewer_rows_than_announced_is_not_taken_for_whole(org):
    org.job("query", numberRecordsProcessed=10)
    headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": "10"}
    org.answers("/query/750J/results", Reply(body=rows(0, 9), headers=headers))
    with pytest.raises(Incomplete, match="announced 10 rows and held 9"):
        ids(org)


def test_a_job_that_sent_fewer_rows_than_it_processed_is_not_taken_for_whole(org):
    org.job("query", numberRecordsProcessed=11)
    org.answers("/query/750J/results", part(0, 10, "null"))
    with pytest.raises(Incomplete, match="Account processed 11 rows and sent 10"):
        ids(org)


def test_an_empty_result_has_no_rows(org):
    org.job("query", numberRecordsProcessed=0)
    headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": "0"}
    org.answers("/query/750J/results", Reply(body=b"", headers=headers))
    assert ids(org) == []


def test_a_job_is_waited_for_with_growing_pauses(org):
    org.job("query", numberRecordsProcessed=0)
    running = Reply(body=b'{"id": "750J", "state": "InProgress"}')
    done = Reply(body=b'{"id": "750J", "state": "JobComplete", "numberRecordsProcessed": 1}')
    org.answers("/query/750J", running, running, running, done)
    org.answers("/query/750J/results", part(0, 1, "null"))
    assert ids(org) == numbers(0, 1)
    assert org.slept == sorted(org.slept)
    assert len(org.slept) == 3


def test_a_failed_job_says_why(org):
    org.job("query", state="Failed", errorMessage="InvalidBatch : Field name not found : Foo__c")
    with pytest.raises(GiveUp, match="Foo__c"):
        ids(org)
    org.job("query", state="Failed", errorMessage="QUERY_TIMEOUT: too long")
    with pytest.raises(TryAgain, match="QUERY_TIMEOUT"):
        ids(org)


def test_an_object_that_bulk_does_not_serve_is_told_apart(org):
    said = b'[{"errorCode": "INVALIDENTITY", "message": "Entity is not supported by the Bulk API."}]'
    org.answers("/query", Reply(status=400, body=said))
    assert org.query.start(SELECT) is None


def record(number: int, **values) -> Record:
    return Record(ref=f"r{number}", id=f"{number:018}", values=values)


def csv_reply(text: str) -> Reply:
    return Reply(body=text.encode(), headers={"Content-Type": "text/csv"})


def ingest_job(org: Org, *, good: str = "", bad: str = "", left: str = "", processed: int, failed: int) -> None:
    org.job("ingest", numberRecordsProcessed=processed, numberRecordsFailed=failed)
    org.answers("/ingest/750J/batches", Reply(status=201, body=b""))
    org.answers("/ingest/750J/successfulResults", csv_reply('"sf__Id","sf__Created",Id,Name\n' + good))
    org.answers("/ingest/750J/failedResults", csv_reply('"sf__Id","sf__Error",Id,Name\n' + bad))
    org.answers("/ingest/750J/unprocessedrecords", csv_reply("Id,Name\n" + left))


def test_every_record_of_a_job_gets_its_outcome(org):
    one, two, three = numbers(1, 4)
    ingest_job(
        org,
        good=f'"{two}","false","{two}","b"\n',
        bad=f'"{one}","STRING_TOO_LONG:too long:Name --","{one}","multi\nline"\n',
        left=f'"{three}","c"\n',
        processed=2,
        failed=1,
    )
    records = [record(1, Name="multi\nline"), record(2, Name="b"), record(3, Name="c")]
    outcomes = {outcome.ref: outcome for outcome in org.ingest.write("Account", None, records)}
    assert (outcomes["r2"].ok, outcomes["r2"].id) == (True, two)
    assert (outcomes["r1"].code, outcomes["r1"].fields) == ("STRING_TOO_LONG", ("Name",))
    assert (outcomes["r3"].code, outcomes["r3"].retryable) == ("UNPROCESSED", True)


def test_the_upload_is_packed_sorted_by_parent_and_spells_nothing_as_null(org):
    one, two, three = numbers(1, 4)
    ingest_job(org, good="".join(f'"{id}","false","{id}",""\n' for id in (one, two, three)), processed=3, failed=0)
    records = [
        record(1, AccountId="B", Done=True, Note=None),
        record(2, AccountId="A", Done=False, Note="x,y"),
        record(3, AccountId="B", Amount=1.5),
    ]
    assert len(list(org.ingest.write("Task", None, records))) == 3
    upload = next(seen for seen in org.server.seen if seen.method == "PUT")
    assert upload.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(upload.body).decode() == (
        f'Id,AccountId,Amount,Done,Note\n{two},A,,false,"x,y"\n{one},B,,true,#N/A\n{three},B,1.5,,\n'
    )


def test_a_job_whose_numbers_do_not_add_up_is_not_believed(org):
    (one,) = numbers(1, 2)
    ingest_job(org, good=f'"{one}","false","{one}","a"\n', processed=2, failed=0)
    with pytest.raises(Unclear, match=r"sent 2 records; 1 succeeded, 0 failed, 0 were not processed"):
        list(org.ingest.write("Account", None, [record(1, Name="a"), record(2, Name="b")]))


NO_LIST = (b"\x00\xff\xfenot what was promised", b"not what was promised", b'["what", {"is": "this"}, 7]')


@pytest.mark.parametrize("garbage", NO_LIST)
def test_a_result_that_is_no_list_is_asked_for_again_and_then_said(org, garbage):
    (one,) = numbers(1, 2)
    good = csv_reply(f'"sf__Id","sf__Created",Id,Name\n"{one}","false","{one}","a"\n')
    ingest_job(org, processed=1, failed=0)
    org.answers("/ingest/750J/successfulResults", Reply(body=garbage), good)
    assert [outcome.id for outcome in org.ingest.write("Account", None, [record(1, Name="a")])] == [one]
    org.answers("/ingest/750J/successfulResults", Reply(body=garbage))
    with pytest.raises(Unclear, match="what came as its successfulResults is no list of records, 3 times"):
        list(org.ingest.write("Account", None, [record(1, Name="a")]))


def test_a_job_that_fails_half_way_still_gives_outcomes(org):
    one, two = numbers(1, 3)
    ingest_job(org, good=f'"{one}","false","{one}","a"\n', left=f'"{two}","b"\n', processed=1, failed=0)
    said = {
        "id": "750J",
        "object": "Account",
        "state": "Failed",
        "numberRecordsProcessed": 1,
        "numberRecordsFailed": 0,
    }
    org.answers("/ingest/750J", Reply(body=orjson.dumps(said)))
    outcomes = list(org.ingest.write("Account", None, [record(1, Name="a"), record(2, Name="b")]))
    assert [(outcome.ref, outcome.ok) for outcome in outcomes] == [("r1", True), ("r2", False)]


def test_an_upload_whose_answer_was_lost_goes_into_a_new_job(org):
    one = numbers(1, 2)[0]
    ingest_job(org, good=f'"{one}","false","{one}","a"\n', processed=1, failed=0)
    said = b'[{"errorCode": "INVALIDJOBSTATE", "message": "Found invalid state: Open with data: True"}]'
    org.answers("/ingest/750J/batches", Reply(silent=True), Reply(status=400, body=said), Reply(status=201, body=b""))
    assert [outcome.ok for outcome in org.ingest.write("Account", None, [record(1, Name="a")])] == [True]
    sent = [(seen.method, seen.body) for seen in org.server.seen if seen.method in ("POST", "PATCH")]
    assert [method for method, _ in sent] == ["POST", "PATCH", "POST", "PATCH"]
    assert b"Aborted" in sent[1][1]
