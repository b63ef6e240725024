"""Presets, and folders of one's own in their place."""

from pathlib import Path

import pytest

from mappings.config import FieldSource
from mappings.load import PRESETS, BadConfig, init, json_schema, load_mapping, load_rules, positions, shown
from tests.mappings.own_files import SALESFORCE


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_the_presets_work_as_they_are(crm: str) -> None:
    rules = load_rules(crm, None)
    assert rules.mapping == load_mapping(crm, None)
    assert rules.mapping.crm == crm
    assert set(rules.texts) == {"en", "ja"}


def test_a_file_of_ones_own_replaces_the_preset_whole(tmp_path: Path) -> None:
    (tmp_path / "plays.yaml").write_text("{}\n")
    (tmp_path / "notes.txt").write_text("not ours")
    rules = load_rules("salesforce", tmp_path)
    assert rules.plays == {}
    assert rules.gates == load_rules("salesforce", None).gates


def test_but_a_gate_that_is_left_out_or_part_of_it_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "gates.yaml").write_text("tenure: {numbers: {days: 90}}\nours: {when: employees > 5}\n")
    presets, rules = load_rules("salesforce", None), load_rules("salesforce", tmp_path)
    tenure = presets.gates["tenure"]
    changed = tenure.model_copy(update={"numbers": {**tenure.numbers, "days": 90}})
    assert {**rules.gates} == {**presets.gates, "tenure": changed, "ours": rules.gates["ours"]}
    assert rules.gates["ours"].when == "employees > 5"


def test_overrides_name_a_person_a_reason_and_a_day(tmp_path: Path) -> None:
    file = tmp_path / "overrides.yaml"
    file.write_text("- {gate: tenure, account: A, person: Owner 01, reason: asked, until: 2026-12-31}\n")
    assert [one.until.isoformat() for one in load_rules("salesforce", tmp_path).overrides] == ["2026-12-31"]
    file.write_text("- {gate: tenure, account: A, person: '', until: soon}\n")
    with pytest.raises(BadConfig) as caught:
        load_rules("salesforce", tmp_path)
    assert sorted(one.path.rsplit(".")[-1] for one in caught.value.problems) == ["person", "reason", "until"]


def test_init_gives_the_presets_to_start_from(tmp_path: Path) -> None:
    files = init(tmp_path, "hubspot")
    assert sorted(file.name for file in files) == [
        "facts.yaml",
        "gates.yaml",
        "hubspot.yaml",
        "overrides.yaml",
        "plays.yaml",
        "ranking.yaml",
        "texts.en.yaml",
        "texts.ja.yaml",
    ]
    assert list(tmp_path.iterdir()) == []
    for file, text in files.items():
        file.write_text(text, "utf-8")
    assert load_rules("hubspot", tmp_path) == load_rules("hubspot", None)


def test_a_folder_or_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="no such folder"):
        load_rules("salesforce", tmp_path / "nowhere")
    (tmp_path / "plays.yaml").mkdir()
    with pytest.raises(BadConfig, match=r"plays\.yaml:1:1  cannot be read: Is a directory"):
        load_rules("salesforce", tmp_path)
    with pytest.raises(BadConfig, match="cannot be read"):
        positions("salesforce", tmp_path)
    with pytest.raises(BadConfig, match="no such CRM; known: salesforce and hubspot"):
        load_mapping("zoho", None)


def test_a_file_with_almost_the_right_name_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text("{}")
    (tmp_path / "docker-compose.yaml").write_text("{}")
    with pytest.raises(BadConfig, match=r"play\.yml:1:1  is not read; .*Did you mean plays\.yaml\?") as caught:
        load_mapping("salesforce", tmp_path)
    assert len(caught.value.problems) == 1


def test_positions_point_at_what_is_written_or_at_what_is_around_it() -> None:
    found = positions("salesforce", None)
    lines = SALESFORCE.splitlines()

    def line(*path: str | int) -> str:
        problem = found.problem("salesforce.yaml", path, "text")
        assert problem.file == str(PRESETS / "salesforce.yaml")
        return lines[problem.line - 1].strip()

    assert line("read", "account", 0, "fields", "employees") == "employees: NumberOfEmployees"
    assert line("read", "account", 0, "fields", "nothing").startswith("fields:")
    assert line("read", "activity", 1, "object").startswith("- object: Event")
    assert line("read", "activity", 7, "object").startswith("activity:")
    assert line("nothing").startswith("crm:") is True


def test_a_path_is_shown_as_people_say_it() -> None:
    assert shown(("read", "account", "fields", "name")) == "account.name"
    assert shown(("read",)) == "read"
    assert shown(("write", "lead", 0, "fields")) == "write.lead[1].fields"
    assert shown(()) == ""


@pytest.mark.parametrize("document", ["mapping", "plays", "gates", "texts"])
def test_every_document_has_a_json_schema(document: str) -> None:
    schema = json_schema(document)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_keys_of_value_maps_are_texts_however_they_are_given() -> None:
    field = FieldSource.model_validate({"field": "x", "values": {True: "yes", 1.5: "more"}})
    assert field.values == {"true": "yes", "1.5": "more"}
