"""YAML as we read it: version 1.2, within limits, and told in words where it cannot be read."""

from pathlib import Path

import pytest

from mappings import marked
from mappings.marked import MOST_BYTES, Unreadable, parse
from tests.mappings.own_files import problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a: [1,", "1:7  this is not valid YAML: expected the node content, but found '<stream end>'."),
        (b"\tx: 1", "1:1  this is not valid YAML: a tab; indent with spaces."),
        (b"a: b: c", "1:5  this is not valid YAML: a colon where none belongs; quote the text, or check "
         "the indentation."),
        (b"a:\n  b: 1\n c: 2", "3:2  this is not valid YAML: this line is indented unlike the ones above."),
        (b"a: *nope", "1:4  this is not valid YAML: found undefined alias 'nope'."),
        (b"a: b\x00", "1:5  this character cannot stand in YAML."),
        (b"", "1:1  the file is empty."),
        (b"# only a remark\n", "1:1  the file is empty."),
        (b"a\n---\nb", "2:1  this is not valid YAML: a second document begins here (---); one file holds one."),
        (b"[" * 500, "1:41  nested more than 40 levels deep (or an alias in itself)."),
        (b"a: ok\nb: \xff", "2:4  this is not UTF-8 text; save the file as UTF-8."),
        ("あ: 1".encode("utf-16"), "1:1  this is not UTF-8 text; save the file as UTF-8."),
        (b"a: !!python/object:os.system x", "1:4  a: the tag tag:yaml.org,2002:python/object:os.system is not "
         "allowed here; write a plain value."),
        (b"a: 1\na: 2", "2:1  a: is written twice; keep one."),
        (b"? [a]\n: b", "1:3  a key must be a plain text."),
        (b"read: &a [*a]", "1:7  [1][1]: nested more than 40 levels deep (or an alias in itself)."),
        (b"x" * (MOST_BYTES + 1), "1:1  the file is larger than 1 MB."),
        (b"5", "1:1  must be lines of the form name: value (crm, company, read, write), not 5."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path: Path, text: bytes, said: str) -> None:
    assert problems(tmp_path, text) == [f"salesforce.yaml:{said}"]


def test_aliases_cannot_multiply_without_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked, "MOST_VALUES", 500)
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "more than 500 values" in problems(tmp_path, "\n".join(bomb))[0]
    many = "\n".join(f"a{n}: b" for n in range(1_000))
    assert "more than 500 values" in problems(tmp_path, many)[0]


def test_plain_values_are_those_of_yaml_1_2() -> None:
    text = (
        b"on: yes\nday: 2026-01-31\nn: 1_000\nh: 0x1F\nf: 1.5e3\nb: true\nz: ~\n"
        b"big: .inf\ncode: '007'\n1: one\nalias: &x {k: v}\nagain: *x"
    )
    assert parse(text).value == {
        "on": "yes",
        "day": "2026-01-31",
        "n": 1000,
        "h": 31,
        "f": 1500.0,
        "b": True,
        "z": None,
        "big": ".inf",
        "code": "007",
        "1": "one",
        "alias": {"k": "v"},
        "again": {"k": "v"},
    }
    assert parse(b"\xef\xbb\xbfa: 1").value == {"a": 1}
    with pytest.raises(Unreadable, match="not UTF-8"):
        parse(b"\xff")
