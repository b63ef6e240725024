"""YAML text -> plain values, and where in the text each of them stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
"""What YAML holds here: no dates, no tags, keys are always texts."""

Key = str | int
"""A step in a document: a key of a mapping or a place in a list."""

MOST_BYTES = 1_000_000
MOST_VALUES = 20_000
MOST_DEPTH = 40
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that makes a text unreadable as configuration; line and column start at 1."""

    line: int
    column: int
    path: tuple[Key, ...]
    text: str


class Unreadable(Exception):
    """The text cannot be read at all, or holds what configuration must not hold."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.text for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A document: its values, and (line, column) by path, both from 1; a mapping's key marks its value."""

    value: Plain
    marks: Mapping[tuple[Key, ...], tuple[int, int]]

    def mark(self, path: Sequence[Key]) -> tuple[int, int]:
        """Where `path` stands, or the nearest thing around it that is written down."""
        ends = (tuple(path[:end]) for end in range(len(path), -1, -1))
        return next((self.marks[end] for end in ends if end in self.marks), (1, 1))

    def as_written(self, path: Sequence[Key]) -> tuple[Key, ...]:
        """The path without places in lists that nobody wrote: one source needs no list."""
        written: list[Key] = []
        value = self.value
        for step in path:
            if isinstance(step, int) and not isinstance(value, list):
                continue
            written.append(step)
            value = _inside(value, step)
        return tuple(written)


def _inside(value: Plain, step: Key) -> Plain:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


@lru_cache(maxsize=32)
def parse(data: bytes) -> Marked:
    """Read UTF-8 YAML of at most 1 MB. Nobody may change what comes back: the same text is read once.

    Raises Unreadable, with every fault found.
    """
    root = _composed(_decoded(data))
    reading = _Reading()
    value = reading.value(root, ())
    if reading.faults:
        raise Unreadable(reading.faults)
    return Marked(value=value, marks=reading.marks)


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Unreadable([_fault(1, 1, f"the file is larger than {MOST_BYTES // 1_000_000} MB")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise Unreadable([_fault(line, column, "this is not UTF-8 text; save the file as UTF-8")]) from None


class _Limited(Composer):
    """Stops at the first value too many or too deep, before the rest of the text is read."""

    count = 0
    level = 0

    def compose_node(self, parent: Node | None, index: object) -> Node:
        """The next node, with everything in it."""
        self.count += 1
        self.level += 1
        if self.level > MOST_DEPTH or self.count > 2 * MOST_VALUES:  # keys count here too
            mark = self.parser.peek_event().start_mark
            raise Unreadable([_fault(mark.line + 1, mark.column + 1, _limit(self.level))])
        node: Node = super().compose_node(parent, index)
        self.level -= 1
        return node


def _limit(depth: int) -> str:
    limit = (
        f"nested more than {MOST_DEPTH} levels deep" if depth > MOST_DEPTH else f"more than {MOST_VALUES:,} values"
    )
    return f"{limit} (or an alias in itself)"


def _composed(text: str) -> Node:
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Limited
    try:
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise Unreadable([_fault(line, column, f"this is not valid YAML: {_in_words(error)}")]) from None
    except YAMLError as error:
        raise Unreadable([_fault(*_position(error, text), "this character cannot stand in YAML")]) from None
    if root is None:
        raise Unreadable([_fault(1, 1, "the file is empty")])
    return root


def _fault(line: int, column: int, text: str) -> Fault:
    return Fault(line=line, column=column, path=(), text=text)


def _position(error: YAMLError, text: str) -> tuple[int, int]:
    """Line and column of a character that YAML does not allow."""
    before = text[: getattr(error, "position", 0)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


_WORDS: Mapping[str, str] = {
    "mapping values are not allowed here": "a colon where none belongs; quote the text, or check the indentation",
    "found character '\\t' that cannot start any token": "a tab; indent with spaces",
    "expected a single document in the stream": "a second document begins here (---); one file holds one",
    "found unexpected end of stream": "a quotation mark is never closed",
    "could not find expected ':'": "a line without a colon",
    "expected <block end>, but found '<block mapping start>'": "this line is indented unlike the ones above",
    "expected <block end>, but found '-'": "this line is indented unlike the ones above",
}


def _in_words(error: MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it breaks off here"
    return _WORDS.get(error.context or "", _WORDS.get(problem, problem))


@dataclass(slots=True)
class _Reading:
    """Turns nodes into values by hand, so that no tag constructs anything and no alias multiplies without limit."""

    marks: dict[tuple[Key, ...], tuple[int, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def value(self, node: Node, path: tuple[Key, ...]) -> Plain:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.marks.setdefault(path, (line, column))
        self.count += 1
        if len(path) > MOST_DEPTH or self.count > MOST_VALUES:
            raise Unreadable([Fault(line=line, column=column, path=path[:3], text=_limit(len(path)))])
        if node.tag not in _TAGS:
            self.fault(node, path, f"the tag {node.tag} is not allowed here; write a plain value")
            return None
        if isinstance(node, MappingNode):
            return dict(self.entries(node, path))
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        return _scalar(node)

    def entries(self, node: MappingNode, path: tuple[Key, ...]) -> Iterator[tuple[str, Plain]]:
        seen: set[str] = set()
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                self.fault(key, path, "a key must be a plain text")
            elif key.value in seen:
                self.fault(key, (*path, key.value), "is written twice; keep one")
            else:
                seen.add(key.value)
                self.marks[*path, key.value] = (key.start_mark.line + 1, key.start_mark.column + 1)
                yield key.value, self.value(item, (*path, key.value))

    def fault(self, node: Node, path: tuple[Key, ...], text: str) -> None:
        mark = node.start_mark
        self.faults.append(Fault(line=mark.line + 1, column=mark.column + 1, path=path, text=text))


def _scalar(node: Node) -> Plain:
    """The value of a scalar by YAML 1.2's core schema; dates stay texts."""
    text: str = node.value
    kind = str(node.tag).rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    try:
        if kind == "int":
            return (
                int(text.replace("_", ""), 0)
                if text[:2].lower() in ("0x", "0o", "0b")
                else int(text.replace("_", ""))
            )
        if kind == "float":
            return float(text.replace("_", ""))
    except ValueError:
        return text
    return text
