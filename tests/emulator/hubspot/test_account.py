"""Owners, pipelines, account details, sign-in, scopes, limits, and what people do by hand."""

import pytest
import requests

from connector.emulator.org import BadRequest


def token(api, version="v1", **wrong):
    known = api.emulator.announcement["hubspot"]
    form = {"grant_type": "refresh_token"} | {
        name: known[name] for name in ("client_id", "client_secret", "refresh_token")
    }
    return requests.post(f"{api.emulator.url}/oauth/{version}/token", data=form | wrong, timeout=10)


def get(api, bearer, path="/crm/v3/objects/companies"):
    return requests.get(api.emulator.url + path, headers={"Authorization": f"Bearer {bearer}"}, timeout=10)


def test_active_and_archived_owners_come_apart_and_queues_are_owners(api):
    told = [
        {"firstName": "Owner", "lastName": "01", "email": "owner01@example.com"},
        {"firstName": "Owner", "lastName": "02", "archived": True},
        {"name": "Queue 01", "type": "QUEUE"},
    ]
    ids = api.portal.insert("owners", told)
    active = api.ok("GET", "/crm/v3/owners?limit=500")["results"]
    assert [(one["id"], one["type"]) for one in active] == [(ids[0], "PERSON"), (ids[2], "QUEUE")]
    assert isinstance(active[0]["userId"], int)
    assert active[0]["teams"] == []
    assert [one["id"] for one in api.ok("GET", "/crm/owners/2026-09?archived=true")["results"]] == [ids[1]]
    assert api.ok("GET", "/crm/v3/owners?email=owner01@example.com")["results"][0]["id"] == ids[0]
    first = api.ok("GET", "/crm/v3/owners?limit=1")
    after = first["paging"]["next"]["after"]
    assert api.ok("GET", f"/crm/v3/owners?limit=1&after={after}")["results"][0]["id"] == ids[2]
    assert api.ok("GET", f"/crm/v3/owners/{ids[0]}")["lastName"] == "01"


def test_exchange_rates_come_by_page_and_people_change_them(api):
    told = [("EUR", 1.2345678), ("JPY", 0.00625), ("EUR", 1.25)]
    ids = api.portal.insert("exchange_rates", [{"fromCurrencyCode": c, "conversionRate": r} for c, r in told])
    first = api.ok("GET", "/settings/v3/currencies/exchange-rates?limit=2")
    assert [one["conversionRate"] for one in first["results"]] == [1.234568, 0.00625]
    after = first["paging"]["next"]["after"]
    (last,) = api.ok("GET", f"/settings/currencies/2026-03/exchange-rates?limit=2&after={after}")["results"]
    assert (last["id"], last["fromCurrencyCode"], last["toCurrencyCode"]) == (ids[2], "EUR", "USD")
    assert len(api.ok("GET", "/settings/v3/currencies/exchange-rates?fromCurrencyCode=EUR")["results"]) == 2
    assert api.ok("GET", "/settings/v3/currencies/company-currency")["id"] == "USD"
    assert api.ok("GET", "/account-info/v3/details")["additionalCurrencies"] == ["EUR", "JPY"]


def test_people_change_exchange_rates_and_a_snapshot_keeps_them(api):
    told = [("EUR", 1.2), ("JPY", 0.00625), ("EUR", 1.25)]
    ids = api.portal.insert("exchange_rates", [{"fromCurrencyCode": c, "conversionRate": r} for c, r in told])
    api.portal.act("Owner 01", "update", "exchange_rates", ids[1], {"conversionRate": 0.008})
    api.portal.act("Owner 01", "delete", "exchange_rates", ids[0], {})
    new = api.portal.act("Owner 01", "create", "exchange_rates", "", {"fromCurrencyCode": "GBP", "conversionRate": 2})
    api.portal.restore(api.portal.snapshot())
    found = api.ok("GET", "/settings/v3/currencies/exchange-rates")["results"]
    assert [(one["id"], one["conversionRate"]) for one in found] == [
        (ids[1], 0.008),
        (ids[2], 1.25),
        (new["id"], 2.0),
    ]
    assert api.portal.inspect("exchange_rates")["records"] == found
    with pytest.raises(BadRequest, match="exchange rate 99 must exist"):
        api.portal.act("Owner 01", "update", "exchange_rates", "99", {})
    with pytest.raises(BadRequest, match="an exchange rate takes"):
        api.portal.insert("exchange_rates", [{"fromCurrencyCode": "GBP"}])


def test_records_are_assigned_to_active_owners_only(api):
    active, gone = api.portal.insert("owners", [{"lastName": "01"}, {"lastName": "02", "archived": True}])
    id = api.company()
    path = f"/crm/v3/objects/companies/{id}"
    assert api.ok("PATCH", path, {"properties": {"hubspot_owner_id": active}})
    refused = api.refused("PATCH", path, {"properties": {"hubspot_owner_id": gone}})
    assert refused["errors"][0]["code"] == "INVALID_OWNER_ID"
    api.portal.act("Owner 01", "deactivate", "owners", active, {})
    assert api.ok("GET", "/crm/v3/owners")["results"] == []


