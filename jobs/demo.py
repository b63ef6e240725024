"""The whole job on the built-in copy of a CRM, twice, so that a newcomer sees what it does and that it settles."""

import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

from connector.emulator.server import Emulator
from jobs import verbs
from jobs.progress import Report
from jobs.result import Shown
from jobs.settings import settings_of
from jobs.wiring import rules_of
from mappings.changes import Plan, Value
from mappings.config import RecordOut

FOLDER = Path("tossup-demo")


def run_demo(
    crm: Literal["salesforce", "hubspot"], keep: Path | None, language: Literal["en", "ja"], report: Report
) -> Shown:
    """Serve the demo world, set it up, sync twice; leave the CRM's state, the store and the tasks as text in `keep`.

    Starts from scratch each time, so that it always shows the same.
    """
    folder = (keep or FOLDER) / crm
    state, store, tasks = folder / "crm.json", folder / "store", folder / "tasks.txt"
    folder.mkdir(parents=True, exist_ok=True)
    state.unlink(missing_ok=True)
    shutil.rmtree(store, ignore_errors=True)
    with Emulator(crm, "demo", state=state) as served:
        told = {"TOSSUP_STATE_DIR": str(store), "TOSSUP_LANGUAGE": language}
        settings = settings_of({**served.announcement["env"][crm], **told})
        verbs.setup(settings, apply=True)
        first = verbs.sync(settings, write=True, full=False, report=report)
        again = verbs.sync(settings, write=True, full=False, report=report)
    plan = first.plan or Plan(connection=first.connection, changes=())
    tasks.write_text("\n\n".join(_as_read(plan)), encoding="utf-8")
    return Shown(
        crm=crm,
        language=language,
        result=first,
        again=again,
        leads=first.found.leads if first.found else (),
        sample=_sample(plan, rules_of(settings).mapping.write.task),
        tasks=tasks,
        store=store,
        state=state,
    )


def _as_read(plan: Plan) -> Iterator[str]:
    """Every task and lead record of the plan as its reader sees it."""
    for change in plan.changes:
        if change.action == "create":
            lines = [
                f"{name}: {_plain(value)}" for name, value in sorted(change.values.items()) if value not in (None, "")
            ]
            yield "\n".join([f"== {change.object}  {change.key}", *lines])


def _sample(plan: Plan, task: RecordOut) -> str:
    """Subject and body of the first task that is made."""
    body = task.fields.get("body") or task.fields["body_html"]
    for change in plan.changes:
        if change.object == task.object and change.action == "create":
            return f"{change.values[task.fields['subject'].field]}\n\n{_plain(change.values[body.field])}"
    return ""


def _plain(value: Value) -> Value:
    """HTML as its reader sees it; anything else as it is."""
    if not isinstance(value, str) or not value.startswith("<p>"):
        return value
    reader = _Reader()
    reader.feed(value)
    reader.close()
    return reader.text.strip()


_BEFORE = {"p": "\n", "li": "- ", "br": "\n"}
_AFTER = {"p": "\n", "li": "\n"}


class _Reader(HTMLParser):
    """A page as text: paragraphs apart, list items with a dash, the address of a link on a line below it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += _BEFORE.get(tag, "")
        self._address = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        self.text += f"\n  {self._address}" if tag == "a" else _AFTER.get(tag, "")

    def handle_data(self, data: str) -> None:
        self.text += data
