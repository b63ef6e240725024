"""The same facts as leads.facts tells, written by hand in the engine's own SQL: what the expressions are held to."""

from collections.abc import Iterator, Mapping

FACTS: Mapping[str, tuple[str, ...]] = {
    "account": ("industry", "do_not_contact"),
    "revenue": ("paid_users", "main_product", "main_seats", "monthly", "arppu", "seat_revenue", "other_revenue",
                "account_revenue", "alive", "products_n", "tenure_days"),
    "utilisation": ("seats_used_total", "utilisation_percent"),
    "reduction": ("seats_then", "seats_now", "seats_lost"),
    "renewal": ("renews_on", "days_left", "renewal_monthly", "term_seats"),
    "headroom": ("headroom", "headroom_value", "headroom_reason", "penetration_percent", "ceiling_percent",
                 "reachable"),
    "rfm": ("last_bought_on", "recency_days", "purchases_365", "spent_365", "growth_percent", "rfm_recency",
            "rfm_frequency", "rfm_monetary", "rfm_segment"),
    "usage": ("used_now", "used_before", "own_mean", "own_sd", "usage_fall", "usage_drop", "usage_last"),
    "cases": ("severe_n", "cases_n", "cases_28", "cases_spike", "last_case_on"),
    "feedback": ("nps", "nps_before", "nps_fall", "csat", "csat_before", "csat_fall", "delighted_on",
                 "feedback_since"),
    "contacted": ("contacted_on", "silent_days", "meetings_90"),
    "won": ("won_on", "won_days", "first_bought_on", "first_bought_days"),
    "onboarding": ("onboarding_open", "onboarding_days", "onboarded_days"),
    "champion": ("champion_left_on", "champions_left", "champions_n"),
    "declined": ("declined_on", "refusals"),
}  # fmt: skip
"""What is compared, by family: one row an account."""
RECORDS = (
    "paid_record", "renewal_record", "last_purchase_record", "usage_record", "last_case_record", "nps_record",
    "nps_before_record", "csat_record", "csat_before_record", "delighted_record", "feedback_record",
    "contacted_record", "won_record", "first_purchase_record", "champion_record", "declined_record",
)  # fmt: skip
"""The records that those of them were read from which can be shown as evidence."""
NAMES = (*(name for names in FACTS.values() for name in names), *RECORDS)

SUBSCRIPTIONS = """
CREATE TEMP TABLE subs AS
SELECT s.id, s.account_id, p.code AS product, coalesce(p.is_option, false) AS is_option,
  CASE WHEN s.seats_paid >= 0 THEN s.seats_paid END AS seats,
  CASE WHEN s.seats_used >= 0 THEN s.seats_used END AS used,
  s.starts_on, s.ends_on,
  CASE WHEN coalesce(s.currency, 'USD') = coalesce(a.currency, 'USD') THEN coalesce(s.unit_price,
    CASE WHEN coalesce(p.currency, 'USD') = coalesce(s.currency, 'USD') THEN p.list_price END) END AS price,
  (s.starts_on IS NULL OR s.starts_on <= $today) AND ((s.ends_on >= $today) IS TRUE AND s.cancelled IS NOT TRUE
    OR (s.cancelled IS NOT TRUE AND (s.ends_on IS NULL OR s.auto_renews IS TRUE))) AS live,
  (s.starts_on IS NULL OR s.starts_on <= $today - 90) AND ((s.ends_on >= $today - 90) IS TRUE
    OR (s.cancelled IS NOT TRUE AND (s.ends_on IS NULL OR s.auto_renews IS TRUE))) AS live_then
FROM m.subscription s JOIN m.account a ON a.id = s.account_id LEFT JOIN m.product p ON p.id = s.product_id"""