def test_pipelines_tell_their_stages_in_texts(api):
    deals = api.ok("GET", "/crm/v3/pipelines/deals")["results"][0]
    won = next(stage for stage in deals["stages"] if stage["id"] == "closedwon")
    assert won["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert api.ok("GET", "/crm/pipelines/2026-09/tickets")["results"][0]["id"] == "0"
    assert api.ok("GET", "/crm/v3/pipelines/leads/lead-pipeline-id")["label"] == "Lead Pipeline"
    assert len(api.ok("GET", "/crm/v3/pipelines/deals/default/stages")["results"]) == 7
    api.refused("GET", "/crm/v3/pipelines/deals/none_such", status=404)


@pytest.mark.parametrize(
    "path", ["/account-info/v3/details", "/account-info/2026-03/details", "/account-info/2026-09/details"]
)
def test_a_fresh_portal_is_another_portal(api, path):
    api.portal.settings({"time_zone": "Asia/Tokyo", "currency": "JPY"})
    before = api.ok("GET", path)
    assert (before["timeZone"], before["companyCurrency"]) == ("Asia/Tokyo", "JPY")
    api.portal.reset()
    assert api.ok("GET", path)["portalId"] != before["portalId"]


@pytest.mark.parametrize("version", ["v1", "v3", "2026-09"])
def test_an_access_token_lives_half_an_hour_of_emulated_time(api, version):
    granted = token(api, version).json()
    assert granted["expires_in"] == 1800
    assert granted["token_type"] == "bearer"
    bearer = granted["access_token"]
    assert get(api, bearer).status_code == 200
    api.emulator.clock.advance(1801)
    expired = get(api, bearer)
    assert expired.status_code == 401
    assert expired.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert get(api, token(api, version).json()["access_token"]).status_code == 200


def test_all_tokens_can_be_made_to_expire(api):
    bearer = token(api).json()["access_token"]
    api.portal.settings({"expire_tokens": True})
    assert get(api, bearer).json()["category"] == "EXPIRED_AUTHENTICATION"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"client_id": "x"}, "BAD_CLIENT_ID"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET"),
        ({"refresh_token": "x"}, "BAD_REFRESH_TOKEN"),
    ],
)
def test_a_wrong_grant_is_named(api, wrong, status):
    answer = token(api, **wrong)
    assert (answer.status_code, answer.json()["status"]) == (400, status)


def test_a_token_tells_which_account_it_is_for(api):
    bearer = token(api).json()["access_token"]
    about = requests.get(f"{api.emulator.url}/oauth/v1/access-tokens/{bearer}", timeout=10).json()
    assert about["hub_id"] == api.portal.portal.id
    url = f"{api.emulator.url}/oauth/2026-09/token/introspect"
    assert requests.post(url, data={"token": bearer}, timeout=10).json()["active"] is True
    assert requests.post(url, data={"token": "x"}, timeout=10).json() == {"active": False}
    assert requests.get(f"{api.emulator.url}/oauth/v1/access-tokens/x", timeout=10).status_code == 404


def test_nobody_comes_in_without_a_known_token(api):
    for bearer in ("", "pat-na1-wrong"):
        answer = get(api, bearer)
        assert answer.status_code == 401
        assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_a_missing_scope_is_named(api):
    api.portal.settings({"missing_scopes": ["crm.objects.leads.write", "crm.schemas.companies.write"]})
    refused = api.refused("POST", "/crm/v3/objects/leads", {"properties": {"hs_lead_name": "x"}}, status=403)
    assert refused["category"] == "MISSING_SCOPES"
    assert refused["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.leads.write"]
    api.ok("GET", "/crm/v3/objects/leads")
    api.refused("POST", "/crm/v3/properties/companies", {}, status=403)


def test_while_limits_are_off_the_announced_ones_are_very_high(api):
    headers = api.call("GET", "/crm/v3/owners").headers
    assert int(headers["X-HubSpot-RateLimit-Max"]) > 1_000_000
    assert int(headers["X-HubSpot-RateLimit-Daily-Remaining"]) > 1_000_000
    search = api.call("POST", "/crm/v3/objects/companies/search", {})
    assert not any("ratelimit" in name.lower() for name in search.headers)


