"""Puts beside every candidate what gates and ranking look at: account, product, owner, contact, our past."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts import winrate
from leads.facts.contacts import CHANNELS, contacts, reach
from leads.facts.declined import memory, refused_candidates
from leads.facts.ground import Ground
from leads.facts.idioms import attach, attach_all, days, listed, yes
from leads.facts.touches import latest, open_tasks
from leads.rules import GATE_OFFERS

TERMS = {
    "play": "string", "motion": "string", "pattern": "string", "selling": "boolean", "channel": "string",
    "due_days": "int64", "cooldown_days": "int64", "raised_hand": "boolean", "win_rate": "float64",
    "win_weight": "float64",
}  # fmt: skip
WIN_RATE, WIN_WEIGHT = 0.15, 20
"""The chance to win of a play that does not say, and how many deals that guess weighs."""
ALWAYS = frozenset({"account_name", "owner_id", "industry", "currency", "sold_on"})
"""Facts of the account that every candidate is judged by, whatever the gates mention."""


def wide(
    ground: Ground, candidates: ir.Table, sold: ir.Table | None, judges: frozenset[str], quarter: str
) -> ir.Table:
    """Candidates with all they are judged by: `judges` are the facts that gates and ranking mention.

    `sold` is what leads.plays says of earlier leads; `quarter` (2026Q4) is the cycle of leads without a term.
    """
    account, both, lead = ("account_id",), ("account_id", "target"), ("account_id", "play", "product")
    past = _selling(ground.ours.open.filter(_.our_day < ground.inputs.day(0)), sold).group_by(*both)
    deals = ground.open_deals.rename(target="product")
    facts, people = ground.wide("account"), contacts(ground.inputs, ground.approaches, candidates)
    quiet = ground.inputs.rules.gates["contact_frequency"].numbers["days"]
    known = [name for name in facts.columns if name in judges | ALWAYS and name not in candidates.columns]
    rows = attach_all(
        candidates.mutate(memory=memory(candidates.target, candidates.play)),
        (_terms(ground), ("play",)),
        (_worked(ground), ("account_id", "play")),
        (facts.select("account_id", *known), account),
        (reach(people, ground.inputs.day(int(quiet))), account),
        (ground.products.select("product_name", "specialist", "sla_days", target="product"), ("target",)),
        (ground.ours.open, lead),
        (past.aggregate(other_key=_.our_key.min()), both),
        (deals, both),
        (deals.filter(_.target == "?").select("account_id", unnamed_deal="deal_record"), account),
        *((part, (*both, "memory")) for part in _refusals(ground, sold, judges)),
    )
    rows = rows.mutate(
        term=ibis.coalesce(_.our_term, _.cycle, quarter),
        quarterly=_.cycle.isnull(),
        contacts_n=ibis.coalesce(_.contacts_n, 0),
    ).drop("our_term", "cycle", "memory")
    return _with_rest(ground, ground.inputs.stage("candidates_known", rows), people)


def _selling(leads: ir.Table, sold: ir.Table | None) -> ir.Table:
    """Leads of ours with their target: the product that they sell."""
    if sold is None:
        return leads.mutate(target=_["product"])
    return attach(leads, sold, "account_id", "play", "product").mutate(target=ibis.coalesce(_.target, _["product"]))


def _refusals(ground: Ground, sold: ir.Table | None, judges: frozenset[str]) -> list[ir.Table]:
    """What the account said of the product that is sold, or of the play where that names none, where a gate asks."""
    asked = sorted(judges & set(GATE_OFFERS))
    if not asked:
        return []
    said = refused_candidates(ground, _selling(ground.ours.all, sold).mutate(product=_.target).drop("target"))
    return [said.select("account_id", "memory", *asked, target="product")]


def _with_rest(ground: Ground, rows: ir.Table, people: ir.Table) -> ir.Table:
    ours = people.select("account_id", *(f"may_{c}" for c in CHANNELS), approached="contact_id")
    rows = attach_all(
        rows,
        (_before(ground), ("account_id", "play", "product", "term")),
        (_lately(ground), ("account_id", "play", "product")),
        (_owners(ground), ("owner_id",)),
        (_same_tasks(ground, rows), ("account_id", "play", "product")),
        (ours, ("account_id", "approached")),
        (winrate.by(ground.decided, "industry"), ("industry",)),
        (winrate.by(ground.decided, "product").rename(target="product"), ("target",)),
        (winrate.overall(ground.decided), ()),
    )
    rows = ground.inputs.stage("candidates_wide", _with_contact(_with_cycle(rows, ground.inputs.day(0))))
    told = people.select("contact_id", "contact_name", "role", "title", "may_phone", "may_email", "approached_on")
    rows = attach_all(rows, (told, ("contact_id",)))
    return rows.mutate(
        contact_role=ibis.coalesce(_.role, _.title),
        owners_known=ibis.literal("owner.name" in ground.inputs.filled),
    )


def _before(ground: Ground) -> ir.Table:
    """What became of the same lead in a term: the turn it last had, who closed it for good, when we took it back."""
    today = ground.inputs.day(0)
    return ground.ours.all.filter(~_.is_open).group_by("account_id", "play", "product", "term").aggregate(
        last_turn=_.turn.max(),
        decided_key=_.key.max(where=_.decided),
        decided_cycle=_.cycle.max(where=_.decided),
        withdrawn_n=_.withdrawn_on.count(),
        withdrawn_days=days(today, _.withdrawn_on.max()),
    )  # fmt: skip


def _lately(ground: Ground) -> ir.Table:
    """When a person last closed the same lead for good, whatever the term was: last_decided, and its cycle.

    What Tossup closed because nobody had touched it is no decision, and a no to an offer has a memory of its own
    (leads.facts.declined), which is told and lifted by itself.
    """
    helping = sorted(name for name, play in ground.inputs.rules.plays.items() if not play.selling)
    no = yes(_.outcome == "declined") & (_.play.notin(helping) if helping else True)
    said = ground.ours.all.filter(_.decided & _.expired_on.isnull() & ~no)
    by = ("account_id", "play", "product")
    return latest(said, *by, on="decided_on", day="last_decided", record="last_decided_cycle", id="cycle")


def _with_cycle(rows: ir.Table, today: ir.DateValue) -> ir.Table:
    """A lead that comes back is another record, for keys are unique: its cycle counts the turns."""
    again = _.term + "." + (_.last_turn + 1).cast("string")
    rows = rows.mutate(
        cycle=ibis.coalesce(_.our_cycle, _.decided_cycle, again, _.term),
        withdrawn_n=ibis.coalesce(_.withdrawn_n, 0),
        # who spoke of one contract is spoken to of the next one in its time
        decided_days=ibis.cases((_.quarterly, days(today, _.last_decided))),
        decided_cycle=ibis.coalesce(_.decided_cycle, _.last_decided_cycle),
    )
    return rows.drop("our_cycle", "term", "last_turn", "quarterly", "last_decided", "last_decided_cycle")


def _worked(ground: Ground) -> ir.Table:
    """When each play last approached an account: what is open since today is this very day's work, seen again."""
    today = ground.inputs.day(0)
    ours = ground.ours.all.filter(_.withdrawn_on.isnull() & ((_.written_on < today) | ~_.is_open))
    last = ours.group_by("account_id", "play").aggregate(last=_.written_on.max())
    return last.mutate(play_days=days(today, _["last"])).drop("last")


