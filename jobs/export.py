"""Leads as a CSV file that people open in a spreadsheet: what others wrote into the CRM becomes no formula there.

CRM data on its way into a CRM stays as it is, byte by byte; this file alone is for people. A cell that a spreadsheet
would take for a formula gets an apostrophe in front, also behind a semicolon, a quote or a line break, where Excel in
countries that write 1,5 begins a new cell (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from connector.errors import GiveUp
from jobs.result import expected
from jobs.show import why
from jobs.telling import Telling
from leads.phrases import tidy
from mappings.canonical import Lead
from mappings.config import Rules
from mappings.money import major

COLUMNS = (
    "key", "account_id", "account_name", "owner_id", "owner_name", "motion", "play", "product", "state", "priority",
    "value", "expected", "currency", "p_win", "action", "due", "why",
)  # fmt: skip
_FORMULA = re.compile(r"(^|[;\n\"])([ \u3000]*)(?=[=+\-@＝＋－＠])")


def cell(text: str) -> str:
    """The text as a spreadsheet may read it: printable, and no part of it a formula."""
    lines = "\n".join(tidy(line, 10_000) for line in re.split(r"[\r\n]+", text))
    return _FORMULA.sub(r"\1\2'", lines)


def leads_csv(leads: Iterable[Lead], rules: Rules) -> str:
    """One line a lead, every cell quoted; amounts a year in units of `currency`, empty where unknown."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for lead in leads:
        writer.writerow([cell(value) if isinstance(value, str) else value for value in _row(lead, rules)])
    return file.getvalue()


def check_place(file: Path) -> None:
    """Raise GiveUp where no file of this name can be."""
    if file.is_dir():
        raise GiveUp(f"{file} is a folder. Give the name of a file in it.")
    if not file.parent.is_dir():
        raise GiveUp(f"There is no folder {file.parent} for {file.name}. Make it, or correct the path.")


def write_csv(path: Path, leads: Iterable[Lead], rules: Rules) -> None:
    """Write the file whole or not at all; UTF-8 with a byte order mark, without which Excel spoils every é and 株."""
    check_place(path)
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(leads_csv(leads, rules), encoding="utf-8-sig", newline="")
    draft.replace(path)


def _row(lead: Lead, rules: Rules) -> tuple[object, ...]:
    return (
        str(lead.key), lead.account_id, lead.account_name, lead.owner_id or "",
        str(lead.facts.get("owner_name") or ""), lead.motion, lead.play, lead.product or "", lead.state,
        lead.priority, major(lead.value, lead.currency), major(expected(lead), lead.currency), lead.currency,
        round(lead.p_win, 4), lead.action, lead.due.isoformat(), why(lead, Telling(rules, lead.currency)),
    )  # fmt: skip
