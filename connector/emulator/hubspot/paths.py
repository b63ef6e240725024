"""Which path leads to which handler: each once under v3/v4 and once under a dated version."""

from collections.abc import Callable, Iterator
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from connector.emulator.hubspot import account, associations, batch, definitions, lists, objects, schemas, search
from connector.emulator.hubspot.account import Tokens
from connector.emulator.hubspot.gate import Call, Gate

Handler = Callable[[Call], Response]

_OBJECTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/{type}/search", search.search),
    ("POST", "/{type}/batch/read", batch.read),
    ("POST", "/{type}/batch/create", batch.create),
    ("POST", "/{type}/batch/update", batch.update),
    ("POST", "/{type}/batch/upsert", batch.upsert),
    ("POST", "/{type}/batch/archive", batch.archive),
    ("GET", "/{type}", objects.page),
    ("POST", "/{type}", objects.create),
    ("GET", "/{type}/{id}", objects.get),
    ("PATCH", "/{type}/{id}", objects.update),
    ("DELETE", "/{type}/{id}", objects.archive),
)
_LINKS_OF_ONE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("PUT", "/{from}/{from_id}/associations/default/{to}/{to_id}", associations.put_default),
    ("GET", "/{type}/{id}/associations/{to}", associations.listed),
    ("PUT", "/{type}/{id}/associations/{to}/{to_id}", associations.put),
    ("DELETE", "/{type}/{id}/associations/{to}/{to_id}", associations.delete),
)
_LINKS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/{from}/{to}/batch/read", associations.batch_read),
    ("POST", "/{from}/{to}/batch/create", associations.batch_create),
    ("POST", "/{from}/{to}/batch/associate/default", associations.batch_default),
    ("POST", "/{from}/{to}/batch/archive", associations.batch_archive),
    ("POST", "/{from}/{to}/batch/labels/archive", associations.batch_archive_labels),
    ("GET", "/{from}/{to}/labels", associations.labels),
    ("POST", "/{from}/{to}/labels", associations.create_label),
)
_PROPERTIES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/{type}/groups", definitions.groups),
    ("POST", "/{type}/groups", definitions.create_group),
    ("GET", "/{type}/groups/{name}", definitions.group),
    ("POST", "/{type}/batch/read", definitions.batch_read),
    ("POST", "/{type}/batch/create", definitions.batch_create),
    ("POST", "/{type}/batch/archive", definitions.batch_archive),
    ("GET", "/{type}", definitions.listed),
    ("POST", "/{type}", definitions.create),
    ("GET", "/{type}/{name}", definitions.get),
    ("PATCH", "/{type}/{name}", definitions.update),
    ("DELETE", "/{type}/{name}", definitions.archive),
)
_SCHEMAS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "", schemas.listed),
    ("POST", "", schemas.create),
    ("GET", "/{type}", schemas.get),
    ("POST", "/{type}/associations", schemas.associate),
)
_OWNERS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "", account.owners),
    ("GET", "/{id}", account.owner),
)
_PIPELINES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/{type}", account.pipelines),
    ("GET", "/{type}/{id}", account.pipeline),
    ("GET", "/{type}/{id}/stages", account.stages),
)
_LISTS: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "", lists.create),
    ("POST", "/search", lists.find),
    ("GET", "/object-type-id/{type}/name/{name}", lists.by_name),
    ("GET", "/{id}", lists.get),
    ("DELETE", "/{id}", lists.delete),
    ("GET", "/{id}/memberships", lists.memberships),
    ("PUT", "/{id}/memberships/add", lists.add),
    ("PUT", "/{id}/memberships/remove", lists.remove),
    ("PUT", "/{id}/memberships/add-and-remove", lists.add_and_remove),
)
_CURRENCIES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/exchange-rates", account.exchange_rates),
    ("GET", "/company-currency", account.company_currency),
)
_DETAILS: Final[tuple[tuple[str, str, Handler], ...]] = (("GET", "/details", account.details),)

_AREAS: Final = (
    (_OBJECTS, "/crm/v3/objects", "/crm/objects/{version}"),
    (_LINKS_OF_ONE, "/crm/v4/objects", "/crm/objects/{version}"),
    (_LINKS, "/crm/v4/associations", "/crm/associations/{version}"),
    (_PROPERTIES, "/crm/v3/properties", "/crm/properties/{version}"),
    (_SCHEMAS, "/crm/v3/schemas", "/crm-object-schemas/{version}/schemas"),
    (_OWNERS, "/crm/v3/owners", "/crm/owners/{version}"),
    (_PIPELINES, "/crm/v3/pipelines", "/crm/pipelines/{version}"),
    (_LISTS, "/crm/v3/lists", "/crm/lists/{version}"),
    (_CURRENCIES, "/settings/v3/currencies", "/settings/currencies/{version}"),
    (_DETAILS, "/account-info/v3", "/account-info/{version}"),
)


def routes(gate: Gate, tokens: Tokens) -> Iterator[Route]:
    """Every HubSpot route."""
    for table, old, dated in _AREAS:
        for prefix, version in ((old, "v3"), (dated, None)):
            for method, path, handler in table:
                yield Route(f"{prefix}{path}", gate.lets_in(handler, version=version), methods=[method])
    yield Route("/oauth/v1/access-tokens/{token}", tokens.access_token, methods=["GET"])
    yield Route("/oauth/{version}/token", tokens.token, methods=["POST"])
    yield Route("/oauth/{version}/token/introspect", tokens.introspect, methods=["POST"])
