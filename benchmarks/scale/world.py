"""Canonical tables of any size, made by the engine itself: plain rows, skewed as customers are, the same every time.

Of a million accounts: 3 million purchase lines, 20 million rows of usage and activity. Most accounts are small, pay
by the month, and give no occasion; about one in fifty does.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import duckdb

from mappings.canonical import TABLES, Kind

TODAY = date(2026, 11, 18)
SQL: dict[Kind, str] = {
    "text": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "money": "BIGINT", "boolean": "BOOLEAN",
    "date": "DATE",
}  # fmt: skip

MACROS = (
    # dice: a whole number from 0 to sides - 1 that depends on the row and on what it is cast for
    "CREATE MACRO dice(n, what, sides) AS CAST(hash(what || n) % CAST(sides AS UBIGINT) AS BIGINT)",
    "CREATE MACRO share(n, what) AS dice(n, what, 1000000) / 1000000.0",
    "CREATE MACRO id(kind, n) AS kind || lpad(CAST(n AS VARCHAR), 15, '0')",
    f"CREATE MACRO ago(days) AS DATE '{TODAY}' - CAST(days AS INTEGER)",
    "CREATE MACRO seats_of(n) AS CAST(least(floor(2 * pow(1 - share(n, 'seats'), -0.7)), 4000) AS BIGINT)",
    # a third of the lines belong to a tenth of the accounts
    "CREATE MACRO buyer(deal, accounts) AS CAST(floor(accounts * pow(share(deal, 'who'), 1.5)) AS BIGINT)",
    "CREATE MACRO currency_of(n) AS CASE WHEN n % 10 = 8 THEN 'EUR' WHEN n % 10 = 9 THEN 'JPY' ELSE 'USD' END",
)

# Four families of three plans (0 to 11) and three options each (12 to 23), and 16 other services (24 to 39).
PRODUCT = """
SELECT id('01t', n) AS id, 'P-' || lpad(CAST(n AS VARCHAR), 2, '0') AS code, 'Service ' || n AS name,
  CASE WHEN n < 12 THEN 'Family ' || n // 3 WHEN n < 24 THEN 'Family ' || (n - 12) // 3 END AS family,
  CASE WHEN n < 12 THEN n % 3 + 1 END AS tier, 800 + n * 130 AS list_price, 'USD' AS currency,
  n BETWEEN 12 AND 23 AS is_option, true AS is_active, CASE WHEN n = 36 THEN 'P-37' END AS complements,
  CASE WHEN n >= 24 THEN 'Desk ' || n % 3 END AS specialist, CASE WHEN n >= 24 THEN 3 END AS sla_days
FROM range(40) AS made(n)"""

ACCOUNT = """
SELECT id('001', n) AS id, 'Company ' || n AS name,
  CASE WHEN n % 50 IN (1, 2) THEN id('001', n - n % 50) END AS parent_id,
  CASE WHEN n % 997 > 0 THEN id('005', dice(n, 'owner', $owners)) END AS owner_id,
  'Industry ' || CAST(floor(12 * pow(share(n, 'industry'), 2)) AS BIGINT) AS industry,
  'Country ' || CAST(floor(15 * pow(share(n, 'country'), 3)) AS BIGINT) AS country,
  CASE WHEN dice(n, 'employees', 12) > 0 THEN CASE WHEN dice(n, 'room', 500) = 0 THEN seats_of(n) * 6 + 40
    ELSE CAST(ceil(seats_of(n) * 1.05) AS BIGINT) + dice(n, 'more', 8) END END AS employees,
  CASE WHEN dice(n, 'told', 20) = 0 THEN CAST(ceil(seats_of(n) * 1.05) AS BIGINT) + 2 END AS employees_reported,
  CAST(NULL AS BIGINT) AS paid_users,
  CASE WHEN dice(n, 'free', 50) = 0 THEN CASE WHEN dice(n, 'free', 500) = 0 THEN 25 ELSE 3 END END AS free_users,
  currency_of(n) AS currency, dice(n, 'do not', 500) = 0 AS do_not_contact, dice(n, 'hold', 2000) = 0 AS legal_hold,
  dice(n, 'overdue', 100) = 0 AS invoice_overdue, ago(100 + dice(n, 'since', 2500)) AS customer_since,
  CASE WHEN n % 4 = 0 AND dice(n, 'late', 400) > 0 THEN ago(22 + dice(n, 'on board', 700)) END AS onboarded_on,
  CASE WHEN n % 4 = 0 THEN ago(80 + dice(n, 'start', 720)) END AS onboarding_started_on,
  CASE WHEN dice(n, 'fiscal', 3) = 0 THEN 1 + dice(n, 'month', 12) END AS fiscal_month
