"""A question in DuckDB's SQL: what Ibis says, without rebuilding the question several times before it is said.

Ibis puts other nodes in the place of most nodes of a question, checking and hashing each, before it words the first:
that takes longer than all the rest. Here those nodes are worded as they are. A question with a node that Ibis would
really change goes Ibis's own way.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from typing import Any

import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import STAR
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.common.graph import Graph

_NAMED_ONCE = (ops.Project, ops.Filter, ops.Sort, ops.Distinct, ops.DropNull, ops.DropColumns, ops.Aggregate,
               ops.JoinChain, ops.Set, ops.Limit)  # fmt: skip
"""What becomes a common table expression where several relations read it."""
_RELATIONS = (*_NAMED_ONCE, ops.DatabaseTable, ops.InMemoryTable, ops.UnboundTable, ops.Reference)
"""The relations that are worded here."""
_CHANGED = (
    *DuckDBCompiler.lowered_ops, ops.ScalarParameter, ops.ArrayMap, ops.ArrayFilter, ops.ArrayPosition, ops.FindInSet,
    ops.First, ops.Last, ops.NTile, ops.NthValue, ops.StringFind,
)  # fmt: skip
"""The values that only Ibis itself words, for it changes them before (see ibis.backends.sql.rewrites)."""

_WORK = (sge.Join, sge.Group, sge.Distinct, sge.AggFunc, sge.Window, sge.SetOperation)
"""What makes a query more than a look at the rows of one table."""


class Wording(DuckDBCompiler):  # type: ignore[misc] # Ibis has no types
    """Ibis's compiler for DuckDB, with a shorter way to the same words."""

    __slots__ = ()

    def translate(self, op: ops.Node, *, params: Mapping[Any, Any]) -> Any:
        """The relation `op` in words, as the class it extends finds them."""
        if params or not isinstance(op, ops.Relation):
            return super().translate(op, params=params)
        graph, dependents = Graph.from_bfs(op).toposort()
        if not all(map(_as_it_is, graph)):
            return super().translate(op, params=params)
        return _Sentence(self, op, graph, _named(dependents)).query()


_COMPILER = Wording()


class BringsRows(Exception):
    """The question brings rows of its own, which SQL alone cannot say."""


@lru_cache(maxsize=500)
def question(op: ops.Relation) -> str:
    """The rows of `op` as SQL, remembered: every run of a day asks the same. Raises BringsRows."""
    if any(isinstance(node, ops.InMemoryTable) for node in Graph.from_bfs(op)):
        raise BringsRows
    query = _COMPILER.to_sqlglot(op.to_expr())
    for part in query.ctes:
        # what is read twice is written down in between, which for rows that are only read takes longer than reading
        if part.this.find(*_WORK) is None:
            part.set("materialized", value=False)
    return str(query.sql(dialect=_COMPILER.dialect, copy=False))


