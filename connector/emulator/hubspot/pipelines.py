"""Pipelines and their stages, which decide whether a deal, ticket or lead is open, won or lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connector.emulator.hubspot.wire import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage; `metadata` values are texts, as on the wire."""

    id: str
    label: str
    metadata: Mapping[str, str]

    @property
    def closed(self) -> bool:
        """Whether nothing is left to do for a record in this stage."""
        if "leadState" in self.metadata:
            return self.metadata["leadState"] in {"QUALIFIED", "UNQUALIFIED"}
        return self.metadata.get("isClosed") == "true"

    @property
    def probability(self) -> str | None:
        """How likely a deal in this stage is won, 0.0 to 1.0."""
        return self.metadata.get("probability")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One pipeline with its stages in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]

    def stage(self, id: str | None) -> Stage | None:
        """The stage with this id."""
        return next((stage for stage in self.stages if stage.id == id), None)

    def shown(self, at: int, order: int) -> dict[str, Any]:
        """As the pipelines API answers it."""
        common = {"createdAt": stamp(at), "updatedAt": stamp(at), "archived": False}
        stages = [
            {
                "id": stage.id,
                "label": stage.label,
                "displayOrder": number,
                "metadata": dict(stage.metadata),
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            }
            | common
            for number, stage in enumerate(self.stages)
        ]
        return {"id": self.id, "label": self.label, "displayOrder": order, "stages": stages} | common


def _deal(id: str, label: str, probability: str, closed: str = "false") -> Stage:
    return Stage(id=id, label=label, metadata={"isClosed": closed, "probability": probability})


def _ticket(id: str, label: str, state: str) -> Stage:
    closed = "true" if state == "CLOSED" else "false"
    return Stage(id=id, label=label, metadata={"ticketState": state, "isClosed": closed})


def _lead(id: str, label: str, state: str) -> Stage:
    return Stage(id=id, label=label, metadata={"leadState": state})


STANDARD: Final[Mapping[str, tuple[Pipeline, ...]]] = {
    "deals": (
        Pipeline(
            id="default",
            label="Sales Pipeline",
            stages=(
                _deal("appointmentscheduled", "Appointment Scheduled", "0.2"),
                _deal("qualifiedtobuy", "Qualified To Buy", "0.4"),
                _deal("presentationscheduled", "Presentation Scheduled", "0.6"),
                _deal("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
                _deal("contractsent", "Contract Sent", "0.9"),
                _deal("closedwon", "Closed Won", "1.0", "true"),
                _deal("closedlost", "Closed Lost", "0.0", "true"),
            ),
        ),
    ),
    "tickets": (
        Pipeline(
            id="0",
            label="Support Pipeline",
            stages=(
                _ticket("1", "New", "OPEN"),
                _ticket("2", "Waiting on contact", "OPEN"),
                _ticket("3", "Waiting on us", "OPEN"),
                _ticket("4", "Closed", "CLOSED"),
            ),
        ),
    ),
    "leads": (
        Pipeline(
            id="lead-pipeline-id",
            label="Lead Pipeline",
            stages=(
                _lead("new-stage-id", "New", "NEW"),
                _lead("attempting-stage-id", "Attempting", "IN_PROGRESS"),
                _lead("connected-stage-id", "Connected", "IN_PROGRESS"),
                _lead("qualified-stage-id", "Qualified", "QUALIFIED"),
                _lead("unqualified-stage-id", "Disqualified", "UNQUALIFIED"),
            ),
        ),
    ),
}
"""The pipelines of a portal nobody has changed."""


def read_pipeline(told: Mapping[str, Any]) -> Pipeline:
    """A pipeline from the JSON of the pipelines API."""
    stages = tuple(
        Stage(id=str(stage["id"]), label=stage["label"], metadata=dict(stage["metadata"])) for stage in told["stages"]
    )
    return Pipeline(id=str(told["id"]), label=told["label"], stages=stages)