PAID = """
CREATE TEMP TABLE paid AS
WITH sums AS (
  SELECT account_id, sum(seats) FILTER (live AND NOT is_option)::BIGINT AS paid_seats,
    sum(seats * price) FILTER (live)::BIGINT AS monthly, min(starts_on) FILTER (live) AS first_day,
    count(DISTINCT product) FILTER (live) AS live_products, bool_or(live) AS is_live,
    coalesce(sum(seats) FILTER (live_then AND NOT is_option AND seats IS NOT NULL), 0)::BIGINT AS seats_then,
    coalesce(sum(seats) FILTER (live AND NOT is_option), 0)::BIGINT AS seats_now,
    bool_or(NOT is_option AND seats IS NOT NULL) AS had_plan,
    sum(seats) FILTER (live AND NOT is_option AND used IS NOT NULL)::BIGINT AS seats_total,
    sum(used) FILTER (live AND NOT is_option AND seats IS NOT NULL)::BIGINT AS seats_used_total
  FROM subs GROUP BY account_id),
plans AS (SELECT account_id, id, seats, product FROM subs WHERE live AND NOT is_option AND seats IS NOT NULL),
most AS (SELECT account_id, max(seats) AS seats FROM plans GROUP BY account_id),
main AS (SELECT account_id, min(id) AS id FROM plans JOIN most USING (account_id, seats) GROUP BY account_id)
SELECT sums.*, plans.id AS paid_record, plans.product AS main_product, plans.seats AS main_seats
FROM sums LEFT JOIN main USING (account_id) LEFT JOIN plans ON plans.id = main.id"""

OTHER = """
CREATE TEMP TABLE others AS
SELECT l.account_id, sum(l.amount)::BIGINT AS other
FROM m.purchase l JOIN m.account a ON a.id = l.account_id LEFT JOIN m.product p ON p.id = l.product_id
WHERE l.bought_on > $today - 365 AND l.bought_on <= $today AND l.amount IS NOT NULL
  AND coalesce(l.currency, 'USD') = coalesce(a.currency, 'USD')
  AND CASE WHEN p.code IS NULL THEN NOT EXISTS (FROM subs WHERE subs.account_id = l.account_id)
    ELSE NOT EXISTS (FROM subs WHERE subs.account_id = l.account_id AND subs.product = p.code) END
GROUP BY l.account_id"""

REVENUE = """
CREATE TEMP TABLE revenue AS
WITH parts AS (
  SELECT a.id AS account_id, a.industry, a.do_not_contact IS TRUE AS do_not_contact, a.employees,
    a.employees_reported, paid.* EXCLUDE (account_id),
    CASE WHEN a.paid_users >= 0 THEN a.paid_users END AS told, greatest(coalesce(o.other, 0), 0) AS other_revenue,
    coalesce(CASE WHEN a.paid_users >= 0 THEN a.paid_users END, paid.paid_seats, 0) AS paid_users,
    coalesce(CASE WHEN a.customer_since <= $today THEN a.customer_since END, paid.first_day) AS since,
    a.onboarding_started_on AS started, a.onboarded_on AS ended, a.customer_since
  FROM m.account a LEFT JOIN paid ON paid.account_id = a.id LEFT JOIN others o ON o.account_id = a.id),
alive AS (
  SELECT *, CASE WHEN is_live IS NOT NULL THEN is_live WHEN told > 0 OR other_revenue > 0 THEN true END AS alive
  FROM parts),
priced AS (
  SELECT *, alive IS TRUE AND monthly IS NULL AND (is_live IS TRUE OR (told > 0) IS TRUE) AS unpriced FROM alive),
seats AS (
  SELECT *, CASE WHEN NOT coalesce(alive, true) THEN 0 WHEN monthly IS NOT NULL THEN monthly * 12
    WHEN NOT unpriced THEN 0 END AS seat_revenue
  FROM priced)
SELECT account_id, industry, do_not_contact, customer_since, employees, employees_reported, paid_users, main_product,
  main_seats, paid_record,
  monthly, floor(monthly * 12 / nullif(paid_users, 0))::BIGINT AS arppu, seat_revenue, other_revenue,
  CASE WHEN NOT unpriced THEN coalesce(seat_revenue, 0) + coalesce(other_revenue, 0) END AS account_revenue,
  alive, coalesce(live_products, 0) AS products_n, ($today - since)::BIGINT AS tenure_days,
  seats_used_total, floor(seats_used_total * 100 / nullif(seats_total, 0))::BIGINT AS utilisation_percent,
  CASE WHEN had_plan THEN seats_then END AS seats_then, CASE WHEN had_plan THEN seats_now END AS seats_now,
  CASE WHEN had_plan THEN greatest(seats_then - seats_now, 0) END AS seats_lost,
  CASE WHEN ended <= $today THEN false WHEN started <= $today THEN true END AS onboarding_open,
  CASE WHEN started <= $today THEN ($today - started)::BIGINT END AS onboarding_days,
  CASE WHEN ended <= $today THEN ($today - ended)::BIGINT END AS onboarded_days
FROM seats"""

