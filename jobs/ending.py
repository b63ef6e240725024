"""How our open records end: those whose lead is gone, held back, late, or about somebody else by now.

What nobody touched is closed, with a note that says why. What somebody works on is theirs: it gets the note and
nothing else, and only where it says something new.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from jobs.decide import Decided
from jobs.merged import KEY_AS_WRITTEN
from jobs.past import Touch, touches
from jobs.wiring import Work
from leads.handover import lead_of_message, message_key
from leads.notes import What, cleared, is_a, note, same_note
from leads.phrases import Phrases
from mappings.canonical import Lead, LeadKey
from mappings.changes import Change, FieldChange, Value
from mappings.config import Play, Rules
from mappings.write import closing, lead_target, note_field

REFUSED = ("held", "suppressed")
"""The states of a lead that nobody is to work on now; once it is let go it comes back as a new record."""
PUT_OFF = "snoozed_product"
"""The gate that keeps what people put off: their record waits with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An open record of ours, and what there is to say of it.

    `why` it ought not to be there: cleared (the play no longer finds the lead), contact (the person it names is not
    to be approached any more), gone (the account is), answered or over (the toss-up that it reminds of is), or the
    gate that refuses the lead now, which says `says`. `key` is that of the lead, also where a message tells of it.
    """

    id: str
    key: LeadKey
    written_key: str
    why: str | None
    says: str
    due_on: date | None
    overdue: Literal["late", "expired"] | None

    def what(self, *, ours: bool) -> What | None:
        """What to note; ours: nobody touched it."""
        if not ours:
            return "left" if self.why is not None else "back"
        if self.overdue == "expired":
            return "expired"
        return "closed" if self.why is not None else self.overdue


def closings(work: Work, decided: Decided, back: Collection[LeadKey]) -> Iterator[Change]:
    """Close our open tasks and lead records that ought not to be there, and note what there is to say of others.

    `back` are the toss-ups that are taken back today: nobody need be reminded of those.
    """
    ends = _Ends(decided=decided, rules=work.rules, back=back)
    for kind, object in _kinds(work):
        here = {one.id: one for of, one in ends.found if of == kind}
        last, note = closing(work.rules.mapping, object), note_field(work.rules.mapping, object)
        note = note if note in work.mirror.fields(object) else None
        names = [*last, *([note] if note is not None else [])]
        for id, touch in sorted(touches(work, object, sorted(here), names).items()):
            what = here[id].what(ours=not touch.changed)
            closes = what in ("closed", "expired") and bool(last)
            written = dict(last) if closes else {}
            if note is not None and what is not None and (closes or what not in ("closed", "expired")):
                written |= ends.noted(what, here[id], note, touch)
            if written:
                yield _change(object, here[id], touch, written, closes=closes)


def _kinds(work: Work) -> tuple[tuple[str, str], ...]:
    lead_object = lead_target(work.rules.mapping, work.schema).object
    return ("task", work.rules.mapping.write.task.object), ("lead", lead_object)


def _change(object: str, due: Due, touch: Touch, written: Mapping[str, Value], *, closes: bool) -> Change:
    return Change(
        object=object,
        action="close" if closes else "update",
        id=due.id,
        key=due.written_key,
        key_field=None,
        fields=tuple(FieldChange(name=n, old=touch.row.get(n), new=new) for n, new in sorted(written.items())),
        why=(due.overdue if due.overdue == "expired" and closes else due.why) or due.overdue or "back",
    )


@dataclass(slots=True, kw_only=True)
class _Ends:
    """Everything that is due, with the words for it."""

    decided: Decided
    rules: Rules
    back: Collection[LeadKey]
    found: tuple[tuple[str, Due], ...] = ()
    today: date = field(init=False)
    phrases: Phrases = field(init=False)
    _gone: Mapping[LeadKey, str] = field(init=False)

    def __post_init__(self) -> None:
        language = self.rules.mapping.company.language
        self.today = self.decided.found.workings.ground.inputs.today
        self.phrases = Phrases(self.rules.texts[language], language)
        self.found = tuple(self._all())
        keys = {one.key for _, one in self.found if one.why == "cleared"}
        self._gone = cleared(self.decided.found, keys, self.phrases) if keys else {}

    def noted(self, what: What, due: Due, field: str, touch: Touch) -> dict[str, Value]:
        """The note in the company's language, where it says something new."""
        before = str(touch.was.get(field) or touch.row.get(field) or "")
        if (what == "late" and before) or (what == "back" and not is_a("left", before, self.phrases)):
            return {}
        said = self._gone[due.key] if due.why == "cleared" else due.says
        text = note(what, self.phrases, self.today, why=said, due=due.due_on, until=self._until(due))
        return {} if same_note(before, text) else {field: text}

    def _all(self) -> Iterator[tuple[str, Due]]:
        leads = {str(lead.key): lead for lead in self.decided.found.leads}
        approached = _approached(self.decided)
        accounts = _accounts(self.decided)
        ours = self.decided.tables["ours"].to_pyarrow().to_pylist()
        handed = {row[KEY_AS_WRITTEN]: row for row in ours if row["kind"] == "lead"}
        for row in ours:
            key, message = LeadKey.parse(row["key"]), lead_of_message(row["key"])
            lead_key = key or message
            if lead_key is not None and not row["is_closed"] and row["kind"] in ("task", "lead"):
                there = lead_key.account_id in accounts
                if key is not None:
                    why, says = self._why(leads.get(row["key"]), approached.get(row["key"]), there=there)
                else:
                    why, says = self._why_told(row[KEY_AS_WRITTEN], handed, there=there)
                yield (
                    row["kind"],
                    Due(
                        id=row["id"],
                        key=lead_key,
                        written_key=row[KEY_AS_WRITTEN],
                        why=why,
                        says=says,
                        due_on=row["due_on"],
                        overdue=self._late(row, lead_key),
                    ),
                )

    def _why(self, lead: Lead | None, approached: str | None, *, there: bool) -> tuple[str | None, str]:
        words = self.phrases.texts.words
        if not there:
            return "gone", words["note.gone"]
        if lead is None:
            return "cleared", ""
        refusal = next((reason for reason in lead.reasons if reason.code != PUT_OFF), None)
        if lead.state in REFUSED and refusal is not None:
            return refusal.code, refusal.text
        if None not in (approached, lead.contact_id) and lead.contact_id != approached:
            return "contact", words["note.contact"]
        return None, ""

    def _why_told(self, key: str, handed: Mapping[str, Mapping[str, Any]], *, there: bool) -> tuple[str | None, str]:
        """A reminder ends with what it reminds of; what tells of an outcome waits for its reader, or grows old.

        `key` and those of the lead records `handed` over are as they were written: of accounts that were merged each
        has its own.
        """
        words, lead = self.phrases.texts.words, lead_of_message(key)
        if not there:
            return "gone", words["note.gone"]
        if lead is None or key != message_key(lead, "overdue"):
            return None, ""
        record = handed.get(str(lead))
        if record is not None and record["outcome"] is not None:
            return "answered", words["note.answered"]
        if record is None or record["is_closed"] or lead in self.back:
            return "over", words["note.over"]
        return None, ""

    def _late(self, row: Mapping[str, Any], key: LeadKey) -> Literal["late", "expired"] | None:
        """Whether a task was due long ago; a lead record's clock is the handover's."""
        patience = self._patience(key)
        if row["kind"] != "task" or row["due_on"] is None or not patience:
            return None
        days = (self.today - row["due_on"]).days
        return "expired" if days > patience else "late" if days > patience // 2 else None

    def _until(self, due: Due) -> date | None:
        """The day on which a late one is closed; people put things off until 9999-12-31, after which no day comes."""
        days = timedelta(days=self._patience(due.key) + 1)
        return due.due_on + days if due.due_on is not None and due.due_on <= date.max - days else None

    def _patience(self, key: LeadKey) -> int:
        """A message of a play that is gone by now grows old as others do."""
        play = self.rules.plays.get(key.play)
        usual: int = Play.model_fields["expire_days"].default
        return play.expire_days if play is not None else usual


def _approached(decided: Decided) -> Mapping[str, Any]:
    """Whom our open leads name, by key."""
    open_leads = decided.found.workings.ground.ours.open
    rows = open_leads.select("our_key", "approached").to_pyarrow().to_pylist()
    return {row["our_key"]: row["approached"] for row in rows}


def _accounts(decided: Decided) -> frozenset[str]:
    """The accounts of our leads that are still there."""
    accounts, ours = decided.tables["account"], decided.tables["ours"]
    keys = ours.mutate(account_id=ours.key.split("/")[0]).select("account_id").distinct()
    return frozenset(
        accounts.select(account_id="id").semi_join(keys, "account_id").to_pyarrow()["account_id"].to_pylist()
    )
