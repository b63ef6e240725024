"""Following references and associations: every row once, with the values of the record it belongs to."""

import random

import ibis
import pytest

from mappings.joins import Mirror, empty, rows
from mappings.paths import Missing, Route, resolve
from mappings.schema import Schema
from tests.mappings.orgs import Rows, hubspot, mapping, salesforce

READ = """
crm: {crm}
company: {{name: Example}}
read: {{}}
write:
  account: {{object: Account, fields: {{}}}}
  task: {{object: Task, key: Key__c, fields: {{}}}}
  lead: {{object: Lead, key: Key__c, fields: {{}}}}
"""


def route(schema: Schema, object: str, path: str) -> Route:
    found = resolve(schema, object, path)
    assert isinstance(found, Route), found
    return found


def joined(mirror: Rows, object: str, **paths: str) -> dict[str, dict[str, object]]:
    source = Mirror(schema=mirror.schema, table=mirror.table, links=mirror.links)
    wanted = {name: route(mirror.schema, object, path) for name, path in paths.items()}
    table = rows(source, object, wanted)
    found = mirror.backend.to_pyarrow(table).to_pylist()
    assert len({row["x_id"] for row in found}) == len(found) == len(mirror.rows[object])
    return {row.pop("x_id"): row for row in found}


def test_a_path_of_several_references_ends_where_the_last_one_points() -> None:
    org = Rows(
        salesforce(),
        {
            "Account": [
                {"id": "C", "Name": "Child", "ParentId": "P"},
                {"id": "P", "Name": "Parent", "ParentId": "G", "OwnerId": "U"},
                {"id": "G", "Name": "Grandparent", "ParentId": "G"},
            ],
            "Case": [{"id": "1", "AccountId": "C"}, {"id": "2", "AccountId": "G"}, {"id": "3"}],
            "User": [{"id": "U", "Name": "Owner 01"}],
        },
    )
    found = joined(
        org,
        "Case",
        name="Account.Name",
        parent="Account.Parent.Name",
        grand="Account.Parent.Parent.Name",
        owner="Account.Parent.Owner.Name",
        own="Priority",
    )
    assert found["1"] == {
        "name": "Child",
        "parent": "Parent",
        "grand": "Grandparent",
        "owner": "Owner 01",
        "own": None,
    }
    assert found["2"]["grand"] == "Grandparent"
    assert found["3"]["name"] is None


def test_a_child_is_reached_by_its_object_and_the_oldest_counts() -> None:
    org = Rows(
        salesforce(),
        {
            "Opportunity": [{"id": "O1"}, {"id": "O2"}],
            "OpportunityLineItem": [
                {"id": "L2", "OpportunityId": "O1", "Product2Id": "P2"},
                {"id": "L1", "OpportunityId": "O1", "Product2Id": "P1"},
                {"id": "L0"},
            ],
            "Product2": [{"id": "P1", "Name": "Suite"}],
        },
    )
    found = joined(
        org, "Opportunity", product="OpportunityLineItem.Product2Id", name="OpportunityLineItem.Product2.Name"
    )
    assert found["O1"] == {"product": "P1", "name": "Suite"}
    assert found["O2"] == {"product": None, "name": None}
    several = resolve(org.schema, "Contact", "Task.Subject")
    assert isinstance(several, Route), "one field of a task points at contacts"
    assert isinstance(resolve(org.schema, "Account", "Product2.Name"), Missing)


def test_a_reference_to_one_of_several_objects_goes_where_the_path_leads_on() -> None:
    schema = salesforce()
    assert str(route(schema, "Task", "Who.AccountId")) == "Contact.AccountId"
    assert str(route(schema, "Task", "Who.Company")) == "Lead.Company"
    nowhere = resolve(schema, "Task", "Who.Shoe_Size__c")
    assert isinstance(nowhere, Missing)
    assert (nowhere.what, nowhere.object) == ("field", "Contact")


def test_a_path_through_an_object_that_is_not_there_leads_nowhere() -> None:
    without = resolve(salesforce(without=["User"]), "Account", "Owner.Name")
    assert isinstance(without, Missing)
    assert (without.what, without.name) == ("object", "User")
    unknown = resolve(salesforce(), "Account", "Oner.Name")
    assert isinstance(unknown, Missing)
    assert (unknown.what, unknown.name) == ("link", "Oner")
    assert "Owner" in unknown.candidates


def test_associations_are_those_the_object_declares() -> None:
    schema = hubspot()
    assert str(route(schema, "line_items", "deals.companies.id")) == "companies.hs_object_id"
    assert isinstance(resolve(schema, "products", "line_items.id"), Route), "products declares none: any may be meant"
    assert isinstance(resolve(schema, "line_items", "companies.id"), Missing)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_links_no_row_is_lost_or_doubled(seed: int) -> None:
    chance = random.Random(seed)
    companies = [{"id": str(n), "name": f"Company {n}"} for n in chance.sample(range(1, 200), 12)]
    ids = [str(row["id"]) for row in companies]
    deals = [{"id": str(n)} for n in range(300, 340)]
    kinds = ["5", "341", "label", "x"]
    links = [
        (str(deal["id"]), chance.choice([*ids, "9999"]), chance.choice(kinds))
        for deal in deals
        for _ in range(chance.randrange(5))
    ]
    portal = Rows(hubspot(), {"companies": companies, "deals": deals}, {("deals", "companies"): links + links[:5]})
    found = joined(portal, "deals", company="companies.id", name="companies.name")
    for deal in deals:
        mine = [(kind not in ("5", "label"), int(to)) for id, to, kind in links if id == deal["id"] and to in ids]
        expected = str(min(mine)[1]) if mine else None
        assert found[str(deal["id"])]["company"] == expected
        assert found[str(deal["id"])]["name"] == (f"Company {expected}" if expected else None)


def test_a_mirror_filled_for_another_mapping_says_what_it_lacks() -> None:
    org = Rows(salesforce(), {"Account": [{"id": "A"}]})
    thin = Mirror(schema=org.schema, table=lambda name: org.table(name).select("Id"), links=org.links)
    with pytest.raises(LookupError, match=r"holds no Account\.Name: it was filled for another mapping; pull again"):
        rows(thin, "Account", {"name": route(org.schema, "Account", "Name")})


def test_an_empty_table_has_types_and_no_rows() -> None:
    table = empty({"id": "string", "amount": "int64"})
    assert table.schema() == ibis.schema({"id": "string", "amount": "int64"})
    assert ibis.duckdb.connect().to_pyarrow(table).num_rows == 0


def test_the_smallest_mapping_loads() -> None:
    assert mapping(READ.format(crm="hubspot")).write.task.read.is_closed == ()
