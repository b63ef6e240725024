"""What Salesforce's errors mean for a run."""

import pytest

from connector.limits import Allowance
from connector.salesforce.answers import SalesforceAnswers, error_of

ANSWERS = SalesforceAnswers()


def refusal(status: int, code: str, message: str = "words", headers: dict[str, str] | None = None):
    body = f'[{{"errorCode": "{code}", "message": "{message}"}}]'.encode()
    return ANSWERS.refusal(status, headers or {}, body)


@pytest.mark.parametrize(
    ("status", "code", "then", "untouched"),
    [
        (401, "INVALID_SESSION_ID", "sign in", True),
        (403, "REQUEST_LIMIT_EXCEEDED", "retry", True),
        (400, "UNABLE_TO_LOCK_ROW", "retry", True),
        (503, "SERVER_UNAVAILABLE", "retry", False),
        (500, "UNKNOWN_EXCEPTION", "retry", False),
        (400, "QUERY_TIMEOUT", "try again later", False),
        (400, "INVALID_FIELD", "give up", False),
        (403, "API_DISABLED_FOR_ORG", "give up", False),
        (404, "NOT_FOUND", "give up", False),
        (400, "SOMETHING_NEW", "give up", False),
    ],
)
def test_a_code_says_what_to_do(status, code, then, untouched):
    found = refusal(status, code)
    assert (found.code, found.then, found.untouched) == (code, then, untouched)


def test_a_used_up_day_is_not_waited_for():
    headers = {"Sforce-Limit-Info": "api-usage=100000/100000"}
    assert refusal(403, "REQUEST_LIMIT_EXCEEDED", headers=headers).then == "try again later"


def test_an_invalid_field_points_at_field_level_security():
    assert "field-level security" in refusal(400, "INVALID_FIELD").next_step


def test_sign_in_errors_are_read():
    body = b'{"error":"invalid_grant","error_description":"user hasn\'t approved this consumer"}'
    found = ANSWERS.refusal(400, {}, body)
    assert (found.code, found.message) == ("invalid_grant", "user hasn't approved this consumer")
    assert "approved" in found.next_step


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"[]", b"{}", b'["x"]'])
def test_a_body_of_another_shape_still_has_a_code(body):
    assert error_of(502, body)[0] == "HTTP_502"


def test_the_daily_limit_is_read_from_the_header():
    assert ANSWERS.allowance({"Sforce-Limit-Info": "api-usage=18/100000"}) == Allowance(used=18, limit=100_000)
    assert ANSWERS.allowance({"Sforce-Limit-Info": "api-usage=18/100000; api-bursts=1/750"}) is not None
    assert ANSWERS.allowance({}) is None