FROM range($accounts) AS made(n)"""

SUBSCRIPTION = """
SELECT id('a0S', n) AS id, id('001', account) AS account_id,
  id('01t', CASE WHEN first THEN CAST(floor(12 * pow(share(account, 'plan'), 1.6)) AS BIGINT)
    ELSE 12 + dice(n, 'service', 28) END) AS product_id,
  seats_of(account) AS seats_paid,
  CASE WHEN dice(account, 'tracked', 10) < 4 THEN CASE WHEN dice(account, 'full', 150) = 0 THEN seats_of(account)
    ELSE CAST(floor(seats_of(account) * (0.4 + 0.45 * share(account, 'used'))) AS BIGINT) END END AS seats_used,
  CASE WHEN dice(n, 'price', 2) = 0 OR currency_of(account) <> 'USD' THEN 700 + dice(n, 'price', 4000) END
    AS unit_price,
  currency_of(account) AS currency, ago(120 + dice(n, 'start', 2000)) AS starts_on,
  CASE WHEN dice(n, 'gone', 25) = 0 THEN ago(100 + dice(n, 'end', 900)) WHEN dice(n, 'term', 120) = 0
    THEN ago(-dice(n, 'end', 365)) END AS ends_on,
  dice(n, 'gone', 25) = 0 AS cancelled, dice(n, 'renews', 3) = 0 AS auto_renews
