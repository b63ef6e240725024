"""A copy kept up to date by cursors equals the account, whatever people do and however late the index shows it."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from connector.port import Cursor, Read
from mappings.schema import ObjectSchema
from tests.connector.hubspot.conftest import Got, World, connected

LAG_S = 400.0
NUMBERS = st.integers(0, 10_000)


class Following(RuleBasedStateMachine):
    """People work in the account, the clock goes on, and now and then the copy is brought up to date."""

    def __init__(self, world: World, schema: ObjectSchema) -> None:
        super().__init__()
        self.world = world
        self.schema = schema
        world.emulator.reset()
        world.emulator.hubspot.settings({"index_lag": LAG_S})
        self.copy: dict[str, Any] = {}
        self.cursor: Cursor | None = None
        self.live: dict[str, str] = {}
        self.winners: set[str] = set()
        self.now = 0

    @rule(n=st.integers(1, 250))
    def create(self, n: int) -> None:
        names = [f"new {self.now} {number}" for number in range(n)]
        ids = self.world.seed("contacts", *({"lastname": name} for name in names))
        self.live |= dict(zip(ids, names, strict=True))

    @precondition(lambda self: self.live)
    @rule(at=NUMBERS)
    def edit(self, at: int) -> None:
        id = self._pick(at)
        self.live[id] = f"edited {self.now}"
        self._act("update", id, {"lastname": self.live[id]})

    @precondition(lambda self: self.live)
    @rule(at=NUMBERS)
    def delete(self, at: int) -> None:
        id = self._pick(at)
        del self.live[id]
        self._act("delete", id, {})

    @precondition(lambda self: len(self.live) > 1)
    @rule(at=NUMBERS)
    def merge(self, at: int) -> None:
        loser, winner = self._pick(at), self._pick(at + 1)
        if loser in self.winners:
            return  # what had been merged into it is forgotten: that takes an audit of the ids
        self.winners.add(winner)
        del self.live[loser]
        self._act("merge", loser, {"into": winner})

    @rule(seconds=st.sampled_from([0.0, 1.0, 59.0, 300.0, 900.0, 7200.0]))
    def wait(self, seconds: float) -> None:
        self.now += 1
        self.world.emulator.clock.advance(seconds)

    @rule()
    def follow(self) -> None:
        read = Read(schema=self.schema, fields=("lastname",), since=self.cursor)
        got = Got(list(self.world.crm.read(read)))
        for batch in got.batches:
            self.copy |= {row["id"]: row["lastname"] for row in batch.rows.to_pylist()}
            for id in batch.deleted:
                self.copy.pop(id, None)
        assert self.cursor is None or got.cursor.stamp >= self.cursor.stamp
        self.cursor = got.cursor

    @invariant()
    def nothing_is_made_up(self) -> None:
        assert all(name.startswith(("new", "edited")) for name in self.copy.values())

    def teardown(self) -> None:
        self.world.emulator.clock.advance(LAG_S + 1)
        self.follow()
        assert self.copy == self.live

    def _pick(self, at: int) -> str:
        return sorted(self.live)[at % len(self.live)]

    def _act(self, action: str, id: str, values: dict[str, Any]) -> None:
        self.world.emulator.hubspot.act("Owner 01", action, "contacts", id, values)


def test_a_copy_kept_by_cursors_equals_the_account(emulator):
    world = connected(emulator, overlap_s=600.0, lag_s=60.0)
    once = settings(
        max_examples=10,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    schema = world.crm.describe(["contacts"]).objects["contacts"]
    run_state_machine_as_test(lambda: Following(world, schema), settings=once)
    world.emulator.hubspot.settings({"index_lag": 0.0})
    world.crm.close()
