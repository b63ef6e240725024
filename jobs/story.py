"""One account's story in a terminal: what is known, every play, every gate, every lead; within 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

from jobs.explain import Known, Story
from jobs.show import stage_of, waking
from jobs.telling import Telling, number
from leads.considered import Looked, Plain, PlayAnswer, PlaySaid
from leads.phrases import tidy
from leads.verdicts import GateAnswer, GateSaid, Judgement
from mappings.problems import counted

CLOSEST = 2
"""Products that are told of a play whose condition holds for none."""
FAILING = 2
"""Parts of a condition that are told of those that do not hold."""
_COLOURS: Mapping[str, str] = {
    "lead": "green", "near": "yellow", "outdone": "yellow", "no evidence": "yellow", "refused": "red",
    "let pass": "yellow", "spared": "yellow",
}  # fmt: skip
_QUIET = frozenset({"asleep", "off", "nothing"})


def account_story(story: Story, *, every_fact: bool) -> RenderableType:
    """Everything about one account; with `every_fact` all that was computed, with formulas."""
    telling = Telling(story.rules, story.currency, "en")  # as all other words of the page
    parts: list[RenderableType] = [_head(story, telling)]
    parts += _facts(story, telling, every=every_fact)
    parts.append(_plays(story, telling))
    if story.judgements:
        parts.append(_gates(story, telling))
        parts += [_lead(one, story, telling) for one in story.judgements]
    if story.history:
        parts.append(_history(story))
    return Group(*parts)


def _head(story: Story, telling: Telling) -> Words:
    answers = story.answers
    counts = [f"{answers['open_leads']:,} open, worth {_worth_of(answers['open_value'], story, telling)}"]
    if answers["held_value"] != 0:
        counts.append(f"held back {_worth_of(answers['held_value'], story, telling)}")
    products = [str(answers[name]) for name in ("next_product", "next_product_2") if answers.get(name)]
    lines = [Words(f"{tidy(story.account_name)}  {story.account_id}\n", style="bold")]
    lines.append(Words(f"priority {answers['priority']}; leads: {', '.join(counts)} a year\n"))
    if products:
        lines.append(Words(f"best offers: {'; '.join(products)}\n"))
    return Words.assemble(*lines)


def _worth_of(value: Plain, story: Story, telling: Telling) -> str:
    return telling.phrases.money(value if isinstance(value, int) else None, story.currency)


def _grid(title: str, *widths: int) -> Table:
    """A table without lines: columns of these widths, and one that takes the rest."""
    table = Table(
        box=None,
        pad_edge=False,
        show_header=False,
        title=title,
        title_justify="left",
        title_style="bold",
        expand=True,
    )
    for width in widths:
        table.add_column(width=width, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    return table


def _facts(story: Story, telling: Telling, *, every: bool) -> Iterator[RenderableType]:
    shown = [one for one in story.facts if every or one.matters]
    if every:
        yield from _by_family(shown, telling)
        return
    table = _grid("What is known, as far as it decided something (--facts: all of it)", 23, 18)
    for one in shown:
        if one.value is not None:
            table.add_row(Words(one.name), Words(telling.value(one.name, one.value, one.fact)), Words(_source(one)))
    yield table
    unknown = [one.name for one in shown if one.value is None]
    if unknown:
        yield Words(f"not known: {', '.join(unknown)}", style="dim")
    yield Words("")


def _by_family(facts: Sequence[Known], telling: Telling) -> Iterator[RenderableType]:
    for family in dict.fromkeys(one.family for one in facts):
        table = _grid(_FAMILIES.get(family, family), 24)
        for one in (one for one in facts if one.family == family):
            told = Words(telling.value(one.name, one.value, one.fact), style="bold" if one.value is not None else "")
            told.append(f"  {_source(one)}" if one.value is not None else "", style="not bold")
            told.append(f"\n{one.fact.doc}", style="not bold dim")
            table.add_row(Words(one.name), told)
        yield table
        yield Words("")


_FAMILIES = {"own": "your own columns", "read": "also read from the account (no facts)"}


def _source(one: Known) -> str:
    return f"{one.field} of {one.record}" if one.record is not None else "computed"


def _history(story: Story) -> Table:
    """What became of every lead that we made for the account."""
    table = _grid("What became of our leads", 10, 30)
    for one in story.history:
        called = f"{one.key.play} {one.key.product}" if one.key.product != "-" else one.key.play
        table.add_row(str(one.written_on or ""), Words(f"{called} {one.key.cycle}"), Words(stage_of(one)))
    return table


_ORDER: Sequence[PlayAnswer] = ("lead", "outdone", "no evidence", "near", "no", "nothing", "asleep", "off")


def _plays(story: Story, telling: Telling) -> Table:
    leads = sum(1 for one in story.plays if one.answer == "lead")
    table = _grid(f"Plays: {len(story.plays)} considered, {leads} found something", 11, 23)
    for one in sorted(story.plays, key=lambda one: _ORDER.index(one.answer)):
        style = "dim" if one.answer in _QUIET else _COLOURS.get(one.answer, "")
        table.add_row(Words(one.answer, style=style), Words(one.name), Words(_why(one, story, telling)))
    table.add_row("", "", "")
    return table


def _why(one: PlaySaid, story: Story, telling: Telling) -> str:
    if one.answer == "asleep":
        return "; ".join(waking(need, story.sources) for need in one.needs)
    if one.answer == "off":
        return "enabled: false"
    if one.answer == "nothing":
        return "there is no product to look at" if one.play.python is None else "found nothing"
    if one.answer == "lead":
        return _found(one, story)
    return "\n".join(_closest(one, telling))


def _closest(one: PlaySaid, telling: Telling) -> Iterator[str]:
    shown = [looked for looked in one.looked if looked.answer == one.answer][: CLOSEST if one.answer != "no" else 1]
    for looked in shown:
        yield _looked(looked, one, telling)
    if one.play.per != "account" and len(one.looked) > len(shown):
        yield f"({counted(len(one.looked), 'product')} looked at, closest first)"


def _found(one: PlaySaid, story: Story) -> str:
    leads = [judged.lead for judged in story.judgements if judged.lead.play == one.name]
    return ", ".join(f"{lead.product}: {lead.state}" if lead.product else lead.state for lead in leads)


def _looked(looked: Looked, one: PlaySaid, telling: Telling) -> str:
    start = f"{looked.product}: " if looked.product else ""
    if looked.answer == "outdone":
        return f"{start}enough others of the account score higher"
    if looked.answer == "no evidence":
        return f"{start}the condition holds, but no record shows it"
    failing = [telling.clause(part, one.play.numbers) for part in looked.clauses if not part.holds]
    more = f"; and {len(failing) - FAILING} more" if len(failing) > FAILING else ""
    return start + "; ".join(failing[:FAILING]) + more


_ANSWERS: Sequence[GateAnswer] = ("refused", "let pass", "spared", "passed")


def _gates(story: Story, telling: Telling) -> Table:
    """A row for every gate and answer, with the leads that got it where there are several."""
    table = _grid("Gates", 11, 21)
    rows = [row for answers in _by_gate(story.judgements) for row in answers]
    for said, leads in sorted(rows, key=lambda row: _ANSWERS.index(row[0].answer)):
        named = f"[{', '.join(leads)}] " if len(story.judgements) > 1 else ""
        told = Words.assemble((named, "dim"), _said(said, story, telling))
        table.add_row(Words(said.answer, style=_COLOURS.get(said.answer, "")), Words(said.code), told)
    for answer, leads, codes in _unasked(story.judgements):
        table.add_row(Words(answer, style="dim"), "", Words(f"{', '.join(leads)}: {', '.join(codes)}", style="dim"))
    table.add_row("", "", "")
    return table


def _by_gate(judged: Sequence[Judgement]) -> Iterator[list[tuple[GateSaid, list[str]]]]:
    """Of every gate that was asked: its different answers, each with the leads it gave them to."""
    for place in range(len(judged[0].gates)):
        answers: list[tuple[GateSaid, list[str]]] = []
        for one in judged:
            said = one.gates[place]
            same = next((leads for other, leads in answers if other == said), None)
            if same is not None:
                same.append(_short(one))
            elif said.answer in _ANSWERS:
                answers.append((said, [_short(one)]))
        if answers:
            yield answers


def _unasked(judged: Sequence[Judgement]) -> Iterator[tuple[GateAnswer, list[str], list[str]]]:
    """The gates that were off, not asked or did not concern a lead: the answer, the leads, the gates."""
    for answer in dict.fromkeys(gate.answer for one in judged for gate in one.gates if gate.answer not in _ANSWERS):
        groups: dict[tuple[str, ...], list[str]] = {}
        for one in judged:
            codes = tuple(gate.code for gate in one.gates if gate.answer == answer)
            groups.setdefault(codes, []).append(_short(one))
        yield from ((answer, leads, list(codes)) for codes, leads in groups.items() if codes)


def _short(one: Judgement) -> str:
    return one.lead.play + (f" {one.lead.product}" if one.lead.product else "")


def _said(said: GateSaid, story: Story, telling: Telling) -> str:
    told = _seen(said, story, telling)
    if said.answer == "refused":
        # what gives way to another lead of today was held against nothing; the sentence is in the company's language
        return said.text or "" if said.value is None else f"{said.text}\n{told}"
    if said.override is not None:
        one = said.override
        return f"{one.person} let it pass until {one.until}: {one.reason} {told}"
    return told


def _seen(said: GateSaid, story: Story, telling: Telling) -> str:
    """What the condition looks at, each with its unit, and the numbers that it is held against, by their names."""
    numbers = story.rules.gates[said.code].numbers
    seen = telling.seen({name: value for name, value in said.seen.items() if name not in numbers})
    limits = ", ".join(f"{name} {number(value)}" for name, value in numbers.items())
    return f"{seen} ({limits})" if limits else seen


def _lead(one: Judgement, story: Story, telling: Telling) -> Panel:
    lead = one.lead
    lines = [*_worth(one, telling), *_work(one, telling), *_because(one, story, telling)]
    lines += [f"{lead.state} by {reason.code}: {reason.text}" for reason in lead.reasons]
    title = f"{lead.state}: {_short(one)}"
    style = {"open": "green", "suppressed": "red"}.get(lead.state, "yellow")
    return Panel(Words("\n".join(lines)), title=Words(title), title_align="left", padding=(0, 1), border_style=style)


_SOURCES: Mapping[str, str] = {
    "model": "model {model}, learnt from {deals}", "deals": "from {deals}",
    "setting": "a setting: no decided deals tell",
}  # fmt: skip


def _worth(one: Judgement, telling: Telling) -> Iterator[str]:
    lead, money = one.lead, telling.phrases.money
    n = _SOURCES[one.win_source].format(deals=counted(one.decided_n, "decided deal"), model=one.win_model)
    timing = f" x timing {number(one.timing)}" if one.timing != 1 else ""
    if lead.value is None:
        yield f"worth a year not known; {lead.p_win * 100:.1f} % to win ({n}); {lead.priority} priority"
        return
    yield f"{money(lead.value, lead.currency)} a year x {lead.p_win * 100:.1f} % to win ({n}){timing}"
    yield f"= {money(one.expected, lead.currency)} expected; {lead.priority} priority"


def _work(one: Judgement, telling: Telling) -> Iterator[str]:
    lead = one.lead
    owner = telling.value("owner_name", lead.facts.get("owner_name") or telling.phrases.texts.words["no_owner"])
    if lead.facts.get("rate_unknown"):
        yield f"no rate from {lead.currency} to the company's currency is known: it comes after what can be compared"
    if one.place is not None:
        yield f"place {one.place:,} on the list of {owner}; {counted(one.places, 'fits', 'fit')} into a week"
    if lead.state == "open":
        route = f", tossed up to {lead.route}" if lead.route else ""
        yield f"becomes a {lead.action}{route}, due {lead.due}"
    yield f"key {lead.key}"


def _because(one: Judgement, story: Story, telling: Telling) -> Iterator[str]:
    """The condition's parts with what they saw, and the evidence."""
    said = next(said for said in story.plays if said.name == one.lead.play)
    for looked in said.looked:
        if looked.product in (None, one.lead.key.product):
            yield from (f"holds: {telling.clause(part, said.play.numbers)}" for part in looked.clauses)
    for proof in one.lead.evidence:
        yield f"proof: {telling.proof(proof)} ({proof.field} of {proof.record})"
