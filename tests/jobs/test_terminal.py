"""What others wrote into a CRM cannot steer the terminal it is shown on."""

import io
import json
import logging
import sys
import traceback

import pytest
import structlog
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connector.errors import GiveUp
from connector.port import Outcome
from connector.redaction import conceal, redacted
from jobs.commands import base
from jobs.settings import settings_of
from jobs.terminal import console, lines, plain, quiet

HOSTILE = (
    "[red]Example[/red] :boom: \x1b[2J\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x07 \x9b31m \x00\x08 "
    "\u202egnp.exe\u202c \ud800 tab\there"
)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("wrap", ["text", "cell", "panel", "plain"])
def test_nothing_that_a_terminal_acts_on_is_printed(wrap: str, terminal: bool) -> None:
    file = io.StringIO()
    shown = console(file=file, width=400, force_terminal=terminal, color_system=None)
    table = Table("name")
    table.add_row(HOSTILE)
    what = {"text": Text(HOSTILE), "cell": table, "panel": Panel(Text(HOSTILE), title=Text(HOSTILE))}
    shown.print(what.get(wrap, HOSTILE))
    said = file.getvalue()
    assert "[red]Example[/red] :boom:" in said
    assert "gnp.exe" in said
    assert not set(said) & set("\x1b\x9b\x00\x08\x07\u202e\u202c\ud800\t")
    said.encode()


def test_our_own_styles_stay() -> None:
    file = io.StringIO()
    console(file=file, force_terminal=True, color_system="standard", width=80).print(Text("a\x1bb", style="red"))
    assert file.getvalue() == "\x1b[31mab\x1b[0m\n"


def test_every_script_stays_as_it_is() -> None:
    for text in ("株式会社サンプル", "شركة المثال\u200f", "👩\u200d💻 Ünïcode", "a\nb"):
        assert plain(text) == text


def test_json_says_the_same_without_controls() -> None:
    document = {"name": "a\x9bb\u202ec\x7fd\x1be"}
    text = quiet(json.dumps(document, ensure_ascii=False))
    assert json.loads(text) == document
    assert text.isascii()
    assert text.isprintable()


def test_what_is_concealed_is_said_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    conceal("canary-secret/1+2")
    with pytest.raises(GiveUp) as raised:
        raise GiveUp("refused canary-secret/1+2") from ValueError("canary-secret%2F1%2B2")
    said = lines(traceback.format_exception(raised.value))
    assert "refused ..." in str(raised.value)
    assert "canary" not in said
    assert "Y2FuYXJ5LXNlY3JldC8xKz" not in redacted("Y2FuYXJ5LXNlY3JldC8xKzI=")


def test_what_a_vendor_says_of_a_record_or_a_call_loses_what_it_quotes() -> None:
    conceal("canary-of-a-record")
    said = "no canary-of-a-record"
    refused = Outcome(ref="1", ok=False, code=said, message=said, fields=(said,))
    assert (refused.code, refused.message, refused.fields) == ("no ...", "no ...", ("no ...",))
    error = GiveUp(said, code=said, request_id=said)
    assert (str(error), error.code, error.request_id) == ("no ...",) * 3


def test_a_secret_is_not_said_by_halves_nor_with_controls_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    conceal("canary-secret-0123456789")
    for before in range(280, 300):
        assert base.tell(RuntimeError(f"{'x' * before}canary-secret-0123456789")) == 70
    assert base.tell(RuntimeError("canary-\x00secret-\x1b0123456789 canary-secret-0123456789")) == 70
    said = capsys.readouterr().err
    assert said.count("Unforeseen: RuntimeError: ") == 21
    assert "canar" not in said
    assert "0123456789" not in said


def test_a_log_line_shows_neither_secrets_nor_values_of_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    conceal("canary-log-secret")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    base.set_log("debug")
    local = "canary-" + "local"
    try:
        raise ValueError("canary-log-secret")
    except ValueError:
        structlog.get_logger("x").exception("failed", what="canary-log-secret\x1b[2J")
    said = sys.stderr.getvalue()
    structlog.reset_defaults()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    assert "Traceback" in said
    assert local not in said
    assert "canary" not in said.replace('"canary-log-secret"', "").replace('"canary-"', "")
    assert "\x1b" not in said


def test_settings_conceal_their_secrets() -> None:
    settings_of({"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_ACCESS_TOKEN": "canary-of-settings"})
    assert redacted("a canary-of-settings b") == "a ... b"


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abcdefghijkl",
        "Basic YXBwOnNlY3JldA==",
        "eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl",
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY----- MIIE and no end",
        "00D5e000000abcd!AQ.xyz_1",
        "pat-na1-12345678-ab",
    ],
)
def test_what_looks_like_a_secret_is_not_said_either(text: str) -> None:
    assert redacted(f"before {text}") == "before ..."
