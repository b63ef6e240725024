"""Bulk API 2.0 jobs."""

import csv
import gzip
import io
import time
from typing import Any

import pytest

from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator
from tests.emulator.salesforce.conftest import KEY_FIELD, Api


def _start(api: Api, data: str | bytes, **job: Any) -> str:
    made = api.post("/jobs/ingest", {"contentType": "CSV", **job}, 200)
    assert made["state"] == "Open"
    body = data.encode() if isinstance(data, str) else data
    headers = {"Content-Type": "text/csv"}
    if body[:2] == b"\x1f\x8b":
        headers["Content-Encoding"] = "gzip"
    url = f"{api.url}/{made['contentUrl']}"
    assert api.http.put(url, data=body, headers=headers, timeout=10).status_code == 201
    assert api.patch(f"/jobs/ingest/{made['id']}", {"state": "UploadComplete"}, 200)["state"] == "UploadComplete"
    return str(made["id"])


def _end(api: Api, path: str) -> dict[str, Any]:
    for _ in range(500):
        job: dict[str, Any] = api.get(path)
        if job["state"] in ("JobComplete", "Failed", "Aborted"):
            return job
    raise AssertionError(job)


def _results(api: Api, id: str, which: str) -> list[dict[str, str]]:
    answer = api.send("GET", f"/jobs/ingest/{id}/{which}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def _ingest(api: Api, data: str | bytes, **job: Any) -> tuple[dict[str, Any], str]:
    id = _start(api, data, **job)
    return _end(api, f"/jobs/ingest/{id}"), id


def test_rows_are_inserted_or_refused_and_every_one_is_told(api: Api) -> None:
    data = 'Name,NumberOfEmployees\r\n"Line one\nline ""two""",5\r\n,7\r\nExample,many\r\n'
    job, id = _ingest(api, data, object="Account", operation="insert", lineEnding="CRLF")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 2)
    (good,) = _results(api, id, "successfulResults")
    assert good["sf__Created"] == "true"
    assert good["Name"] == 'Line one\nline "two"'
    assert api.get(f"/sobjects/Account/{good['sf__Id']}")["Name"] == 'Line one\nline "two"'
    refused = _results(api, id, "failedResults/")
    assert refused[0]["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert refused[1]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:")
    assert refused[1]["NumberOfEmployees"] == "many"
    assert _results(api, id, "unprocessedrecords") == []


def test_a_column_may_name_another_record_by_its_external_id(api: Api, org: SalesforceOrg) -> None:
    org.define("Account", [{"name": "Ext_Key__c", **KEY_FIELD}])
    account = api.create("Account", Name="Example Industries 001", Ext_Key__c="A-1")
    data = "LastName,Account.Ext_Key__c\nExample 001,A-1\nExample 002,A-2\nExample 003,\n"
    job, id = _ingest(api, data, object="Contact", operation="insert")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)
    found = api.query("SELECT LastName, AccountId FROM Contact ORDER BY LastName")["records"]
    assert [(one["LastName"], one["AccountId"]) for one in found] == [("Example 001", account), ("Example 003", None)]
    assert _results(api, id, "failedResults")[0]["Account.Ext_Key__c"] == "A-2"
    failed, _ = _ingest(api, "LastName,Account.Name\nx,y\n", object="Contact", operation="insert")
    assert failed["state"] == "Failed"


def test_an_empty_cell_keeps_and_not_available_clears(api: Api, org: SalesforceOrg, key: str) -> None:
    org.insert("Lead", [{"LastName": "a", "Company": "b", "Title": "t", "City": "c", key: "k1"}])
    data = f"{key},Title,City,LastName,Company\nk1,,#N/A,,\nk2,,,z,zz\n"
    job, id = _ingest(api, data, object="Lead", operation="upsert", externalIdFieldName=key)
    assert job["numberRecordsFailed"] == 0
    assert [row["sf__Created"] for row in _results(api, id, "successfulResults")] == ["false", "true"]
    (lead,) = api.query(f"SELECT Title, City, LastName FROM Lead WHERE {key} = 'k1'")["records"]
    assert (lead["Title"], lead["City"], lead["LastName"]) == ("t", None, "a")


def test_the_upload_may_be_gzipped(api: Api) -> None:
    job, _ = _ingest(api, gzip.compress(b"Name\nExample\n"), object="Account", operation="insert")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (1, 0)