RENEWAL = """
CREATE TEMP TABLE renewal AS
WITH terms AS (
  SELECT account_id, id, ends_on, seats, seats * price AS monthly FROM subs
  WHERE live AND ends_on BETWEEN $today AND $today + 400),
first AS (SELECT account_id, min(ends_on) AS ends_on FROM terms GROUP BY account_id),
ending AS (SELECT terms.* FROM terms JOIN first USING (account_id, ends_on)),
sums AS (
  SELECT account_id, sum(monthly)::BIGINT AS renewal_monthly, max(coalesce(monthly, 0)) AS most
  FROM ending GROUP BY account_id),
largest AS (
  SELECT account_id, min(id) AS id FROM ending JOIN sums USING (account_id) WHERE coalesce(monthly, 0) = most
  GROUP BY account_id)
SELECT e.account_id, e.ends_on AS renews_on, (e.ends_on - $today)::BIGINT AS days_left, s.renewal_monthly,
  e.seats AS term_seats, e.id AS renewal_record
FROM largest JOIN ending e ON e.id = largest.id JOIN sums s ON s.account_id = e.account_id"""

HEADROOM = """
CREATE TEMP TABLE headroom AS
WITH doubted AS (
  SELECT account_id, industry, employees, paid_users, monthly,
    CASE WHEN employees IS NULL OR employees = 0 THEN 'employees_missing' WHEN employees < 0 THEN 'employees_negative'
      WHEN employees_reported IS NOT NULL AND (employees_reported < 0 OR abs(employees - employees_reported) * 1000
        > greatest(employees, employees_reported) * 250) THEN 'employees_conflict'
      WHEN paid_users IS NULL THEN 'paid_users_missing' END AS headroom_reason,
    CASE WHEN employees <= 0 OR employees IS NULL THEN NULL WHEN employees < 50 THEN 0 WHEN employees < 200 THEN 1
      WHEN employees < 1000 THEN 2 WHEN employees < 5000 THEN 3 ELSE 4 END AS band
  FROM revenue),
told AS (
  SELECT *, CASE WHEN headroom_reason IS NULL THEN greatest(employees - paid_users, 0) END AS headroom,
    CASE WHEN headroom_reason IS NULL AND paid_users > 0
      THEN least(floor(paid_users * 1000 / nullif(employees, 0))::BIGINT, 1000) END AS penetration
  FROM doubted),
bars AS (
  SELECT coalesce(industry, '') AS segment, band, penetration, count(*) AS n
  FROM told WHERE penetration IS NOT NULL GROUP BY ALL),
near_bars AS (
  SELECT segment, band, penetration, sum(n) OVER (PARTITION BY segment, band ORDER BY penetration) AS below,
    sum(n) OVER (PARTITION BY segment, band) AS whole
  FROM bars),
near AS (
  SELECT segment, band, min(penetration) AS ceiling FROM near_bars WHERE below * 1000 >= whole * 900
  GROUP BY segment, band HAVING max(whole) >= 20),
all_bars AS (
  SELECT penetration, sum(sum(n)) OVER (ORDER BY penetration) AS below, sum(sum(n)) OVER () AS whole
  FROM bars GROUP BY penetration),
everyone AS (SELECT min(penetration) AS ceiling FROM all_bars WHERE below * 1000 >= whole * 900),
high AS (
  SELECT told.*, coalesce(near.ceiling, everyone.ceiling) AS ceiling
  FROM told CROSS JOIN everyone
  LEFT JOIN near ON near.segment = coalesce(told.industry, '') AND near.band = told.band)
SELECT account_id, headroom, floor(headroom * monthly * 12 / nullif(paid_users, 0))::BIGINT AS headroom_value,
  headroom_reason, penetration / 10 AS penetration_percent, ceiling / 10 AS ceiling_percent,
  CASE WHEN headroom IS NOT NULL AND ceiling IS NOT NULL THEN greatest(least(
    floor((employees * ceiling + 999) / 1000)::BIGINT - paid_users, headroom), 0) END AS reachable
FROM high"""

