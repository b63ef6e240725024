"""Static lists: making and finding them, and who is on them."""

import pytest
from hubspot import HubSpot
from hubspot.crm.lists import ListSearchRequest

from connector.emulator.org import BadRequest

V3, DATED = "/crm/v3/lists", "/crm/lists/2026-09"


def made(api, name="Tossup example_play", **more):
    told = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL", **more}
    return api.ok("POST", V3, told)["list"]["listId"]


def on(api, list_id, query=""):
    return [one["recordId"] for one in api.ok("GET", f"{DATED}/{list_id}/memberships{query}")["results"]]


@pytest.mark.parametrize("base", [V3, DATED, "/crm/lists/2026-03"])
def test_people_join_and_leave_a_list(api, base):
    list_id, one, other = made(api), api.contact(), api.contact()
    assert api.ok("PUT", f"{base}/{list_id}/memberships/add", [one, other]) == {"recordsIdsAdded": [one, other]}
    assert api.ok("PUT", f"{base}/{list_id}/memberships/add", [one, "999"]) == {"recordIdsMissing": ["999"]}
    assert on(api, list_id) == [one, other]
    assert api.ok("PUT", f"{base}/{list_id}/memberships/remove", [one]) == {"recordIdsRemoved": [one]}
    assert api.ok("PUT", f"{base}/{list_id}/memberships/remove", [one]) == {}
    both = {"recordIdsToAdd": [one], "recordIdsToRemove": [other]}
    assert api.ok("PUT", f"{base}/{list_id}/memberships/add-and-remove", both)["recordsIdsAdded"] == [one]
    assert api.ok("GET", f"{base}/{list_id}")["list"]["size"] == 1


def test_a_name_is_taken_once_and_found_again(api):
    list_id = made(api)
    told = {"name": "tossup EXAMPLE_play", "objectTypeId": "0-1", "processingType": "MANUAL"}
    assert api.refused("POST", V3, told)["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"
    found = api.ok("GET", f"{DATED}/object-type-id/0-1/name/Tossup%20example_play")["list"]
    assert found["listId"] == list_id
    api.refused("GET", f"{DATED}/object-type-id/0-1/name/other", status=404)
    api.ok("DELETE", f"{DATED}/{list_id}", status=204)
    api.refused("GET", f"{DATED}/{list_id}/memberships", status=404)
    assert made(api) != list_id


def test_lists_are_searched_page_by_page(api):
    ids = [made(api, f"Tossup play_{number}") for number in range(3)]
    made(api, "Newsletter", processingType="SNAPSHOT")
    first = api.ok("POST", f"{V3}/search", {"query": "tossup", "count": 2})
    assert ([one["listId"] for one in first["lists"]], first["hasMore"], first["total"]) == (ids[:2], True, 3)
    rest = api.ok("POST", f"{V3}/search", {"query": "tossup", "count": 2, "offset": first["offset"]})
    assert ([one["listId"] for one in rest["lists"]], rest["hasMore"]) == (ids[2:], False)
    kinds = api.ok("POST", f"{V3}/search", {"processingTypes": ["SNAPSHOT"]})["lists"]
    assert [one["additionalProperties"]["hs_list_size"] for one in kinds] == ["0"]
    api.refused("POST", f"{V3}/search", {"count": 501})


def test_members_come_in_pages_and_those_who_are_gone_have_left(api):
    list_id, people = made(api), sorted(api.contact() for _ in range(4))
    api.ok("PUT", f"{V3}/{list_id}/memberships/add", people[:3])
    first = api.ok("GET", f"{V3}/{list_id}/memberships?limit=2")
    assert first["paging"]["next"]["after"] == people[1]
    assert on(api, list_id, f"?limit=2&after={people[1]}") == [people[2]]
    api.portal.act("somebody", "delete", "contacts", people[0], {})
    api.portal.act("somebody", "merge", "contacts", people[1], {"into": people[3]})
    assert on(api, list_id) == people[2:]
    api.ok("PUT", f"{V3}/{list_id}/memberships/remove", [people[3]])
    assert on(api, list_id) == [people[2]]


def test_bad_requests_are_refused(api):
    list_id = made(api)
    api.refused("POST", V3, {"name": "x", "objectTypeId": "0-1", "processingType": "DYNAMIC"})
    api.refused("POST", V3, {"name": "x", "objectTypeId": "nothing", "processingType": "MANUAL"})
    api.refused("PUT", f"{V3}/{list_id}/memberships/add", {"ids": ["1"]})
    api.refused("PUT", f"{V3}/{list_id}/memberships/add", ["one"])
    api.refused("GET", f"{V3}/{list_id}/memberships?limit=251")
    for scope, call in {"crm.lists.read": ("POST", f"{V3}/search"), "crm.lists.write": ("POST", V3)}.items():
        api.portal.settings({"missing_scopes": [scope]})
        assert api.refused(*call, {}, status=403)["category"] == "MISSING_SCOPES"


def test_a_person_changes_a_list_by_hand_and_a_snapshot_keeps_it(api):
    list_id, one = made(api), api.contact()
    api.portal.act("somebody", "create", "list_memberships", f"{list_id}:{one}", {})
    state = api.portal.snapshot()
    api.portal.act("somebody", "delete", "list_memberships", f"{list_id}:{one}", {})
    assert api.portal.inspect("list_memberships")["records"] == []
    api.portal.restore(state)
    assert [one["id"] for one in api.portal.inspect("list_memberships")["records"]] == [f"{list_id}:{one}"]
    assert [one["name"] for one in api.portal.inspect("lists")["records"]] == ["Tossup example_play"]
    assert made(api, "another") != list_id
    for bad in ("delete", "9:1"), ("move", f"{list_id}:{one}"):
        with pytest.raises(BadRequest):
            api.portal.act("somebody", bad[0], "list_memberships", bad[1], {})


def test_the_vendors_own_client_understands_the_answers(api):
    url = api.emulator.url
    client = HubSpot(access_token=api.portal.auth.service_key, host=url, base_url=url, retry=False).crm.lists
    list_id = made(api)
    assert client.lists_api.get_by_name("Tossup example_play", "0-1").list.list_id == list_id
    assert client.lists_api.do_search(ListSearchRequest(query="Tossup")).lists[0].list_id == list_id
    person = api.contact()
    assert client.memberships_api.add(list_id, [person]).records_ids_added == [person]
    joined = client.memberships_api.get_page(list_id).results[0]
    assert (joined.record_id, joined.membership_timestamp.tzinfo is None) == (person, False)
    assert client.memberships_api.remove(list_id, [person]).record_ids_removed == [person]
