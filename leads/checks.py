"""Finds what is wrong with plays, gates and texts before a run: unknown names, missing words, wrong placeholders."""

from collections.abc import Iterable, Iterator, Mapping

from leads.facts.churn import SIGNALS
from leads.gates import GUARDS
from leads.phrases import PLACEHOLDER, placeholders
from leads.plays import RULES
from leads.texts import ALWAYS, ASIDES
from mappings.config import Rules, Texts
from mappings.marked import Key
from mappings.problems import suggestion
from mappings.selfcheck import Finding

Placed = tuple[str, Finding]
"""The file's name, and what is wrong at a path of it."""

PARTS = ("subject", "why", "script", "next_step")
SPOKEN_FIRST = frozenset({"company", "owner", "product"})
"""A telephone pitch must begin with who calls, from where, and about what (a legal duty in Japan)."""
_QUOTED_BY_REASONS = frozenset({"value", "limit", "stake", "signals", "account"})
_LINES: Mapping[str, frozenset[str]] = {
    "line.value": ALWAYS,
    "line.no_value": ALWAYS,
    "line.chance": ALWAYS,
    "line.no_history": ALWAYS,
    "line.contact": ALWAYS | {"channels"},
    "line.evidence": frozenset({"fact", "amount", "field"}),
    "next_plan": ALWAYS | {"next_product_name"},
    "just_bought": ALWAYS | {"won_on"},
}
_PLAIN = (
    "unknown", "no_owner", "no_name", "no_product", "no_phone", "how_to_say_no", "and", "heading.why",
    "heading.numbers", "heading.script", "heading.next", "heading.no", "channel.phone", "channel.email",
)  # fmt: skip


def check(rules: Rules) -> list[Placed]:
    """Everything that is wrong with plays, gates and texts, each with its file; empty when all is well."""
    return [*check_rules(rules), *check_texts(rules)]


def check_rules(rules: Rules) -> list[Placed]:
    """Plays and gates of unknown name, and numbers they do not have."""
    plays = {name: play.numbers for name, play in rules.plays.items()}
    gates = {code: gate.numbers for code, gate in rules.gates.items()}
    of_plays = _unknown("play", plays, {name: rule.numbers for name, rule in RULES.items()})
    of_gates = _unknown("gate", gates, {code: guard.numbers for code, guard in GUARDS.items()})
    return [*(("plays.yaml", one) for one in of_plays), *(("gates.yaml", one) for one in of_gates)]


def _unknown(
    what: str, given: Mapping[str, Mapping[str, float]], known: Mapping[str, Mapping[str, float]]
) -> Iterator[Finding]:
    for name, numbers in sorted(given.items()):
        if name not in known:
            yield _no_such(what, (name,), known)
            continue
        for number in sorted(set(numbers) - set(known[name])):
            yield _no_such("number", (name, "numbers", number), known[name])


def _no_such(what: str, path: tuple[Key, ...], known: Iterable[str]) -> Finding:
    return Finding(path=path, text=f"there is no such {what}", suggestion=suggestion(path[-1], known))


def check_texts(rules: Rules) -> list[Placed]:
    """Everything the texts of every language lack or cannot quote."""
    missing = [language for language in ("en", "ja") if language not in rules.texts]
    return [
        *((f"texts.{language}.yaml", _missing()) for language in missing),
        *(
            (f"texts.{language}.yaml", finding)
            for language, texts in sorted(rules.texts.items())
            for finding in (*_plays(texts, rules), *_reasons(texts), *_words(texts))
        ),
    ]


def _missing(*path: Key) -> Finding:
    return Finding(path=path, text="is missing")


def _plays(texts: Texts, rules: Rules) -> Iterator[Finding]:
    for play in sorted(set(texts.plays) - set(RULES)):
        yield _no_such("play", ("plays", play), RULES)
    for play in (name for name in RULES if name in rules.plays):
        if play in texts.plays:
            yield from _play(play, {str(part): text for part, text in texts.plays[play].items()})
        elif rules.plays[play].enabled:
            yield Finding(path=("plays", play), text="this play has no texts")


def _play(play: str, said: Mapping[str, str]) -> Iterator[Finding]:
    allowed = ALWAYS | set(RULES[play].quotes) | set(ASIDES)
    for part in PARTS:
        if said.get(part):
            yield from _quotes(("plays", play, part), said[part], allowed)
        else:
            yield _missing("plays", play, part)
    opening = said.get("script", "").split("\n", 1)[0]
    for name in sorted(SPOKEN_FIRST - placeholders(opening)):
        yield Finding(path=("plays", play, "script"), text=f"the first line must name {{{name}}}")


def _reasons(texts: Texts) -> Iterator[Finding]:
    for code in sorted(set(texts.reasons) - set(GUARDS)):
        yield _no_such("gate", ("reasons", code), GUARDS)
    for code in GUARDS:
        if texts.reasons.get(code):
            yield from _quotes(("reasons", code), texts.reasons[code], _QUOTED_BY_REASONS)
        else:
            yield _missing("reasons", code)


def _words(texts: Texts) -> Iterator[Finding]:
    proofs = [proof for rule in RULES.values() for proof in rule.proofs]
    wanted: dict[str, frozenset[str]] = dict.fromkeys(_PLAIN, frozenset())
    wanted |= _LINES
    wanted |= {f"fact.{proof.fact}": frozenset() for proof in proofs}
    wanted |= {f"unit.{proof.unit}": frozenset({"value"}) for proof in proofs}
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
        yield Finding(path=path, text="a brace is left over; a placeholder is {a_name} in small letters")
