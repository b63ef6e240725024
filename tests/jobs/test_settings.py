import os
import sys
from pathlib import Path

import pytest

from connector.redaction import redacted
from jobs import credentials
from jobs.settings import BadSettings, Settings, load_settings, settings_of

HUBSPOT = {"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_ACCESS_TOKEN": "pat-secret-1"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----")
    path.chmod(0o600)
    return path


@pytest.fixture
def salesforce(key: Path) -> dict[str, str]:
    return {
        "TOSSUP_CRM": "salesforce",
        "TOSSUP_SALESFORCE_URL": "https://example.my.salesforce.com/",
        "TOSSUP_SALESFORCE_CLIENT_ID": "client",
        "TOSSUP_SALESFORCE_USERNAME": "tossup@example.com",
        "TOSSUP_SALESFORCE_PRIVATE_KEY_FILE": str(key),
    }


def problems(variables: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as raised:
        settings_of(variables)
    assert str(raised.value) == "\n".join(raised.value.problems)
    return list(raised.value.problems)


def test_what_is_not_set_has_the_documented_default() -> None:
    settings = settings_of(HUBSPOT)
    assert settings.crm == "hubspot"
    assert settings.address() == "https://api.hubapi.com"
    assert settings.hubspot_api_version == "2026-09"
    assert settings.hubspot_search_per_second == 4
    assert (settings.config, settings.language, settings.log_level) == (None, None, "warning")
    assert (settings.memory_limit, settings.bulk_threshold) == ("400MB", 10_000)
    assert (settings.api_reserve, settings.overlap_minutes, settings.safe_lag_minutes) == (0.2, 10, 5)
    assert settings.state_dir.name == "tossup"
    assert settings.cautions() == ()


def test_variables_are_read_as_they_are_written(salesforce: dict[str, str], tmp_path: Path, key: Path) -> None:
    settings = settings_of(
        salesforce
        | {
            "tossup_language": "JA",
            "TOSSUP_CONFIG": str(tmp_path),
            "TOSSUP_STATE_DIR": "~/store",
            "TOSSUP_SALESFORCE_API_VERSION": "v69.0",
            "TOSSUP_API_RESERVE": " 0.5 ",
            "TOSSUP_LOG_LEVEL": "INFO",
            "TOSSUP_MEMORY_LIMIT": "1.5 GB",
            "TOSSUP_BULK_THRESHOLD": "",
            "PATH": "/bin",
        }
    )
    assert settings.address() == "https://example.my.salesforce.com"
    assert settings.salesforce_private_key is not None
    assert settings.salesforce_private_key.get_secret_value() == key.read_text()
    assert (settings.language, settings.config, settings.log_level) == ("ja", tmp_path, "info")
    assert settings.state_dir == Path.home() / "store"
    assert (settings.salesforce_api_version, settings.api_reserve) == ("69.0", 0.5)
    assert (settings.memory_limit, settings.bulk_threshold) == ("1.5 GB", 10_000)


def test_variables_win_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TOSSUP_CRM=hubspot\nTOSSUP_HUBSPOT_ACCESS_TOKEN='file'\nTOSSUP_LANGUAGE=ja\n")
    monkeypatch.setenv("TOSSUP_HUBSPOT_ACCESS_TOKEN", "variable")
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.hubspot_access_token is not None
    assert settings.hubspot_access_token.get_secret_value() == "variable"
    assert settings.language == "ja"


def test_settings_made_of_given_variables_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSSUP_LANGUAGE", "ja")
    assert settings_of(HUBSPOT).language is None


def test_secrets_do_not_show(salesforce: dict[str, str]) -> None:
    shown = repr(settings_of(HUBSPOT)) + str(settings_of(HUBSPOT))
    assert "pat-secret-1" not in shown
    told = problems(HUBSPOT | {"TOSSUP_HUBSPOT_URL": "http://user:pat-secret-2@example.com", "TOSSUP_CRM": "sap"})
    assert "secret" not in "".join(told)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    (tmp_path / "token").chmod(0o600)
    settings = settings_of({"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_ACCESS_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.hubspot_access_token is not None
    assert settings.hubspot_access_token.get_secret_value() == "from-file"
    assert problems(HUBSPOT | {"TOSSUP_HUBSPOT_ACCESS_TOKEN_FILE": str(tmp_path / "token")}) == [
        "TOSSUP_HUBSPOT_ACCESS_TOKEN and TOSSUP_HUBSPOT_ACCESS_TOKEN_FILE are both set. Keep one of them."
    ]
    assert problems(HUBSPOT | {"TOSSUP_HUBSPOT_REFRESH_TOKEN_FILE": "/no/such"}) == [
        "TOSSUP_HUBSPOT_REFRESH_TOKEN_FILE cannot be read: /no/such (No such file or directory). "
        "Correct the path or its permissions."
    ]


def test_the_crm_is_told_by_the_other_variables_when_they_speak_of_one(salesforce: dict[str, str]) -> None:
    del salesforce["TOSSUP_CRM"]
    assert settings_of(salesforce).crm == "salesforce"
    assert problems(salesforce | {"TOSSUP_HUBSPOT_ACCESS_TOKEN": "x"}) == [
        "TOSSUP_CRM is not set. Set it to salesforce or hubspot."
    ]


def test_nothing_set_says_where_to_begin() -> None:
    assert problems({}) == ["TOSSUP_CRM is not set. Set it to salesforce or hubspot."]


def test_every_problem_is_told_at_once() -> None:
    told = problems(
        {
            "TOSSUP_CRM": "salesfroce",
            "TOSSUP_LANGAUGE": "en",
            "TOSSUP_ZZZ": "1",
            "TOSSUP_LANGUAGE": "de",
            "TOSSUP_API_RESERVE": "1.5",
            "TOSSUP_OVERLAP_MINUTES": "ten",
            "TOSSUP_BULK_THRESHOLD": "0",
            "TOSSUP_HUBSPOT_SEARCH_PER_SECOND": "0",
            "TOSSUP_MEMORY_LIMIT": "lots",
            "TOSSUP_SALESFORCE_API_VERSION": "latest",
            "TOSSUP_CONFIG": "/no/such/folder",
        }
    )
    assert sorted(told) == sorted(
        [
            "TOSSUP_CRM cannot be 'salesfroce'. Did you mean salesforce?",
            "TOSSUP_LANGAUGE is no setting. Did you mean TOSSUP_LANGUAGE?",
            "TOSSUP_ZZZ is no setting. Remove it, or see docs/connect.md for the names.",
            "TOSSUP_LANGUAGE cannot be 'de'. Allowed: en, ja.",
            "TOSSUP_API_RESERVE cannot be '1.5'. Give a number, at most 0.95.",
            "TOSSUP_OVERLAP_MINUTES cannot be 'ten'. Give a number.",
            "TOSSUP_BULK_THRESHOLD cannot be '0'. Give a number, at least 1.",
            "TOSSUP_HUBSPOT_SEARCH_PER_SECOND cannot be '0'. Give a number, more than 0.",
            "TOSSUP_MEMORY_LIMIT cannot be 'lots'. Write it like 400MB or 2GB.",
            "TOSSUP_SALESFORCE_API_VERSION cannot be 'latest'. Write it like 68.0.",
            "TOSSUP_CONFIG is not a folder: /no/such/folder. Make it, or correct the path.",
        ]
    )


def test_a_salesforce_org_needs_an_address_and_one_way_to_sign_in(salesforce: dict[str, str]) -> None:
    assert problems({"TOSSUP_CRM": "Salesforce"}) == [
        "TOSSUP_SALESFORCE_URL is not set. Set it to your My Domain, like https://acme.my.salesforce.com.",
        "TOSSUP_SALESFORCE_CLIENT_ID is not set. Set it to the consumer key of your External Client App.",
        "There is no way to sign in to Salesforce. Set TOSSUP_SALESFORCE_USERNAME and "
        "TOSSUP_SALESFORCE_PRIVATE_KEY_FILE; or TOSSUP_SALESFORCE_CLIENT_SECRET.",
    ]
    del salesforce["TOSSUP_SALESFORCE_USERNAME"]
    assert len(problems(salesforce)) == 1
    assert settings_of(salesforce | {"TOSSUP_SALESFORCE_CLIENT_SECRET": "s"}).salesforce_client_secret
    ready = {"TOSSUP_SALESFORCE_URL": "http://127.0.0.1:8080", "TOSSUP_SALESFORCE_ACCESS_TOKEN": "t"}
    assert settings_of(ready).address() == "http://127.0.0.1:8080"


def test_a_hubspot_portal_needs_one_way_to_sign_in() -> None:
    (told,) = problems({"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_CLIENT_ID": "id"})
    assert told.startswith("There is no way to sign in to HubSpot. Set TOSSUP_HUBSPOT_ACCESS_TOKEN; or")
    oauth = {f"TOSSUP_HUBSPOT_{name}": "x" for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}
    assert settings_of(oauth).crm == "hubspot"


@pytest.mark.parametrize("address", ["http://example.com", "example.com", "ftp://example.com", "https://"])
def test_an_address_without_encryption_is_refused(address: str) -> None:
    assert problems(HUBSPOT | {"TOSSUP_HUBSPOT_URL": address}) == [
        "TOSSUP_HUBSPOT_URL is not an https:// address. Write it like https://acme.my.salesforce.com."
    ]


@pytest.mark.parametrize("with_it", ["canary@example.com", "u:canary@example.com", "example.com/?token=canary"])
def test_an_address_holds_no_password_since_it_is_shown(with_it: str) -> None:
    (told,) = problems(HUBSPOT | {"TOSSUP_HUBSPOT_URL": f"https://{with_it}"})
    assert "TOSSUP_HUBSPOT_URL holds a user, a password or a query. Leave them out" in told
    assert "canary" not in told


def test_the_private_key_must_be_there(salesforce: dict[str, str], key: Path) -> None:
    key.unlink()
    assert problems(salesforce) == [
        f"TOSSUP_SALESFORCE_PRIVATE_KEY_FILE cannot be read: {key} (No such file or directory). "
        "Correct the path or its permissions."
    ]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_secret_that_others_can_read_is_refused(salesforce: dict[str, str], key: Path, mode: int) -> None:
    key.chmod(mode)
    assert problems(salesforce) == [
        f"TOSSUP_SALESFORCE_PRIVATE_KEY_FILE cannot be used: {key} can be read by other users of this machine. "
        f"Run: chmod 600 {key} (a container's secret: mount it with mode 0400)."
    ]


@pytest.mark.parametrize(("mode", "usable"), [(0o440, True), (0o640, True), (0o444, False), (0o460, False)])
def test_a_secret_mounted_for_our_group_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, usable: bool
) -> None:
    """Only a file of root's that we could not change may be read by a group, and only by one we are in."""
    path = tmp_path / "token"
    path.write_text("mounted")
    path.chmod(mode)
    ours = path.stat()
    if ours.st_uid == 0:  # as in a build container: then we play somebody else
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 12345)
    monkeypatch.setattr(os, "getgroups", lambda: [ours.st_gid])
    expected = usable and ours.st_uid == 0
    assert (credentials.readable_by_others(path) is None) is expected
    monkeypatch.setattr(os, "getgroups", list)
    assert credentials.readable_by_others(path) is not None


def printing(tmp_path: Path, script: str) -> str:
    """A command line that runs this Python script."""
    path = tmp_path / "vault script.py"
    path.write_text(script)
    return f"{sys.executable} '{path}' \"$HOME\" 'a | b'"


def told_by(command: str) -> dict[str, str]:
    return {"TOSSUP_CRM": "hubspot", "TOSSUP_HUBSPOT_ACCESS_TOKEN_CMD": command}


def test_a_secret_may_come_from_a_command_that_no_shell_sees(tmp_path: Path) -> None:
    command = printing(tmp_path, "import sys; print(' '.join(sys.argv[1:])); print('noise', file=sys.stderr)")
    settings = settings_of(told_by(command))
    assert settings.hubspot_access_token is not None
    assert settings.hubspot_access_token.get_secret_value() == "$HOME a | b"


def test_a_private_key_may_come_from_a_command(salesforce: dict[str, str], key: Path, tmp_path: Path) -> None:
    del salesforce["TOSSUP_SALESFORCE_PRIVATE_KEY_FILE"]
    command = printing(tmp_path, f"print(open({str(key)!r}).read())")
    settings = settings_of(salesforce | {"TOSSUP_SALESFORCE_PRIVATE_KEY_CMD": command})
    assert settings.salesforce_private_key is not None
    assert settings.salesforce_private_key.get_secret_value() == "-----BEGIN PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print('canary'); raise SystemExit(3)", "ended with 3. Run it by hand"),
        (
            "import sys; print('canary'); sys.exit('the vault is sealed')",
            "ended with 1. It says: the vault is sealed. Run it by hand",
        ),
        ("import sys; print('canary'); sys.exit('echo canary')", "ended with 1. Run it by hand"),
        ("pass", "printed nothing"),
        ("import sys; sys.stdout.buffer.write(bytes([255, 254]))", "not text"),
        ("import time; print('canary', flush=True); time.sleep(60)", "took longer than"),
    ],
)
def test_a_command_that_fails_is_told_without_what_it_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    if "sleep" in script:
        monkeypatch.setattr(credentials, "COMMAND_PATIENCE_S", 0.2)
    (told,) = problems(told_by(printing(tmp_path, script)))
    assert told.startswith("TOSSUP_HUBSPOT_ACCESS_TOKEN_CMD ")
    assert said in told
    assert "canary" not in told


