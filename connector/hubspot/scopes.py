"""The scopes an app needs, by what it does.

https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes
"""

from collections.abc import Iterable

from connector.hubspot.names import ACTIVITIES, OWNERS, RATES, TYPE_IDS


def scopes(
    read: Iterable[str], write: Iterable[str] = (), create_properties_of: Iterable[str] = ()
) -> tuple[str, ...]:
    """Scopes to tick for reading and writing these objects and for creating properties of those, sorted."""
    found: set[str] = set()
    for object in read:
        found.add(_records(object, "read"))
        if object not in (OWNERS, RATES):
            found.add(schema_scope(object, "read"))
    found |= {_records(object, "write") for object in write}
    found |= {schema_scope(object, "write") for object in create_properties_of}
    return tuple(sorted(found))


def schema_scope(object: str, may: str) -> str:
    """The scope to read or write the properties of an object."""
    return f"crm.schemas.{_family(object)}.{may}"


def _records(object: str, may: str) -> str:
    if object == RATES:
        return f"settings.currencies.{may}"
    return f"crm.objects.{_family(object)}.{may}"


def _family(object: str) -> str:
    if object in ACTIVITIES:
        return "contacts"  # tasks, calls and mails come with the contacts
    return object if object in TYPE_IDS or object == OWNERS else "custom"
