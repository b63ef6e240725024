"""docs/mapping.md says nothing that is not so: every example is loaded and checked."""

import re
from pathlib import Path
from typing import Any

import pytest

from mappings.canonical import TABLES
from mappings.check import check
from mappings.config import MappingConfig, Ranking, Rules
from mappings.load import Positions
from mappings.marked import Marked, parse
from mappings.outputs import ACCOUNT_OUTPUTS
from mappings.schema import Schema
from mappings.selfcheck import of_mapping
from tests.mappings.orgs import PRESETS, also, fields, hubspot, salesforce, thing

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def org() -> Schema:
    """An org with the fields that the examples speak of."""
    schema = also(
        salesforce(),
        Account="Health_Score__c:n Paid_Users__c:n Type:p=Customer|Partner|Competitor Currency__c:p "
        "Seats_To_Win__c:n Health__c:p=Green|Yellow|Red",
        Asset="Price_Per_Year__c:c",
        Opportunity="Amount_In_Thousands__c:n",
        Case="Priority:p=High|Medium|Low|P1|P2|P3 Status:p=New|Closed|Solved",
    )
    more = {
        "Order": thing("Order", "AccountId>Account", id_field="Id"),
        "Seat_Contract__c": thing("Seat_Contract__c", "Order__c>Order Product__c>Product2 Seats__c:n", id_field="Id"),
        "Survey_Answer__c": thing(
            "Survey_Answer__c", "Account__c>Account Score__c:n Answered_On__c:d", id_field="Id"
        ),
    }
    assert fields("Order__c>Order")["Order__c"].relationship == "Order__r"
    return Schema(crm="salesforce", objects={**schema.objects, **more})


def merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The preset with the example's tables and sections in place of its own."""
    return {
        name: {**base[name], **value} if name in ("company", "read", "write") else value
        for name, value in {**base, **more}.items()
    }


@pytest.mark.parametrize("block", BLOCKS, ids=[block.strip().splitlines()[1].strip() for block in BLOCKS])
def test_every_example_loads_and_fits(block: str) -> None:
    crm, schema = ("hubspot", hubspot()) if block.startswith("# hubspot") else ("salesforce", org())
    preset: Any = parse((PRESETS / f"{crm}.yaml").read_bytes()).value
    example: Any = parse(block.encode()).value
    document = merged(preset, {name: example.get(name, {}) for name in ("company", "read", "write")} | example)
    mapping = MappingConfig.model_validate(document)
    assert list(of_mapping(mapping, crm)) == []
    rules = Rules(
        mapping=mapping, plays={}, gates={}, ranking=Ranking(low="false", high="false", mid="false"), texts={}
    )
    marked = Marked(value=document, marks={})
    positions = Positions(files={f"{crm}.yaml": Path("example.yaml")}, documents={f"{crm}.yaml": marked})
    assert list(map(str, check(rules, schema, positions))) == []


def tables() -> str:
    """The columns of every table as the page shows them."""
    parts = []
    for name, table in TABLES.items():
        if name != "ours":
            rows = [
                f"| {f'**{column}**' if what.required else column} | {what.kind} | {what.doc} |"
                for column, what in table.columns.items()
            ]
            parts.append(
                "\n".join([f"### {name}\n\n{table.doc}\n", "| column | kind | meaning |", "|---|---|---|", *rows])
            )
    return "\n\n".join(parts)


def test_the_page_lists_every_table_and_column_as_they_are() -> None:
    shown = PAGE.read_text("utf-8").partition("<!-- tables -->\n")[2].partition("\n<!-- end of tables -->")[0]
    assert shown.strip() == tables()


def test_the_problem_shown_on_the_page_is_one_that_is_told() -> None:
    text = (PRESETS / "salesforce.yaml").read_text("utf-8")
    line = text.splitlines().index("      employees: NumberOfEmployees") + 1
    assert (
        f"rules/salesforce.yaml:{line}:7  account.employees: Account has no field NumberOfEmployes."
        in PAGE.read_text("utf-8")
    )


def test_the_page_lists_every_answer_about_an_account() -> None:
    shown = PAGE.read_text("utf-8").partition("<!-- answers -->\n")[2].partition("\n<!-- end of answers -->")[0]
    rows = [f"| {name} | {output.type.value} | {output.help} |" for name, output in ACCOUNT_OUTPUTS.items()]
    assert shown.strip().splitlines()[2:] == rows
