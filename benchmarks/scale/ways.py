"""From the mirror to facts, by expressions and by hand, and from the mirror to leads: each run once and timed."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from benchmarks.scale.by_hand import FACTS, NAMES, statements
from benchmarks.scale.world import TODAY
from jobs.store.mirror import Mirror
from leads.facts.families import FACTS as ALL_FACTS
from leads.facts.families import FAMILIES, SPINES
from leads.facts.family import Family
from leads.facts.ground import Ground
from leads.find import find
from leads.inputs import Inputs, filled
from mappings.canonical import TABLES
from mappings.load import load_rules

LINEAGE: Mapping[str, str] = {
    f"{table}.{column}": f"{table.title()}.{column}" for table, spec in TABLES.items() for column in spec.columns
}


@dataclass(slots=True, kw_only=True)
class Clock:
    """Seconds by the wall and of processors since it was started, and how long each stage took."""

    wall: float = field(default_factory=time.perf_counter)
    processors: float = field(default_factory=time.process_time)
    stages: dict[str, float] = field(default_factory=dict)

    def read(self) -> dict[str, float]:
        """Both, in seconds."""
        return {"seconds": time.perf_counter() - self.wall, "processors": time.process_time() - self.processors}


class Engine:
    """An open mirror with its canonical tables, whose stages are timed."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.rules = load_rules("salesforce", None)
        self.schema = f'"{mirror.connection.current_catalog}".main'
        self.tables: dict[str, ir.Table] = {
            name: mirror.connection.table(name, database=(mirror.connection.current_catalog, "main"))
            for name in TABLES
        }
        self.clock = Clock()

    def stage(self, name: str, table: ir.Table) -> ir.Table:
        """The mirror's own, timed."""
        began = time.perf_counter()
        staged = self.mirror.stage(name, table)
        self.clock.stages[name] = self.clock.stages.get(name, 0.0) + time.perf_counter() - began
        return staged


@contextmanager
def opened(file: Path, limit: str) -> Any:
    """The mirror at `file`, the engine's memory limited; the clock starts once it is open, libraries loaded."""
    with Mirror(file, memory_limit=limit) as mirror:
        mirror.connection.table("owner", database=(mirror.connection.current_catalog, "main")).limit(1).to_pyarrow()
        yield Engine(mirror)


def by_expressions(engine: Engine) -> ir.Table:
    """One row an account: the facts of NAMES as the families tell them."""
    rules = engine.rules
    bare = Inputs(
        tables=engine.tables, rules=rules, today=TODAY, lineage=LINEAGE, filled=frozenset(), stage=engine.stage
    )  # fmt: skip
    needs = {need for fact in ALL_FACTS.values() for need in fact.needs}
    inputs = replace(bare, filled=filled(engine.tables, LINEAGE, needs))
    families = {name: _only(family) for name, family in FAMILIES.items()}
    ground = Ground(
        inputs, families=families, spines=SPINES, words=rules.texts["en"].words,
        wanted={"account": frozenset(NAMES)},
    )  # fmt: skip
    return ground.wide("account")


def _only(family: Family) -> Family:
    """The family without the facts that are not compared; one that is not compared at all as it is."""
    if family.name not in FACTS:
        return family
    facts = {name: family.facts[name] for name in FACTS[family.name]}
    columns = ["account_id", *sorted(replace(family, facts=facts).columns)]

    def table(ground: Ground) -> ir.Table:
        return family.table(ground).select(*columns)

    return replace(family, facts=facts, table=table)


def by_hand(engine: Engine) -> None:
    """The same facts in the temporary table by_hand."""
    saves = tuple(sorted(name for name, play in engine.rules.plays.items() if not play.selling))
    for statement in statements(TODAY.isoformat(), engine.schema, saves):
        began = time.perf_counter()
        engine.mirror.connection.raw_sql(statement)
        engine.clock.stages[statement.split()[3]] = time.perf_counter() - began


def facts(engine: Engine) -> dict[str, Any]:
    by_expressions(engine)
    return {}


def sql(engine: Engine) -> dict[str, Any]:
    by_hand(engine)
    return {}


def same(engine: Engine) -> dict[str, Any]:
    """How many rows either way has that the other has not, by name of the fact that differs."""
    told = by_expressions(engine).select("account_id", *NAMES)
    kept = engine.mirror.stage("by_expressions", told)
    by_hand(engine)
    other = engine.mirror.connection.table("by_hand", database=("temp", "main"))
    renamed = other.rename({f"hand_{name}": name for name in other.columns})
    both = kept.inner_join(renamed, kept.account_id == renamed.hand_account_id)
    apart = {name: both.count(where=~both[name].identical_to(both[f"hand_{name}"])) for name in NAMES}
    counted = both.aggregate(rows=both.count(), **apart).to_pyarrow().to_pylist()[0]
    rows = counted.pop("rows")
    sizes = [int(one.count().to_pyarrow().as_py()) for one in (kept, other)]
    return {"rows": rows, "sizes": sizes, "apart": {name: n for name, n in counted.items() if n}}


def leads(engine: Engine) -> dict[str, Any]:
    """Everything, up to the leads as they are handed on."""
    found = find(engine.tables, engine.rules, today=TODAY, lineage=LINEAGE, stage=engine.stage,
                 let_go=engine.mirror.let_go, language="en")  # fmt: skip
    return {
        "leads": len(found.leads),
        "states": Counter(lead.state for lead in found.leads),
        "plays": Counter(lead.play for lead in found.leads),
    }


WAYS: Mapping[str, Callable[[Engine], dict[str, Any]]] = {"facts": facts, "sql": sql, "same": same, "leads": leads}


def run(way: str, file: Path, limit: str) -> dict[str, Any]:
    """One way in figures; rubbish is collected as rarely as the command line does."""
    gc.set_threshold(200_000, 20, 20)
    with opened(file, limit) as engine:
        said = WAYS[way](engine)
        return {**said, **engine.clock.read(), "stages": engine.clock.stages}
