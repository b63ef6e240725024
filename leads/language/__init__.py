"""The language of plays and gates: SQL conditions and values over documented facts, checked before anything runs.

    rule = parse("product_used >= 0.9 * product_seats and coalesce(nps, 10) > 6", names, want="boolean")
    rows.filter(rule.build({name: rows[name] for name in rule.names}, today))

It has `and or not`, `= <> != < <= > >=`, `between`, `in` (a list of literals), `like` (a literal pattern), `is [not]
null`, `+ - * /`, `case when`, the literals 12, 0.9, 'text', true, false, null and date '2026-01-31', and FUNCTIONS.

What is missing stays missing: NULL passes through every operation, as in SQL, and a condition that is NULL does not
hold. Division is never whole-number division, and division by zero gives NULL.

**Limits are exact.** Whole numbers, money and decimals written out (or handed in as plain numbers) are computed as
whole numbers, scaled: 63 of 70 seats are `>= 0.9 * product_seats` and `/ product_seats >= 0.9`, on every engine,
while the whole numbers stay below 9 * 10**15; a whole result beyond that is NULL. Facts of kind number carry rounding
noise of their own: where one takes part, or a quotient of facts is added to something else that varies, the
difference of the two sides is rounded to 9 digits before it is compared, as is what is rounded to a whole number.

**Money** is in minor units (cents, yen), in literals too: `mrr >= 100000` is 1,000.00 dollars. It adds to and meets
money and plain numbers; money times a number is money, rounded to whole minor units where it is a result; money
by money is a number.
"""

from leads.language.expression import Expression, parse
from leads.language.faults import BadExpression, Fault, Names, Want
from leads.language.functions import FUNCTIONS

__all__ = ["FUNCTIONS", "BadExpression", "Expression", "Fault", "Names", "Want", "parse"]
