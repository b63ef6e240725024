"""What a CRM holds, in words that both share, so that the two can be compared."""

from collections.abc import Callable, Iterable
from typing import Any

from connector.emulator.hubspot.app import HubSpotPortal
from connector.emulator.salesforce.app import SalesforceOrg

Facts = dict[str, list[tuple[Any, ...]]]


def of_salesforce(org: SalesforceOrg) -> Facts:
    """Every fact that leads are computed from, sorted."""

    def rows(object: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = org.inspect(object)["records"]
        return found

    names = {row["Id"]: row["Name"] for object in ("Account", "Contact", "User", "Group") for row in rows(object)}
    codes = {row["Id"]: row["ProductCode"] for row in rows("Product2")}
    deals = {row["Id"]: row for row in rows("Opportunity")}
    people = {row["Id"]: row for row in rows("Contact")}
    campaigns = {row["Id"]: row for row in rows("Campaign")}
    account = [
        "Name",
        "ParentId",
        "OwnerId",
        "BillingCountry",
        "NumberOfEmployees",
        "Reported_Employees__c",
        "Free_Users__c",
    ]
    flags = ["Do_Not_Contact__c", "Legal_Hold__c", "Invoice_Overdue__c"]
    days = ["Customer_Since__c", "Onboarding_Started__c", "Onboarding_Completed__c", "CurrencyIsoCode"]
    return _sorted(
        account=([names.get(row[f], row[f]) for f in (*account, *flags, *days)] for row in rows("Account")),
        product=(
            (
                row["ProductCode"],
                row["Name"],
                row["Family"],
                _number(row["Tier__c"]),
                row["List_Price__c"],
                row["Is_Option__c"],
                row["IsActive"],
                row["Complements__c"],
                row["Specialist__c"],
                _number(row["SLA_Days__c"]),
            )
            for row in rows("Product2")
        ),
        contact=(
            (
                names[row["AccountId"]],
                row["Name"],
                row["Title"],
                row["Role__c"],
                row["DoNotCall"],
                row["HasOptedOutOfEmail"],
                row["Do_Not_Contact__c"],
                row["Left_On__c"],
            )
            for row in rows("Contact")
        ),
        subscription=(
            (
                names[row["AccountId"]],
                codes[row["Product2Id"]],
                _number(row["Quantity"]),
                _number(row["Seats_Used__c"]),
                _number(row["Price"]),
                row["CurrencyIsoCode"],
                row["InstallDate"],
                row["UsageEndDate"],
                row["Status"] == "Obsolete",
                row["Auto_Renew__c"],
            )
            for row in rows("Asset")
        ),
        deal=(
            (
                names[row["AccountId"]],
                row["Name"],
                row["IsClosed"],
                row["IsWon"],
                row["Amount"],
                row["CurrencyIsoCode"],
                row["CloseDate"],
                row["CreatedDate"][:10],
            )
            for row in deals.values()
        ),
        line=(
            (
                deals[row["OpportunityId"]]["Name"],
                deals[row["OpportunityId"]]["CloseDate"],
                codes[row["Product2Id"]],
                row["Quantity"],
                row["UnitPrice"],
                row["TotalPrice"],
            )
            for row in rows("OpportunityLineItem")
        ),
        case=(
            (
                names[row["AccountId"]],
                names.get(row["ContactId"]),
                row["Subject"],
                row["Priority"].upper(),
                row["CreatedDate"][:10],
                (row["ClosedDate"] or "")[:10],
            )
            for row in rows("Case")
        ),
        activity=(
            (names[row["AccountId"]], names.get(row["WhoId"]), row["Subject"], row["ActivityDate"])
            for row in (*rows("Task"), *rows("Event"))
        ),
        open_task=(
            (names[row["AccountId"]], row["Subject"], row["ActivityDate"])
            for row in rows("Task")
            if not row["IsClosed"]
        ),
        usage=(
            (names[row["Account__c"]], codes[row["Product__c"]], row["Date__c"], row["Quantity__c"])
            for row in rows("Product_Usage__c")
        ),
        feedback=(
            (names[row["Account__c"]], row["Kind__c"], row["Score__c"], row["Submitted__c"])
            for row in rows("Survey_Response__c")
        ),
        engagement=(
            *(
                (
                    names[row["Account__c"]],
                    names[row["Contact__c"]],
                    codes[row["Product__c"]],
                    row["Kind__c"],
                    _number(row["Weight__c"]),
                    row["Date__c"],
                )
                for row in rows("Engagement__c")
            ),
            *(
                (
                    names[people[row["ContactId"]]["AccountId"]],
                    names[row["ContactId"]],
                    codes[campaigns[row["CampaignId"]]["Product__c"]],
                    "mail_click",
                    None,
                    row["FirstRespondedDate"],
                )
                for row in rows("CampaignMember")
            ),
        ),
        proposal=(
            (
                names[row["AccountId"]],
                row["Subject"],
                row["Tossup_Response__c"],
                row["IsClosed"],
                row["CreatedDate"][:10],
                _key(names, row["Tossup_Key__c"]),
            )
            for row in rows("Task")
            if row.get("Tossup_Key__c")
        ),
        tossup=(
            (
                names[row["OwnerId"]],
                row["LastName"],
                row["Status"] == "Closed - Not Converted",
                row["CreatedDate"][:10],
                _key(names, row["Tossup_Key__c"]),
            )
            for row in rows("Lead")
        ),
        owner=((row["Name"], row["IsActive"]) for row in rows("User") if row["Name"].startswith("CSM")),
        queue=((row["Name"],) for row in rows("Group")),
    )


def of_hubspot(portal: HubSpotPortal) -> Facts:
    """The same facts, from HubSpot's spelling."""

    def rows(object: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = portal.inspect(object)["records"]
        return found

    owners = {row["id"]: f"{row['firstName']} {row['lastName']}" for row in rows("owners")}
    companies = {row["id"]: row["properties"]["name"] for row in rows("companies")}
    people = {row["id"]: " ".join(_texts(row, "firstname", "lastname")) for row in rows("contacts")}
    names = {**owners, **companies, **people}
    codes = {row["id"]: row["properties"]["hs_sku"] for row in rows("products")}
    items = {row["id"]: row for row in rows("line_items")}
    deals = {row["id"]: row["properties"] for row in rows("deals")}
    account = [
        "name",
        "hs_parent_company_id",
        "hubspot_owner_id",
        "country",
        "numberofemployees",
        "reported_employees",
        "free_users",
    ]
    flags = ["do_not_contact", "legal_hold", "invoice_overdue"]
    days = ["customer_since", "onboarding_started", "onboarding_completed", "currency_code"]

    def linked(row: dict[str, Any], object: str, known: dict[str, str]) -> str | None:
        return next((known[id] for id in row["associations"].get(object, ())), None)

    def said(row: dict[str, Any], *wanted: str) -> tuple[Any, ...]:
        return tuple(_value(names, row["properties"].get(name)) for name in wanted)

    return _sorted(
        account=(said(row, *account, *flags, *days) for row in rows("companies")),
        product=(
            said(
                row,
                "hs_sku",
                "name",
                "product_family",
                "product_tier",
                "price",
                "is_option",
                "is_active",
                "complements",
                "specialist",
                "sla_days",
            )
            for row in rows("products")
        ),
        contact=(
            (
                linked(row, "companies", companies),
                people[row["id"]],
                *said(row, "jobtitle", "role", "no_phone", "hs_email_optout", "do_not_contact", "left_on"),
            )
            for row in rows("contacts")
        ),
        subscription=(
            (
                linked(row, "companies", companies),
                codes[items[row["associations"]["line_items"][0]]["properties"]["hs_product_id"]],
                *said(row, "seats_paid", "seats_used", "unit_price", "hs_currency_code"),
                *said(row, "starts_on", "ends_on", "cancelled", "auto_renews"),
            )
            for row in rows("subscriptions")
        ),
        deal=(
            (
                linked(row, "companies", companies),
                *said(row, "dealname", "hs_is_closed", "hs_is_closed_won", "amount", "deal_currency_code"),
                *_days(row, "closedate", "createdate"),
            )
            for row in rows("deals")
        ),
        line=(
            (
                deals[row["associations"]["deals"][0]]["dealname"],
                deals[row["associations"]["deals"][0]]["closedate"][:10],
                codes[row["properties"]["hs_product_id"]],
                *said(row, "quantity", "price", "amount"),
            )
            for row in items.values()
            if "deals" in row["associations"]
        ),
        case=(
            (
                linked(row, "companies", companies),
                linked(row, "contacts", people),
                *said(row, "subject", "hs_ticket_priority"),
                *_days(row, "createdate", "closed_date"),
            )
            for row in rows("tickets")
        ),
        activity=(
            (
                linked(row, "companies", companies),
                linked(row, "contacts", people),
                *said(row, subject),
                *_days(row, "hs_timestamp"),
            )
            for object, subject in (
                ("tasks", "hs_task_subject"),
                ("calls", "hs_call_title"),
                ("emails", "hs_email_subject"),
                ("meetings", "hs_meeting_title"),
            )
            for row in rows(object)
        ),
        open_task=(
            (linked(row, "companies", companies), *said(row, "hs_task_subject"), *_days(row, "hs_timestamp"))
            for row in rows("tasks")
            if row["properties"]["hs_task_status"] != "COMPLETED"
        ),
        usage=(
            (
                linked(row, "companies", companies),
                linked(row, "products", codes),
                *said(row, "usage_date", "quantity"),
            )
            for row in rows("product_usage")
        ),
        feedback=(
            (
                linked(row, "companies", companies),
                row["properties"]["hs_survey_type"].lower(),
                *said(row, "hs_value"),
                *_days(row, "hs_submission_timestamp"),
            )
            for row in rows("feedback_submissions")
        ),
        engagement=(
            (
                linked(row, "companies", companies),
                linked(row, "contacts", people),
                linked(row, "products", codes),
                *said(row, "event_kind", "weight", "happened_on"),
            )
            for row in rows("engagement_event")
        ),
        proposal=(
            (
                linked(row, "companies", companies),
                *said(row, "hs_task_subject", "tossup_response"),
                row["properties"]["hs_task_status"] == "COMPLETED",
                *_days(row, "hs_createdate"),
                _key(names, row["properties"]["tossup_key"]),
            )
            for row in rows("tasks")
            if row["properties"].get("tossup_key")
        ),
        tossup=(
            (
                *said(row, "hubspot_owner_id", "hs_lead_name"),
                row["properties"]["hs_pipeline_stage"] == "unqualified-stage-id",
                *_days(row, "hs_createdate"),
                _key(names, row["properties"]["tossup_key"]),
            )
            for row in rows("leads")
        ),
        owner=((owners[row["id"]], not row["archived"]) for row in rows("owners") if row["type"] == "PERSON"),
        queue=((owners[row["id"]],) for row in rows("owners") if row["type"] == "QUEUE"),
    )


def _sorted(**tables: Iterable[Iterable[Any]]) -> Facts:
    by: Callable[[tuple[Any, ...]], str] = repr
    return {name: sorted((tuple(row) for row in rows), key=by) for name, rows in tables.items()}


def _key(names: dict[str, str], key: str) -> str:
    """A lead's key with the account's name in place of its id."""
    account, _, rest = key.partition("/")
    return f"{names[account]}/{rest}"


def _number(value: Any) -> Any:
    return float(value) if value is not None else None


def _texts(row: dict[str, Any], *names: str) -> list[str]:
    return [row["properties"][name] for name in names]


def _days(row: dict[str, Any], *names: str) -> list[str]:
    return [(row["properties"].get(name) or "")[:10] for name in names]


def _value(names: dict[str, str], text: str | None) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if text is None or text in names:
        return names.get(text) if text else None
    try:
        return float(text)
    except ValueError:
        return text
