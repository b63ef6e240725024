"""What a person reads: the subject, why now, what to say, the next step and how to say no."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

from leads.asides import ASIDES, REASONS
from leads.phrases import Phrases, tidy
from leads.replies import Reply, answers
from leads.templates import fill, placeholders
from mappings.canonical import Evidence, Lead
from mappings.config import Rules

SUBJECT = 80
"""Longest subject: lists in both CRMs cut what is longer."""
SHORT = 255
"""Longest reason on an account: a plain text field of either CRM holds it."""
ALWAYS = frozenset(
    {"account", "owner", "contact", "contact_role", "product", "company", "value", "due", "win_percent", "decided_n"}
)
"""What every template may quote."""
QUARTER = re.compile(r"\d{4}Q[1-4](\.\d+)?$")
"""A cycle that is no contract's."""

NO_VALUE = "0"
"""The value of a play that is not about money."""
_WORTH, _ANSWER = "line.value", "brief.answer"
"""What the lead is worth, and how to answer it, among the values: no template can quote a name with a dot."""

Url = Callable[[str, str], str]
"""(object, id) -> where a person opens the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the people and things of a lead are called; None where nobody knows."""

    account: str
    owner: str | None
    contact: str | None
    product: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A lead in words. `body` is plain text, `body_html` the same as HTML with everything foreign escaped."""

    subject: str
    why: str
    script: str
    next_step: str
    body: str
    body_html: str


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    url: str | None = None


Part = Literal["subject", "why", "script", "next_step", "material"]
_Section = tuple[str, tuple[_Line, ...], bool]
"""Heading, lines, and whether they are a list."""


def names(lead: Lead) -> Names:
    """The names as the lead's own facts know them."""
    told = {
        name: str(lead.facts[name]) for name in ("owner_name", "contact_name", "product_name") if name in lead.facts
    }
    return Names(
        account=lead.account_name,
        owner=told.get("owner_name"),
        contact=told.get("contact_name"),
        product=told.get("product_name"),
    )


def say(
    lead: Lead, rules: Rules, language: Literal["en", "ja"], names: Names, url: Url, reply: Reply | None = None
) -> Text:
    """The lead in words of this language. `url(object, id)` gives the link of a record; `reply` how to answer it."""
    phrases = Phrases(rules.texts[language], language)
    parts = phrases.texts.plays[lead.play]
    values = _values(lead, rules, names, phrases)
    why, script, next_step = (fill(parts[part], values) for part in ("why", "script", "next_step"))
    script = _by_channel(lead, phrases) + script
    sections = tuple(_sections(lead, phrases, values, url, script, next_step, reply))
    return _text(parts, values, (why, script, next_step), sections)


def brief(
    lead: Lead, rules: Rules, language: Literal["en", "ja"], names: Names, url: Url, reply: Reply | None = None
) -> Text:
    """A toss-up in words for the specialist who gets it: from whom, why now, whom to call, and how to answer."""
    phrases = Phrases(rules.texts[language], language)
    parts, words = phrases.texts.plays[lead.play], phrases.texts.words
    values = _values(lead, rules, names, phrases)
    values[_ANSWER] = fill(words["brief.answer"], values | answers(reply, words))
    opening, next_step = (fill(words[f"brief.{part}"], values) for part in ("from", "next"))
    next_step = _by_channel(lead, phrases) + next_step
    return _text(
        parts, values, (fill(parts["why"], values), opening, next_step),
        tuple(_brief(lead, phrases, values, url, opening, next_step)),
    )  # fmt: skip


def _text(
    parts: Mapping[Part, str], values: Mapping[str, str], said: tuple[str, str, str], sections: tuple[_Section, ...]
) -> Text:
    why, script, next_step = said
    return Text(
        subject=subject_of(parts["subject"], values),
        why=why,
        script=script,
        next_step=next_step,
        body=_plain(sections),
        body_html=_html(sections),
    )


