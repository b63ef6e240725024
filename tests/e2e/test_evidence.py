"""Whatever a lead quotes stands in the CRM, on the record that its link opens."""

from pathlib import Path
from typing import Any

import pytest

from connector.emulator.server import Emulator
from jobs import verbs
from jobs.settings import settings_of
from mappings.canonical import Evidence
from tests.e2e.harness import CRMS


@pytest.mark.parametrize("crm", CRMS)
def test_every_evidence_of_every_lead_names_a_record_that_holds_it(crm: str, tmp_path: Path) -> None:
    with Emulator(crm, "demo") as emulator:  # type: ignore[arg-type]  # one of CRMS
        settings = settings_of({**emulator.announcement["env"][crm], "TOSSUP_STATE_DIR": str(tmp_path)})
        verbs.setup(settings, apply=True)
        found = verbs.sync(settings, write=False, full=False, report=lambda *_: None).found
        assert found is not None
        records: dict[str, dict[str, dict[str, Any]]] = {}
        quoted = [(lead.play, evidence) for lead in found.leads for evidence in lead.evidence]
        for play, evidence in quoted:
            object, _, field = evidence.field.partition(".")
            there = records.setdefault(object, _by_id(emulator.orgs[crm], object))
            assert evidence.record in there, (play, evidence)
            assert _same(there[evidence.record][field], evidence), (play, evidence, there[evidence.record])
    assert {"anchor_bought_on", "won_on", "interest_on"} <= {evidence.fact for _, evidence in quoted}
    assert len({play for play, _ in quoted}) == 27


def _by_id(org: Any, object: str) -> dict[str, dict[str, Any]]:
    flat = ({**one, **one.get("properties", {})} for one in org.inspect(object)["records"])
    return {str(one.get("Id") or one["id"]): one for one in flat}


def _same(held: object, evidence: Evidence) -> bool:
    if evidence.unit == "date":
        return str(held)[:10] == evidence.value
    if isinstance(evidence.value, str):
        return held == evidence.value
    return float(str(held)) == evidence.value
