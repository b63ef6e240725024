"""Settings from `TOSSUP_...` variables and `.env`: checked at once, every problem in words with its next step."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_state_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from connector.address import is_loopback
from connector.errors import GiveUp
from connector.redaction import conceal
from jobs.credentials import readable_by_others, resolved
from jobs.store.address import parsed, passwords

PREFIX = "TOSSUP_"
_STORE = ("TOSSUP_LEDGER_URL",)
"""Secrets without which not even the store can be read."""


class BadSettings(GiveUp):
    """The settings cannot be used; `problems` are all of them, one sentence and one next step each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def _address(text: str) -> str:
    parts = urlsplit(text)
    allowed = ("https", "http") if is_loopback(text) else ("https",)
    if parts.username or parts.password or parts.query:
        raise ValueError("holds a user, a password or a query. Leave them out: the address is shown and stored")
    if parts.hostname and parts.scheme in allowed:
        return text.rstrip("/")
    raise ValueError("is not an https:// address. Write it like https://acme.my.salesforce.com")


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"is not a folder: {path}. Make it, or correct the path")
    return path


def _no_file(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise ValueError(f"is a file, not a folder: {path}. Choose another path")
    return path


def _database(url: SecretStr) -> SecretStr:
    parts = parsed(url.get_secret_value())
    if parts.get_backend_name() == "sqlite" and parts.database in (None, "", ":memory:"):
        raise ValueError("names no file, and would forget everything. Leave it out: SQLite is the default")
    return url


def _expanded(path: object) -> object:
    return Path(path).expanduser() if isinstance(path, str) else path


def _lower(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


def _without_v(text: object) -> object:
    return text.strip().removeprefix("v") if isinstance(text, str) else text


Address = Annotated[str, AfterValidator(_address)]
Size = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"(?i)^\d+(\.\d+)? ?[KMGT]i?B$")]


class Settings(BaseSettings):
    """Everything that differs between two installations. Built by `load_settings` or `settings_of`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    crm: Annotated[Literal["salesforce", "hubspot"], BeforeValidator(_lower)]

    salesforce_url: Address | None = None
    salesforce_client_id: str | None = None
    salesforce_username: str | None = None
    salesforce_private_key: SecretStr | None = None
    salesforce_client_secret: SecretStr | None = None
    salesforce_access_token: SecretStr | None = None
    salesforce_api_version: Annotated[
        str, BeforeValidator(_without_v), StringConstraints(pattern=r"^\d{2,3}\.0$")
    ] = "68.0"

    hubspot_url: Address = "https://api.hubapi.com"
    hubspot_access_token: SecretStr | None = None
    hubspot_client_id: str | None = None
    hubspot_client_secret: SecretStr | None = None
    hubspot_refresh_token: SecretStr | None = None
    hubspot_api_version: Literal["v3", "2026-03", "2026-09"] = "2026-09"
    hubspot_search_per_second: Annotated[float, Field(gt=0)] = 4.0

    config: Annotated[Path, BeforeValidator(_expanded), AfterValidator(_folder)] | None = None
    state_dir: Annotated[Path, BeforeValidator(_expanded), AfterValidator(_no_file)] = Field(
        default_factory=lambda: user_state_path("tossup")
    )
    ledger_url: Annotated[SecretStr, AfterValidator(_database)] | None = None
    """None: SQLite, beside the mirror."""
    language: Annotated[Literal["en", "ja"], BeforeValidator(_lower)] | None = None
    """None: what the mapping says."""
    memory_limit: Size = "400MB"
    api_reserve: Annotated[float, Field(ge=0, le=0.95)] = 0.2
    write: bool = False
    """Whether `sync` and `schedule` write without being told each time."""
    canary: Annotated[int, Field(ge=0)] = 20
    canary_except: str = ""
    volume_share: Annotated[float, Field(ge=0)] = 0.3
    volume_least: Annotated[int, Field(ge=0)] = 50
    close_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    shrink_share: Annotated[float, Field(ge=0, le=1)] = 0.7
    owner_tasks: Annotated[int, Field(ge=1)] = 50
    overlap_minutes: Annotated[float, Field(ge=0, le=1440)] = 10.0
    keep_days: Annotated[int, Field(ge=30, le=36_500)] = 400
    safe_lag_minutes: Annotated[float, Field(ge=0, le=1440)] = 5.0
    bulk_threshold: Annotated[int, Field(ge=1)] = 10_000
    read_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    _cautions: tuple[str, ...] = PrivateAttr(())
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "warning"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what it is given: tests and the demo must not read the variables of whoever runs them."""
        return (init_settings,)

    def address(self) -> str:
        """Where the CRM is reached."""
        return (self.salesforce_url or "") if self.crm == "salesforce" else self.hubspot_url

    def cautions(self) -> tuple[str, ...]:
        """What works but should not stay so, in words."""
        return self._cautions


