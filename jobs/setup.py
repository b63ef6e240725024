"""Prepare a CRM: find out which fields and lists are missing or out of reach, and create or grant them."""

from dataclasses import dataclass

from connector.errors import GiveUp
from connector.port import SetupStep
from jobs.result import JsonObject
from jobs.wiring import Work
from mappings.write import wanted_fields, wanted_lists


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupResult:
    """What is missing, and whether it was put there."""

    connection: str
    steps: tuple[SetupStep, ...]
    applied: bool

    def to_json(self) -> JsonObject:
        """The machine interface of `tossup setup --json`."""
        steps = [{"action": step.action, "target": step.target, "text": step.text} for step in self.steps]
        return {"connection": self.connection, "steps": steps, "applied": self.applied}


def set_up(work: Work, *, apply: bool) -> SetupResult:
    """The steps that are needed; done when `apply` is set. Doing it twice does nothing the second time.

    Raises `GiveUp` where our user sees nothing of an object that needs fields: nobody can tell what it lacks.
    """
    wanted = wanted_fields(work.rules.mapping, work.schema)
    if hidden := sorted({one.object for one in wanted} - work.schema.objects.keys()):
        raise GiveUp(
            f"Our user does not see {', '.join(hidden)} in {work.connection}, so what is missing there is not known. "
            "`tossup rights` lists the rights that it lacks."
        )
    steps = work.crm.missing(wanted, wanted_lists(work.rules, work.schema))
    if apply and steps:
        work.crm.setup(steps)
    return SetupResult(connection=work.connection, steps=steps, applied=apply)