RFM = """
CREATE TEMP TABLE rfm AS
WITH orders AS (
  SELECT l.account_id, any_value(coalesce(a.currency, 'USD')) AS currency, max(l.bought_on) AS bought_on,
    sum(CASE WHEN coalesce(l.currency, 'USD') = coalesce(a.currency, 'USD') THEN l.amount END)::BIGINT AS amount,
    count_if(coalesce(l.currency, 'USD') <> coalesce(a.currency, 'USD') AND l.amount IS NOT NULL) AS alien
  FROM m.purchase l JOIN m.account a ON a.id = l.account_id WHERE l.bought_on <= $today
  GROUP BY l.account_id, coalesce(l.opportunity_id, l.id)),
sums AS (
  SELECT account_id, any_value(currency) AS currency, max(bought_on) AS last_bought_on,
    count_if(bought_on > $today - 365) AS purchases_365,
    count_if(bought_on <= $today - 365 AND bought_on > $today - 730) AS before,
    sum(amount) FILTER (bought_on > $today - 365)::BIGINT AS spent,
    sum(amount) FILTER (bought_on <= $today - 365 AND bought_on > $today - 730)::BIGINT AS spent_before,
    sum(alien) FILTER (bought_on > $today - 365) AS alien,
    sum(alien) FILTER (bought_on <= $today - 365 AND bought_on > $today - 730) AS alien_before
  FROM orders GROUP BY account_id),
told AS (
  SELECT account_id, currency, last_bought_on, purchases_365, purchases_365 > 0 AS recent,
    ($today - last_bought_on)::BIGINT AS recency_days,
    CASE WHEN purchases_365 = 0 THEN 0 WHEN alien > 0 THEN NULL ELSE spent END AS spent_365,
    CASE WHEN before = 0 THEN 0 WHEN alien_before > 0 THEN NULL ELSE spent_before END AS spent_before
  FROM sums),
placed AS (
  SELECT *, rank() OVER (PARTITION BY recent ORDER BY recency_days) - 1 AS r_below,
    row_number() OVER (PARTITION BY recent ORDER BY purchases_365, account_id) - 1 AS f_below,
    count(*) OVER (PARTITION BY recent) AS n,
    rank() OVER (PARTITION BY recent, currency, spent_365 IS NOT NULL ORDER BY spent_365) - 1 AS m_below,
    count(*) OVER (PARTITION BY recent, currency, spent_365 IS NOT NULL) AS m_n
  FROM told),
fifths AS (
  SELECT *,
    CASE WHEN NOT recent THEN 5 WHEN n >= 5 THEN greatest(floor((r_below * 5 + n - 2) / (n - 1)), 1) END AS r,
    CASE WHEN NOT recent THEN 5 WHEN n >= 5 THEN 6 - greatest(floor((f_below * 5 + n - 2) / (n - 1)), 1) END AS f,
    CASE WHEN spent_365 IS NULL THEN NULL WHEN NOT recent THEN 5
      WHEN m_n >= 5 THEN 6 - greatest(floor((m_below * 5 + m_n - 2) / (m_n - 1)), 1) END AS m
  FROM placed),
last AS (
  SELECT l.account_id, min(l.id) AS last_purchase_record
  FROM m.purchase l JOIN sums ON sums.account_id = l.account_id AND sums.last_bought_on = l.bought_on
  GROUP BY l.account_id)
SELECT account_id, last_purchase_record, last_bought_on, recency_days, purchases_365, spent_365,
  CASE WHEN spent_before > 0 THEN floor((spent_365 - spent_before) * 100 / spent_before)::BIGINT
    END AS growth_percent,
  CASE WHEN recency_days <= 7 THEN 1 WHEN recency_days <= 31 THEN 2 WHEN recency_days <= 92 THEN 3
    WHEN recency_days <= 366 THEN 4 ELSE 5 END AS rfm_recency,
  CASE WHEN purchases_365 >= 5 THEN 1 WHEN purchases_365 >= 3 THEN 2 WHEN purchases_365 >= 2 THEN 3
    WHEN purchases_365 >= 1 THEN 4 ELSE 5 END AS rfm_frequency,
  m::BIGINT AS rfm_monetary,
  CASE WHEN 6 - r <= 2 THEN CASE WHEN 6 - f <= 2 THEN 'hibernating' WHEN 6 - f <= 4 THEN 'at_risk'
    ELSE 'cant_lose' END
    WHEN 6 - r = 3 AND 6 - f <= 2 THEN 'about_to_sleep' WHEN 6 - r = 3 AND 6 - f = 3 THEN 'need_attention'
    WHEN 6 - r <= 4 AND 6 - f >= 4 THEN 'loyal' WHEN 6 - r = 4 AND 6 - f = 1 THEN 'promising'
    WHEN 6 - r = 5 AND 6 - f = 1 THEN 'new' WHEN 6 - r >= 4 AND 6 - f <= 3 THEN 'potential_loyalists'
    WHEN 6 - r = 5 THEN 'champions' END AS rfm_segment
FROM fifths LEFT JOIN last USING (account_id)"""

