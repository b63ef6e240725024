"""The least that our login must be allowed, by what the mapping reads and writes now; and what it may beyond that."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from connector.hubspot.names import MEMBERS
from connector.hubspot.scopes import scopes
from jobs.result import JsonObject
from jobs.wiring import Work
from mappings.config import MappingConfig, Rules
from mappings.needs import needs, parts
from mappings.schema import ObjectSchema, Schema
from mappings.sources import of_source
from mappings.write import lead_wished, list_target, wanted_fields, wanted_lists

May = Literal["read", "create", "edit", "scope"]
Purpose = Literal["run", "more", "setup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One permission. `target`: an object, `Object.Field`, or a scope. `held`: None where the CRM does not tell.

    `purpose`: `run` for every night, `more` for what runs go on without and would know more with, `setup` for
    `tossup setup --apply` alone. `parts`: the parts of the mapping that ask for it (read.case, write.task), sorted.
    """

    target: str
    may: May
    held: bool | None
    purpose: Purpose = "run"
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The least set, and what the login has beyond it as far as the CRM tells (`excess`), both sorted."""

    connection: str
    needed: tuple[Right, ...]
    excess: tuple[Right, ...]

    @property
    def lacking(self) -> tuple[Right, ...]:
        """What is needed every night and surely not held."""
        return tuple(right for right in self.needed if right.held is False and right.purpose == "run")

    def to_json(self) -> JsonObject:
        """The machine interface of `tossup rights --json`."""
        return {
            "connection": self.connection,
            "needed": [
                {
                    "target": one.target,
                    "may": one.may,
                    "held": one.held,
                    "purpose": one.purpose,
                    "parts": list(one.parts),
                }
                for one in self.needed
            ],
            "excess": [{"target": one.target, "may": one.may} for one in self.excess],
        }


def rights(work: Work) -> Rights:
    """What this connection's mapping and plays need, held against what the CRM shows our login."""
    mapping, schema = work.rules.mapping, work.schema
    read = {name: frozenset(need.fields) for name, need in needs(mapping, schema).items()}
    write = written_fields(mapping, schema)
    excess: tuple[Right, ...] = ()
    if work.crm.name == "hubspot":
        needed = _scopes(work.rules, schema, read, write)
    else:
        needed = tuple(_permissions(work.rules, schema, read, write))
        excess = tuple(_beyond(schema, write))
    told = tuple(_told(mapping, schema, needed))
    return Rights(connection=work.connection, needed=(*told, *_unseen(mapping, schema, told)), excess=excess)


def written_fields(mapping: MappingConfig, schema: Schema) -> dict[str, frozenset[str]]:
    """Every field that a run may write, by object; objects in which it makes records are among them."""
    found: dict[str, frozenset[str]] = {}
    for _, object, fields in _writes(mapping, schema):
        found[object] = found.get(object, frozenset()) | fields
    return found


def _writes(mapping: MappingConfig, schema: Schema) -> Iterator[tuple[str, str, frozenset[str]]]:
    """(part of the mapping, object, fields) of what a run may write."""
    account = mapping.write.account
    yield "write.account", account.object, frozenset(out.field for out in account.fields.values())
    for part, record in (("write.task", mapping.write.task), ("write.lead", lead_wished(mapping, schema))):
        fields = {record.key.field, *(out.field for out in record.fields.values()), *record.constants, *record.close}
        yield part, record.object, frozenset(fields)
    if (out := list_target(mapping, schema)) is not None:
        keyed = {out.key.field} if out.key is not None else set()
        yield "write.list", out.object, frozenset({*keyed, *(f.field for f in out.fields.values()), *out.constants})


def _told(mapping: MappingConfig, schema: Schema, needed: Iterable[Right]) -> Iterator[Right]:
    """The same rights, each with the parts of the mapping that ask for it."""
    reads, writes = _asked(mapping, schema), dict[str, set[str]]()
    for target, part, _ in _hidden(mapping, schema):
        reads.setdefault(target, set()).add(part)
    for part, name, fields in _writes(mapping, schema):
        for target in (name, *(f"{name}.{field}" for field in fields), *_write_scopes(schema, name)):
            writes.setdefault(target, set()).add(part)
        for target in (name, *_read_scopes(schema, name)):  # hidden, it could not be compared either
            reads.setdefault(target, set()).add(part)
    for right in needed:
        if right.may in ("create", "edit") or right.target.endswith(".write"):
            asks = writes.get(right.target, set())
        else:
            asks = reads.get(right.target, set())
        yield replace(right, parts=tuple(sorted(asks)))


def _asked(mapping: MappingConfig, schema: Schema) -> dict[str, set[str]]:
    """What is read, as objects, fields and scopes -> the parts of the mapping that ask for it."""
    found: dict[str, set[str]] = {}
    for part in parts(mapping):
        for name, need in needs(mapping, schema, part).items():
            for target in (name, *(f"{name}.{field}" for field in need.fields), *_read_scopes(schema, name)):
                found.setdefault(target, set()).add(part)
    return found