class _Variables(EnvSettingsSource):
    """Reads the variables it is handed instead of the process environment."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._handed = {name.lower(): value for name, value in variables.items() if value != ""}
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._handed


def load_settings(folder: Path | None = None, *, offline: bool = False) -> Settings:
    """The settings of this process: its environment, and under it `.env` in `folder` (else the current one).

    `offline` is for verbs that only read the store: no way to sign in is asked for.
    Raises `BadSettings` with every problem at once.
    """
    file = (folder or Path.cwd()) / ".env"
    from_file = {k: v for k, v in dotenv_values(file).items() if v is not None}
    settings = settings_of({**from_file, **os.environ}, offline=offline)
    if {name.upper() for name in from_file} & set(_secrets()) and (others := readable_by_others(file)):
        settings._cautions = (others,)
    return settings


def settings_of(variables: Mapping[str, str], *, offline: bool = False) -> Settings:
    """The settings these variables make, and no others. Raises `BadSettings` with every problem at once."""
    ours = {name: value.strip() for name, value in variables.items() if name.upper().startswith(PREFIX)}
    told = {name.upper(): value for name, value in ours.items() if value}
    sources = resolved(told, _secrets(), fetch=(*_STORE,) if offline else _secrets())
    for name in _secrets():
        conceal(sources.variables.get(name))
    for password in passwords(sources.variables.get("TOSSUP_LEDGER_URL", "")):
        conceal(password)
    ours, problems = sources.variables, [*sources.problems, *_unknown(told)]
    given = {"crm": _only_crm(told), **_Variables(ours)()}
    problems += [] if offline else _missing(str(given["crm"] or "").lower(), sources.given)
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems += [_in_words(detail) for detail in error.errors()]
    if problems:
        raise BadSettings(problems)
    return settings


def _fields() -> dict[str, FieldInfo]:
    return {PREFIX + name.upper(): field for name, field in Settings.model_fields.items()}


def _secrets() -> tuple[str, ...]:
    return tuple(name for name, field in _fields().items() if "SecretStr" in str(field.annotation))


def _unknown(ours: Iterable[str]) -> list[str]:
    known = [
        name.removeprefix(PREFIX)
        for name in (*_fields(), *(f"{name}_{way}" for name in _secrets() for way in ("FILE", "CMD")))
    ]
    problems = []
    for name in sorted(set(ours) - {PREFIX + name for name in known}):
        close = get_close_matches(name.removeprefix(PREFIX), known, n=1)
        hint = f"Did you mean {PREFIX}{close[0]}?" if close else "Remove it, or see docs/connect.md for the names."
        problems.append(f"{name} is no setting. {hint}")
    return problems


def _only_crm(ours: Iterable[str]) -> str | None:
    """The CRM that the other variables speak of, where they speak of one only."""
    named = {crm for crm in ("salesforce", "hubspot") for name in ours if name.startswith(f"{PREFIX}{crm.upper()}_")}
    return named.pop() if len(named) == 1 else None


def _missing(crm: str, ours: Iterable[str]) -> list[str]:
    def has(*names: str) -> bool:
        return all(f"{PREFIX}{crm.upper()}_{name}" in ours for name in names)

    if crm == "salesforce":
        return list(_missing_for_salesforce(has))
    if crm == "hubspot" and not (has("ACCESS_TOKEN") or has("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")):
        return [
            "There is no way to sign in to HubSpot. Set TOSSUP_HUBSPOT_ACCESS_TOKEN; or, for an OAuth app, "
            "TOSSUP_HUBSPOT_CLIENT_ID, TOSSUP_HUBSPOT_CLIENT_SECRET and TOSSUP_HUBSPOT_REFRESH_TOKEN."
        ]
    return []


def _missing_for_salesforce(has: Callable[..., bool]) -> Iterator[str]:
    if not has("URL"):
        yield "TOSSUP_SALESFORCE_URL is not set. Set it to your My Domain, like https://acme.my.salesforce.com."
    if has("ACCESS_TOKEN"):
        return
    if not has("CLIENT_ID"):
        yield "TOSSUP_SALESFORCE_CLIENT_ID is not set. Set it to the consumer key of your External Client App."
    if not (has("USERNAME", "PRIVATE_KEY") or has("CLIENT_SECRET")):
        yield (
            "There is no way to sign in to Salesforce. Set TOSSUP_SALESFORCE_USERNAME and "
            "TOSSUP_SALESFORCE_PRIVATE_KEY_FILE; or TOSSUP_SALESFORCE_CLIENT_SECRET."
        )


def _in_words(detail: ErrorDetails) -> str:
    """One problem that validation found, never with the value of a secret."""
    name = PREFIX + str(detail["loc"][0]).upper()
    context = detail.get("ctx", {})
    if detail["type"] == "missing":
        return f"{name} is not set. Set it to salesforce or hubspot."
    given = f"{name} cannot be {detail['input']!r}."
    if detail["type"] == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        close = get_close_matches(str(detail["input"]), allowed, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Allowed: {', '.join(allowed)}."
        return f"{given} {hint}"
    if detail["type"] == "value_error":
        return f"{name} {context['error']}."
    return f"{given} {_expected(detail['type'], name, context)}"


def _expected(type: str, name: str, context: Mapping[str, Any]) -> str:
    if type == "string_pattern_mismatch":
        return f"Write it like {'68.0' if name.endswith('API_VERSION') else '400MB or 2GB'}."
    if type == "bool_parsing":
        return "Write yes or no."
    limits = {"ge": "at least", "gt": "more than", "le": "at most"}
    bounds = [f"{words} {context[sign]:g}" for sign, words in limits.items() if sign in context]
    return f"Give a number, {bounds[0]}." if bounds else "Give a number."