FROM (SELECT n, n < $accounts * 9 // 10 AS first,
    CASE WHEN n < $accounts * 9 // 10 THEN n ELSE dice(n, 'account', $accounts) END AS account
  FROM range($accounts * 12 // 10) AS made(n))"""

# Two lines a deal. P-30 is followed by P-31 (planted, rare); everything else is bought whatever was bought before.
PURCHASE = """
SELECT id('00k', n) AS id, id('001', buyer(deal, $accounts)) AS account_id, id('006', deal) AS opportunity_id,
  id('01t', CASE WHEN buyer(deal, $accounts) % 400 = 7 THEN CASE WHEN n % 4 = 1 THEN 31 ELSE 30 END
    ELSE CAST(floor(30 * pow(share(n, 'product'), 1.7)) AS BIGINT) END) AS product_id,
  CAST(1 + dice(n, 'units', 20) AS DOUBLE) AS quantity, 1000 + dice(n, 'amount', 200000) AS amount,
  currency_of(buyer(deal, $accounts)) AS currency, ago(8 + dice(deal, 'day', 1800) + n % 2 * 60) AS bought_on
FROM (SELECT n, n // 2 AS deal FROM range($accounts * 3) AS made(n))"""

OPPORTUNITY = """
SELECT id('006', n) AS id, id('001', buyer(n, $accounts)) AS account_id, 'Deal ' || n AS name,
  id('005', dice(n, 'owner', $owners)) AS owner_id,
  id('01t', CAST(floor(30 * pow(share(n * 2, 'product'), 1.7)) AS BIGINT)) AS product_id,
  n < $accounts * 19 // 10 AS is_closed, n < $accounts * 15 // 10 AS is_won,
  1000 + dice(n, 'amount', 300000) AS amount, currency_of(buyer(n, $accounts)) AS currency,
  ago(8 + dice(n, 'day', 1800)) AS closes_on, ago(60 + dice(n, 'day', 1800)) AS created_on
FROM range($accounts * 2) AS made(n)"""

CONTACT = """
SELECT id('003', n) AS id, id('001', n // 2) AS account_id, 'Contact ' || n AS name,
  'Title ' || dice(n, 'title', 50) AS title,
  CASE dice(n, 'role', 6) WHEN 0 THEN 'decision_maker' WHEN 1 THEN 'champion' WHEN 2 THEN 'user' WHEN 3 THEN 'other'
    END AS role,
  dice(n, 'phone', 10) = 0 AS no_phone, dice(n, 'email', 8) = 0 AS no_email,
  dice(n, 'none', 100) = 0 AS do_not_contact,
  CASE WHEN dice(n, 'left', 40) = 0 THEN ago(dice(n, 'left on', 2000)) END AS left_on
FROM range($accounts * 2) AS made(n)"""

# One account in five is looked after by a person: 22 activities each.
ACTIVITY = """
SELECT id('00T', n) AS id, id('001', account) AS account_id,
  CASE WHEN n % 3 > 0 THEN id('003', account * 2 + n % 2) END AS contact_id,
  id('005', dice(account, 'owner', $owners)) AS owner_id,
  CASE n % 4 WHEN 0 THEN 'task' WHEN 1 THEN 'call' WHEN 2 THEN 'email' ELSE 'meeting' END AS kind,
  'Talk ' || dice(n, 'subject', 5000) AS subject, dice(n, 'open', 200) > 0 AS is_closed,
  ago(CASE WHEN dice(account, 'silent', 100) = 0 THEN 91 ELSE 1 END + dice(n, 'day', 400)) AS "on"
FROM (SELECT n, n // 22 * 5 AS account FROM range($accounts * 22 // 5) AS made(n))"""

# Week by week, as it comes in: the rows of an account lie far apart.
USAGE = """
SELECT id('a0U', n) AS id, id('001', account) AS account_id,
  id('01t', CAST(floor(12 * pow(share(account, 'plan'), 1.6)) AS BIGINT)) AS product_id, ago(week * 7) AS "on",
  round(seats_of(account) * 20 * (0.9 + 0.2 * share(n, 'use'))
    * CASE WHEN week < 4 AND dice(account, 'drop', 300) = 0 THEN 0.3 ELSE 1 END, 1) AS quantity
FROM (SELECT n, n % ($accounts * 6 // 10) * 5 // 3 AS account, 25 - n // ($accounts * 6 // 10) AS week
  FROM range($accounts * 156 // 10) AS made(n))"""

ENGAGEMENT = """
SELECT id('a0E', n) AS id, id('001', account) AS account_id, id('003', account * 2 + n % 2) AS contact_id,
  CASE WHEN dice(account, 'eager', 600) = 0 THEN id('01t', 24 + dice(account, 'wish', 10))
    WHEN n % 3 = 0 THEN id('01t', CAST(floor(12 * pow(share(account, 'plan'), 1.6)) AS BIGINT)) END AS product_id,
  CASE dice(n, 'kind', 10) WHEN 0 THEN 'pricing_view' WHEN 1 THEN 'mail_click' WHEN 2 THEN 'locked_feature'
    WHEN 3 THEN 'page_view' ELSE 'help_view' END AS kind,
  CASE WHEN dice(n, 'weight', 4) = 0 THEN 2.0 END AS weight, ago(dice(n, 'day', 300)) AS "on"
FROM (SELECT n, dice(n // 10, 'account', $accounts) AS account FROM range($accounts * 3) AS made(n))"""

CASE = """
SELECT id('500', n) AS id, id('001', account) AS account_id, id('003', account * 2) AS contact_id,
  CASE dice(n, 'severity', 30) WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'normal' END AS severity,
  dice(n, 'open', 30) > 0 AS is_closed, ago(day) AS opened_on,
  CASE WHEN dice(n, 'open', 30) > 0 THEN ago(greatest(day - dice(n, 'took', 20), 0)) END AS closed_on
FROM (SELECT n, dice(n // 3, 'asks', $accounts) AS account, dice(n, 'day', 900) AS day
  FROM range($accounts) AS made(n))"""

FEEDBACK = """
SELECT id('a0F', n) AS id, id('001', account) AS account_id, id('003', account * 2) AS contact_id,
  CASE WHEN n % 3 = 0 THEN 'csat' ELSE 'nps' END AS kind,
  CAST(CASE WHEN n % 3 = 0 THEN 3 + dice(n, 'score', 3) WHEN dice(account, 'angry', 60) = 0 THEN dice(n, 'score', 7)
    ELSE 7 + dice(account, 'score', 2) END AS DOUBLE) AS score, ago(dice(n, 'day', 500)) AS "on"
FROM (SELECT n, dice(n // 3, 'answers', $accounts) AS account FROM range($accounts // 2) AS made(n))"""

OWNER = """
SELECT id('005', n) AS id, 'Owner ' || n AS name, 'person' AS kind, n % 40 > 0 AS is_active
FROM range($owners) AS made(n)"""

OURS = """
SELECT id('00X', n) AS id,
  id('001', account) || CASE WHEN n % 2 = 0 THEN '/silence_save/-/' ELSE '/company_wide/P-00/' END
    || CASE WHEN day < 49 THEN '2026Q4' ELSE '2026Q3' END AS key,
  'task' AS kind, CAST(NULL AS VARCHAR) AS contact_id, id('005', dice(account, 'owner', $owners)) AS owner_id,
  CASE WHEN n % 3 = 0 THEN 'Not Started' ELSE 'Completed' END AS status, n % 3 > 0 AS is_closed,
  CASE dice(n, 'outcome', 8) WHEN 0 THEN 'accepted' WHEN 1 THEN 'declined' WHEN 2 THEN 'won' END AS outcome,
  ago(day) AS created_on, CAST(NULL AS DATE) AS decided_on
FROM (SELECT n, n * 97 AS account, 3 + dice(n, 'day', 130) AS day FROM range($accounts // 97) AS made(n))"""

RATE = """
SELECT 'x' AS id, 'EUR' AS currency, CAST(NULL AS DATE) AS starts_on, 1.1 AS rate, NULL AS inverse,
  CAST(NULL AS VARCHAR) AS into, CAST(NULL AS BOOLEAN) AS is_base LIMIT 0"""

MADE = {
    "account": ACCOUNT, "product": PRODUCT, "subscription": SUBSCRIPTION, "purchase": PURCHASE,
    "opportunity": OPPORTUNITY, "contact": CONTACT, "activity": ACTIVITY, "case": CASE, "engagement": ENGAGEMENT,
    "feedback": FEEDBACK, "usage": USAGE, "owner": OWNER, "rate": RATE, "ours": OURS,
}  # fmt: skip


def _of(column: str, given: Collection[str]) -> str:
    """The column; what the world says nothing of is missing."""
    return f'"{column}"' if column in given else "NULL"


def make(path: Path, accounts: int) -> dict[str, int]:
    """Write every canonical table into a new DuckDB file; the number of rows of each."""
    with duckdb.connect(str(path), config={"memory_limit": "1GB", "threads": 2}) as engine:
        engine.execute("SET preserve_insertion_order = false")
        for macro in MACROS:
            engine.execute(macro.replace("CREATE MACRO", "CREATE TEMP MACRO"))
        for name, query in MADE.items():
            said = query.replace("$accounts", str(accounts)).replace("$owners", str(max(accounts // 500, 10)))
            given = {row[0] for row in engine.execute(f"DESCRIBE {said}").fetchall()}
            columns = ", ".join(
                f'CAST({_of(column, given)} AS {SQL[spec.kind]}) AS "{column}"'
                for column, spec in TABLES[name].columns.items()
            )
            engine.execute(f'CREATE TABLE "{name}" AS SELECT {columns} FROM ({said})')
        counts = {name: engine.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for name in MADE}
        engine.execute("CHECKPOINT")
    return counts
