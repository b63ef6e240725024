"""Files of one's own beside the presets, and what loading says of them."""

from pathlib import Path

import pytest

from mappings.load import PRESETS, BadConfig, load_rules

SALESFORCE = (PRESETS / "salesforce.yaml").read_text("utf-8")


def problems(folder: Path, text: str | bytes, name: str = "salesforce.yaml") -> list[str]:
    """What loading says of this file, without the folder."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadConfig) as caught:
        load_rules("salesforce", folder)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def faults(folder: Path, text: str) -> list[str]:
    """What loading says of a mapping, without file, line and column."""
    return [problem.partition("  ")[2] for problem in problems(folder, text)]


def edited(**changes: str) -> str:
    """The Salesforce preset with words replaced."""
    text = SALESFORCE
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text
