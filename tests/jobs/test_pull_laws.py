"""After any edits a pull shows what the CRM holds."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.store.mirror import Mirror
from tests.jobs.memory_crm import MemoryCrm, assert_same, go

IDS = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.sampled_from(["Account", "Contact"]), IDS, st.text(max_size=5)),
        st.tuples(st.just("delete"), st.sampled_from(["Account", "Contact"]), IDS),
        st.tuples(st.just("vanish"), st.sampled_from(["Account", "Contact"]), IDS),
        st.tuples(st.just("link"), IDS, IDS),
        st.tuples(st.just("unlink"), IDS, IDS),
        st.tuples(st.just("pull"), st.booleans(), st.sampled_from([0, 1, 30])),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_after_any_edits_a_pull_shows_what_the_crm_holds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    crm = MemoryCrm(rows={"Account": {}, "Contact": {}})
    with Mirror(tmp_path_factory.mktemp("m") / "m.duckdb") as mirror:
        for step in [*steps, ("pull", False, 30)]:
            match step:
                case ("save", object, id, name):
                    crm.save(object, f"{object[0]}{id}", Name=name, Seats=id)
                case ("delete", object, id):
                    crm.delete(object, f"{object[0]}{id}")
                case ("vanish", object, id):
                    crm.delete(object, f"{object[0]}{id}", trace=False)
                case ("link", a, c) if f"A{a}" in crm.rows["Account"] and f"C{c}" in crm.rows["Contact"]:
                    crm.pairs.setdefault(("Account", "Contact"), set()).add((f"A{a}", f"C{c}"))
                    crm.save("Account", f"A{a}")
                case ("unlink", a, c) if f"A{a}" in crm.rows["Account"]:
                    crm.pairs.get(("Account", "Contact"), set()).discard((f"A{a}", f"C{c}"))
                    crm.save("Account", f"A{a}")
                case ("pull", full, minutes):
                    go(crm, mirror, full=full)
                    assert_same(crm, mirror)
                    crm.later(minutes)
