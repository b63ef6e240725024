"""What pydantic finds in a document, in words for the person who wrote it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mappings.config import FieldSource, OutField
from mappings.marked import Key, Plain
from mappings.problems import listed, suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One finding: where in the document, and what; `path` may end with the name of something that is missing."""

    path: tuple[Key, ...]
    text: str
    suggestion: str | None = None


_MUST: Mapping[str, str] = MappingProxyType(
    {
        "string_type": "must be a text",
        "int_type": "must be a whole number",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "float_type": "must be a number",
        "float_parsing": "must be a number",
        "bool_type": "must be true or false",
        "bool_parsing": "must be true or false",
        "tuple_type": "must be a list",
        "mapping_type": "must be lines of the form name: value",
        "dict_type": "must be lines of the form name: value",
    }
)


def said(errors: Sequence[ErrorDetails], document: Plain, type_: object) -> Iterator[Said]:
    """Every finding once: the several that a choice of types gives for one place are one finding."""
    places: dict[tuple[Key, ...], list[ErrorDetails]] = {}
    for error in errors:
        places.setdefault(written_path(document, error), []).append(error)
    for path, found in places.items():
        yield _one(path, found, document, type_)


def _one(path: tuple[Key, ...], found: Sequence[ErrorDetails], document: Plain, type_: object) -> Said:
    first = found[0]
    if len(found) > 1:
        return Said(path=path, text=_single(found) + _seen(first["input"]))
    special: Mapping[str, Callable[[], Said]] = {
        "missing": lambda: Said(path=path, text="is missing"),
        "extra_forbidden": lambda: _unknown(path, type_, document),
        "literal_error": lambda: _not_allowed(path, first),
        "model_type": lambda: _other_shape(path, first, _at(type_, document, path)),
        "tuple_type": lambda: _other_shape(path, first, _at(type_, document, path)),
    }
    return special.get(first["type"], lambda: Said(path=path, text=_plain(first)))()


def _plain(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] == "string_pattern_mismatch":
        return f"must be a three-letter currency code such as USD or JPY{_seen(error['input'])}"
    limits = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}
    if error["type"] in limits:
        name, words = limits[error["type"]]
        return f"must be {words} {context[name]}{_seen(error['input'])}"
    return _MUST.get(error["type"], error["msg"]) + _seen(error["input"])


def _single(found: Sequence[ErrorDetails]) -> str:
    lists = any(error["type"] == "tuple_type" for error in found)
    return "must be a text, a number, true or false" + (", or a list of these" if lists else "")


def _seen(value: object) -> str:
    if value is None:
        return ", but nothing stands here"
    if isinstance(value, dict | list | tuple):
        return f", not {'a list' if isinstance(value, list | tuple) else 'lines of the form name: value'}"
    return f", not {str(value).lower() if isinstance(value, bool) else str(value)[:60]}"


def _unknown(path: tuple[Key, ...], type_: object, document: Plain) -> Said:
    model = _at(type_, document, path[:-1])
    known = _names(model) if _is_model(model) else []
    return Said(
        path=path, text=f"unknown key; known here: {listed(known, 'and')}", suggestion=suggestion(path[-1], known)
    )


def _not_allowed(path: tuple[Key, ...], error: ErrorDetails) -> Said:
    allowed = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    text = f"must be {listed(allowed)}{_seen(error['input'])}"
    return Said(path=path, text=text, suggestion=suggestion(error["input"], allowed))


def _other_shape(path: tuple[Key, ...], error: ErrorDetails, expected: object) -> Said:
    return Said(path=path, text=_shape(expected) + _seen(error["input"]))


def _shape(model: object) -> str:
    """What belongs here, for something that is not even lines."""
    if not _is_model(model):
        return _MUST["tuple_type"]
    if issubclass(model, FieldSource | OutField):
        return "must be the name of a field, or lines of the form name: value"
    required = [field.alias or name for name, field in model.model_fields.items() if field.is_required()]
    return f"must be lines of the form name: value ({', '.join(required or _names(model)[:3])})"


def _names(model: type[BaseModel]) -> list[str]:
    """Its keys as they are written in YAML."""
    return [field.alias or name for name, field in model.model_fields.items()]


def written_path(document: Plain, error: ErrorDetails) -> tuple[Key, ...]:
    """The place as it is written: pydantic also names the parts of a choice and lists that nobody wrote."""
    path: list[Key] = []
    value = document
    for step in error["loc"]:
        if is_written(value, step):
            value = value[step]  # type: ignore[index] # is_written has looked
            path.append(step)
    return (*path, error["loc"][-1]) if error["type"] == "missing" else tuple(path)


def is_written(value: Plain, step: Key) -> bool:
    """Whether a step leads on from a value of the document."""
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int)


def _is_model(type_: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(type_, type) and issubclass(type_, BaseModel)


def _at(type_: object, document: Plain, path: Sequence[Key]) -> Any:
    """The type that belongs at a place of the document."""
    type_ = _bare(type_)
    while get_origin(type_) is tuple and not isinstance(document, list):
        type_ = _bare(get_args(type_)[0])
    if not path:
        return type_
    step, rest = path[0], path[1:]
    if isinstance(document, list) and isinstance(step, int):
        return _at(get_args(type_)[0], document[step], rest)
    inner = document.get(str(step)) if isinstance(document, dict) else None
    if _is_model(type_) and step in type_.model_fields:
        return _at(type_.model_fields[step].annotation, inner, rest)
    return _at(get_args(type_)[1], inner, rest) if len(get_args(type_)) == 2 else None


def _bare(type_: object) -> Any:
    """A type without `| None`, and without what is only said beside it."""
    if get_origin(type_) is Annotated:
        return _bare(get_args(type_)[0])
    if get_origin(type_) in (Union, UnionType):
        return _bare(next(one for one in get_args(type_) if one is not type(None)))
    return type_
