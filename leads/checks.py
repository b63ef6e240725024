"""Finds what is wrong with plays, gates and texts before a run: unknown names, missing words, wrong placeholders."""

from collections.abc import Iterable, Iterator, Mapping

from leads.asides import ASIDES
from leads.bounds import faults, is_known
from leads.facts.churn import SIGNALS
from leads.facts.families import FAMILIES, facts_at
from leads.facts.family import Fact
from leads.gates import COMPARED_BY, COMPARING
from leads.handover import WORDS as HANDOVER_WORDS
from leads.language import Fault
from leads.notes import WORDS as NOTE_WORDS
from leads.phrases import CODES
from leads.replies import ANSWERS
from leads.replies import WORDS as REPLY_WORDS
from leads.rules import Book, python_plays
from leads.templates import PLACEHOLDER, placeholders
from leads.texts import ALWAYS
from mappings.config import Gate, Play, Rules, Texts
from mappings.marked import Key
from mappings.problems import suggestion
from mappings.selfcheck import Finding

Placed = tuple[str, Finding]
"""The file's name, and what is wrong at a path of it."""

PARTS = ("subject", "why", "script", "next_step")
SPOKEN_FIRST = frozenset({"company", "owner", "product"})
"""A telephone pitch must begin with who calls, from where, and about what (a legal duty in Japan)."""
WIN = frozenset({"win_rate", "win_weight"})
"""Numbers of every play that no expression needs to mention."""
_QUOTED_BY_REASONS = frozenset({"value", "limit", "stake", "last", "signals", "account"})
_LINES: Mapping[str, frozenset[str]] = {
    "line.value": ALWAYS,
    "line.no_value": ALWAYS,
    "line.chance": ALWAYS,
    "line.model": ALWAYS | {"win_model"},
    "line.no_history": ALWAYS,
    "line.contact": ALWAYS | {"channels"},
    **dict.fromkeys(("brief.from", "brief.next"), ALWAYS),
    "brief.answer": ALWAYS | ANSWERS,
    "line.evidence": frozenset({"fact", "amount", "field"}),
    "stake": frozenset({"value"}),
    "last.no_rate": frozenset({"currency"}),
    "last.no_value": frozenset({"currency"}),
    "outranked": frozenset({"play", "limit", "account"}),
    "how_to_say_no": frozenset({"rest"}),
    "no.rest": frozenset({"days"}),
    **{aside: ALWAYS | facts_at("offer").keys() | facts_at("owned").keys() for aside in ASIDES},
    "story": ALWAYS | facts_at("offer").keys() | {"since"},
}
_PLAIN = (
    "unknown", "line.no_rate", "no_owner", "no_name", "no_product", "no_phone", "how_to_say_no.term", "and",
    "heading.why",
    "heading.from", "heading.answer",
    "heading.numbers", "heading.script", "heading.next", "heading.material", "material", "heading.no",
    "channel.phone", "channel.email",
)  # fmt: skip


def check(rules: Rules) -> list[Placed]:
    """Everything that is wrong with plays, gates, ranking and texts, each with its file; empty when all is well."""
    return [*check_rules(rules), *check_texts(rules)]


def check_rules(rules: Rules) -> list[Placed]:
    """Conditions that cannot be read, and names that nothing has."""
    book = Book(rules)
    return [
        *((file, _fault(path, fault)) for file, path, fault in book.faults()),
        *(("plays.yaml", one) for name, play in sorted(rules.plays.items()) for one in _of_play(name, play, book)),
        *(("gates.yaml", one) for code, gate in sorted(rules.gates.items()) for one in _of_gate(code, gate)),
        *(("facts.yaml", one) for one in _of_facts(rules.facts)),
        *(("overrides.yaml", one) for one in _of_overrides(rules)),
    ]


