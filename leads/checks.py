"""Finds what is wrong with plays, gates and texts before a run: unknown names, missing words, wrong placeholders."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from leads.facts.churn import SIGNALS
from leads.gates import GUARDS
from leads.phrases import placeholders
from leads.plays import RULES
from leads.texts import ALWAYS, ASIDES
from mappings.config import Rules, Texts

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


def check_rules(rules: Rules) -> list[str]:
    """Plays and gates of unknown name, and numbers they do not have; empty when all is well."""
    plays = {name: (RULES[name].numbers if name in RULES else None) for name in rules.plays}
    gates = {code: (GUARDS[code].numbers if code in GUARDS else None) for code in rules.gates}
    given_plays = {name: play.numbers for name, play in rules.plays.items()}
    given_gates = {code: gate.numbers for code, gate in rules.gates.items()}
    return [
        *_unknown("plays", plays, given_plays, tuple(RULES)),
        *_unknown("gates", gates, given_gates, tuple(GUARDS)),
    ]


def _unknown(
    file: str,
    known: Mapping[str, Mapping[str, float] | None],
    given: Mapping[str, Mapping[str, float]],
    names: tuple[str, ...],
) -> Iterator[str]:
    for name, numbers in sorted(known.items()):
        if numbers is None:
            yield f"{file}.{name}: there is no such name.{_meant(name, names)}"
            continue
        for number in sorted(set(given[name]) - set(numbers)):
            yield f"{file}.{name}.numbers.{number}: there is no such number.{_meant(number, tuple(numbers))}"


def _meant(name: str, names: tuple[str, ...]) -> str:
    close = get_close_matches(name, names, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def check_texts(rules: Rules) -> list[str]:
    """Everything the texts of every language lack or cannot quote, each as `texts.en.plays.x.why: what`."""
    missing = [f"texts.{language}: is missing" for language in ("en", "ja") if language not in rules.texts]
    found = [
        f"texts.{language}.{problem}"
        for language, texts in sorted(rules.texts.items())
        for problem in (*_plays(texts, rules), *_reasons(texts), *_words(texts))
    ]
    return missing + found


def _plays(texts: Texts, rules: Rules) -> Iterator[str]:
    for play in (name for name in RULES if name in rules.plays):
        allowed = ALWAYS | set(RULES[play].quotes) | set(ASIDES)
        said = texts.plays.get(play, {})
        for part in PARTS:
            template = said.get(part)  # type: ignore[call-overload]  # the keys are these four
            if not template:
                yield f"plays.{play}.{part}: is missing"
                continue
            yield from _quotes(f"plays.{play}.{part}", template, allowed)
        opening = said.get("script", "").split("\n")[0]
        for name in sorted(SPOKEN_FIRST - placeholders(opening)):
            yield f"plays.{play}.script: the first line must name {{{name}}}"


def _reasons(texts: Texts) -> Iterator[str]:
    for code in GUARDS:
        if not texts.reasons.get(code):
            yield f"reasons.{code}: is missing"
            continue
        yield from _quotes(f"reasons.{code}", texts.reasons[code], _QUOTED_BY_REASONS)


def _words(texts: Texts) -> Iterator[str]:
    proofs = [proof for rule in RULES.values() for proof in rule.proofs]
    wanted: dict[str, frozenset[str]] = dict.fromkeys(_PLAIN, frozenset())
    wanted |= _LINES
    wanted |= {f"fact.{proof.fact}": frozenset() for proof in proofs}
    wanted |= {f"unit.{proof.unit}": frozenset({"value"}) for proof in proofs}
    wanted |= {f"risk.{signal}": frozenset({"value"}) for signal in SIGNALS}
    for key, allowed in wanted.items():
        if key not in texts.words:
            yield f"words.{key}: is missing"
            continue
        yield from _quotes(f"words.{key}", texts.words[key], allowed)


def _quotes(where: str, template: str, allowed: frozenset[str] | set[str]) -> Iterator[str]:
    for name in sorted(placeholders(template) - allowed):
        yield f"{where}: {{{name}}} is not known here.{_meant(name, tuple(sorted(allowed)))}"
    rest = template
    for name in placeholders(template):
        rest = rest.replace(f"{{{name}}}", "")
    if "{" in rest or "}" in rest:
        yield f"{where}: a brace is left over; a placeholder is {{a_name}} in small letters"
