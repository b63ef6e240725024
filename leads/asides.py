"""Phrases that a sentence has only where there is something to tell."""

from collections.abc import Mapping

ASIDES: Mapping[str, str] = {
    "next_plan": "next_product_name", "just_bought": "won_on", "since": "similar_since", "story": "similar_name",
    "beside_paid": "paid_users", "as_others": "paid_users", "unsized": "group_abstained",
    "renewal_price": "renewal_monthly", "season": "season_hits", "fiscal_year": "fiscal_end_on",
    "at_stake": "account_revenue", "paid_before": "monthly_then", "nps_was": "nps_before",
    "delighted": "delighted_on", "looked": "interest_events", "problem": "problem_cases",
    "views": "interest_events", "requests": "problem_cases",
    "on_price_page": "interest_pricing",
}  # fmt: skip
"""Phrases that appear only where a fact is known and not 0: the word of that name, which quotes that fact.

A word may quote a phrase that stands before it here.
"""
REASONS = ("looked", "problem")
"""Asides that are the reason itself: who has neither looked nor asked has no lead."""
