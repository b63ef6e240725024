"""YAML files -> Rules: presets for what a folder lacks, and every problem of every file at once."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from mappings.config import Gate, MappingConfig, Override, Play, Ranking, Rules, Texts
from mappings.editor_schema import json_schema
from mappings.marked import MOST_BYTES, Key, Marked, Plain, Unreadable, parse
from mappings.problems import BadConfig, Problem, in_order, listed, suggestion
from mappings.selfcheck import Finding, of_mapping
from mappings.wording import said, written_path

__all__ = ["BadConfig", "Positions", "Problem", "init", "json_schema", "load_mapping", "load_rules", "positions"]

CRMS = ("salesforce", "hubspot")
_ROUNDS = 3
"""How often a faulty document is mended before its rest is left unchecked."""
PRESETS = Path(__file__).parent / "presets"
_SHARED = (
    "plays.yaml", "gates.yaml", "ranking.yaml", "facts.yaml", "overrides.yaml", "texts.en.yaml", "texts.ja.yaml",
)  # fmt: skip
_MAPPINGS = tuple(f"{crm}.yaml" for crm in CRMS)
_T = TypeVar("_T")

_MAPPING: TypeAdapter[MappingConfig] = TypeAdapter(MappingConfig)
_PLAYS: TypeAdapter[Mapping[str, Play]] = TypeAdapter(Mapping[str, Play])
_GATES: TypeAdapter[Mapping[str, Gate]] = TypeAdapter(Mapping[str, Gate])
_RANKING: TypeAdapter[Ranking] = TypeAdapter(Ranking)
_FACTS: TypeAdapter[Mapping[str, Mapping[str, float]]] = TypeAdapter(Mapping[str, Mapping[str, float]])
_OVERRIDES: TypeAdapter[tuple[Override, ...]] = TypeAdapter(tuple[Override, ...])
_TEXTS: TypeAdapter[Texts] = TypeAdapter(Texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Where everything stands: documents by name (salesforce.yaml, plays.yaml, ...), and the file of each."""

    files: Mapping[str, Path]
    documents: Mapping[str, Marked]

    def problem(self, name: str, path: Sequence[Key], text: str, suggestion: str | None = None) -> Problem:
        """A problem at a place of a document: ("read", "account", 0, "fields", "employees")."""
        document = self.documents[name]
        written = document.as_written(path)
        line, column = document.mark(written)
        return Problem(
            file=str(self.files[name]),
            line=line,
            column=column,
            path=shown(written),
            text=text,
            suggestion=suggestion,
        )


def shown(path: Sequence[Key]) -> str:
    """A path as people say it: read.account.fields.employees is account.employees, places in lists count from 1."""
    steps = list(path[1:] if path[:1] == ("read",) and len(path) > 1 else path)
    said = [step for place, step in enumerate(steps, 1) if step != "fields" or place == len(steps)]
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in said).removeprefix(".")


@dataclass(slots=True)
class _Loading:
    """Files read so far, and everything wrong with them."""

    folder: Path | None
    files: dict[str, Path] = field(default_factory=dict)
    documents: dict[str, Marked] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    wrong: dict[str, list[tuple[Key, ...]]] = field(default_factory=dict)

    def open(self, names: Sequence[str]) -> "_Loading":
        """Read these documents, from the folder where it has them."""
        self.problems.extend(_folder_problems(self.folder))
        for name in names:
            own = self.folder / name if self.folder is not None else None
            self.files[name] = own if own is not None and own.exists() else PRESETS / name
            self._parse(name)
        return self

    def _parse(self, name: str) -> None:
        file = self.files[name]
        try:
            with file.open("rb") as opened:
                self.documents[name] = parse(opened.read(MOST_BYTES + 1))
        except OSError as error:
            self.problems.append(_about_file(file, f"cannot be read: {error.strerror}"))
        except Unreadable as error:
            for fault in error.faults:
                self.problems.append(
                    Problem(
                        file=str(file), line=fault.line, column=fault.column, path=shown(fault.path), text=fault.text
                    )
                )

    def over_preset(self, name: str) -> "_Loading":
        """Let what the document leaves out be the preset's: a guardrail must not fall because a file is older."""
        if name in self.documents:
            preset = parse((PRESETS / name).read_bytes()).value
            document = self.documents[name]
            self.documents[name] = replace(document, value=_merged(preset, document.value))
        return self

    def model(self, name: str, adapter: TypeAdapter[_T], type_: object) -> _T | None:
        """The document as typed values, or None after noting what is wrong with it."""
        if name not in self.documents:
            return None
        document = self.documents[name].value
        try:
            return adapter.validate_python(document)
        except ValidationError as error:
            for one in said(error.errors(include_url=False), document, type_):
                self.note(name, Finding(path=one.path, text=one.text, suggestion=one.suggestion))
                self.wrong.setdefault(name, []).append(one.path)
            return None

    def rest(self, name: str, adapter: TypeAdapter[_T]) -> _T | None:
        """A document that `model` refused, its faults mended: so that the rest can be checked all the same."""
        if name not in self.documents:
            return None
        mended, preset = deepcopy(self.documents[name].value), parse((PRESETS / name).read_bytes()).value
        wrong = self.wrong[name]
        for _ in range(_ROUNDS):
            for path in wrong:
                _mended(mended, path, preset)
            try:
                return adapter.validate_python(mended)
            except ValidationError as error:
                # what lacks something now, or cannot be looked into, goes as a whole
                wrong = [written_path(mended, one)[:-1] for one in error.errors(include_url=False)]
        return None

    def note(self, name: str, finding: Finding) -> None:
        self.problems.append(self.positions.problem(name, finding.path, finding.text, finding.suggestion))

    def check(self, name: str, findings: Iterator[Finding]) -> None:
        """Note the findings, but not of places that `model` found fault with already."""
        for finding in findings:
            path = self.documents[name].as_written(finding.path)
            if not any(path[: len(wrong)] == wrong for wrong in self.wrong.get(name, ())):
                self.note(name, finding)

    @property
    def positions(self) -> Positions:
        return Positions(files=self.files, documents=self.documents)


