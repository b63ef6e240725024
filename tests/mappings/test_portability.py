"""The same expressions for another engine: every canonical table compiles to Spark's SQL."""

import ibis
import pytest
from ibis.config import Config

from mappings.read import canonical
from tests.mappings.orgs import Rows, hubspot, preset, salesforce


class Spark(Config):
    treat_nan_as_null: bool = False


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_every_table_compiles_for_spark(crm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Ibis sets this when it connects to Spark; compiling alone reads it too.
    monkeypatch.setattr(ibis.options, "pyspark", Spark())
    org = Rows(salesforce() if crm == "salesforce" else hubspot())
    mapping = preset(crm)
    mapping = mapping.model_copy(
        update={"company": mapping.company.model_copy(update={"time_zone": "Europe/Berlin"})}
    )
    for name, table in canonical(mapping, org.schema, org.table, org.links).items():
        assert ibis.to_sql(table, dialect="pyspark").startswith(("SELECT", "WITH")), name