def test_a_command_line_that_cannot_be_run_is_told() -> None:
    assert problems(told_by("/no/such/vault get token")) == [
        "TOSSUP_HUBSPOT_ACCESS_TOKEN_CMD cannot be run: /no/such/vault (No such file or directory). "
        "Correct the path; no shell is used."
    ]
    (told,) = problems(told_by("vault 'get"))
    assert told.endswith("Close its quotes.")


@pytest.mark.parametrize("way", ["FILE", "CMD"])
def test_a_secret_that_was_given_in_place_of_its_place_is_not_shown(way: str) -> None:
    (told,) = problems({"TOSSUP_CRM": "hubspot", f"TOSSUP_HUBSPOT_ACCESS_TOKEN_{way}": "canary-0123456789abcdef"})
    assert "a name of 23 characters, is it the secret itself?" in told
    assert "canary" not in told


def test_a_command_sees_no_other_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSSUP_HUBSPOT_CLIENT_SECRET", "canary")
    monkeypatch.setenv("TOSSUP_CRM", "hubspot")
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example.com")
    settings = settings_of(told_by(printing(tmp_path, "import os; print(dict(os.environ))")))
    assert settings.hubspot_access_token is not None
    seen = settings.hubspot_access_token.get_secret_value()
    assert "canary" not in seen
    assert "vault.example.com" in seen
    assert "TOSSUP_CRM" in seen