def _hidden(mapping: MappingConfig, schema: Schema) -> Iterator[tuple[str, str, bool]]:
    """(what would show it, part of the mapping, whether runs do without) of what is read and the CRM hides."""
    for table, sources in mapping.read.items():
        for source in sources:
            passed = {segment for path in of_source(source).paths for segment in path.split(".")[:-1]}
            for object in sorted({source.object, *passed} & schema.hidden.keys()):
                for target in _read_scopes(schema, object) or (object,):
                    yield target, f"read.{table}", source.optional or object != source.object


def _read_scopes(schema: Schema, object: str) -> tuple[str, ...]:
    if schema.crm != "hubspot":
        return ()
    return ("crm.lists.read",) if object == MEMBERS else scopes([object])


def _write_scopes(schema: Schema, object: str) -> tuple[str, ...]:
    if schema.crm != "hubspot":
        return ()
    return ("crm.lists.write",) if object == MEMBERS else scopes((), [object])


def _unseen(mapping: MappingConfig, schema: Schema, told: Iterable[Right]) -> Iterator[Right]:
    """What the mapping would read and the CRM hides, as far as it is not told yet."""
    known = {right.target for right in told}
    may: May = "scope" if schema.crm == "hubspot" else "read"
    hidden = sorted(one for one in _hidden(mapping, schema) if one[0] not in known)
    for target, some in groupby(hidden, key=lambda one: one[0]):
        asks = list(some)
        purpose: Purpose = "more" if all(optional for _, _, optional in asks) else "run"
        yield Right(target=target, may=may, held=False, purpose=purpose, parts=tuple(sorted({p for _, p, _ in asks})))


def _made(mapping: MappingConfig, schema: Schema) -> set[str]:
    made = {mapping.write.task.object, lead_wished(mapping, schema).object}
    out = list_target(mapping, schema)
    return made | ({out.object} if out is not None else set())


def _permissions(
    rules: Rules, schema: Schema, read: Mapping[str, frozenset[str]], write: Mapping[str, frozenset[str]]
) -> Iterator[Right]:
    """Salesforce: object and field permissions of a permission set."""
    made = _made(rules.mapping, schema)
    for name in sorted({*read, *write}):
        known = schema.objects.get(name)
        yield Right(target=name, may="read", held=known is not None)
        if name in write:
            yield Right(target=name, may="edit", held=known is not None and known.updateable)
        if name in made:
            yield Right(target=name, may="create", held=known is not None and known.createable)
        yield from _fields(name, known, read.get(name, frozenset()), write.get(name, frozenset()))
    if wanted_lists(rules, schema):
        yield Right(target="Campaign", may="create", held=None, purpose="setup")
    if wanted_fields(rules.mapping, schema):
        for name in ("Customize Application", "Manage Profiles and Permission Sets"):
            yield Right(target=name, may="scope", held=None, purpose="setup")


def _fields(object: str, known: ObjectSchema | None, read: frozenset[str], write: frozenset[str]) -> Iterator[Right]:
    for name in sorted(read | write):
        field = known.fields.get(name) if known is not None else None
        may: May = "edit" if name in write else "read"
        can = field is not None and (may == "read" or field.updateable or field.createable)
        yield Right(target=f"{object}.{name}", may=may, held=can)


def _beyond(schema: Schema, write: Mapping[str, frozenset[str]]) -> Iterator[Right]:
    """Objects and fields of the mapping that our login may write and Tossup never does."""
    for name, known in sorted(schema.objects.items()):
        ours = write.get(name)
        if ours is None:
            if known.updateable or known.createable:
                yield Right(target=name, may="edit", held=True)
            continue
        for field in sorted(known.fields):
            if known.fields[field].updateable and field not in ours:
                yield Right(target=f"{name}.{field}", may="edit", held=True)


def _scopes(
    rules: Rules, schema: Schema, read: Mapping[str, frozenset[str]], write: Mapping[str, frozenset[str]]
) -> tuple[Right, ...]:
    """HubSpot: scopes. What may be read shows; what may be written does not, before it is tried."""
    lists = list_target(rules.mapping, schema)
    records = {name for name in (*read, *write) if lists is None or name != lists.object}
    reading = set(scopes(sorted(records)))
    running = {*reading, *scopes((), sorted(name for name in write if name in records))}
    if lists is not None and wanted_lists(rules, schema):
        running |= {"crm.lists.read", "crm.lists.write"}
    making = {*scopes((), (), sorted({one.object for one in wanted_fields(rules.mapping, schema)}))}
    hidden = {*scopes(sorted(set(schema.hidden) & records))} if set(schema.hidden) & records else set()
    run = (Right(target=one, may="scope", held=_held(one, reading, hidden)) for one in sorted(running))
    once = (Right(target=one, may="scope", held=None, purpose="setup") for one in sorted(making - running))
    return (*run, *once)


def _held(scope: str, reading: set[str], hidden: set[str]) -> bool | None:
    if scope in hidden:
        return False
    return True if scope in reading else None
