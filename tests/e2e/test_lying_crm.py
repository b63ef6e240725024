"""A CRM that lies, or what answers in its place: refused in words, nothing written wrongly, no token given away."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connector.hubspot.config import HubSpotConfig
from connector.salesforce.config import SalesforceConfig
from connector.wire import Patience
from tests.command import run
from tests.connector.scripted import Reply, scripted
from tests.jobs.small import CRMS, FULL, Company, company
from tests.secrets import Search, left_in

READS = {
    "salesforce": ("GET /services/data/*/query*",),
    "hubspot": ("GET /crm/objects/*", "POST /crm/objects/*/search"),
}
WRITES = {
    "salesforce": ("PATCH /services/data/*/composite/*", "POST /services/data/*/composite/*"),
    "hubspot": (
        "POST /crm/objects/*/batch/upsert",
        "POST /crm/objects/*/batch/update",
        "POST /crm/objects/*/leads",
        "POST /crm/objects/*/leads/batch*",
    ),
}
WORDS = {
    "login_page": "a web page",
    "redirect": "a redirect, which is never followed",
    "wrong_type": "text/plain",
    "garbage": "",
    "empty": "",
    "shapeless": "",
    "truncated": "",
    "repeat": "",
    "miscount": "",
    "endless": "",
    "twice": "twice",
}
BULK = {
    "login_page": "",
    "garbage": "",
    "empty": "",
    "truncated": "",
    "repeat": "",
    "columns_gone": "cannot be read as described",
    "miscount": "",
    "twice": "twice",
}
"""What answers in the place of a Bulk job's rows, or of what is said of the job."""


@pytest.fixture(scope="module", params=CRMS)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company that was synced once."""
    yield from living(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def salesforce(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The same in Salesforce alone."""
    yield from living("salesforce", tmp_path_factory)


def living(crm: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Synced before, and after, when no lie may have left anything."""
    # as often as ever, only sooner
    quick = Patience(first_s=0.001, longest_s=0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobs.wiring.HubSpotConfig", partial(HubSpotConfig, patience=quick))
        patch.setattr("jobs.wiring.SalesforceConfig", partial(SalesforceConfig, patience=quick))
        patch.setattr("jobs.pull.WAITS_S", (0.01, 0.01))
        with company(crm, tmp_path_factory.mktemp("lies") / "store") as served:
            served.sync()
            yield served
            served.later()
            after = served.sync()
            assert (after.written, after.refused) == (0, ()), "a lie got into the mirror"


def lied_to(lived: Company, tmp_path: Path, kind: str, matches: tuple[str, ...], **more: Any) -> tuple[int, str]:
    """Exit code and words of a full sync while every matching request is lied to."""
    env = {**lived.env, **more.pop("env", {})}
    for match in matches:
        lived.emulator.faults.add({"match": match, "kind": kind, "times": None, "probability": 1.0, **more})
    try:
        ended = run("sync", "--yes", "--full", folder=tmp_path, variables=env)
    finally:
        lived.emulator.faults.clear()
    said = [("stdout", ended.out.encode()), ("stderr", ended.err.encode())]
    Search().through(lived.org.secrets(), [*said, *left_in(lived.settings.state_dir)], runs=1)
    return ended.code, ended.err


def assert_refused(code: int, said: str, words: str) -> None:
    """An exit code that says what to do next, and a sentence that holds these words."""
    assert code in (2, 3, 75), said
    assert "Traceback" not in said
    assert "Unforeseen" not in said
    assert words in said
    assert len(said) > 40


@pytest.mark.parametrize("kind", WORDS)
def test_what_is_no_answer_is_refused_in_words_and_nothing_is_written(
    lived: Company, tmp_path: Path, kind: str
) -> None:
    before = lived.state()
    lived.later()
    with scripted(Reply()) as elsewhere:
        code, said = lied_to(lived, tmp_path, kind, READS[lived.crm], to=elsewhere.url)
        assert elsewhere.seen == [], "a redirect was followed"
    if (lived.crm, kind) == ("hubspot", "miscount"):
        # its index counts some moments behind anyway: a list of every id outweighs it
        assert (code, lived.state()) == (0, before)
        return
    assert_refused(code, said, WORDS[kind])
    assert lived.state() == before


def test_a_salesforce_that_loses_its_place_and_begins_anew_for_ever_is_left(
    salesforce: Company, tmp_path: Path
) -> None:
    before = salesforce.state()
    salesforce.later()
    code, said = lied_to(salesforce, tmp_path, "endless", ("GET /services/data/*/query",))
    assert code in (2, 3, 75), said
    assert "run again" in said
    assert salesforce.state() == before


def by_bulk(lived: Company, tmp_path: Path, kind: str) -> tuple[int, str]:
    """A full sync of which every row comes by a Bulk job that is lied about."""
    about = "GET /services/data/*/jobs/query/*/results" if kind != "miscount" else "GET /services/data/*/jobs/query/*"
    return lied_to(lived, tmp_path, kind, (about,), env={"TOSSUP_BULK_THRESHOLD": "1"})


@pytest.mark.parametrize("kind", BULK)
def test_a_bulk_result_that_is_none_is_refused_in_words_and_nothing_is_written(
    salesforce: Company, tmp_path: Path, kind: str
) -> None:
    before = salesforce.state()
    salesforce.later()
    code, said = by_bulk(salesforce, tmp_path, kind)
    assert_refused(code, said, BULK[kind])
    assert salesforce.state() == before


@pytest.mark.parametrize("kind", ["columns_moved", "wrong_type"])
def test_a_bulk_result_is_read_by_the_names_of_its_columns(salesforce: Company, tmp_path: Path, kind: str) -> None:
    before = salesforce.state()
    salesforce.later()
    code, said = by_bulk(salesforce, tmp_path, kind)
    assert code == 0, said
    assert salesforce.state() == before


@pytest.mark.parametrize("kind", ["login_page", "garbage", "truncated"])
def test_a_write_that_got_no_answer_is_looked_up_and_done_once(lived: Company, tmp_path: Path, kind: str) -> None:
    lived.next_day()
    employees = 300 + len(kind) * 17
    lived.edit("update", FULL, "account", employees=employees)
    lived.edit("update", FULL, "subscription", used=140 + len(kind) % 9)
    code, said = lied_to(lived, tmp_path, kind, WRITES[lived.crm], to="http://127.0.0.1:9")
    assert code in (0, 1, 2, 3, 75), said
    assert "Traceback" not in said
    assert "Unforeseen" not in said
    lived.later()
    lived.sync()
    lived.later()
    settled = lived.sync()
    assert (settled.written, settled.refused) == (0, ())
    lived.ours("task"), lived.ours("lead")  # each key once