def test_a_secret_has_one_source(tmp_path: Path) -> None:
    (told,) = problems(HUBSPOT | told_by("true"))
    assert "TOSSUP_HUBSPOT_ACCESS_TOKEN and TOSSUP_HUBSPOT_ACCESS_TOKEN_CMD are both set" in told


def test_offline_verbs_run_no_command_and_read_no_secret(tmp_path: Path) -> None:
    left = tmp_path / "ran"
    command = printing(tmp_path, f"open({str(left)!r}, 'w').close(); print('x')")
    variables = {"TOSSUP_HUBSPOT_ACCESS_TOKEN_CMD": command, "TOSSUP_HUBSPOT_CLIENT_SECRET_FILE": "/no/such"}
    settings = settings_of(variables, offline=True)
    assert (settings.crm, settings.hubspot_access_token, left.exists()) == ("hubspot", None, False)
    assert len(problems(variables)) == 1
    assert left.exists()


def test_an_env_file_with_a_secret_that_others_can_read_is_cautioned_about(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TOSSUP_CRM=hubspot\nTOSSUP_HUBSPOT_ACCESS_TOKEN=x\n")
    file.chmod(0o644)
    (caution,) = load_settings(tmp_path).cautions()
    assert f"chmod 600 {file}" in caution
    file.chmod(0o600)
    assert load_settings(tmp_path).cautions() == ()


def test_a_state_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert problems(HUBSPOT | {"TOSSUP_STATE_DIR": str(tmp_path / "file")}) == [
        f"TOSSUP_STATE_DIR is a file, not a folder: {tmp_path / 'file'}. Choose another path."
    ]


def test_a_ledgers_url_is_a_secret_and_its_mistakes_quote_nothing_of_it(tmp_path: Path) -> None:
    url = "postgresql://tossup:hush@db.example.com/tossup"
    file = tmp_path / "url"
    file.write_text(f"{url}\n")
    file.chmod(0o600)
    settings = settings_of(HUBSPOT | {"TOSSUP_LEDGER_URL_FILE": str(file)})
    assert settings.ledger_url is not None
    assert settings.ledger_url.get_secret_value() == url
    assert "hush" not in repr(settings) + str(settings)
    for wrong in (
        "mysql://u:hush@h/d",
        "hush",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://u:hush@h:hush/d",
        "postgresql://u:hush@hush@h/d",
        "postgresql://u:a@h/hush@db.example.com/tossup",
        "postgresql://u:a@hush/b?hush@db.example.com/tossup",
    ):
        (problem,) = problems(HUBSPOT | {"TOSSUP_LEDGER_URL": wrong})
        assert problem.startswith("TOSSUP_LEDGER_URL ")
        assert "hush" not in problem


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://tossup:canary%2Fof-url@db.example.com/tossup",
        "postgresql://db.example.com/tossup?user=tossup&password=canary%2Fof-url",
    ],
)
def test_a_password_in_a_ledgers_url_is_kept_out_of_words_by_itself(url: str) -> None:
    settings_of(HUBSPOT | {"TOSSUP_LEDGER_URL": url})
    assert redacted("it said canary/of-url and canary%2Fof-url") == "it said ... and ..."


def test_every_setting_is_documented_where_users_look() -> None:
    text = (Path(__file__).parents[2] / "docs" / "connect.md").read_text()
    names = {name.upper().removeprefix("HUBSPOT").removeprefix("SALESFORCE") for name in Settings.model_fields}
    assert {name for name in names if name not in text} == set()
