"""No secret reaches an output, a log, an error, a stack trace, a plan, or the store: whole lives, searched."""

import re
import shlex
import socket
import sqlite3
import zlib
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jwt
import pytest

from connector.hubspot.config import HubSpotConfig
from connector.salesforce.config import SalesforceConfig
from connector.wire import Patience
from tests.command import Ended
from tests.e2e.life import WAYS, WRONG, Life, living
from tests.e2e.test_lying_crm import READS, WRITES
from tests.secrets import ASSERTION, Search, found, left_in, rows_on, spellings

if TYPE_CHECKING:
    from tests.postgres import Server

WHOLE, JSON = ("key", "oauth"), ("secret", "service key")
"""Of which lives every chapter is lived; and of which what only reads is asked for as JSON: each CRM once."""
SYNCED = ("session", "service key")
"""Lives that never ask for a token, so that a sync comes through while the way to get one is blocked."""
TOKENS = {"salesforce": "POST /services/oauth2/token", "hubspot": "POST /oauth/*"}
LOOKS = ("table", "markdown", "json", "html")


@pytest.fixture(params=WAYS)
def life(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    # as often as ever, only sooner
    quick = Patience(first_s=0.001, longest_s=0.01)
    monkeypatch.setattr("jobs.wiring.HubSpotConfig", partial(HubSpotConfig, patience=quick))
    monkeypatch.setattr("jobs.wiring.SalesforceConfig", partial(SalesforceConfig, patience=quick))
    with living(request.param, tmp_path / "left") as life:
        yield life


def test_no_secret_is_left_anywhere(life: Life, request: pytest.FixtureRequest, record_property: Any) -> None:
    way = request.node.callspec.params["life"]
    ordinary(life)
    if way not in SYNCED:
        life("apply", life("plan", "--json").json()["plan"])
    if way in WHOLE:
        looked_at(life)
        taken_back(life)
        stopped(life)
        other_places(life)
        on_a_server(life, request.getfixturevalue("postgres"))
        behind_a_proxy(life)
        lies_and_storms(life)
    elif way in JSON:
        for words in (("leads",), ("runs",), ("explain", "Industries 001")):
            life(*words, "--json", quiet=True)
    refused_tokens(life, way)
    search, places = Search(), life.places()
    search.through(life.secrets(), places, runs=len(life.ended))
    record_property("searched", str(search))
    life.says(search)
    assert {"ledger.db", "mirror.duckdb", "view.json"} <= {Path(name.split(" ")[0]).name for name, _ in places}


def ordinary(life: Life) -> None:
    """What a good day looks like."""
    announced = life.emulator.announcement["env"][life.crm]  # a ready session does not tell whose it is
    life("setup", "--apply", **{life.named("ACCESS_TOKEN"): "", **announced})
    life("pull")


def looked_at(life: Life) -> None:
    """What only reads, in every shape it has."""
    life.both("rights", expect=None)
    life.both("mappings", "check", expect=None)
    life("mappings", "check", "--json", quiet=True, expect=None)
    life.both("plans")
    listed = life("plans", "--json").json()
    for number, shape in enumerate(LOOKS):
        life.both("plans", listed[-1]["plan"], "--as", shape)
        life("plans", listed[-1]["plan"], "--as", shape, "--out", f"plan-{number}.{shape}")
    life("plan", quiet=True)
    life("leads", "--csv", "leads.csv")
    life("explain", "Industries 003", "--facts")
    life("explain", "Nobody", expect=2)
    life.both("runs")
    for run in life("runs", "--json").json()[:2]:
        life("runs", run["run"])


def taken_back(life: Life) -> None:
    """An undo that is shown, one that is done, and a person who is forgotten."""
    wrote = next(one["run"] for one in life("runs", "--json").json() if one["written"])
    life("undo", wrote, expect=3)
    life("undo", wrote, "--yes")
    life.both("undo", "999", "--yes", expect=2)
    name = "Contact" if life.crm == "salesforce" else "contacts"
    contact = life.emulator.orgs[life.crm].inspect(name)["records"][0]
    who = str(contact.get("Id") or contact.get("id"))
    life.both("forget", who, expect=3)
    life("forget", who, "--yes", "--json")
    life.both("forget", "nobody@example.com", "--yes", expect=None)


def stopped(life: Life) -> None:
    """A breaker that trips, a canary, and a plan that is written from a file."""
    here = life.company()
    for one in here.records("account"):
        here.person("update", "account", one, headroom=7)
    few = {"TOSSUP_VOLUME_LEAST": "0", "TOSSUP_VOLUME_SHARE": "0"}
    life("sync", "--yes", expect=3, **few)
    kept = max(life("plans", "--json").json(), key=lambda one: one["at"])
    life("apply", kept["plan"], "--canary", "1", "--json")
    life("apply", "plan-2.json", expect=None)


def other_places(life: Life) -> None:
    """Secrets that a file, a command or `.env` gives, and those that they cannot give."""
    kept = life.folder.with_name("kept")
    kept.mkdir()
    name = life.named("CLIENT_SECRET")
    told = life.emulator.announcement[life.crm]["client_secret"]
    kept.joinpath("secret").write_text(told)
    kept.joinpath("secret").chmod(0o600)
    kept.joinpath("open").write_text(told)
    kept.joinpath("open").chmod(0o644)
    life("pull", **{name: "", f"{name}_FILE": str(kept / "secret")})
    life("pull", **{name: "", f"{name}_CMD": f"cat {kept / 'secret'}"})
    fails = shlex.join(["sh", "-c", f"cat {kept / 'secret'}; cat {kept / 'secret'} >&2; exit 3"])
    for way, place in (
        ("FILE", kept / "open"),
        ("FILE", kept / "none"),
        ("CMD", fails),
        ("CMD", f"false {kept}"),
        ("CMD", f"cat '{kept / 'secret'}"),
    ):
        life.both("pull", expect=2, **{name: "", f"{name}_{way}": str(place)})
    life.both("pull", expect=2, **{name: told, f"{name}_FILE": str(kept / "secret")})
    life.both("pull", expect=2, **{name: told, "TOSSUP_WRITE": "maybe", "TOSSUP_HUBSPOT_ACCES_TOKEN": WRONG})


def on_a_server(life: Life, server: "Server") -> None:
    """A ledger on PostgreSQL, whose password is full of characters that URLs use; then all that is wrong with it."""
    schema, pieces = (
        server.schema(),
        ("canary-first-one", "canary-second/one", "canary+third%one", "canary#fourth?one"),
    )
    password = f"{pieces[0]}@{pieces[1]}:{pieces[2]}@{pieces[3]}"
    user = f"owner_{schema}"
    server.run(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'", f"ALTER SCHEMA {schema} OWNER TO {user}")
    # a mistaken URL is cut at the wrong places, so that each piece may turn up by itself
    life.more |= {"ledger": password, "superuser": server.password, **{f"piece {one}": one for one in pieces}}
    good = server.url(schema, user=user, password=quote(password, safe=""))
    told = {"TOSSUP_STATE_DIR": str(life.folder / "store-of-server")}
    life("sync", "--yes", TOSSUP_LEDGER_URL=good, **told)
    for words in (("plans",), ("runs", "--json")):
        life(*words, TOSSUP_LEDGER_URL=good, **told)
    life.elsewhere += rows_on(good)
    life.elsewhere.append(("server.log", (server.folder / "data" / "server.log").read_bytes()))
    at = f"127.0.0.1:{server.port}/postgres"
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for url in (
            server.url(schema, user=user, password=f"{WRONG}%2F"),
            server.url(schema, user=user, password=quote(password, safe=""), host="db.invalid"),
            server.url(schema, user=user, password=quote(password, safe=""), port=str(nobody.getsockname()[1])),
            server.url(schema, user=user, password=quote(password, safe=""), database="nowhere"),
            f"postgresql://{user}:{password}@{at}",
            f"postgresql://{at}?user={user}&password={quote(password, safe='')}x",
            f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{WRONG}/postgres",
            f"mysql://{user}:{password}@{at}",
            f"{user}:{password}@{at}",
        ):
            life.both("runs", expect=None, TOSSUP_LEDGER_URL=url, **told)
            life.both("sync", "--yes", expect=None, TOSSUP_LEDGER_URL=url, **told)


def behind_a_proxy(life: Life) -> None:
    """A proxy with a password, which is not there."""
    life.more["proxy"] = "canary-of-the-proxy"
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        proxy = f"http://somebody:{life.more['proxy']}@127.0.0.1:{nobody.getsockname()[1]}"
        away = {life.named("URL"): "https://crm.example.com", "HTTPS_PROXY": proxy}
        life.both("pull", expect=75, **away)
        life.both("pull", expect=None, **{**away, "HTTPS_PROXY": proxy.replace("http", "gopher")})


def refused_one_by_one(life: Life, ended: Ended) -> None:
    """What the CRM said of each record is listed, without the token that it quoted."""
    assert ended.code == 1, ended
    run = max(int(one["run"]) for one in life("runs", "--json").json())
    for shape in ((), ("--json",)):
        assert "cannot take ..." in life("runs", str(run), *shape).out


def refused_tokens(life: Life, way: str) -> None:
    """Expired in the middle, refused for good, wrong from the start, quoted by the CRM."""
    life.emulator.orgs[life.crm].settings({"expire_tokens": True})
    life("pull")
    life.fault("GET /*", "401", times=1)
    life("pull", expect=None)
    life.calm()
    life.fault("* /*", "401", times=None, probability=1.0)
    life("pull", expect=2)
    life.calm()
    life.fault(TOKENS[life.crm], "echo", times=None, probability=1.0)
    life("sync", "--yes", expect=0 if way in SYNCED else 2)
    life.calm()
    life.both("pull", expect=2, **{life.named("ACCESS_TOKEN"): WRONG})
    for kind in ("ACCESS_TOKEN", "CLIENT_SECRET"):
        way = {life.named(kind): "", f"{life.named(kind)}_CMD": f"/bin/echo {WRONG} extra"}
        life("pull", quiet=True, expect=None, **way)


def lies_and_storms(life: Life) -> None:
    """A CRM that quotes what it was sent, answers with other things, is busy, hangs up: also while writing."""
    life.emulator.clock.advance(86_400)
    here = life.company()
    for one in here.records("account"):
        here.person("update", "account", one, employees=410)
    life("pull")
    plan = life("plan", "--json").json()
    assert sum(plan["changes"].values()), "there is something to write"
    for kind in ("quote", "echo", "garbage", "login_page", "redirect"):
        for words, matches in ((("apply", plan["plan"]), WRITES), (("pull", "--full"), READS)):
            for match in matches[life.crm]:
                if kind == "quote" and match.startswith("POST /services"):
                    continue  # so records are fetched, too
                life.fault(match, kind, times=None, probability=1.0, to="http://127.0.0.1:9")
            ended = life(*words, expect=None)
            life.calm()
            if (kind, words[0]) == ("quote", "apply"):
                refused_one_by_one(life, ended)
    for seed, kind in enumerate(("503", "429", "drop_before", "drop_after")):
        life.fault("* /*", kind, times=None, probability=0.1, seed=seed)
    life.fault(WRITES[life.crm][0], "lock", times=None, probability=0.5)
    life("sync", "--yes", "--json", expect=None)
    life.calm()
    life("runs")


@pytest.mark.parametrize(
    ("way", "leaks"), [("secret", {"client_secret"}), ("oauth", {"client_secret", "refresh_token"})]
)
def test_the_same_search_finds_what_would_be_said_if_nothing_were_kept_back(
    way: str, leaks: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.redaction._spellings", lambda _: set())
    monkeypatch.setattr("connector.redaction._SHAPES", re.compile("(?!)"))
    with living(way, tmp_path / "left") as life:
        life.fault(TOKENS[life.crm], "echo", times=None, probability=1.0)
        life("pull", expect=2)
        found_in = found(life.secrets(), life.places())
    assert {name for name, _ in found_in} == leaks
    assert {place for _, place in found_in} == {"stderr of pull"}


@pytest.mark.parametrize("spelling", ["plain", "base64", "address", "packed", "row", "signed"])
def test_the_search_finds_a_secret_that_is_there(tmp_path: Path, spelling: str) -> None:
    secret = "canary/of+a=secret 0123456789"
    spelled = spellings(secret)
    if spelling == "row":
        with sqlite3.connect(tmp_path / "ledger.db") as con:
            con.execute("CREATE TABLE plans (body BLOB)")
            con.execute("INSERT INTO plans VALUES (?)", (zlib.compress(f"long {secret} text".encode() * 9),))
        con.close()
    elif spelling == "signed":
        (tmp_path / "log").write_text(f"sent {jwt.encode({'iss': 'app'}, 'k' * 32, algorithm='HS256')}&x")
    elif spelling == "packed":
        (tmp_path / "log").write_bytes(b"Basic " + b64encode(f"client:{secret}".encode()))
    else:
        chosen = {
            "plain": secret.encode(),
            "base64": max(spelled, key=len),
            "address": b"canary%2Fof%2Ba%3Dsecret+0123456789",
        }
        (tmp_path / "log").write_bytes(b"before " + chosen[spelling] + b" after")
    name = ASSERTION if spelling == "signed" else "it"
    assert {one for one, _ in found({"it": secret}, left_in(tmp_path))} == {name}
