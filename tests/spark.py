"""Spark's SQL without a cluster: an expression compiles for it or raises."""

import ibis
import ibis.expr.types as ir
import pytest
from ibis.backends.sql.compilers import pyspark
from ibis.config import Config


class _Settings(Config):
    treat_nan_as_null: bool = False


def spark_sql(asked: ir.Expr) -> str:
    """What Spark would be asked."""
    with pytest.MonkeyPatch.context() as patch:
        # Ibis sets this when it connects to Spark; compiling alone reads it too
        patch.setattr(ibis.options, "pyspark", _Settings())
        return str(pyspark.compiler.to_sqlglot(asked.as_table().unbind()).sql("spark"))
