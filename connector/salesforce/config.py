"""How to reach one Salesforce org, and how careful to be."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from connector.wire import Patience, Timeouts

BULK_WRITES = 2_000
"""More records than this are written by Bulk API 2.0: ten calls of Collections take longer than a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesforceConfig:
    """The org's My Domain address, one way to sign in, and limits.

    Signing in: `client_id` + `username` + `private_key`, a PEM (JWT bearer), or `client_id` + `client_secret` (client
    credentials), or a ready `access_token` (never renewed). `reserve` is the share of the daily API calls left to
    others. `overlap_s` is read again by every incremental read, and a cursor never comes nearer to the CRM's now
    than `lag_s`: a transaction stamps its records when it starts and shows them when it commits, minutes later.
    Reads of more than `bulk_rows` rows and writes of more than `bulk_writes` records go by Bulk API 2.0.
    """

    url: str
    client_id: str | None = None
    username: str | None = None
    private_key: SecretStr | None = None
    client_secret: SecretStr | None = None
    access_token: SecretStr | None = None
    api_version: str = "68.0"
    timeouts: Timeouts = field(default_factory=Timeouts)
    patience: Patience = field(default_factory=Patience)
    reserve: float = 0.2
    overlap_s: float = 600.0
    lag_s: float = 300.0
    bulk_rows: int = 10_000
    bulk_writes: int = BULK_WRITES
    bulk_page: int = 100_000
    """Rows asked for in one part of a Bulk result; a dropped connection costs at most one part."""
    job_patience_s: float = 3_600.0
    audience: Literal["login", "test"] | None = None
    """Whom a JWT is for: `login`, or `test` for a sandbox; None tells by the address."""

    @property
    def data(self) -> str:
        """The path that the REST API of the chosen version starts with."""
        return f"/services/data/v{self.api_version}"

    @property
    def login_domain(self) -> str:
        """`login` or `test`, the server that a JWT names as its audience."""
        host = urlsplit(self.url).hostname or ""
        return self.audience or ("test" if ".sandbox." in host or host.startswith("test.") else "login")
