"""Queries over HTTP: paths, pages, deleted records, complaints, stamps."""

from typing import Any

import pytest

from connector.emulator.salesforce.app import SalesforceOrg
from connector.emulator.server import Emulator
from tests.emulator.salesforce.conftest import Api


def _accounts(org: SalesforceOrg, count: int, **values: Any) -> list[str]:
    return org.insert("Account", [{"Name": f"Example Industries {i:04}", **values} for i in range(count)])


def test_paths_go_through_several_lookups(api: Api, org: SalesforceOrg) -> None:
    owner = org.insert("User", [{"FirstName": "Owner", "LastName": "01"}])[0]
    account = org.insert("Account", [{"Name": "Example Industries 001", "OwnerId": owner}])[0]
    product = org.insert("Product2", [{"Name": "Suite", "Family": "Suites"}])[0]
    deal = {"Name": "d", "AccountId": account, "StageName": "Closed Won", "CloseDate": "2026-01-02"}
    deal_id = org.insert("Opportunity", [deal])[0]
    line = {"OpportunityId": deal_id, "Product2Id": product, "Quantity": 2, "UnitPrice": 5}
    org.insert("OpportunityLineItem", [line])
    soql = (
        "select id, Opportunity.AccountId, Opportunity.Account.Owner.Name, Product2.Family "
        "FROM OpportunityLineItem WHERE Opportunity.IsWon = true AND Opportunity.Account.Name LIKE 'example%'"
    )
    (record,) = api.query(soql)["records"]
    assert record["Opportunity"]["AccountId"] == account
    assert record["Opportunity"]["Account"]["Owner"]["Name"] == "Owner 01"
    assert record["Product2"]["Family"] == "Suites"
    assert record["Product2"]["attributes"]["type"] == "Product2"
    assert list(record)[:2] == ["attributes", "Id"]


def test_a_lookup_with_several_targets_knows_their_type(api: Api, org: SalesforceOrg) -> None:
    queue = org.insert("Group", [{"Name": "Example Queue", "Type": "Queue"}])[0]
    org.insert("Lead", [{"LastName": "a", "Company": "b", "OwnerId": queue}, {"LastName": "c", "Company": "d"}])
    found = api.query("SELECT Owner.Name, Owner.Type FROM Lead ORDER BY LastName")["records"]
    assert [(each["Owner"]["Name"], each["Owner"]["Type"]) for each in found] == [
        ("Example Queue", "Queue"),
        ("Integration", "User"),
    ]


def test_an_empty_lookup_is_null_as_a_whole(api: Api, org: SalesforceOrg) -> None:
    _accounts(org, 1)
    assert api.query("SELECT Parent.Name FROM Account")["records"][0]["Parent"] is None


def test_a_long_answer_comes_in_pages(api: Api, org: SalesforceOrg) -> None:
    ids = _accounts(org, 450)
    page = api.query("SELECT Id FROM Account", headers={"Sforce-Query-Options": "batchSize=200"})
    assert (page["totalSize"], page["done"], len(page["records"])) == (450, False, 200)
    seen = [record["Id"] for record in page["records"]]
    while not page["done"]:
        page = api.get(page["nextRecordsUrl"].removeprefix("/services/data/v68.0"))
        seen += [record["Id"] for record in page["records"]]
    assert seen == ids


def test_pages_may_be_shorter_than_asked_for(api: Api, org: SalesforceOrg) -> None:
    _accounts(org, 10)
    org.settings({"page_size": 4})
    assert len(api.query("SELECT Id FROM Account")["records"]) == 4


def test_a_url_too_long_for_the_edge_gets_a_page_of_html(api: Api) -> None:
    ids = ", ".join(["'0015e0000000001AAA'"] * 1000)
    answer = api.send("GET", "/query", params={"q": f"SELECT Id FROM Account WHERE Id IN ({ids})"})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (414, "text/html")


