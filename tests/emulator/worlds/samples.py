"""A few rows in the shape of each public data set, made up."""

from datetime import date
from pathlib import Path

_RAVENSTACK = {
    "accounts": """account_id,account_name,industry,country,signup_date,referral_source,plan_tier,seats,is_trial,\
churn_flag
A-1,Company_1,EdTech,US,2023-01-16,partner,Basic,9,FALSE,FALSE
A-2,Company_2,FinTech,IN,2023-02-17,other,Pro,18,FALSE,TRUE
""",
    "subscriptions": """subscription_id,account_id,start_date,end_date,plan_tier,seats,mrr_amount,arr_amount,\
is_trial,upgrade_flag,downgrade_flag,churn_flag,billing_frequency,auto_renew_flag
S-1,A-1,2024-06-11,,Pro,17,833,9996,FALSE,FALSE,FALSE,FALSE,monthly,TRUE
S-2,A-2,2023-12-23,2024-04-12,Enterprise,10,1990,23880,FALSE,FALSE,FALSE,TRUE,annual,FALSE
S-3,A-2,2024-11-25,,Basic,5,0,0,TRUE,FALSE,FALSE,FALSE,annual,TRUE
""",
    "feature_usage": """usage_id,subscription_id,usage_date,feature_name,usage_count,usage_duration_secs,error_count,\
is_beta_feature
U-1,S-1,2023-07-27,feature_20,9,5004,0,False
U-2,S-2,2023-08-07,feature_5,4,369,0,False
U-1,S-2,2023-09-01,feature_1,2,10,0,False
""",
    "support_tickets": """ticket_id,account_id,submitted_at,closed_at,resolution_time_hours,priority,\
first_response_time_minutes,satisfaction_score,escalation_flag
T-1,A-1,2023-07-27,2023-07-28 3:00,27,urgent,74,4.0,FALSE
T-2,A-2,2024-07-08,2024-07-09 3:00,27,low,144,,FALSE
""",
    "churn_events": """churn_event_id,account_id,churn_date,reason_code,refund_amount_usd,preceding_upgrade_flag,\
preceding_downgrade_flag,is_reactivation,feedback_text
C-1,A-2,2024-10-27,pricing,4.03,FALSE,FALSE,FALSE,too expensive
C-2,A-2,2024-11-25,support,0.0,TRUE,FALSE,TRUE,
""",
}

RETAIL_ROWS = [
    ("489434", "85048", "GLASS BALL", 12, date(2009, 12, 1), 6.95, 13085, "United Kingdom"),
    ("489434", "79323P", " CHERRY  LIGHTS", 10, date(2009, 12, 1), 2.2, 13085, "United Kingdom"),
    ("C489449", "85048", "GLASS BALL", -2, date(2009, 12, 2), 6.95, 13085, "France"),
    ("489500", "79323P ", "CHERRY LIGHTS", 1, date(2009, 12, 3), 2.0, None, "United Kingdom"),
    ("489500", "85048", "broken?", -3, date(2009, 12, 3), 0.0, None, "United Kingdom"),
    ("A506401", "B", "Adjust bad debt", 1, date(2010, 4, 29), -53594.36, None, "United Kingdom"),
]


def write_ravenstack(folder: Path) -> None:
    """Two accounts, three subscriptions, three usage rows of which two share an id, two tickets, two churn events."""
    for name, text in _RAVENSTACK.items():
        (folder / f"ravenstack_{name}.csv").write_text(text, encoding="utf-8")
