"""Cases about a product that the account lacks: a problem that it would solve."""

from leads.facts.problem import PROBLEM
from tests.leads.scenes.scene import Scenes, ago, cases_on

problem = Scenes(PROBLEM)
problem(
    "cases that name a product they lack are problems it would solve: open or solved, of half a year",
    {"problem_cases": 3, "problem_on": ago(3), "problem_record": "@2"},
    product="P4",
    case=[*cases_on(180, 3, product_id="p4"), *cases_on(3, product_id="p4", is_closed=True)],
)
problem(
    "one of 181 days ago, of tomorrow or of an unknown day says nothing",
    {},
    product="P4",
    case=[*cases_on(181, -1, product_id="p4"), {"product_id": "p4"}],
)
problem("a case that names no product says nothing of any", {}, product="P4", case=cases_on(3))
problem(
    "what goes wrong with a product they have is no wish for it",
    {},
    product="P4",
    subscription=[{"product_id": "p4"}],
    case=cases_on(3, product_id="p4"),
)
