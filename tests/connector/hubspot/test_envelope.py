"""What HubSpot's errors and headers mean."""

import orjson
import pytest

from connector.hubspot.envelope import HubSpotAnswers

ANSWERS = HubSpotAnswers()


def refusal(status, **body):
    return ANSWERS.refusal(status, {}, orjson.dumps({"status": "error", "correlationId": "c-1", **body}))


def test_a_missing_scope_is_named_with_the_next_step():
    detail = {"message": "missing", "context": {"requiredGranularScopes": ["crm.objects.leads.write"]}}
    found = refusal(403, category="MISSING_SCOPES", message="Not allowed.", errors=[detail])
    assert (found.code, found.then) == ("MISSING_SCOPES", "give up")
    assert "crm.objects.leads.write" in found.next_step
    assert "c-1" in found.message


@pytest.mark.parametrize(
    ("status", "body", "then", "untouched"),
    [
        (429, {"policyName": "SECONDLY", "errorType": "RATE_LIMIT"}, "retry", True),
        (429, {"policyName": "DAILY", "errorType": "RATE_LIMIT"}, "try again later", True),
        (423, {}, "retry", True),
        (502, {}, "retry", False),
        (523, {}, "retry", False),
        (401, {"category": "EXPIRED_AUTHENTICATION"}, "sign in", False),
        (404, {"category": "OBJECT_NOT_FOUND"}, "give up", False),
        (409, {"category": "CONFLICT"}, "give up", False),
        (400, {"category": "VALIDATION_ERROR"}, "give up", False),
    ],
)
def test_every_status_has_one_thing_to_do_next(status, body, then, untouched):
    found = refusal(status, **body)
    assert (found.then, found.untouched) == (then, untouched)


def test_the_most_telling_code_wins():
    errors = [{"message": "no", "code": "INVALID_OPTION", "context": {"propertyName": ["tier"]}}]
    assert refusal(400, category="VALIDATION_ERROR", errors=errors).code == "INVALID_OPTION"


def test_an_error_page_that_is_not_json_still_says_something():
    found = ANSWERS.refusal(502, {}, b"<html>Bad gateway</html>")
    assert found.code == "HTTP_502"
    assert found.message


def headers(**values):
    return {f"X-HubSpot-RateLimit-{name.replace('_', '-')}": value for name, value in values.items()}


def test_the_pace_fits_into_every_window_of_ten_seconds():
    pace = ANSWERS.pace(headers(Max="190", Interval_Milliseconds="10000", Remaining="180"))
    assert pace.left == 180
    most_in_any_window = pace.most + 10 * pace.most / pace.per_s
    assert most_in_any_window <= 190 + 1e-6


def test_the_daily_budget_is_read_where_it_is_told():
    found = ANSWERS.allowance(headers(Daily="1000", Daily_Remaining="900"))
    assert (found.limit, found.used) == (1000, 100)
    assert ANSWERS.allowance({}) is None
