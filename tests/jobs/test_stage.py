"""What is staged is computed once, from the mirror it was asked of, however often the question was put before."""

from pathlib import Path

import duckdb
import ibis
import pytest

from jobs.store.mirror import Mirror
from jobs.store.wording import question
from tests.jobs.mirrored import FIELDS, batch, names, schema


def filled(path: Path, *called: str) -> Mirror:
    """A mirror with these accounts."""
    mirror = Mirror(path / "mirror.duckdb")
    rows = [(f"00{place}", place, name) for place, name in enumerate(called)]
    mirror.replace(schema(), ("Name",), [batch(*rows, at="2026-11-01T00:00:00.000Z")])
    return mirror


def staged(mirror: Mirror) -> list[str]:
    """The names, in capitals, through a stage and another that stands on it."""
    table = mirror.table("Account")
    upper = mirror.stage("upper", table.select(name=table.Name.upper()))
    return sorted(mirror.stage("long", upper.filter(upper.name.length() > 1)).to_pyarrow()["name"].to_pylist())


def test_every_mirror_answers_for_itself_though_the_question_is_put_into_words_once(tmp_path: Path) -> None:
    question.cache_clear()
    with filled(tmp_path / "one", "ab", "c") as one, filled(tmp_path / "two", "de", "fg") as two:
        assert staged(one) == ["AB"]
        asked = question.cache_info().misses
        assert staged(two) == ["DE", "FG"]
        assert question.cache_info().misses == asked == 2
    with filled(tmp_path / "one", "xy") as again:
        assert staged(again) == ["XY"]


@pytest.mark.parametrize("limit", [1, 2])
def test_another_question_is_another_answer(tmp_path: Path, limit: int) -> None:
    with filled(tmp_path, "ab", "c") as mirror:
        table = mirror.table("Account")
        rows = mirror.stage("few", table.filter(table.Name.length() >= limit)).to_pyarrow()
        assert len(rows) == 3 - limit


def test_rows_that_are_handed_in_are_staged_too(tmp_path: Path) -> None:
    with filled(tmp_path, "ab") as mirror:
        for name in ("one", "two"):
            told = mirror.stage("told", ibis.memtable({"name": [name]}))
            assert told.to_pyarrow()["name"].to_pylist() == [name]


def test_a_stage_is_computed_once_and_never_hides_a_mirror_table(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"))])
    first = mirror.stage("account", mirror.table("Account").mutate(n=1))
    second = mirror.stage("account", first.mutate(n=first.n + 1))
    mirror.replace(schema(), FIELDS, [batch(("b", 0, "B"))])
    assert second.to_pyarrow()["n"].to_pylist() == [2]
    assert second.to_pyarrow()["Id"].to_pylist() == ["a"]
    assert names(mirror) == {"b": "B"}


def test_a_stage_that_is_let_go_is_gone_and_may_be_let_go_again(mirror: Mirror) -> None:
    mirror.replace(schema(), FIELDS, [batch(("a", 0, "A"))])
    kept, gone = (mirror.stage(name, mirror.table("Account").mutate(n=1)) for name in ("kept", "gone"))
    for _time in range(2):
        mirror.let_go("gone")
    assert kept.to_pyarrow()["n"].to_pylist() == [1]
    with pytest.raises(duckdb.CatalogException, match="gone"):
        gone.to_pyarrow()
    assert mirror.stage("gone", kept).to_pyarrow()["n"].to_pylist() == [1]