def test_a_key_twice_in_one_batch_is_refused_both_times(api: Api, key: str) -> None:
    data = f"{key},LastName,Company\nk1,a,b\nk1,c,d\nk2,e,f\n"
    job, id = _ingest(api, data, object="Lead", operation="upsert", externalIdFieldName=key)
    assert job["numberRecordsFailed"] == 2
    assert {row["sf__Error"].split(":")[0] for row in _results(api, id, "failedResults")} == {"DUPLICATE_VALUE"}


def test_update_and_delete_go_by_id(api: Api, org: SalesforceOrg) -> None:
    one, two = org.insert("Account", [{"Name": "x"}, {"Name": "y"}])
    data = f"Id,Industry\n{one},Banking\n0015e0000000099AAA,Retail\n"
    job, id = _ingest(api, data, object="Account", operation="update")
    assert job["numberRecordsFailed"] == 1
    assert _results(api, id, "failedResults")[0]["sf__Id"] == "0015e0000000099AAA"
    job, _ = _ingest(api, f"Id\n{two}\n", object="Account", operation="delete")
    assert job["numberRecordsFailed"] == 0
    assert api.query("SELECT Id, Industry FROM Account")["records"][0]["Industry"] == "Banking"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Name,Foo__c\nx,1\n", "InvalidBatch : Field name not found : Foo__c"),
        ("name\nx\n", "InvalidBatch : Field name not found : name"),
        ("", "InvalidBatch : CSV must have at least one record"),
        ("Name,Industry\nx\n", "The number of fields in a record differs"),
        (b"Name\n\xff\xfe\n", "Error reading the CSV"),
    ],
)
def test_a_file_that_makes_no_sense_fails_the_job(api: Api, data: str | bytes, words: str) -> None:
    job, id = _ingest(api, data, object="Account", operation="insert")
    assert job["state"] == "Failed"
    assert words in job["errorMessage"]
    assert job["numberRecordsProcessed"] == 0
    assert api.query("SELECT COUNT() FROM Account")["totalSize"] == 0
    assert _results(api, id, "successfulResults") == []


def test_a_failed_job_gives_its_rows_back_unprocessed(api: Api) -> None:
    _, id = _ingest(api, "Name,Foo__c\nx,1\ny,2\n", object="Account", operation="insert")
    assert [row["Name"] for row in _results(api, id, "unprocessedrecords")] == ["x", "y"]


def test_what_a_job_cannot_do_in_its_state_is_refused(api: Api) -> None:
    id = _start(api, "Name\nx\n", object="Account", operation="insert")
    assert api.send("DELETE", f"/jobs/ingest/{id}").json()[0]["errorCode"] == "INVALIDJOBSTATE"
    again = api.send("PUT", f"/jobs/ingest/{id}/batches", data="Name\n", headers={"Content-Type": "text/csv"})
    assert again.json()[0]["errorCode"] == "INVALIDJOBSTATE"
    _end(api, f"/jobs/ingest/{id}")
    assert api.patch(f"/jobs/ingest/{id}", {"state": "Aborted"}, 400)[0]["errorCode"] == "INVALIDJOBSTATE"
    assert api.get(f"/jobs/ingest/{id}/otherResults", 404)[0]["errorCode"] == "NOT_FOUND"
    assert [job["id"] for job in api.get("/jobs/ingest")["records"]] == [id]
    open_job = api.post("/jobs/ingest", {"object": "Account", "operation": "insert"}, 200)["id"]
    wrong = api.send(
        "PUT", f"/jobs/ingest/{open_job}/batches", data="{}", headers={"Content-Type": "application/json"}
    )
    assert wrong.json()[0]["errorCode"] == "INVALIDCONTENTTYPE"


def test_upsert_by_record_id_updates_or_creates(api: Api, org: SalesforceOrg) -> None:
    id = org.insert("Account", [{"Name": "x"}])[0]
    job, _ = _ingest(api, f"Id,Name\n{id},y\n,z\n", object="Account", operation="upsert", externalIdFieldName="Id")
    assert job["numberRecordsFailed"] == 0
    assert [r["Name"] for r in api.query("SELECT Name FROM Account")["records"]] == ["y", "z"]


def test_hard_delete_leaves_nothing(api: Api, org: SalesforceOrg) -> None:
    id = org.insert("Account", [{"Name": "x"}])[0]
    _ingest(api, f"Id\n{id}\n", object="Account", operation="hardDelete")
    assert api.get("/queryAll", params={"q": "SELECT Id FROM Account"})["records"] == []