def test_an_unknown_locator_is_refused(api: Api) -> None:
    assert api.get("/query/01g000000000000AAA-2000", 400)[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_deleted_records_show_in_query_all_only(api: Api, org: SalesforceOrg) -> None:
    kept, gone = _accounts(org, 2)
    api.send("DELETE", f"/sobjects/Account/{gone}")
    assert [r["Id"] for r in api.query("SELECT Id FROM Account")["records"]] == [kept]
    everything = api.get("/queryAll", params={"q": "SELECT Id FROM Account WHERE IsDeleted = true"})
    assert [r["Id"] for r in everything["records"]] == [gone]
    org.act("Integration", "purge", "Account", gone, {})
    everything = api.get("/queryAll", params={"q": "SELECT Id FROM Account"})
    assert [r["Id"] for r in everything["records"]] == [kept]


def test_old_closed_tasks_are_archived_and_show_in_query_all_only(api: Api, org: SalesforceOrg) -> None:
    old, done, today = "2020-01-01", {"Status": "Completed"}, "2026-11-01"
    tasks = [{**done, "ActivityDate": old}, {"ActivityDate": old}, {**done, "ActivityDate": today}, done]
    archived, *live = org.insert("Task", tasks)
    org.settings({"archive_after_days": 365})
    assert [r["Id"] for r in api.query("SELECT Id FROM Task")["records"]] == live
    assert api.query("SELECT COUNT() FROM Task")["totalSize"] == len(live)
    everything = api.get("/queryAll", params={"q": "SELECT Id FROM Task WHERE IsArchived = true"})
    assert [r["Id"] for r in everything["records"]] == [archived]
    api.send("PATCH", f"/sobjects/Task/{archived}", json={"Description": "still there"})
    assert api.get(f"/sobjects/Task/{archived}")["Description"] == "still there"


def test_counting_and_grouping(api: Api, org: SalesforceOrg) -> None:
    _accounts(org, 3, Industry="Banking", NumberOfEmployees=10)
    _accounts(org, 2, Industry="Retail")
    assert api.query("SELECT COUNT() FROM Account") == {"totalSize": 5, "done": True, "records": []}
    assert api.query("SELECT COUNT(Id) FROM Account")["records"][0]["expr0"] == 5
    soql = "SELECT Industry, COUNT(Id) n, SUM(NumberOfEmployees) FROM Account GROUP BY Industry"
    grouped = {r["Industry"]: (r["n"], r["expr0"]) for r in api.query(soql)["records"]}
    assert grouped == {"Banking": (3, 30.0), "Retail": (2, None)}


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Foo FROM Lead", "INVALID_FIELD", "No such column 'Foo' on entity 'Lead'"),
        ("SELECT Id FROM Lead WHERE Foo__c = 1", "INVALID_FIELD", "ERROR at Row:1:Column:27"),
        ("SELECT Foo.Name FROM Lead", "INVALID_FIELD", "Didn't understand relationship 'Foo'"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported"),
        ("SELECT Id FORM Lead", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT FROM Lead", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Lead WHERE Name = 'a", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Lead LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'true'", "INVALID_FIELD", "must be of type boolean"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Lead WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Lead WHERE OwnerId = 'nobody'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nobody"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Name, COUNT(Id) FROM Lead", "MALFORMED_QUERY", "must be grouped or aggregated"),
        ("", "MALFORMED_QUERY", "unexpected token"),
    ],
)
def test_a_wrong_query_is_refused_in_salesforces_words(api: Api, soql: str, code: str, words: str) -> None:
    error = api.query(soql, 400)[0]
    assert error["errorCode"] == code
    assert words in error["message"]


def test_stamps_have_whole_seconds_so_that_records_tie(api: Api, org: SalesforceOrg) -> None:
    stamp = {"SystemModstamp": "2026-01-01T10:00:00Z"}
    ids = org.insert("Account", [{"Name": "x", **stamp} for _ in range(5)])
    at, after = "2026-01-01T10:00:00Z", f"Id > '{ids[2]}'"
    soql = "SELECT Id FROM Account WHERE {} ORDER BY SystemModstamp, Id LIMIT 2"
    first = api.query(soql.format(f"SystemModstamp >= {at}"))["records"]
    assert [r["Id"] for r in first] == ids[:2]
    keyset = f"SystemModstamp > {at} OR (SystemModstamp = {at} AND {after})"
    rest = api.query(soql.format(keyset))["records"]
    assert [r["Id"] for r in rest] == ids[3:]


def test_the_order_of_changes_follows_edits_deletes_and_late_commits(
    api: Api, org: SalesforceOrg, emulator: Emulator
) -> None:
    def order() -> list[int]:
        soql = f"SELECT Id FROM Account WHERE SystemModstamp >= {start} ORDER BY SystemModstamp, Id"
        return [ids.index(r["Id"]) for r in api.query(soql)["records"]]

    start = emulator.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    ids = _accounts(org, 4)
    emulator.clock.advance(10)
    api.patch(f"/sobjects/Account/{ids[0]}", {"Industry": "Banking"})
    assert order() == [1, 2, 3, 0]
    emulator.clock.advance(10)
    late = {"seconds": 15, "values": {"Industry": "Retail"}}
    org.act("Integration", "commit_late", "Account", ids[2], late)
    assert order() == [1, 3, 2, 0]
    api.send("DELETE", f"/sobjects/Account/{ids[3]}")
    assert order() == [1, 2, 0]


def test_relative_dates_follow_the_emulated_clock(api: Api, org: SalesforceOrg, emulator: Emulator) -> None:
    today = emulator.clock.now().date().isoformat()
    org.insert("Task", [{"Subject": "now", "ActivityDate": today}, {"Subject": "old", "ActivityDate": "2020-01-01"}])

    def found(condition: str) -> list[str]:
        return [r["Subject"] for r in api.query(f"SELECT Subject FROM Task WHERE {condition}")["records"]]

    assert found("ActivityDate = TODAY") == ["now"]
    assert found("ActivityDate < LAST_N_DAYS:30") == ["old"]
    assert found("CreatedDate = TODAY") == ["now", "old"]
    assert found("CreatedDate > TODAY") == []
    emulator.clock.advance(86_400)
    assert found("ActivityDate = YESTERDAY") == ["now"]
    assert found("ActivityDate >= TODAY") == []
