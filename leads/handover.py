"""What follows a toss-up: its outcome goes back to the CSM; one that nobody answers is reminded of, then returned.

The specialist has until the record's due day. What a person has answered, closed or begun is told, never changed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Literal, get_args

from leads.notes import LENGTH as NOTE_LENGTH
from leads.notes import reads_as
from leads.phrases import Phrases, tidy
from leads.replies import ANSWERS, Reply, answers
from leads.templates import fill
from leads.texts import subject_of
from mappings.canonical import LeadKey
from mappings.config import Handover, Outcome, Rules, Told

What = Literal["accepted", "declined", "returned", "won", "lost", "overdue", "unanswered"]
"""An outcome that the CSM is told; or a reminder to the specialist; or nobody answered, and it goes back."""
ANSWER = 500
"""Longest part of a specialist's own words that is quoted."""

Voice = Literal[What, "overdue_queue", "pooled"]
"""How a step is worded: of what waits in a queue the CSM is told, who cannot answer it but can ask; and what nobody
answered is over, or somebody else's from now on (`pooled`)."""

_QUOTED = frozenset({"account", "product", "specialist", "csm", "handed", "due", "reason"})
_VOICES: tuple[Voice, ...] = (*get_args(What), "overdue_queue")
_POOLED = _QUOTED | {"pool"}
NOTED: tuple[What, ...] = (*get_args(Outcome), "unanswered")
"""What a note on the CSM's own task, or on the record that is taken back, may tell."""
WORDS: Mapping[str, frozenset[str]] = {
    **{f"handover.{what}.note": _QUOTED | {"day"} for what in NOTED},
    **dict.fromkeys(("handover.nobody", "handover.no_reason", "handover.open"), frozenset[str]()),
    **{f"handover.{voice}.subject": _QUOTED for voice in _VOICES},
    **{f"handover.{voice}": _QUOTED | ANSWERS for voice in _VOICES},
    "handover.returns": frozenset({"returns"}),
    **{f"handover.pooled{part}": _POOLED for part in ("", ".subject")},
    "handover.pooled.note": _POOLED | {"day"},
}
"""The words that messages are made of, and what each may quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A toss-up as the CRM holds it now. Days are the company's; what nobody knows is None.

    `product` is what was handed over: where the play has a `target`, another one than the key names.
    `specialist_id` is a person's: a queue takes no task, nor does who has left. `untouched`: it holds nothing but
    what we wrote. `written` is the key that the record carries, where its account was merged into another one since.
    """

    key: LeadKey
    record: str
    account_name: str
    product: str
    product_name: str
    csm_id: str | None
    csm_name: str | None
    specialist_id: str | None
    specialist_name: str | None
    handed_on: date | None
    due_on: date | None
    outcome: str | None
    reason: str | None
    decided_on: date | None
    is_closed: bool
    untouched: bool
    reminded_on: date | None
    written: LeadKey | None = None

    @property
    def own_key(self) -> LeadKey:
        """What tells this record from that of an account which was merged into the same one."""
        return self.written or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do about a toss-up: tell somebody; and where nobody answered, take it back from the specialist."""

    handed: Handed
    what: What
    owner_id: str | None
    """Who is told."""
    due: date
    told: bool
    """Somebody was told already: only what else there is to do is left."""
    returns: date | None = None
    """The first day on which it would be taken back; None for what is not, as somebody has begun to work on it."""
    pool: str | None = None
    """Who takes what nobody answered; None: it is closed."""

    @property
    def voice(self) -> Voice:
        """How it is worded."""
        if self.what == "unanswered":
            return "pooled" if self.pool else "unanswered"
        return "overdue_queue" if self.what == "overdue" and self.handed.specialist_id is None else self.what

    @property
    def key(self) -> str:
        """Names the record that tells it, so that nobody is told twice."""
        return message_key(self.handed.own_key, self.what)

    def how(self, terms: Handover) -> Told:
        """Whether a task tells it, or a note, or nothing; what needs an answer is always a task."""
        chosen = {str(outcome): way for outcome, way in terms.inform.items()}
        return chosen.get(self.what, "task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A step in words. `body` is plain text, `body_html` the same as HTML with everything foreign escaped."""

    subject: str
    body: str
    body_html: str


def message_key(key: LeadKey, what: What) -> str:
    """A fifth part behind the lead's key: what tells of a lead is not a lead."""
    return f"{key}/{what}"


