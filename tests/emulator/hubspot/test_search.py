"""Search: its operators against a plain reading of the records, its limits, its lag."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.emulator.hubspot.app import HubSpotPortal
from connector.emulator.hubspot.scan import run
from connector.emulator.hubspot.search import read_query
from connector.emulator.org import Clock


def where(name, operator, value=None, **more):
    told = {"propertyName": name, "operator": operator, **more}
    return told if value is None else told | {"value": value}


def names(found):
    return [one["properties"]["name"] for one in found["results"]]


def test_any_group_matches_when_all_its_filters_do(api):
    for number, city in enumerate(["Here", "Here", "There"]):
        api.company(name=f"C{number}", city=city, numberofemployees=number)
    groups = [
        {"filters": [where("city", "EQ", "here"), where("numberofemployees", "GT", "0")]},
        {"filters": [where("name", "EQ", "c2")]},
    ]
    found = api.ok("POST", "/crm/v3/objects/companies/search", {"filterGroups": groups, "sorts": ["name"]})
    assert names(found) == ["C1", "C2"]


def test_numbers_compare_as_numbers_and_times_as_times_in_either_spelling(api):
    api.company(name="nine", numberofemployees="9", closedate="2026-01-02T00:00:00Z")
    api.company(name="ten", numberofemployees="10", closedate="2026-01-03T00:00:00Z")
    assert names(api.search("companies", where("numberofemployees", "LT", "10"))) == ["nine"]
    for spelling in ("1767398400000", "2026-01-03", "2026-01-03T00:00:00Z", "2026-01-03T09:00:00+09:00"):
        assert names(api.search("companies", where("closedate", "GTE", spelling))) == ["ten"]
    between = where("closedate", "BETWEEN", "2026-01-01", highValue="2026-01-02T12:00:00Z")
    assert names(api.search("companies", between)) == ["nine"]


def test_a_list_of_texts_is_not_folded_so_capitals_match_nothing(api):
    api.company(name="Example", type="PARTNER")
    assert api.search("companies", where("name", "IN", values=["example"]))["total"] == 1
    assert api.search("companies", where("name", "IN", values=["Example"]))["total"] == 0
    assert api.search("companies", where("type", "IN", values=["PARTNER"]))["total"] == 1


def test_words_match_whole_or_with_a_star(api):
    api.contact(email="someone@example.com", jobtitle="Head of Example Affairs")
    assert api.search("contacts", where("email", "CONTAINS_TOKEN", "*@example.com"))["total"] == 1
    assert api.search("contacts", where("jobtitle", "CONTAINS_TOKEN", "example"))["total"] == 1
    assert api.search("contacts", where("jobtitle", "CONTAINS_TOKEN", "exam"))["total"] == 0
    assert api.search("contacts", where("jobtitle", "NOT_CONTAINS_TOKEN", "exam*"))["total"] == 0
    assert api.search("contacts", query="someone@")["total"] == 1


def test_unique_texts_are_found_without_regard_to_case_however_they_were_written(api):
    key = {"name": "example_key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
    api.portal.define("companies", [{**key, "groupName": "companyinformation"}])
    api.company(name="low", example_key="k1")
    assert names(api.search("companies", where("example_key", "EQ", "K1"))) == ["low"]
    assert names(api.search("companies", where("example_key", "EQ", "k2"))) == []
    api.company(name="high", example_key="K1")
    assert names(api.search("companies", where("example_key", "EQ", "k1"))) == ["low", "high"]
    assert names(api.search("companies", where("example_key", "IN", values=["k1", "k2"]))) == ["low", "high"]


def test_record_ids_are_found_by_number(api):
    ids = api.portal.insert("companies", [{"name": "C0"}, {"name": "C1"}, {"name": "C2"}])
    assert names(api.search("companies", where("hs_object_id", "IN", values=ids[:2]))) == ["C0", "C1"]
    after = where("hs_object_id", "GT", ids[0])
    assert names(api.search("companies", after, sorts=["hs_object_id"])) == ["C1", "C2"]


@pytest.mark.parametrize("sort", ["hs_object_id", "-hs_object_id", "name"])
@pytest.mark.parametrize(
    ("operator", "value", "wanted"),
    [
        ("GT", "{1}", "34"),
        ("GTE", "{1}", "134"),
        ("LT", "{3}", "01"),
        ("LTE", "{3}", "013"),
        ("EQ", "{2}", ""),
        ("GT", "{1}.5", "34"),
        ("LT", "{3}.5", "013"),
        ("LT", "inf", "0134"),
    ],
)
def test_spans_of_record_ids_leave_out_what_was_archived(api, operator, value, wanted, sort):
    ids = api.portal.insert("companies", [{"name": str(n)} for n in range(5)])
    api.ok("DELETE", f"/crm/v3/objects/companies/{ids[2]}", status=204)
    found = api.search("companies", where("hs_object_id", operator, value.format(*ids)), sorts=[sort])
    assert names(found) == sorted(wanted, reverse=sort.startswith("-"))
    assert found["total"] == len(wanted)


def test_records_are_found_by_what_they_are_linked_to(api):
    firm = api.company()
    contact = api.contact(associations={"companies": [firm]})
    api.contact()
    found = api.search("contacts", where("associations.company", "EQ", firm))
    assert [one["id"] for one in found["results"]] == [contact]


def test_pages_of_two_hundred_and_ten_when_not_said(api):
    api.portal.insert("companies", [{"name": f"Example Industries {n:03}"} for n in range(205)])
    assert len(api.search("companies")["results"]) == 10
    first = api.search("companies", limit=200)
    assert (len(first["results"]), first["total"], first["paging"]["next"]["after"]) == (200, 205, "200")
    last = api.search("companies", limit=200, after="200")
    assert len(last["results"]) == 5
    assert "paging" not in last
    api.refused("POST", "/crm/v3/objects/companies/search", {"limit": 201})


def test_ten_thousand_results_is_the_end(api):
    api.refused("POST", "/crm/v3/objects/companies/search", {"limit": 200, "after": "9900"})
    api.ok("POST", "/crm/v3/objects/companies/search", {"limit": 200, "after": "9800"})


@pytest.mark.parametrize(
    "body",
    [
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 7}]},
        {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 5}] * 4},
        {"sorts": ["name", "city"]},
        {"query": "x" * 3001},
        {"filterGroups": [{"filters": [where("not_there", "HAS_PROPERTY")]}]},
        {"filterGroups": [{"filters": [where("name", "LIKE", "x")]}]},
        {"filterGroups": [{"filters": [where("name", "EQ")]}]},
        {"filterGroups": [{"filters": [where("name", "IN", "x")]}]},
        {"filterGroups": [{"filters": [where("numberofemployees", "GT", "many")]}]},
        {"after": "x"},
        {"limit": "x"},
    ],
)
def test_a_query_beyond_the_limits_is_refused(api, body):
    assert api.refused("POST", "/crm/v3/objects/companies/search", body)["category"] == "VALIDATION_ERROR"


def test_archived_records_are_never_found(api):
    api.ok("DELETE", f"/crm/v3/objects/companies/{api.company()}", status=204)
    assert api.search("companies")["total"] == 0


def test_the_index_shows_a_change_only_after_its_lag(api):
    old = api.company(city="Old City")
    api.portal.settings({"index_lag": 30})
    new = api.company(city="New City")
    api.ok("PATCH", f"/crm/v3/objects/companies/{old}", {"properties": {"city": "Newer City"}})
    found = api.search("companies", properties=["city"])
    assert [(one["id"], one["properties"]["city"]) for one in found["results"]] == [(old, "Old City")]
    assert api.ok("GET", f"/crm/v3/objects/companies/{new}")["id"] == new
    api.emulator.clock.advance(31)
    found = api.search("companies", properties=["city"])
    assert [(one["id"], one["properties"]["city"]) for one in found["results"]] == [
        (old, "Newer City"),
        (new, "New City"),
    ]


def test_an_archived_record_stays_in_the_index_for_its_lag(api):
    id = api.company()
    api.portal.settings({"index_lag": 30})
    api.ok("DELETE", f"/crm/v3/objects/companies/{id}", status=204)
    assert api.search("companies")["total"] == 1
    api.emulator.clock.advance(31)
    assert api.search("companies")["total"] == 0


def test_the_changes_since_a_moment_come_in_the_order_they_were_made(api):
    ids = api.portal.insert("companies", [{"name": f"C{n}"} for n in range(4)])
    api.emulator.clock.advance(100)
    for id in (ids[2], ids[0], ids[2]):
        api.emulator.clock.advance(1)
        api.ok(
            "PATCH", f"/crm/v3/objects/companies/{id}", {"properties": {"city": f"{id} {len(api.session.headers)}"}}
        )
        api.ok("PATCH", f"/crm/v3/objects/companies/{id}", {"properties": {"zip": str(api.emulator.clock.now())}})
    moment = str(int((datetime.now(UTC).timestamp() + 50) * 1000))
    filters = [where("hs_lastmodifieddate", "GTE", moment)]
    found = api.search("companies", *filters, sorts=["hs_lastmodifieddate"])
    assert [one["id"] for one in found["results"]] == [ids[0], ids[2]]
    down = api.search(
        "companies", *filters, sorts=[{"propertyName": "hs_lastmodifieddate", "direction": "DESCENDING"}]
    )
    assert [one["id"] for one in down["results"]] == [ids[2], ids[0]]


CITIES = st.sampled_from([None, "", "alpha", "Beta", "beta gamma"])
NUMBERS = st.sampled_from([None, "1", "2.0", "10"])
STAMPS = st.integers(0, 5).map(lambda n: str(1_767_225_600_000 + n))
ROWS = st.lists(
    st.fixed_dictionaries({"city": CITIES, "annualrevenue": NUMBERS, "hs_lastmodifieddate": STAMPS}), max_size=8
)
OPERATORS = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "IN", "NOT_IN")
OPERANDS = {
    "city": st.sampled_from(["alpha", "beta", "Beta", "z"]),
    "annualrevenue": st.sampled_from(["0", "1", "2", "10"]),
    "hs_lastmodifieddate": STAMPS,
}


@st.composite
def filters(draw):
    name = draw(st.sampled_from(sorted(OPERANDS)))
    operand = OPERANDS[name]
    return {
        "propertyName": name,
        "operator": draw(st.sampled_from(OPERATORS)),
        "value": draw(operand),
        "highValue": draw(operand),
        "values": draw(st.lists(operand, min_size=1, max_size=2)),
    }


def plain_key(name, text, *, operand=False, folded=True):
    if name == "annualrevenue":
        return float(text)
    if name == "hs_lastmodifieddate":
        is_number = text.isdigit()
        return int(text) if is_number else round(datetime.fromisoformat(text).timestamp() * 1000)
    return text if operand and not folded else text.lower()


def plainly_passes(row, told):
    name, operator = told["propertyName"], told["operator"]
    text = row[name] or None
    if operator == "HAS_PROPERTY":
        return text is not None
    if operator == "NOT_HAS_PROPERTY":
        return text is None
    if text is None:
        return False
    value = plain_key(name, text)
    one, high = (plain_key(name, told[part], operand=True) for part in ("value", "highValue"))
    many = [plain_key(name, entry, operand=True, folded=False) for entry in told["values"]]
    return {
        "EQ": value == one,
        "NEQ": value != one,
        "LT": value < one,
        "LTE": value <= one,
        "GT": value > one,
        "GTE": value >= one,
        "BETWEEN": one <= value <= high,
        "IN": value in many,
        "NOT_IN": value not in many,
    }[operator]


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    changed=st.lists(st.tuples(st.integers(0, 7), STAMPS), max_size=3),
    gone=st.sets(st.integers(0, 7), max_size=2),
    groups=st.lists(st.lists(filters(), max_size=2), max_size=2),
    sort=st.sampled_from(["hs_lastmodifieddate", "annualrevenue", "city", "hs_object_id"]),
    descending=st.booleans(),
)
def test_search_finds_what_a_plain_reading_of_every_record_finds(rows, changed, gone, groups, sort, descending):
    org = HubSpotPortal(Clock())
    ids = [int(id) for id in org.insert("companies", [dict(row) for row in rows])]
    table = org.portal.tables["companies"]
    for at, moment in changed:
        if at < len(ids):
            table.touch(table.live[ids[at]], int(moment))
            rows[at]["hs_lastmodifieddate"] = moment
    for at in gone & set(range(len(ids))):
        table.archive(table.live[ids[at]], 0)
    live = {ids[at]: row for at, row in enumerate(rows) if at not in gone}

    wanted = [
        id for id, row in live.items() if not groups or any(all(plainly_passes(row, f) for f in g) for g in groups)
    ]

    def key(id):
        return id if sort == "hs_object_id" else plain_key(sort, live[id][sort])

    having = sorted(id for id in wanted if sort == "hs_object_id" or live[id][sort])
    having.sort(key=key, reverse=descending)
    expected = having + sorted(set(wanted) - set(having))

    body = {"filterGroups": [{"filters": group} for group in groups], "sorts": [f"-{sort}" if descending else sort]}
    found = run(org.portal, table, read_query(org.portal, table, json.loads(json.dumps(body))))
    assert found.total == len(expected)
    if sort == "hs_lastmodifieddate":
        assert sorted(r.id for r in found.part(0, 100)) == sorted(expected)
        stamps = [r.updated for r in found.part(0, 100)]
        assert stamps == sorted(stamps, reverse=descending)
    else:
        assert [record.id for record in found.part(0, 100)] == expected