USAGE = """
CREATE TEMP TABLE used AS
WITH weekly AS (
  SELECT account_id, ($today - "on") // 7 AS week,
    round(sum(quantity) / bit_count(bit_or(1::BIGINT << (($today - "on") % 7))), 6) AS mean
  FROM m.usage WHERE "on" <= $today AND "on" > $today - 182 AND quantity >= 0
  GROUP BY account_id, week),
means AS (
  SELECT account_id, round(avg(mean) FILTER (week < 4), 4) AS used_now,
    round(avg(mean) FILTER (week BETWEEN 4 AND 7), 4) AS used_before,
    round(avg(mean) FILTER (week >= 4), 4) AS own_mean,
    round(stddev_samp(mean) FILTER (week >= 4), 4) AS own_sd,
    count_if(week < 4) AS n_now, count_if(week BETWEEN 4 AND 7) AS n_before, count_if(week >= 4) AS n_past,
    min(week) AS last, max(week) - 3 AS span,
    count_if(week = 0) AS h0, count_if(week = 1) AS h1, count_if(week = 2) AS h2,
    count_if(week = 3) AS h3
  FROM weekly GROUP BY account_id),
feed AS (
  SELECT sum(h0) * 8 >= sum(n_before) AND sum(n_before) > 0 AS f0,
    sum(h1) * 8 >= sum(n_before) AND sum(n_before) > 0 AS f1,
    sum(h2) * 8 >= sum(n_before) AND sum(n_before) > 0 AS f2,
    sum(h3) * 8 >= sum(n_before) AND sum(n_before) > 0 AS f3 FROM means),
silent AS (
  SELECT means.*, (last > 0 AND f0)::INT + (last > 1 AND f1)::INT + (last > 2 AND f2)::INT
    + (last > 3 AND f3)::INT AS since FROM means, feed),
quiet AS (
  SELECT * EXCLUDE since,
    CASE WHEN since > 1 AND power(span - n_past, since) * 1000 <= power(span, since) * 10
      THEN since ELSE 0 END AS n_quiet FROM silent),
sums AS (
  SELECT account_id, used_before, own_mean, own_sd,
    CASE WHEN n_quiet = 0 THEN used_now ELSE round(coalesce(used_now, 0) * n_now / (n_now + n_quiet), 4) END
      AS used_now
  FROM quiet WHERE n_now + n_quiet >= 2 AND n_before >= 2 AND n_past >= 4 AND used_before > 0),
late AS (
  SELECT account_id, id, "on", quantity FROM m.usage WHERE "on" <= $today AND "on" > $today - 56 AND quantity >= 0),
day AS (SELECT account_id, max("on") AS "on" FROM late GROUP BY account_id),
last AS (SELECT account_id, min(id) AS id FROM late JOIN day USING (account_id, "on") GROUP BY account_id),
told AS (
  SELECT sums.*, late.quantity AS usage_last, late.id AS usage_record,
    round((used_before - used_now) * 100 / used_before, 4) AS usage_fall
  FROM sums LEFT JOIN last USING (account_id) LEFT JOIN late ON late.id = last.id)
SELECT *, coalesce(usage_fall * 10 >= 300 AND own_mean - used_now >= 2 * coalesce(own_sd, 0), false) AS usage_drop
FROM told"""