def _of_play(name: str, play: Play, book: Book) -> Iterator[Finding]:
    if (play.when is None) == (play.python is None):
        yield Finding(path=(name,), text="give either `when` or `python`")
    if play.python is not None and play.python not in python_plays():
        yield _no_such("play in Python", (name, "python"), python_plays(), play.python)
    if play.product is not None and play.per != "account":
        yield Finding(path=(name, "product"), text=f"a play per {play.per} is about that row's product")
    known = book.at(play.per)
    yield from _of_about(name, play, known)
    either = tuple(tuple(one.split("|")) for one in play.needs or ())
    for part, asked in (("needs", either), ("evidence", tuple((one,) for one in play.evidence))):
        yield from (
            _no_such("fact", (name, part, at), known, one)
            for at, names in enumerate(asked)
            for one in names
            if one not in known
        )
    yield from _of_evidence(name, play, known)
    for number in sorted(set(play.numbers) & set(known)):
        yield Finding(path=(name, "numbers", number), text="is the name of a fact already; choose another")


def _of_about(name: str, play: Play, known: Mapping[str, Fact]) -> Iterator[Finding]:
    if play.about is not None and play.about not in known:
        yield _no_such("fact", (name, "about"), known, play.about)
    elif play.about is not None and known[play.about].kind != "text":
        yield Finding(path=(name, "about"), text=f"{play.about} is no name; give a fact that is a text")
    named = play.per != "account" or play.product or play.target or play.about or play.python
    if play.enabled and play.selling and not named:
        text = (
            "sells, but names no product: who sells by telephone must say first what it is about; give `product`, "
            "`target`, or `about` with a fact that names it"
        )
        yield Finding(path=(name,), text=text, suggestion="about: main_product_name")


def _of_evidence(name: str, play: Play, known: Mapping[str, Fact]) -> Iterator[Finding]:
    if not play.evidence:
        yield Finding(path=(name,), text="names no evidence: no lead without a record to show")
    for at, one in enumerate(play.evidence):
        if one in known and known[one].field is None:
            text = f"{one} is computed from many records; evidence is a fact read from one"
            yield Finding(path=(name, "evidence", at), text=text)


def _of_gate(code: str, gate: Gate) -> Iterator[Finding]:
    if (gate.when is None) != (code in COMPARING):
        text = "is built in and takes no condition" if code in COMPARING else "needs a condition: `when`"
        yield Finding(path=(code,), text=text, suggestion=suggestion(code, COMPARING) if gate.when is None else None)
    if code in COMPARING:
        unknown = sorted(set(gate.numbers) - COMPARED_BY[code])
        yield from (_no_such("number", (code, "numbers", one), COMPARED_BY[code], one) for one in unknown)


def _of_facts(given: Mapping[str, Mapping[str, float]]) -> Iterator[Finding]:
    for family, numbers in sorted(given.items()):
        if family not in FAMILIES:
            yield _no_such("family of facts", (family,), FAMILIES, family)
            continue
        known = FAMILIES[family].numbers
        unknown = sorted(one for one in numbers if not is_known(family, one, known))
        yield from (_no_such("number", (family, one), known, one) for one in unknown)
        ours = {one: number for one, number in numbers.items() if one not in unknown}
        yield from (Finding(path=(family, one), text=text) for one, text in faults(family, ours, known))


def _of_overrides(rules: Rules) -> Iterator[Finding]:
    for at, one in enumerate(rules.overrides):
        if one.gate not in rules.gates:
            yield _no_such("gate", (at, "gate"), rules.gates, one.gate)
        if one.play is not None and one.play not in rules.plays:
            yield _no_such("play", (at, "play"), rules.plays, one.play)


def _fault(path: tuple[Key, ...], fault: Fault) -> Finding:
    return Finding(path=path, text=f"at character {fault.at + 1}: {fault.text}", suggestion=fault.suggestion)


def _no_such(what: str, path: tuple[Key, ...], known: Iterable[str], name: str | None = None) -> Finding:
    wanted = str(path[-1]) if name is None else name
    return Finding(path=path, text=f"there is no such {what}", suggestion=suggestion(wanted, sorted(known)))


