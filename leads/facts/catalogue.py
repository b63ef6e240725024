"""What is sold: one row a product code, however many records the CRM keeps of it."""

import ibis
import ibis.expr.types as ir
from ibis import _

from leads.facts.idioms import attach
from leads.inputs import Inputs


def codes(inputs: Inputs) -> ir.Table:
    """product_id -> product: the code as a lead's key spells it (no slash, at most 80 characters)."""
    rows = inputs.tables["product"].select(product_id="id", product=_.code.strip().replace("/", "_").substr(0, 80))
    return inputs.stage("codes", rows.filter(_.product.notnull() & (_.product != "")))


def named(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """product_id -> product: by record id and, where no record has that id, by the code as the CRM spells it.

    For what people and trackers note, which know a product by its code: HubSpot associates products with nothing.
    """
    spelled = inputs.tables["product"].select(product_id="id", code=_.code.strip())
    by_code = spelled.inner_join(codes, "product_id").select("product", product_id="code").distinct()
    return inputs.stage("named", codes.union(by_code.anti_join(codes, "product_id").select("product_id", "product")))


def catalogue(inputs: Inputs, codes: ir.Table) -> ir.Table:
    """One row a code: product, product_name, family, tier, list_price (minor units a month), specialist, ..."""
    first = codes.group_by("product").aggregate(product_id=_.product_id.min())
    rows = attach(first, inputs.tables["product"].rename(product_id="id"), "product_id")
    return inputs.stage(
        "catalogue",
        rows.select(
            "product",
            "family",
            "tier",
            "list_price",
            "specialist",
            "sla_days",
            product_name=ibis.coalesce(_.name, _.product),
            product_currency=ibis.coalesce(_.currency, inputs.rules.mapping.company.currency),
            is_flat=ibis.coalesce(_.is_flat, False),
            is_option=ibis.coalesce(_.is_option, False),
            is_active=ibis.coalesce(_.is_active, True),
            complements=";" + ibis.coalesce(_.complements, "").replace(" ", "") + ";",
        ),
    )