CASES = """
CREATE TEMP TABLE cases AS
WITH known AS (
  SELECT id, account_id, opened_on,
    (is_closed IS NOT TRUE OR (closed_on > $today) IS TRUE) AND severity = 'high' AS severe
  FROM m."case" WHERE opened_on IS NULL OR opened_on <= $today),
sums AS (
  SELECT account_id, count_if(severe) AS severe_n, count_if(opened_on > $today - 90) AS cases_n,
    count_if(opened_on > $today - 28) AS cases_28,
    count_if(opened_on <= $today - 28 AND opened_on > $today - 392) AS past, max(opened_on) AS last_case_on
  FROM known GROUP BY account_id),
last AS (
  SELECT known.account_id, min(id) AS last_case_record
  FROM known JOIN sums ON sums.account_id = known.account_id AND opened_on = last_case_on GROUP BY known.account_id)
SELECT * FROM sums LEFT JOIN last USING (account_id)"""

FEEDBACK = """
CREATE TEMP TABLE answers AS
WITH told AS (
  SELECT id, account_id, kind, score, "on" FROM m.feedback
  WHERE "on" <= $today AND (kind = 'nps' AND score BETWEEN 0 AND 10 AND score = floor(score)
    OR kind = 'csat' AND score BETWEEN 1 AND 5)),
sums AS (
  SELECT account_id, max("on") AS feedback_since,
    max("on") FILTER ("on" >= $today - 30 AND score >= CASE WHEN kind = 'nps' THEN 9 ELSE 5 END) AS delighted_on,
    max("on") FILTER (kind = 'nps' AND "on" >= $today - 180) AS nps_on,
    max("on") FILTER (kind = 'csat' AND "on" >= $today - 180) AS csat_on
  FROM told GROUP BY account_id),
since AS (
  SELECT account_id, min(told.id) AS feedback_record FROM told JOIN sums USING (account_id)
  WHERE "on" = feedback_since GROUP BY account_id),
happy AS (
  SELECT account_id, min(told.id) AS delighted_record FROM told JOIN sums USING (account_id)
  WHERE "on" = delighted_on AND score >= CASE WHEN kind = 'nps' THEN 9 ELSE 5 END GROUP BY account_id),
nps AS (
  SELECT account_id, arg_min(score, told.id)::BIGINT AS nps, min(told.id) AS nps_record
  FROM told JOIN sums USING (account_id) WHERE kind = 'nps' AND "on" = nps_on GROUP BY account_id),
csat AS (
  SELECT account_id, arg_min(score, told.id) AS csat, min(told.id) AS csat_record
  FROM told JOIN sums USING (account_id) WHERE kind = 'csat' AND "on" = csat_on GROUP BY account_id),
earlier AS (
  SELECT told.* FROM told JOIN sums USING (account_id)
  WHERE kind = 'nps' AND "on" >= $today - 180 AND "on" < nps_on),
day AS (SELECT account_id, max("on") AS "on" FROM earlier GROUP BY account_id),
before AS (
  SELECT account_id, arg_min(score, earlier.id)::BIGINT AS nps_before, min(earlier.id) AS nps_before_record
  FROM earlier JOIN day USING (account_id, "on")
  GROUP BY account_id),
csat_earlier AS (
  SELECT told.* FROM told JOIN sums USING (account_id)
  WHERE kind = 'csat' AND "on" >= $today - 180 AND "on" < csat_on),
csat_day AS (SELECT account_id, max("on") AS "on" FROM csat_earlier GROUP BY account_id),
csat_then AS (
  SELECT account_id, arg_min(score, csat_earlier.id) AS csat_before, min(csat_earlier.id) AS csat_before_record
  FROM csat_earlier JOIN csat_day USING (account_id, "on")
  GROUP BY account_id)
SELECT account_id, feedback_since, feedback_record, delighted_on, delighted_record, nps, nps_record, nps_before,
  nps_before_record, csat, csat_record, csat_before, csat_before_record,
  CASE WHEN nps_before > nps THEN nps_before - nps WHEN nps_before <= nps THEN 0 END AS nps_fall,
  CASE WHEN csat_before > csat THEN round(csat_before - csat, 4) WHEN csat_before <= csat THEN 0 END AS csat_fall
FROM sums LEFT JOIN nps USING (account_id) LEFT JOIN csat USING (account_id) LEFT JOIN before USING (account_id)
  LEFT JOIN csat_then USING (account_id) LEFT JOIN since USING (account_id) LEFT JOIN happy USING (account_id)"""