def lead_of_message(key: str) -> LeadKey | None:
    """The lead that a message is about; None for the key of a lead itself and for what is no key of ours."""
    lead, _, what = key.rpartition("/")
    return LeadKey.parse(lead) if what else None


def steps(
    handed: Iterable[Handed], terms: Handover, today: date, told: Collection[str], pool: str | None = None
) -> Iterator[Step]:
    """What is to be done today, one step a toss-up at most; `told` are the keys of earlier messages.

    `pool` is what those are called who take over what nobody answered.
    """
    for one in handed:
        what = _due(one, terms, today)
        known = what is not None and message_key(one.own_key, what) in told
        if what is not None and (what == "unanswered" or not known):
            yield Step(
                handed=one,
                what=what,
                owner_id=(one.specialist_id or one.csm_id) if what == "overdue" else one.csm_id,
                due=today + timedelta(days=terms.answer_days),
                told=known,
                returns=_returns(one, terms, today) if what == "overdue" else None,
                pool=pool,
            )


def _returns(one: Handed, terms: Handover, today: date) -> date | None:
    """When what somebody is reminded of today would be taken back."""
    return today + timedelta(days=terms.return_after_days) if one.untouched else None


def _due(one: Handed, terms: Handover, today: date) -> What | None:
    if one.outcome is not None:
        return _outcome(one, terms, today)
    if one.is_closed or one.due_on is None:
        return None
    if one.reminded_on is None:
        return "overdue" if (today - one.due_on).days > terms.remind_after_days else None
    waited = (today - one.reminded_on).days >= terms.return_after_days
    return "unanswered" if waited and one.untouched else None


def _outcome(one: Handed, terms: Handover, today: date) -> What | None:
    """What was decided lately: an org that has worked for years must not be told of all its past at once."""
    lately = one.decided_on is None or (today - one.decided_on).days <= terms.tell_days
    what = {str(name): name for name in get_args(Outcome)}.get(str(one.outcome))
    return what if lately and what is not None and terms.inform[what] != "nothing" else None


def noted(step: Step, rules: Rules, language: Literal["en", "ja"], today: date) -> str:
    """The step in one sentence that begins with the day."""
    phrases = Phrases(rules.texts[language], language)
    values = {**_values(step, phrases), "day": today.isoformat()}
    return tidy(fill(phrases.texts.words[f"handover.{step.voice}.note"], values), NOTE_LENGTH)


def is_taken_back(text: str, phrases: Phrases) -> bool:
    """Whether this is the note on a record that Tossup took back unanswered."""
    return reads_as(phrases.texts.words["handover.unanswered.note"], text)


def message(step: Step, rules: Rules, language: Literal["en", "ja"], url: str, reply: Reply | None = None) -> Message:
    """The step in words of this language; `url` opens the lead record, `reply` says how it is answered."""
    phrases = Phrases(rules.texts[language], language)
    words, values = phrases.texts.words, _values(step, phrases)
    asked = values | answers(reply, words)
    lines = [fill(line, asked) for line in words[f"handover.{step.voice}"].splitlines()]
    if step.returns is not None:
        lines.append(fill(words["handover.returns"], {"returns": phrases.day(step.returns)}))
    return Message(
        subject=subject_of(words[f"handover.{step.voice}.subject"], values),
        body="\n".join([*lines, words["handover.open"], url]),
        body_html="".join(f"<p>{escape(line)}</p>" for line in lines) + _link(url, words["handover.open"]),
    )


def _values(step: Step, phrases: Phrases) -> dict[str, str]:
    words, one = phrases.texts.words, step.handed
    return {
        "account": tidy(one.account_name),
        "product": tidy(one.product_name),
        "specialist": tidy(one.specialist_name or words["handover.nobody"]),
        "csm": tidy(one.csm_name or words["no_owner"]),
        "handed": phrases.day(one.handed_on) if one.handed_on else words["unknown"],
        "due": phrases.day(one.due_on) if one.due_on else words["unknown"],
        "pool": tidy(step.pool or ""),
        "reason": tidy(one.reason, ANSWER) if one.reason else words["handover.no_reason"],
    }


def _link(url: str, text: str) -> str:
    if not url.startswith(("https://", "http://")):
        return ""
    return f'<p><a href="{escape(url, quote=True)}">{escape(text)}</a></p>'