def check_texts(rules: Rules) -> list[Placed]:
    """Everything the texts of every language lack or cannot quote."""
    missing = [language for language in ("en", "ja") if language not in rules.texts]
    return [
        *((f"texts.{language}.yaml", _missing()) for language in missing),
        *(
            (f"texts.{language}.yaml", finding)
            for language, texts in sorted(rules.texts.items())
            for finding in (*_plays(texts, rules), *_reasons(texts, rules), *_words(texts, rules))
        ),
    ]


def _missing(*path: Key) -> Finding:
    return Finding(path=path, text="is missing")


def _plays(texts: Texts, rules: Rules) -> Iterator[Finding]:
    book = Book(rules)
    for name, play in rules.plays.items():
        if name in texts.plays:
            known = set(book.at(play.per))
            yield from _play(name, known, {str(part): text for part, text in texts.plays[name].items()})
            yield from _material(name, rules, texts)
        elif play.enabled:
            unused = sorted(set(texts.plays) - set(rules.plays))
            yield Finding(path=("plays", name), text="this play has no texts", suggestion=suggestion(name, unused))


def _play(name: str, known: set[str], said: Mapping[str, str]) -> Iterator[Finding]:
    allowed = ALWAYS | known | set(ASIDES) | {"seats_more"}
    for part in PARTS:
        if said.get(part):
            yield from _quotes(("plays", name, part), said[part], allowed)
        else:
            yield _missing("plays", name, part)
    opening = said.get("script", "").split("\n", 1)[0]
    for word in sorted(SPOKEN_FIRST - placeholders(opening)):
        yield Finding(path=("plays", name, "script"), text=f"the first line must name {{{word}}}")


def _material(name: str, rules: Rules, texts: Texts) -> Iterator[Finding]:
    if any(one.plays.get(name, {}).get("material") for one in rules.texts.values()):
        link = texts.plays[name].get("material", "")
        if not link.startswith("https://"):
            text = "is missing, but another language has one" if not link else "is not an https:// address"
            yield Finding(path=("plays", name, "material"), text=text)


def _reasons(texts: Texts, rules: Rules) -> Iterator[Finding]:
    for code in sorted(set(texts.reasons) - set(rules.gates)):
        yield _no_such("gate", ("reasons", code), rules.gates)
    for code in rules.gates:
        if texts.reasons.get(code):
            yield from _quotes(("reasons", code), texts.reasons[code], _QUOTED_BY_REASONS)
        else:
            yield _missing("reasons", code)


def _words(texts: Texts, rules: Rules) -> Iterator[Finding]:
    facts = Book(rules).at("offer") | Book(rules).at("owned")
    quoted = sorted({fact for play in rules.plays.values() for fact in play.evidence} & set(facts))
    wanted: dict[str, frozenset[str]] = dict.fromkeys(_PLAIN, frozenset())
    wanted |= _LINES
    wanted |= HANDOVER_WORDS
    wanted |= REPLY_WORDS
    wanted |= NOTE_WORDS
    wanted |= {f"fact.{fact}": frozenset() for fact in quoted}
    wanted |= {f"unit.{facts[fact].unit}": frozenset({"value"}) for fact in quoted}
    wanted |= {f"{fact}.{code}": frozenset() for fact, codes in CODES.items() for code in codes}
    wanted |= {f"risk.{signal}": frozenset({"value"}) for signal in SIGNALS}
    for key, allowed in wanted.items():
        if key in texts.words:
            yield from _quotes(("words", key), texts.words[key], allowed)
        else:
            yield _missing("words", key)


def _quotes(path: tuple[Key, ...], template: str, allowed: frozenset[str] | set[str]) -> Iterator[Finding]:
    for name in sorted(placeholders(template) - allowed):
        meant = suggestion(name, sorted(allowed))
        yield Finding(path=path, text=f"{{{name}}} is not known here", suggestion=meant and f"{{{meant}}}")
    rest = PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        yield Finding(
            path=path, text="a brace is left over; a placeholder is {a_name} in small letters, or {a_name seat|seats}"
        )
