"""The same expressions for another engine: every canonical table compiles to Spark's SQL."""

import pytest

from mappings.read import canonical
from tests.mappings.orgs import Rows, hubspot, preset, salesforce
from tests.spark import spark_sql


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_every_table_compiles_for_spark(crm: str) -> None:
    org = Rows(salesforce() if crm == "salesforce" else hubspot())
    mapping = preset(crm)
    mapping = mapping.model_copy(
        update={"company": mapping.company.model_copy(update={"time_zone": "Europe/Berlin"})}
    )
    for name, table in canonical(mapping, org.schema, org.table, org.links).items():
        assert spark_sql(table).startswith(("SELECT", "WITH")), name
