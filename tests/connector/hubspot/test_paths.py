"""Where things live under each API version."""

import pytest

from connector.hubspot.paths import Paths


@pytest.mark.parametrize(
    ("version", "search", "links", "schemas"),
    [
        (
            "v3",
            "/crm/v3/objects/deals/search",
            "/crm/v4/associations/deals/companies/batch/read",
            "/crm/v3/schemas",
        ),
        (
            "2026-03",
            "/crm/objects/2026-03/deals/search",
            "/crm/associations/2026-03/deals/companies/batch/read",
            "/crm-object-schemas/2026-03/schemas",
        ),
        (
            "2026-09",
            "/crm/objects/2026-09/deals/search",
            "/crm/associations/2026-09/deals/companies/batch/read",
            "/crm-object-schemas/2026-03/schemas",
        ),
    ],
)
def test_every_version_has_its_own_paths(version, search, links, schemas):
    paths = Paths(version=version)
    assert paths.search("deals") == search
    assert paths.links("deals", "companies", "read") == links
    assert paths.schemas == schemas
    rates = "v3/currencies" if version == "v3" else "currencies/2026-03"
    assert paths.exchange_rates == f"/settings/{rates}/exchange-rates"


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        ("/crm/v3/properties/0-2", "/crm/properties/2026-09/0-2"),
        ("/crm/v3/properties/0-2/groups", "/crm/properties/2026-09/0-2/groups"),
        ("/crm/v3/owners", "/crm/owners/2026-09"),
        ("/crm/v3/pipelines/deals", "/crm/pipelines/2026-09/deals"),
        ("/oauth/v1/token", "/oauth/2026-09/token"),
    ],
)
def test_the_librarys_paths_are_brought_to_the_configured_version(made, sent):
    assert Paths(version="2026-09").of_library(made) == sent
    assert Paths(version="v3").of_library(made) == made
