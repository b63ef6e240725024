"""`tossup mappings`: check, facts, schema and init."""

import json
import re
from pathlib import Path

import pytest

from mappings.load import PRESETS
from tests.jobs.cli.shell import Tossup, columns
from tests.jobs.small import CRMS, Company


@pytest.mark.usefixtures("printed")
def test_a_mapping_that_works_is_told_what_it_could_do_more(synced: Company, tossup: Tossup) -> None:
    told = tossup("mappings", "check", "--json", **synced.env)
    assert told.code == 0
    assert {one["kind"] for one in told.json()} == {"note"}
    assert "subscription.seats_since" in {one["path"] for one in told.json()}
    said = tossup("mappings", "check", **synced.env)
    assert said.out.startswith("No problem: everything the mapping speaks of is there.\n\nIt works as it is.")
    assert "subscription.seats_since: nothing fills this column" in " ".join(said.out.split())


def test_facts_are_listed_by_word_for_people_scripts_and_the_page(tossup: Tossup) -> None:
    every = tossup("mappings", "facts", "--json").json()
    assert set(every[0]) == {"fact", "per", "family", "kind", "unit", "formula", "needs", "record", "numbers"}
    chosen = tossup("mappings", "facts", "headroom", "--json").json()
    assert "headroom_value" in {one["fact"] for one in chosen}
    assert len(chosen) < len(every)
    told = tossup("mappings", "facts")
    assert (told.code, columns(told.out) <= 80) == (0, True)
    assert all(f"{one['fact']} " in told.out for one in every)
    assert "holds 'no such word'" in tossup("mappings", "facts", "no such word").out
    page = (Path(__file__).parents[3] / "docs" / "facts.md").read_text("utf-8")
    assert tossup("mappings", "facts", "--markdown").out == page


def test_the_schema_of_every_file_is_printed_and_the_presets_fit_it(tossup: Tossup) -> None:
    for of in ("mapping", "plays", "gates", "texts"):
        schema = tossup("mappings", "schema", of).json()
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        refs = set(re.findall(r'"\$ref": ?"#/\$defs/([^"]+)"', json.dumps(schema)))
        assert refs <= set(schema.get("$defs", {}))


@pytest.mark.parametrize("crm", CRMS)
def test_init_keeps_files_that_are_there(tossup: Tossup, tmp_path: Path, crm: str) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "plays.yaml").write_text("{}\n")
    written = tossup("mappings", "init", str(folder), "--crm", crm, "--json").json()
    assert sorted(Path(path).name for path in written) == sorted(
        [
            f"{crm}.yaml",
            "gates.yaml",
            "ranking.yaml",
            "facts.yaml",
            "overrides.yaml",
            "texts.en.yaml",
            "texts.ja.yaml",
        ]
    )
    assert (folder / "plays.yaml").read_text() == "{}\n"
    assert (folder / f"{crm}.yaml").read_text("utf-8") == (PRESETS / f"{crm}.yaml").read_text("utf-8")
    assert tossup("mappings", "init", str(folder), "--crm", crm, "--json").json() == []