CONTACTED = """
CREATE TEMP TABLE contacted AS
WITH silent AS (
  SELECT id, kind FROM m.ours
  WHERE kind = 'task'
    AND (outcome IN ('accepted', 'won', 'lost') AND (decided_on > $today) IS NOT TRUE) IS NOT TRUE),
held AS (
  SELECT id, account_id, kind, "on" FROM m.activity ANTI JOIN silent USING (id, kind)
  WHERE "on" <= $today AND (kind <> 'task' OR is_closed IS TRUE) AND account_id IS NOT NULL),
sums AS (
  SELECT account_id, max("on") AS contacted_on, count_if(kind = 'meeting' AND "on" > $today - 90) AS meetings_90
  FROM held GROUP BY account_id),
last AS (
  SELECT held.account_id, min(id) AS contacted_record
  FROM held JOIN sums ON sums.account_id = held.account_id AND "on" = contacted_on GROUP BY held.account_id)
SELECT account_id, contacted_on, contacted_record, ($today - contacted_on)::BIGINT AS silent_days, meetings_90
FROM sums JOIN last USING (account_id)"""

WON = """
CREATE TEMP TABLE won AS
WITH deals AS (SELECT id, account_id, closes_on FROM m.opportunity WHERE is_won AND closes_on <= $today),
day AS (SELECT account_id, max(closes_on) AS won_on FROM deals GROUP BY account_id),
last AS (
  SELECT day.account_id, won_on, min(id) AS won_record
  FROM deals JOIN day ON day.account_id = deals.account_id AND closes_on = won_on GROUP BY ALL),
lines AS (SELECT id, account_id, bought_on FROM m.purchase WHERE bought_on <= $today),
since AS (SELECT account_id, min(bought_on) AS first_bought_on FROM lines GROUP BY account_id),
first AS (
  SELECT since.account_id, first_bought_on, min(id) AS first_purchase_record
  FROM lines JOIN since ON since.account_id = lines.account_id AND bought_on = first_bought_on GROUP BY ALL)
SELECT account_id, won_on, won_record, ($today - won_on)::BIGINT AS won_days, first_bought_on, first_purchase_record,
  ($today - first_bought_on)::BIGINT AS first_bought_days
FROM last FULL JOIN first USING (account_id)"""