def _terms(ground: Ground) -> ir.Table:
    rows = [
        {
            "play": name,
            "motion": play.motion,
            "pattern": play.pattern,
            "selling": play.selling,
            "channel": play.channel,
            "due_days": play.due_days,
            "cooldown_days": play.cooldown_days,
            "raised_hand": play.raised_hand,
            "win_rate": float(play.numbers.get("win_rate", WIN_RATE)),
            "win_weight": float(play.numbers.get("win_weight", WIN_WEIGHT)),
        }
        for name, play in sorted(ground.inputs.rules.plays.items())
    ]
    return ground.inputs.stage("play_terms", listed(rows, TERMS))


def _owners(ground: Ground) -> ir.Table:
    return ground.inputs.tables["owner"].select(
        owner_id="id", owner_name="name", owner_active=ibis.coalesce(_.is_active, True)
    )


def _same_tasks(ground: Ground, rows: ir.Table) -> ir.Table:
    """Candidates the name of whose target stands in the subject of an open task of somebody else's."""
    named = rows.filter(_.product_name.length() >= 3).select("account_id", "play", "product", "product_name")
    tasks = named.inner_join(open_tasks(ground.inputs), "account_id")
    same = tasks.filter(_.task_subject.contains(_.product_name.lower()))
    return same.group_by("account_id", "play", "product").aggregate(task_record=_.task_record.min())


def _with_contact(rows: ir.Table) -> ir.Table:
    may, best, fresh = (_by_channel(rows, prefix) for prefix in ("may", "best", "fresh"))
    kept = ibis.cases((rows.our_key.notnull() & yes(may), rows.approached))
    picked = ibis.ifelse(rows.selling & rows.our_key.isnull(), ibis.coalesce(fresh, best), best)
    rows = rows.mutate(contact_id=ibis.coalesce(kept, picked), none_fresh=fresh.isnull())
    return rows.drop(*(f"{prefix}_{channel}" for prefix in ("may", "best", "fresh") for channel in CHANNELS))


def _by_channel(rows: ir.Table, prefix: str) -> ir.Value:
    return ibis.cases(*[(rows.channel == channel, rows[f"{prefix}_{channel}"]) for channel in CHANNELS])
