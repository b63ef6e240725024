"""`tossup plans`, `runs`, `apply` and `undo`, as people and scripts read them."""

import re
from pathlib import Path

from jobs.explain import Story
from jobs.result import RunResult
from tests.jobs.cli.shell import Tossup, columns
from tests.jobs.small import Company


def test_plans_are_listed_and_one_is_shown_for_review(
    synced: Company, told: tuple[RunResult, Story], tossup: Tossup, tmp_path: Path
) -> None:
    plan = told[0].plan
    assert plan is not None
    (first, *_) = tossup("plans", "--json", **synced.env).json()
    assert set(first) == {"plan", "connection", "at", "changes", "conflicts", "calls", "runs"}
    assert tossup("plans", **synced.env).out.count(plan.id) == 1
    body = tossup("plans", plan.id, "--json", **synced.env).json()
    assert set(body) == {"id", "connection", "calls", "changes", "conflicts", "names", "sha256"}
    assert set(body["changes"][0]) == {"object", "action", "id", "key", "key_field", "fields", "links", "why"}
    shown = tossup("plans", plan.id[:6], **synced.env, COLUMNS="80").out
    assert "株式会社サンプル００１" in shown
    assert columns(shown) <= 80
    for format, start in (("markdown", "# Plan"), ("html", "<!doctype html>"), ("json", "{"), ("table", "Plan ")):
        ended = tossup("plans", plan.id, "--as", format, "--out", str(tmp_path / format), **synced.env)
        assert (ended.code, ended.out) == (0, "")
        assert (tmp_path / format).read_text("utf-8").startswith(start)
    assert tossup("plans", "nosuchplan", **synced.env).code == 2
    refused = tossup("plans", "--as", "html", **synced.env)
    assert (refused.code, refused.out) == (2, "")
    assert f"say which. The newest: `tossup plans {first['plan']} --as html`." in " ".join(refused.err.split())
    refused = tossup("plans", "--out", str(tmp_path / "list"), **synced.env)
    assert (refused.code, (tmp_path / "list").exists()) == (2, False)
    assert tossup("plans", "--as", "json", **synced.env).json()[0] == first


def test_runs_say_what_each_wrote_and_know_no_other_run(
    synced: Company, told: tuple[RunResult, Story], tossup: Tossup
) -> None:
    result = told[0]
    (one,) = [run for run in tossup("runs", "--json", **synced.env).json() if run["run"] == result.run]
    assert result.plan is not None
    assert (one["written"], one["refused"], one["plan"]) == (result.written, 0, result.plan.id)
    shown = tossup("runs", **synced.env, COLUMNS="80").out
    assert shown.startswith(f"Runs on {result.connection}")
    assert re.search(rf"^{result.run} +sync .* {result.written} +exit 0", shown, flags=re.MULTILINE)
    assert (
        tossup("runs", result.run, **synced.env).out
        == "The CRM refused nothing in this run, and nothing is unclear.\n"
    )
    for unknown in ("99", "abc"):
        ended = tossup("runs", unknown, **synced.env)
        assert (ended.code, ended.err) == (2, f"There is no run {unknown}. `tossup runs` lists them.\n")


def test_a_plan_that_is_written_already_and_a_run_that_wrote_nothing_are_told_so(
    synced: Company, told: tuple[RunResult, Story], tossup: Tossup
) -> None:
    plan = told[0].plan
    assert plan is not None
    again = tossup("apply", plan.id, "--json", **synced.env)
    assert (again.code, again.json()["written"]) == (0, 0)
    assert again.err.startswith("Nothing was left to write")
    back = tossup("undo", again.json()["run"], **synced.env)
    assert (back.code, back.out.count("Plan ")) == (0, 1)
    assert back.out.endswith("to take back.\n")
    assert tossup("leads", "--account", "nobody at all", **synced.env).out == "No lead fits.\n"
