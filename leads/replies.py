"""How the owner of a task says what came of it: the field and the choices that this CRM really has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leads.phrases import tidy
from leads.templates import fill
from mappings.config import RecordOut
from mappings.schema import Field, Schema

WORDS: Mapping[str, frozenset[str]] = {
    "heading.result": frozenset({"field"}),
    "result.worked": frozenset({"choice"}),
    "result.no": frozenset({"choice"}),
    "result.later": frozenset({"choice"}),
    "result.later_until": frozenset({"choice", "snooze"}),
    "no_field": frozenset(),
}
"""The words of the section, and what each may quote."""
_ASKED = (("result.worked", ("accepted", "won")), ("result.no", ("declined",)), ("result.later", ("snoozed",)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Where people answer a task: the field's label, and our outcome -> the choice that says it in the CRM.

    `snooze` is the label of the field for the day until which they want to hear nothing; None without one.
    """

    field: str
    choices: Mapping[str, str]
    snooze: str | None

    def heading(self, words: Mapping[str, str]) -> str:
        """What stands above the lines: it names the field."""
        return fill(words["heading.result"], {"field": self.field})

    def lines(self, words: Mapping[str, str]) -> Iterator[str]:
        """What to choose when it worked, when they decline, and when it is too early: a line each."""
        for word, outcomes in _ASKED:
            if said := [self.choices[one] for one in outcomes if one in self.choices]:
                until = {"snooze": self.snooze} if word == "result.later" and self.snooze else {}
                yield fill(words[word + "_until" if until else word], {"choice": " / ".join(said), **until})


ANSWERS = frozenset({"field", "accepted", "declined", "returned"})
"""What a text that asks for an answer to a toss-up may quote: the field, and the choices in it."""


def answers(reply: Reply | None, words: Mapping[str, str]) -> dict[str, str]:
    """The field and its choices as this CRM calls them; without such a field, the status and our own words."""
    if reply is None:
        return {name: name for name in ANSWERS} | {"field": words["no_field"]}
    return {name: reply.choices.get(name, name) for name in ANSWERS} | {"field": reply.field}


def reply(record: RecordOut, schema: Schema) -> Reply | None:
    """How to answer such a record; None where the mapping names no field for it, or the CRM has no such field."""
    known = schema.objects[record.object].fields if record.object in schema.objects else {}
    field = known.get(record.answer.field) if record.answer is not None else None
    if field is None:
        return None
    until = known.get(record.snooze.field) if record.snooze is not None else None
    snooze = None if until is None else tidy(until.label)
    return Reply(field=tidy(field.label), choices=_choices(record, field), snooze=snooze)


def _choices(record: RecordOut, field: Field) -> Mapping[str, str]:
    source = record.read.outcome
    values = source.values if source is not None and source.values else {name: name for name in field.choices}
    there = {
        str(ours): str(theirs) for theirs, ours in values.items() if not field.choices or theirs in field.choices
    }
    return {ours: tidy(theirs) for ours, theirs in there.items()}