def test_a_hidden_field_fails_the_job_like_an_unknown_one(api: Api, org: SalesforceOrg) -> None:
    org.hide("Account", "Industry")
    job, _ = _ingest(api, "Name,Industry\nx,y\n", object="Account", operation="insert")
    assert job["errorMessage"] == "InvalidBatch : Field name not found : Industry"


def test_a_job_moves_through_its_states_when_asked(api: Api, org: SalesforceOrg) -> None:
    org.settings({"bulk_polls": 3})
    id = _start(api, "Name\nx\n", object="Account", operation="insert")
    states = [api.get(f"/jobs/ingest/{id}")["state"] for _ in range(4)]
    assert states == ["InProgress", "InProgress", "InProgress", "JobComplete"]


def test_results_wait_for_the_end_and_a_job_can_be_aborted_and_deleted(api: Api) -> None:
    made = api.post("/jobs/ingest", {"object": "Account", "operation": "insert"}, 200)
    path = f"/jobs/ingest/{made['id']}"
    assert api.get(f"{path}/successfulResults", 400)[0]["errorCode"] == "INVALIDJOBSTATE"
    assert api.patch(path, {"state": "Aborted"}, 200)["state"] == "Aborted"
    assert api.patch(path, {"state": "UploadComplete"}, 400)[0]["errorCode"] == "INVALIDJOBSTATE"
    assert api.send("DELETE", path).status_code == 204
    assert api.get(path, 404)[0]["errorCode"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ({"object": "Nothing", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Account", "operation": "paint"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "upsert", "externalIdFieldName": "Name"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "insert", "columnDelimiter": "DOT"}, "INVALIDJOB"),
    ],
)
def test_a_wrong_job_is_refused(api: Api, job: dict[str, str], code: str) -> None:
    assert api.post("/jobs/ingest", job, 400)[0]["errorCode"] == code


def _query(api: Api, soql: str, operation: str = "query", **job: str) -> str:
    made = api.post("/jobs/query", {"operation": operation, "query": soql, **job}, 200)
    assert made["state"] == "UploadComplete"
    done = _end(api, f"/jobs/query/{made['id']}")
    assert done["state"] == "JobComplete"
    return str(made["id"])


def test_query_results_come_in_pages_that_can_be_read_again(api: Api, org: SalesforceOrg) -> None:
    ids = org.insert("Account", [{"Name": f"Example {i}"} for i in range(25)])
    job = _query(api, "SELECT Id, Name FROM Account")
    seen: list[str] = []
    locator, first = "", b""
    while locator != "null":
        page = api.send("GET", f"/jobs/query/{job}/results", params={"maxRecords": 10, "locator": locator})
        rows = list(csv.reader(io.StringIO(page.content.decode())))
        assert rows[0] == ["Id", "Name"]
        assert int(page.headers["Sforce-NumberOfRecords"]) == len(rows) - 1
        seen += [row[0] for row in rows[1:]]
        first, locator = first or page.content, page.headers["Sforce-Locator"]
    assert seen == ids
    assert api.send("GET", f"/jobs/query/{job}/results", params={"maxRecords": 10}).content == first
    pages = api.get(f"/jobs/query/{job}/resultPages", params={"maxRecords": 5})
    assert (len(pages["resultPages"]), pages["done"]) == (5, True)
    other = api.http.get(f"{api.url}/services/data/v67.0/jobs/query/{job}/results", timeout=10)
    assert other.status_code == 409


def test_query_results_write_every_kind_of_value(api: Api, org: SalesforceOrg) -> None:
    owner = org.core.api_user
    account = org.insert("Account", [{"Name": 'A "b", c\nd', "NumberOfEmployees": 3, "AnnualRevenue": 1.5}])[0]
    task = {"Subject": "t", "WhatId": account, "ActivityDate": "2026-02-03", "IsReminderSet": True}
    org.insert("Task", [{**task, "SystemModstamp": "2026-02-03T04:05:06Z"}])
    columns = "What.Name, Account.NumberOfEmployees, ActivityDate, IsReminderSet, SystemModstamp, Type, Owner.Name"
    job = _query(api, f"SELECT {columns}, OwnerId FROM Task")
    text = api.send("GET", f"/jobs/query/{job}/results").content.decode()
    header, row = list(csv.reader(io.StringIO(text, newline="")))
    assert ", ".join(header) == f"{columns}, OwnerId"
    stamp = "2026-02-03T04:05:06.000Z"
    assert row == ['A "b", c\nd', "3", "2026-02-03", "true", stamp, "", "Integration", owner]


def test_an_empty_query_result_is_its_header(api: Api) -> None:
    job = _query(api, "SELECT Id FROM Lead", columnDelimiter="TAB")
    page = api.send("GET", f"/jobs/query/{job}/results")
    assert page.text == '"Id"\n'
    assert (page.headers["Sforce-NumberOfRecords"], page.headers["Sforce-Locator"]) == ("0", "null")


def test_a_query_job_can_be_aborted_and_deleted(api: Api) -> None:
    made = api.post("/jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"}, 200)
    path = f"/jobs/query/{made['id']}"
    assert api.get(f"{path}/results", 400)[0]["errorCode"] == "INVALIDJOBSTATE"
    assert api.patch(path, {"state": "UploadComplete"}, 400)[0]["errorCode"] == "INVALIDJOBSTATE"
    assert api.patch(path, {"state": "Aborted"}, 200)["state"] == "Aborted"
    assert api.send("DELETE", path).status_code == 204
    assert api.send("DELETE", path).status_code == 404