class _Sentence:
    """One question on its way into words: node by node, each after those it is made of."""

    def __init__(self, compiler: Wording, op: ops.Relation, graph: Graph, named: frozenset[ops.Node]) -> None:
        self._compiler = compiler
        self._quoted = compiler.quoted
        self._op = op
        self._graph = graph
        self._named = named
        self._names = 0
        self._said: dict[ops.Node, Any] = {}
        self._first: dict[str, Any] = {}

    def query(self) -> Any:
        for node in self._graph:
            worded = _WORDED.get(type(node), _Sentence._as_ibis)
            said = worded(self, node)
            self._said[node] = self._part(node, said) if isinstance(node, ops.Relation) else said
        said = self._said[self._op]
        query = said.this if isinstance(said, sge.Subquery) else said
        if isinstance(said, sge.Table):
            query = sg.select(STAR, copy=False).from_(said, copy=False)
        for name, body in self._first.items():
            query = query.with_(sg.to_identifier(name, quoted=self._quoted), as_=body, copy=False)
        return query

    def _part(self, node: ops.Relation, said: Any) -> Any:
        """How the rest of the question calls the relation."""
        if node is self._op:
            return said
        if node in self._named:
            name = self._name()
            self._first[name] = said.this if isinstance(said, sge.Subquery) else said
            said = sge.table_(name, quoted=self._quoted)
        return self._aliased(said, self._name())

    def _name(self) -> str:
        self._names += 1
        return f"t{self._names - 1}"

    def _aliased(self, said: Any, name: str) -> Any:
        alias = sg.to_identifier(name, quoted=self._quoted)
        if isinstance(said, sge.Query) and not isinstance(said, sge.Subquery | sge.Table):
            return said.subquery(alias, copy=False)
        return said.as_(alias, quoted=self._quoted, table=isinstance(said, sge.Table))

    def _as_ibis(self, node: ops.Node) -> Any:
        arguments = zip(node.argnames, node.args, strict=True)
        return self._compiler.visit_node(node, **{name: self._looked_up(value) for name, value in arguments})

    def _field(self, node: ops.Field) -> Any:
        return self._compiler.visit_Field(node, rel=self._said[node.rel], name=node.name)

    def _alias(self, node: ops.Alias) -> Any:
        return self._said[node.arg]

    def _window(self, node: ops.WindowFunction) -> Any:
        said = self._as_ibis(node)
        # Ibis counts from 0
        return self._compiler.visit_Subtract(None, left=said, right=sge.convert(1)) if _is_rank(node) else said

    def _in_values(self, node: ops.InValues) -> Any:
        return self._as_ibis(node) if node.options else sge.false()

    def _looked_up(self, value: Any) -> Any:
        if isinstance(value, ops.Node):
            return self._said[value]
        if isinstance(value, tuple | list):
            return tuple(map(self._looked_up, value))
        if isinstance(value, Mapping):
            return {key: self._looked_up(part) for key, part in value.items()}
        return value

    def _everything(self, node: ops.Relation) -> Any:
        return sg.select(STAR, copy=False).from_(self._said[node.parent], copy=False)

    def _project(self, node: ops.Project) -> Any:
        if _is_everything(node):
            return self._everything(node)
        columns = self._compiler._cleanup_names(self._looked_up(node.values))
        return sg.select(*columns, copy=False).from_(self._said[node.parent], copy=False)

    def _filter(self, node: ops.Filter) -> Any:
        plain: list[Any] = []
        late: list[Any] = []
        for predicate in node.predicates:
            windowed = predicate.find(ops.WindowFunction, filter=ops.Value)
            (late if windowed else plain).append(self._said[predicate])
        query = self._everything(node)
        query = query.where(*plain, copy=False) if plain else query
        return query.qualify(*late, copy=False) if late else query

    def _sort(self, node: ops.Sort) -> Any:
        return self._everything(node).order_by(*self._looked_up(node.keys), copy=False)

    def _distinct(self, node: ops.Distinct) -> Any:
        return self._everything(node).distinct(copy=False)

    def _drop_null(self, node: ops.DropNull) -> Any:
        there = [self._compiler.visit_NotNull(None, arg=self._said[field]) for field in node.subset]
        join = sge.And if node.how == "any" else sge.Or
        return self._everything(node).where(reduce(lambda a, b: self._compiler.binop(join, a, b), there), copy=False)

    def _drop_columns(self, node: ops.DropColumns) -> Any:
        if not _is_select(node):
            return self._as_ibis(node)
        parent = self._said[node.parent]
        columns = (sg.column(name, table=parent.alias_or_name, quoted=self._quoted) for name in node.schema)
        return sg.select(*columns, copy=False).from_(parent, copy=False)


_WORDED: Mapping[type[ops.Node], Callable[[_Sentence, Any], Any]] = {
    ops.Field: _Sentence._field,
    ops.Alias: _Sentence._alias,
    ops.WindowFunction: _Sentence._window,
    ops.InValues: _Sentence._in_values,
    ops.Project: _Sentence._project,
    ops.Filter: _Sentence._filter,
    ops.Sort: _Sentence._sort,
    ops.Distinct: _Sentence._distinct,
    ops.DropNull: _Sentence._drop_null,
    ops.DropColumns: _Sentence._drop_columns,
}
"""What Ibis puts another node in the place of, and fields, which are most of what there is to say."""


def _as_it_is(node: ops.Node) -> bool:
    """Whether the node can be worded without another in its place."""
    if isinstance(node, ops.Relation):
        return isinstance(node, _RELATIONS) and not (isinstance(node, ops.DropNull) and not node.subset)
    return not isinstance(node, _CHANGED)


def _named(dependents: Graph) -> frozenset[ops.Node]:
    """The relations that others read more than once: they are said once, before the rest."""
    return frozenset(
        node
        for node, readers in dependents.items()
        if isinstance(node, _NAMED_ONCE)
        and sum(not isinstance(one, ops.Field | ops.CountStar | ops.CountDistinctStar) for one in readers) > 1
        and not (isinstance(node, ops.DropColumns) and not _is_select(node))
    )


def _is_rank(node: ops.WindowFunction) -> bool:
    return isinstance(node.func, ops.RankBase)


def _is_select(node: ops.DropColumns) -> bool:
    """Whether so many columns are dropped that it is shorter to name those that stay."""
    return len(node.columns_to_drop) >= len(node.schema) // 2


def _is_everything(node: ops.Project) -> bool:
    """Whether it gives its parent's columns as they are."""
    names = node.parent.schema.names
    if tuple(node.values) != names:
        return False
    return all(
        isinstance(value, ops.Field) and value.rel == node.parent and value.name == name
        for name, value in node.values.items()
    )
