"""Where each thing lives under each version of HubSpot's API.

Versions by date replace v3 and v4 (which end in 2027); the shapes are the same, the paths are not:
https://developers.hubspot.com/docs/developer-tooling/platform/versioning
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Version = Literal["v3", "2026-03", "2026-09"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Paths of one API version. Object types are given as their type id (0-2) or as HubSpot's own name."""

    version: Version

    def objects(self, type: str) -> str:
        """Records of one object."""
        return self._crm("objects", type)

    def search(self, type: str) -> str:
        """Search among records: POST."""
        return f"{self.objects(type)}/search"

    def batch(self, type: str, verb: Literal["read", "create", "update", "upsert", "archive"]) -> str:
        """Up to 100 records: POST."""
        return f"{self.objects(type)}/batch/{verb}"

    def links(self, type: str, to: str, verb: Literal["read", "associate/default"]) -> str:
        """Associations of many records: POST."""
        version = "v4/associations" if self.version == "v3" else f"associations/{self.version}"
        return f"/crm/{version}/{quote(type)}/{quote(to)}/batch/{verb}"

    def lists(self, rest: str = "") -> str:
        """Static and active lists, and who is on them."""
        return self._crm("lists", rest).rstrip("/")

    @property
    def account(self) -> str:
        """Which account this is."""
        return f"/account-info/{self.version}/details"

    @property
    def schemas(self) -> str:
        """The account's own objects."""
        # the 2026-09 release kept the custom object schemas of 2026-03
        return "/crm/v3/schemas" if self.version == "v3" else "/crm-object-schemas/2026-03/schemas"

    @property
    def exchange_rates(self) -> str:
        """What other currencies are worth in the company's, now and before."""
        # the 2026-09 release kept the currencies of 2026-03
        return f"/settings/{'v3/currencies' if self.version == 'v3' else 'currencies/2026-03'}/exchange-rates"

    def of_library(self, path: str) -> str:
        """The path of this version for a path that hubspot-api-client made (it knows v3 and v4 only)."""
        if self.version == "v3":
            return path
        area, _, rest = path.removeprefix("/crm/v3/").partition("/")
        if path.startswith("/crm/v3/") and area in ("properties", "owners", "pipelines"):
            return f"/crm/{area}/{self.version}/{rest}".rstrip("/")
        return f"/oauth/{self.version}/token" if path == "/oauth/v1/token" else path

    def _crm(self, area: str, rest: str) -> str:
        version = f"v3/{area}" if self.version == "v3" else f"{area}/{self.version}"
        return f"/crm/{version}/{quote(rest)}"
