"""Evidence names the record that holds the field, not merely the row it was read through."""

from contextlib import closing

import ibis
import pytest

from leads.inputs import Inputs
from leads.origins import Origin, Origins, Proof, origin
from mappings.read import READ_FROM
from tests.leads.world import LINEAGE, TODAY, World, rules

SALESFORCE = {
    "account.id": "Account.Id", "account.employees": "Account.NumberOfEmployees",
    "opportunity.id": "Opportunity.Id", "opportunity.closes_on": "Opportunity.CloseDate",
    "purchase.id": "OpportunityLineItem.Id", "purchase.account_id": "Opportunity.AccountId",
    "purchase.opportunity_id": "OpportunityLineItem.OpportunityId", "purchase.bought_on": "Opportunity.CloseDate",
}  # fmt: skip
HUBSPOT = {
    "subscription.id": "subscriptions.hs_object_id", "subscription.product_id": "line_items.hs_product_id",
    "subscription.seats_paid": "constant 5, subscriptions.seats_paid, subscriptions.seats",
}  # fmt: skip


@pytest.mark.parametrize(
    ("lineage", "column", "expected"),
    [
        (SALESFORCE, "account.employees", ("Account.NumberOfEmployees", None)),
        (SALESFORCE, "opportunity.closes_on", ("Opportunity.CloseDate", None)),
        (SALESFORCE, "purchase.bought_on", ("Opportunity.CloseDate", "opportunity_id")),
        (HUBSPOT, "subscription.product_id", ("subscriptions.line_items.hs_product_id", None)),
        (HUBSPOT, "subscription.seats_paid", ("subscriptions.seats_paid", None)),
        ({"usage.quantity": "Usage__c.Quantity__c"}, "usage.quantity", ("Usage__c.Quantity__c", None)),
    ],
    ids=["the account's own", "the deal's own", "the line's deal", "a record nobody names", "the first of several",
         "an id that is told nowhere"],
)  # fmt: skip
def test_the_field_and_the_column_that_names_its_record(
    lineage: dict[str, str], column: str, expected: tuple[str, str | None]
) -> None:
    found = origin(lineage, column)
    assert found is not None
    assert (found.field, found.parent) == expected


def test_what_was_read_from_nowhere_has_no_origin() -> None:
    assert origin({"subscription.seats_paid": "constant 100"}, "subscription.seats_paid") is None
    assert origin({}, "subscription.seats_paid") is None


def test_where_several_objects_fill_a_table_each_row_names_the_field_of_its_own() -> None:
    seats = Proof(fact="plan_seats", unit="seats", record="plan_record", field="subscription.seats_paid")
    lineage = {
        "subscription.id": "Asset.Id, Contract.Id",
        "subscription.seats_paid": "Asset.Quantity, Contract.Seats__c",
    }
    with closing(
        World({"subscription": [{"id": "a", "account_id": "acme"}, {"id": "c", "account_id": "acme"}]})
    ) as world:
        rows = world.tables["subscription"]
        read_from = ibis.ifelse(rows.id == "a", "Asset", "Contract")
        tables = {**world.tables, "subscription": rows.mutate(**{READ_FROM: read_from})}
        inputs = Inputs(
            tables=tables, rules=rules(), today=TODAY, lineage=lineage, filled=frozenset(), stage=world.stage
        )
        origins = Origins(inputs, [({"plan_record": id}, (seats,)) for id in ("a", "c")])
    assert [origins.of(seats, id) for id in ("a", "c")] == [("a", "Asset.Quantity"), ("c", "Contract.Seats__c")]


def test_a_line_names_its_deal_or_else_the_way_to_it() -> None:
    bought = Proof(fact="bought_on", unit="date", record="bought_record", field="purchase.bought_on")
    won = Proof(fact="won_on", unit="date", record="won_record", field="opportunity.closes_on")
    lines = [{"id": f"line{n}", "account_id": "acme", "opportunity_id": deal, "bought_on": TODAY}
             for n, deal in enumerate(("deal", None))]  # fmt: skip
    found = [{"play": "affinity_tossup", "bought_record": line["id"], "won_record": "other"} for line in lines]
    lineage = {name: field for name, field in SALESFORCE.items() if name != "opportunity.closes_on"}
    with closing(World({"purchase": lines})) as world:
        inputs = Inputs(
            tables=world.tables, rules=rules(), today=TODAY, lineage=lineage, filled=frozenset(LINEAGE),
            stage=world.stage,
        )  # fmt: skip
        origins = Origins(inputs, [(row, (bought, won)) for row in found])
    assert origins.of(bought, "line0") == ("deal", "Opportunity.CloseDate")
    assert origins.of(bought, "line1") == ("line1", "OpportunityLineItem.Opportunity.CloseDate")
    assert origins.of(won, "other") is None
    assert origin(lineage, bought.field) == Origin(
        field="Opportunity.CloseDate", path="OpportunityLineItem.Opportunity.CloseDate", parent="opportunity_id"
    )