def in_short(lead: Lead, rules: Rules, language: Literal["en", "ja"]) -> str:
    """Why now, on one line of at most SHORT characters, without what is said aside unless it is the reason."""
    phrases = Phrases(rules.texts[language], language)
    why = phrases.texts.plays[lead.play]["why"]
    for aside in REASONS:
        why = why.replace(f"{{{aside}}}", phrases.texts.words[aside] if lead.facts.get(ASIDES[aside]) else "")
    quoted = placeholders(why)
    values = dict.fromkeys(quoted, phrases.texts.words["unknown"]) | dict.fromkeys(ASIDES, "")
    values |= {name: phrases.said(name, lead.facts[name], lead.currency) for name in quoted & lead.facts.keys()}
    values |= {name: said() for name, said in _known(lead, rules, names(lead), phrases).items() if name in quoted}
    return tidy(fill(why, values), SHORT)


def _values(lead: Lead, rules: Rules, names: Names, phrases: Phrases) -> dict[str, str]:
    words = phrases.texts.words
    said = (*phrases.texts.plays[lead.play].values(), *(words[aside] for aside in ASIDES))
    unknown = dict.fromkeys((name for text in said for name in placeholders(text)), words["unknown"])
    facts = {name: phrases.said(name, value, lead.currency) for name, value in lead.facts.items()}
    values = unknown | facts | {name: said() for name, said in _known(lead, rules, names, phrases).items()}
    values["rest"] = _rest(rules, phrases)
    values[_WORTH] = fill(_worth(lead, rules, words), values)
    for aside, fact in ASIDES.items():
        values[aside] = fill(words[aside], values) if lead.facts.get(fact) else ""
    return values


def _worth(lead: Lead, rules: Rules, words: Mapping[str, str]) -> str:
    """How it is said what the lead is worth; nothing where its play is not about money, such as a survey."""
    if lead.value is not None:
        return words["line.value"]
    return "" if rules.plays[lead.play].value == NO_VALUE else words["line.no_value"]


def _known(lead: Lead, rules: Rules, names: Names, phrases: Phrases) -> Mapping[str, Callable[[], str]]:
    """What every template may quote, apart from facts; said when it is asked for."""
    words, about = phrases.texts.words, rules.plays[lead.play].about
    role = str(lead.facts.get("contact_role", ""))
    return {
        "account": lambda: tidy(names.account),
        "owner": lambda: tidy(names.owner or words["no_owner"]),
        "contact": lambda: tidy(names.contact or words["no_name"]),
        "contact_role": lambda: phrases.word(f"role.{role}", role or words["unknown"]),
        "product": lambda: tidy(names.product or lead.facts.get(about or "") or words["no_product"]),
        "company": lambda: tidy(rules.mapping.company.name),
        "value": lambda: phrases.money(lead.value, lead.currency),
        "due": lambda: phrases.day(lead.due),
        "win_percent": lambda: str(round(lead.p_win * 100)),
    }


def subject_of(template: str, values: Mapping[str, str]) -> str:
    """The subject with these values, at most SUBJECT characters long."""
    subject = fill(template, values)
    if len(subject) > SUBJECT:  # the account's name is the part that can be shortened and still be recognised
        room = len(values["account"]) - (len(subject) - SUBJECT)
        subject = fill(template, {**values, "account": tidy(values["account"], max(room, 8))})
    return tidy(subject, SUBJECT)


def _by_channel(lead: Lead, phrases: Phrases) -> str:
    channels = str(lead.facts.get("channels", "phone"))
    return "" if "phone" in channels else phrases.texts.words["no_phone"] + "\n"


def _sections(
    lead: Lead,
    phrases: Phrases,
    values: Mapping[str, str],
    url: Url,
    script: str,
    next_step: str,
    reply: Reply | None,
) -> Iterator[_Section]:
    words = phrases.texts.words
    yield from _grounds(lead, phrases, values, url)
    yield words["heading.script"], _lines(script), False
    yield words["heading.next"], _lines(next_step), False
    if reply is not None and (said := tuple(_Line(line) for line in reply.lines(words))):
        yield reply.heading(words), said, True
    yield from _material(lead, phrases)
    yield words["heading.no"], _lines(fill(words[_when_not(lead)], values)), False


