"""Facts and leads on Spark: the same expressions, each stage kept as Parquet files and read as a view."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.pyspark.datatypes import PySparkSchema
from pyspark.sql import functions


class SparkWorld:
    """Canonical tables on a Spark session, classic or Connect; `folder` is one that every worker sees.

    `stage` is what leads.find.find wants: it keeps the rows of an expression in the folder.
    """

    def __init__(self, session: Any, folder: Path) -> None:
        self._session = session
        self._folder = folder
        self._names = count()
        # Spark plans nested queries as one anyway: having Ibis merge them first only costs time to compile
        ibis.options.sql.fuse_selects = False
        self._ibis: Any = ibis.pyspark.connect(session)

    def load(self, tables: Mapping[str, pa.Table]) -> dict[str, ir.Table]:
        """The same tables as Spark holds them."""
        return {name: self._loaded(name, table) for name, table in tables.items()}

    def _loaded(self, name: str, table: pa.Table) -> ir.Table:
        path = self._folder / f"table_{name}.parquet"
        pq.write_table(table, path)
        return self._view(f"table_{name}", path, ibis.Schema.from_pyarrow(table.schema))

    def stage(self, name: str, table: ir.Table) -> ir.Table:
        """Compute the expression once; its columns have the types that the expression says."""
        schema = table.schema()
        rows = self._session.sql(self._said(table))
        # a division's or a sum's type is Spark's own choice
        rows = rows.select(*(functions.col(f"`{one.name}`").cast(one.dataType) for one in _fields(schema)))
        view = f"stage_{next(self._names)}_{name}"
        path = self._folder / view
        rows.toDF(*schema.names).write.parquet(str(path))
        return self._view(view, path, schema)

    def _said(self, table: ir.Table) -> str:
        self._ibis._register_in_memory_tables(table)
        return str(self._ibis.compile(table))

    def _view(self, name: str, path: Path, schema: ibis.Schema) -> ir.Table:
        # files that hold no rows do not tell their columns
        self._session.read.schema(PySparkSchema.from_ibis(schema)).parquet(str(path)).createOrReplaceTempView(name)
        shown: ir.Table = self._ibis.table(name)
        return shown


def _fields(schema: ibis.Schema) -> Any:
    return PySparkSchema.from_ibis(schema).fields