CHAMPIONS = """
CREATE TEMP TABLE champions AS
WITH people AS (SELECT id, account_id, left_on FROM m.contact WHERE role = 'champion'),
sums AS (
  SELECT account_id, max(left_on) FILTER (left_on <= $today) AS champion_left_on,
    count_if((left_on <= $today) IS TRUE) AS champions_left, count_if((left_on <= $today) IS NOT TRUE) AS champions_n
  FROM people GROUP BY account_id),
last AS (
  SELECT people.account_id, min(id) AS champion_record
  FROM people JOIN sums ON sums.account_id = people.account_id AND left_on = champion_left_on
  GROUP BY people.account_id)
SELECT * FROM sums LEFT JOIN last USING (account_id)"""

DECLINED = """
CREATE TEMP TABLE refused AS
WITH keyed AS (
  SELECT split_part(key, '/', 1) AS account_id, min(created_on) AS written_on,
    bool_or(is_closed IS NOT TRUE) AS is_open,
    bool_or(outcome IS NOT NULL) AS touched, min(id) FILTER (outcome = 'declined') AS declined_record
  FROM m.ours WHERE len(split(key, '/')) = 4 AND split_part(key, '/', 2) NOT IN ($saves) GROUP BY key),
dated AS (
  SELECT keyed.*, o.created_on FROM keyed LEFT JOIN m.ours o ON o.id = declined_record
  WHERE written_on IS NULL OR written_on <= $today),
sums AS (
  SELECT account_id, max(created_on) AS declined_on,
    count(*) FILTER (written_on >= $today - 365 AND declined_record IS NOT NULL)
      + count(*) FILTER (written_on BETWEEN $today - 365 AND $today - 45 AND is_open AND NOT touched) AS refusals
  FROM dated GROUP BY account_id),
last AS (
  SELECT dated.account_id, min(declined_record) AS declined_record
  FROM dated JOIN sums ON sums.account_id = dated.account_id AND created_on = declined_on GROUP BY dated.account_id)
SELECT * FROM sums LEFT JOIN last USING (account_id)"""

TOGETHER = """
CREATE TEMP TABLE by_hand AS
SELECT r.account_id, $names
FROM revenue r LEFT JOIN renewal USING (account_id) LEFT JOIN headroom USING (account_id)
  LEFT JOIN rfm USING (account_id) LEFT JOIN used USING (account_id) LEFT JOIN cases c USING (account_id)
  LEFT JOIN answers USING (account_id)
  LEFT JOIN contacted USING (account_id) LEFT JOIN won USING (account_id) LEFT JOIN champions h USING (account_id)
  LEFT JOIN refused USING (account_id)"""

OWN: Mapping[str, str] = {
    "industry": "r.industry",
    "headroom": "headroom.headroom",
    **{name: f"coalesce(c.{name}, 0)" for name in ("severe_n", "cases_n", "cases_28")},
    "cases_spike": "CASE WHEN r.customer_since <= $today - 392 THEN coalesce(c.cases_28, 0) * 13000 "
    "> coalesce(c.past, 0) * 2000 AND coalesce(c.cases_28, 0) >= 5 END",
    **{name: f"coalesce(h.{name}, 0)" for name in ("champions_left", "champions_n")},
    "refusals": "coalesce(refusals, 0)",
}
"""How the facts are told that are more than a column of one of the tables above."""


def statements(today: str, mirror: str, saves: tuple[str, ...]) -> Iterator[str]:
    """The SQL in order; the last statement makes `by_hand`, one row an account with the columns of NAMES.

    `mirror` is the schema of the canonical tables, `saves` the plays that do not sell.
    """
    names = ", ".join(f"{OWN.get(name, name)} AS {name}" for name in NAMES)
    said = ", ".join(f"'{name}'" for name in saves)
    for one in (SUBSCRIPTIONS, PAID, OTHER, REVENUE, RENEWAL, HEADROOM, RFM, USAGE, CASES, FEEDBACK, CONTACTED, WON,
                CHAMPIONS, DECLINED, TOGETHER.replace("$names", names)):  # fmt: skip
        filled = one.replace("$today", f"DATE '{today}'").replace("$saves", said)
        yield filled.replace(" m.", f" {mirror}.")