def _when_not(lead: Lead) -> str:
    """The word that says how to say not now, and for how long that holds: a quarter, or a contract."""
    return "how_to_say_no" if QUARTER.match(lead.key.cycle) else "how_to_say_no.term"


def _rest(rules: Rules, phrases: Phrases) -> str:
    """That a lead stays away for some days at least, whenever the quarter ends; nothing where no gate sees to it."""
    gate = rules.gates["already_worked"]
    days = int(gate.numbers.get("days", 0)) if gate.enabled else 0
    return fill(phrases.texts.words["no.rest"], {"days": str(days)}) if days else ""


def _brief(
    lead: Lead, phrases: Phrases, values: Mapping[str, str], url: Url, opening: str, next_step: str
) -> Iterator[_Section]:
    words = phrases.texts.words
    yield words["heading.from"], _lines(opening), False
    yield from _grounds(lead, phrases, values, url)
    yield words["heading.next"], _lines(next_step), False
    yield from _material(lead, phrases)
    yield words["heading.answer"], _lines(values[_ANSWER]), False


def _grounds(lead: Lead, phrases: Phrases, values: Mapping[str, str], url: Url) -> Iterator[_Section]:
    why = fill(phrases.texts.plays[lead.play]["why"], values)
    yield phrases.texts.words["heading.why"], _lines(why), False
    yield phrases.texts.words["heading.numbers"], tuple(_numbers(lead, phrases, values, url)), True


def _material(lead: Lead, phrases: Phrases) -> Iterator[_Section]:
    words = phrases.texts.words
    if material := phrases.texts.plays[lead.play].get("material"):
        yield words["heading.material"], (_Line(words["material"], material),), False


def _lines(text: str) -> tuple[_Line, ...]:
    return tuple(_Line(line) for line in text.splitlines())


def _numbers(lead: Lead, phrases: Phrases, values: Mapping[str, str], url: Url) -> Iterator[_Line]:
    for evidence in lead.evidence:
        yield _Line(_evidence(evidence, phrases), url(evidence.field.split(".")[0], evidence.record))
    words = phrases.texts.words
    if values[_WORTH]:
        yield _Line(values[_WORTH])
    if lead.facts.get("rate_unknown"):
        yield _Line(words["line.no_rate"])
    yield _Line(fill(words[_chance(lead)], values))
    if lead.contact_id is not None:
        channels = str(lead.facts.get("channels", "")).split(",")
        ways = words["and"].join(phrases.word(f"channel.{channel}", channel) for channel in channels)
        yield _Line(fill(words["line.contact"], {**values, "channels": ways}))


def _chance(lead: Lead) -> str:
    if lead.facts.get("win_source") == "model":
        return "line.model"
    return "line.chance" if lead.facts.get("decided_n") else "line.no_history"


def _evidence(evidence: Evidence, phrases: Phrases) -> str:
    words = phrases.texts.words
    value = phrases.said(evidence.fact, evidence.value, "")
    amount = fill(words[f"unit.{evidence.unit}"], {"value": value})
    return fill(
        words["line.evidence"], {"fact": words[f"fact.{evidence.fact}"], "amount": amount, "field": evidence.field}
    )


def _plain(sections: tuple[_Section, ...]) -> str:
    blocks = []
    for heading, lines, is_list in sections:
        mark = "- " if is_list else ""
        said = [f"{mark}{line.text}" + (f"\n  {line.url}" if line.url else "") for line in lines]
        blocks.append("\n".join([heading, *said]))
    return "\n\n".join(blocks)


def _html(sections: tuple[_Section, ...]) -> str:
    blocks = []
    for heading, lines, is_list in sections:
        said = [_linked(line) for line in lines]
        inner = "<ul>" + "".join(f"<li>{line}</li>" for line in said) + "</ul>" if is_list else "<br>".join(said)
        blocks.append(f"<p><strong>{escape(heading)}</strong></p>" + (inner if is_list else f"<p>{inner}</p>"))
    return "".join(blocks)


def _linked(line: _Line) -> str:
    if line.url is None or not line.url.startswith(("https://", "http://")):
        return escape(line.text)
    return f'<a href="{escape(line.url, quote=True)}">{escape(line.text)}</a>'