def load_rules(crm: str, folder: Path | None) -> Rules:
    """Everything RevOps decided for one CRM.

    A file in `folder` (salesforce.yaml or hubspot.yaml, plays.yaml, gates.yaml, ranking.yaml, facts.yaml,
    overrides.yaml, texts.en.yaml, texts.ja.yaml) stands in place of the preset of that name; but a gate that
    gates.yaml leaves out, or part of it, is the preset's. Raises BadConfig with every problem of every file.
    """
    loading = _Loading(folder).open(_names(crm))
    mapping = _mapping(loading, crm)
    plays = loading.model("plays.yaml", _PLAYS, Mapping[str, Play])
    gates = loading.over_preset("gates.yaml").model("gates.yaml", _GATES, Mapping[str, Gate])
    ranking = loading.model("ranking.yaml", _RANKING, Ranking)
    facts = loading.model("facts.yaml", _FACTS, Mapping[str, Mapping[str, float]])
    overrides = loading.model("overrides.yaml", _OVERRIDES, tuple[Override, ...])
    english = loading.model("texts.en.yaml", _TEXTS, Texts)
    japanese = loading.model("texts.ja.yaml", _TEXTS, Texts)
    read = (mapping, plays, gates, ranking, facts, overrides, english, japanese)
    if loading.problems or mapping is None or any(one is None for one in read):
        raise BadConfig(_in_order(loading))
    return Rules.model_construct(
        mapping=mapping, plays=plays, gates=gates, ranking=ranking, facts=facts, overrides=overrides,
        texts={"en": english, "ja": japanese},
    )  # fmt: skip


def load_mapping(crm: str, folder: Path | None) -> MappingConfig:
    """The mapping alone. Raises BadConfig with every problem."""
    loading = _Loading(folder).open(_names(crm)[:1])
    mapping = _mapping(loading, crm)
    if mapping is None or loading.problems:
        raise BadConfig(_in_order(loading))
    return mapping


def positions(crm: str, folder: Path | None) -> Positions:
    """Where everything stands in the files that `load_rules` reads. Raises BadConfig if one cannot be parsed."""
    loading = _Loading(folder).open(_names(crm))
    if loading.problems:
        raise BadConfig(_in_order(loading))
    return loading.positions


def init(folder: Path, crm: str) -> dict[Path, str]:
    """The presets as a start for a folder of one's own: file -> text. Writes nothing."""
    return {folder / name: (PRESETS / name).read_text("utf-8") for name in _names(crm)}


def _names(crm: str) -> tuple[str, ...]:
    if crm not in CRMS:
        raise BadConfig([_about_file(Path(f"{crm}.yaml"), f"no such CRM; known: {listed(CRMS, 'and')}")])
    return (f"{crm}.yaml", *_SHARED)


def _mapping(loading: _Loading, crm: str) -> MappingConfig | None:
    name = f"{crm}.yaml"
    mapping = loading.model(name, _MAPPING, MappingConfig)
    checked = mapping or loading.rest(name, _MAPPING)
    if checked is not None:
        loading.check(name, of_mapping(checked, crm))
    return mapping


def _merged(preset: Plain, own: Plain) -> Plain:
    """`own` over `preset`, key by key; anything but a mapping stands in place of what the preset has."""
    if not isinstance(preset, dict) or not isinstance(own, dict):
        return preset if own is None else own
    return {**preset, **{key: _merged(preset.get(key), value) for key, value in own.items()}}


def _mended(document: Plain, path: tuple[Key, ...], preset: Plain) -> None:
    """Put the preset's value where the document is wrong or lacks one; where the preset has none, nothing."""
    while path and not isinstance(path[-1], str):
        # of a list the whole: the places of the others must stay what they are
        path = path[:-1]
    for step in path[:-1]:
        document, preset = _inside(document, step), _inside(preset, step)
    if path and isinstance(document, dict):
        document.pop(str(path[-1]), None)
        if (usual := _inside(preset, path[-1])) is not None:
            document[str(path[-1])] = usual


def _inside(value: Plain, step: Key) -> Plain:
    if isinstance(value, dict):
        return value.get(str(step))
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _folder_problems(folder: Path | None) -> Iterator[Problem]:
    """A folder that is not there, and files in it whose names are almost right: they would be passed over."""
    if folder is None:
        return
    if not folder.is_dir():
        yield _about_file(folder, "no such folder")
        return
    known = (*_MAPPINGS, *_SHARED)
    for file in sorted(folder.glob("*.y*ml")):
        meant = suggestion(file.name, known)
        if file.name not in known and meant is not None:
            yield _about_file(file, f"is not read; known files: {listed(known, 'and')}", meant)


def _about_file(file: Path, text: str, meant: str | None = None) -> Problem:
    return Problem(file=str(file), line=1, column=1, path="", text=text, suggestion=meant)


def _in_order(loading: _Loading) -> list[Problem]:
    return in_order(loading.problems)