def test_the_vendors_burst_is_190_in_ten_seconds(api):
    api.portal.settings({"limits": "vendor"})
    remaining = [api.call("GET", "/crm/v3/owners").headers.get("X-HubSpot-RateLimit-Remaining") for _ in range(190)]
    assert remaining[0] == "189"
    assert remaining[-1] == "0"
    answer = api.call("GET", "/crm/v3/owners")
    told = answer.json()
    assert answer.status_code == 429
    assert told["message"] == "You have reached your ten_secondly_rolling limit."
    assert (told["errorType"], told["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert "category" not in told
    assert "Retry-After" not in answer.headers
    api.emulator.clock.advance(11)
    assert api.call("GET", "/crm/v3/owners").status_code == 200


def test_searches_are_limited_apart_to_five_a_second(api):
    api.portal.settings({"limits": "vendor"})
    statuses = [api.call("POST", "/crm/v3/objects/companies/search", {}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert api.call("GET", "/crm/v3/owners").status_code == 200
    api.emulator.clock.advance(1.1)
    assert api.call("POST", "/crm/v3/objects/deals/search", {}).status_code == 200


def test_the_day_is_over_at_midnight_in_the_accounts_time_zone(api):
    api.portal.settings({"limits": "vendor", "daily_limit": 1})
    api.ok("GET", "/crm/v3/owners")
    assert api.refused("GET", "/crm/v3/owners", status=429)["policyName"] == "DAILY"
    api.emulator.clock.advance(24 * 3600)
    api.ok("GET", "/crm/v3/owners")


def test_a_person_completes_a_task_and_it_says_so(api):
    id = api.portal.insert("tasks", [{"hs_timestamp": "0", "hs_task_subject": "Call"}])[0]
    done = api.portal.act("Owner 01", "complete", "tasks", id, {})["properties"]
    assert done["hs_task_status"] == "COMPLETED"
    assert done["hs_task_is_completed"] == "true"
    assert done["hs_task_completion_date"] is not None


def test_a_person_deletes_and_restores(api):
    id = api.company()
    api.portal.act("Owner 01", "delete", "companies", id, {})
    api.refused("GET", f"/crm/v3/objects/companies/{id}", status=404)
    api.portal.act("Owner 01", "restore", "companies", id, {})
    assert api.search("companies")["total"] == 1


def test_a_merged_company_leads_to_the_one_that_survives(api):
    winner, loser = api.company(city="Kept"), api.company(city="Lost", zip="000")
    contact = api.contact(associations={"companies": [loser]})
    api.portal.act("Owner 01", "merge", "companies", loser, {"into": winner})
    read = api.ok("GET", f"/crm/v3/objects/companies/{loser}?properties=city,zip,hs_merged_object_ids")
    assert read["id"] == winner
    assert (read["properties"]["city"], read["properties"]["zip"]) == ("Kept", "000")
    assert read["properties"]["hs_merged_object_ids"] == loser
    linked = api.ok("GET", f"/crm/v4/objects/contacts/{contact}/associations/companies")["results"]
    assert [one["toObjectId"] for one in linked] == [winner]
    assert api.search("companies")["total"] == 1
    assert [one["id"] for one in api.ok("GET", "/crm/v3/objects/companies")["results"]] == [winner]


def test_a_lead_is_converted_to_a_deal_or_disqualified(api):
    firm = api.company()
    first, second = api.portal.insert(
        "leads", [{"hs_lead_name": f"Lead {n}", "associations": {"companies": [firm]}} for n in range(2)]
    )
    assert api.portal.act("Owner 01", "convert", "leads", first, {})["properties"]["hs_lead_is_qualified"] == "true"
    deal = api.ok("GET", "/crm/v3/objects/deals?associations=companies")["results"][0]
    assert deal["properties"]["dealname"] == "Lead 0"
    assert deal["associations"]["companies"]["results"][0]["id"] == firm
    lost = api.portal.act("Owner 01", "disqualify", "leads", second, {"hs_lead_disqualification_reason": "NO_BUDGET"})
    assert lost["properties"]["hs_lead_is_disqualified"] == "true"


def test_a_person_creates_links_and_unlinks(api):
    firm = api.company()
    made = api.portal.act("Owner 01", "create", "contacts", "", {"lastname": "Example 001"})["id"]
    api.portal.act("Owner 01", "link", "contacts", made, {"to": "companies", "id": firm})
    assert api.portal.inspect("contacts")["records"][0]["associations"] == {"companies": [firm]}
    api.portal.act("Owner 01", "unlink", "contacts", made, {"to": "companies", "id": firm})
    assert api.portal.inspect("contacts")["records"][0]["associations"] == {}
    history = api.ok("GET", f"/crm/v3/objects/contacts/{made}?propertiesWithHistory=lastname")
    assert history["propertiesWithHistory"]["lastname"][0]["sourceType"] == "CRM_UI"


@pytest.mark.parametrize(
    ("action", "object", "id"),
    [
        ("dance", "companies", None),
        ("update", "companies", "4"),
        ("complete", "companies", None),
        ("x", "nothing", "1"),
    ],
)
def test_what_no_person_can_do_is_refused(api, action, object, id):
    with pytest.raises(BadRequest):
        api.portal.act("Owner 01", action, object, id or api.company(), {})
