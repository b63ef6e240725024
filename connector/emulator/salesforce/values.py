"""From what a caller sends to what is stored: one checked conversion for each type of field."""

import math
import re
from collections.abc import Callable
from datetime import date

from connector.emulator.salesforce import times
from connector.emulator.salesforce.errors import RecordError
from connector.emulator.salesforce.fields import TEXTS, Field, Value

Convert = Callable[[object], Value]
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def _wrong(field: Field, value: object, kind: str) -> RecordError:
    shape = "VALUE_STRING" if isinstance(value, str) else "VALUE"
    return RecordError(
        "JSON_PARSER_ERROR", f"Cannot deserialize instance of {kind} from {shape} value {value}", field.name
    )


def _text(field: Field) -> Convert:
    choices, length, name = frozenset(field.choices), field.length, field.name
    trims = field.type != "textarea"

    def convert(value: object) -> Value:
        if value is None:
            return None
        if not isinstance(value, str):
            raise _wrong(field, value, "string")
        text = value.strip() if trims else value
        if not text:
            return None
        if len(text) > length:
            raise RecordError(
                "STRING_TOO_LONG", f"{field.label}: data value too large: {text} (max length={length})", name
            )
        if field.restricted and text not in choices:
            raise RecordError(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{field.label}: bad value for restricted picklist field: {text}",
                name,
            )
        return text

    return convert


def _email(field: Field) -> Convert:
    as_text = _text(field)

    def convert(value: object) -> Value:
        text = as_text(value)
        if isinstance(text, str) and not _EMAIL.fullmatch(text):
            message = f"{field.label}: invalid email address: {text}"
            raise RecordError("INVALID_EMAIL_ADDRESS", message, field.name)
        return text.lower() if isinstance(text, str) else None

    return convert


def _boolean(field: Field) -> Convert:
    def convert(value: object) -> Value:
        if value is True or value is False:
            return value
        truth = _TRUTH.get(value.lower()) if isinstance(value, str) else None
        if truth is None:
            message = f"{field.label}: value not of required type: {'' if value is None else value}"
            raise RecordError("INVALID_TYPE_ON_FIELD_IN_RECORD", message, field.name)
        return truth

    return convert


def _number(field: Field) -> Convert:
    whole = field.type == "int"
    limit = 2**31 if whole else 10.0 ** (field.precision - field.scale)
    scale = field.scale

    def convert(value: object) -> Value:
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise _wrong(field, value, field.type if whole else "double")
        try:
            number = float(value)
        except ValueError:
            raise _wrong(field, value, "int" if whole else "double") from None
        if not math.isfinite(number) or (whole and number != int(number)):
            raise _wrong(field, value, "int" if whole else "double")
        if abs(number) >= limit:
            message = f"{field.label}: value outside of valid range on numeric field: {value}"
            raise RecordError("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
        return int(number) if whole else round(number, scale)

    return convert


def _date(field: Field) -> Convert:
    def convert(value: object) -> Value:
        if value is None or value == "":
            return None
        try:
            if not isinstance(value, str):
                raise TypeError
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise _wrong(field, value, "date") from None

    return convert


def _datetime(field: Field) -> Convert:
    def convert(value: object) -> Value:
        if value is None or value == "":
            return None
        try:
            if not isinstance(value, str):
                raise TypeError
            return times.parse(value)
        except (TypeError, ValueError):
            raise _wrong(field, value, "datetime") from None

    return convert


def converter(field: Field) -> Convert:
    """The conversion for every type but reference, which needs the org; it raises RecordError."""
    if field.type == "email":
        return _email(field)
    if field.type in TEXTS:
        return _text(field)
    makers = {"boolean": _boolean, "date": _date, "datetime": _datetime}
    return makers.get(field.type, _number)(field)