def test_a_strange_page_of_results_is_refused(api: Api) -> None:
    path = f"/jobs/query/{_query(api, 'SELECT Id FROM Lead')}/results"
    assert api.get(path, 400, params={"maxRecords": 0})[0]["errorCode"] == "API_ERROR"
    assert api.get(path, 400, params={"locator": "!"})[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_query_all_reads_the_recycle_bin(api: Api, org: SalesforceOrg) -> None:
    id = org.insert("Account", [{"Name": "x"}])[0]
    api.send("DELETE", f"/sobjects/Account/{id}")
    text = api.send("GET", f"/jobs/query/{_query(api, 'SELECT Id, IsDeleted FROM Account', 'queryAll')}/results").text
    assert text == f'"Id","IsDeleted"\n"{id}","true"\n'


@pytest.mark.parametrize("soql", ["SELECT COUNT() FROM Lead", "SELECT Id FROM Lead OFFSET 5", "SELECT Foo FROM Lead"])
def test_what_bulk_cannot_query_is_refused(api: Api, soql: str) -> None:
    error = api.post("/jobs/query", {"operation": "query", "query": soql}, 400)[0]
    assert error["errorCode"] in ("API_ERROR", "INVALID_FIELD")


def test_a_job_waits_in_the_queue_and_can_be_aborted_there(api: Api, org: SalesforceOrg, emulator: Emulator) -> None:
    org.settings({"bulk_queue_s": 600})
    waits, leaves = (_start(api, f"Name\n{name}\n", object="Account", operation="insert") for name in "ab")
    assert [api.get(f"/jobs/ingest/{waits}")["state"] for _ in range(3)] == ["UploadComplete"] * 3
    assert api.patch(f"/jobs/ingest/{leaves}", {"state": "Aborted"}, 200)["state"] == "Aborted"
    assert org.inspect("Account")["records"] == []
    emulator.clock.advance(600)
    assert _end(api, f"/jobs/ingest/{waits}")["state"] == "JobComplete"
    assert [one["Name"] for one in org.inspect("Account")["records"]] == ["a"]
    assert api.patch(f"/jobs/ingest/{waits}", {"state": "Aborted"}, 400)[0]["errorCode"] == "INVALIDJOBSTATE"


def test_jobs_of_the_org_are_listed_with_who_made_them(api: Api, org: SalesforceOrg) -> None:
    id = _start(api, "Name\na\n", object="Account", operation="insert")
    _query(api, "SELECT Id FROM Lead")
    (job,) = api.get("/jobs/ingest?jobType=V2Ingest")["records"]
    assert (job["id"], job["object"], job["createdById"]) == (id, "Account", org.core.api_user)
    deadline = time.monotonic() + 10
    while not org._bulk._jobs[id].finished and time.monotonic() < deadline:
        time.sleep(0.002)
    assert api.get("/jobs/ingest")["records"][0]["state"] == "JobComplete", "though nobody asked for its state"
    assert api.get("/jobs/ingest?jobType=Classic")["records"] == []
