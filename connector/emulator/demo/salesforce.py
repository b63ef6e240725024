"""The demo world as the records of a Salesforce org."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any, Final

from connector.emulator.demo.model import (
    Account,
    Activity,
    Case,
    Contact,
    Deal,
    Engagement,
    Product,
    Proposal,
    Subscription,
    World,
)

Record = dict[str, Any]
Insert = Callable[[str, list[Record]], list[str]]

_STAGES: Final = {"won": "Closed Won", "lost": "Closed Lost", "open": "Proposal/Price Quote"}
_PRIORITIES: Final = {"high": "High", "normal": "Medium", "low": "Low"}
_SUBTYPES: Final = {"task": "Task", "call": "Call", "email": "Email"}
_DAY: Final = timedelta(days=1)
_EVER: Final = "0001-12-30"
"""When Salesforce's first rate of a currency begins."""
_LEFT: Final = "CSM 07"
"""Salesforce has no account without an owner: one whose owner is unknown belongs to somebody who left."""


class SalesforceFill:
    """Writes a world through an org's `insert`, remembering which record became of which key."""

    def __init__(self, world: World, insert: Insert) -> None:
        self._world = world
        self._insert = insert
        self._ids: dict[str, str] = {}
        self._currency = {account.key: account.currency for account in world.accounts}
        self._names = {account.key: account.name for account in world.accounts}
        self._specialists = {each.code: each.specialist or _LEFT for each in world.products}

    def run(self) -> None:
        """Everything, what is referred to first; parents of accounts are left to `parents`."""
        world = self._world
        self._owners()
        self._insert("CurrencyType", list(self._currencies()))
        self._insert("DatedConversionRate", list(self._rates()))
        self._put("Product2", [(each.code, _product(each)) for each in world.products])
        self._put("Account", [(each.key, self._account(each)) for each in world.accounts])
        self._put("Contact", [(each.key, self._contact(each)) for each in world.contacts])
        self._insert("Asset", [self._asset(each) for each in world.subscriptions])
        self._put("Opportunity", [(each.key, self._opportunity(each)) for each in world.deals])
        self._insert("OpportunityLineItem", list(self._lines()))
        self._insert("Case", [self._case(each) for each in world.cases])
        self._insert("Task", [self._task(each) for each in world.activities if each.kind != "meeting"])
        self._insert("Event", [self._event(each) for each in world.activities if each.kind == "meeting"])
        self._insert("Product_Usage__c", list(self._usage()))
        self._insert("Survey_Response__c", list(self._answers()))
        clicks = [each for each in world.engagement if each.kind == "mail_click"]
        self._insert("Engagement__c", [self._engagement(each) for each in world.engagement if each not in clicks])
        self._put("Campaign", list({_mailing(each): self._campaign(each) for each in clicks}.items()))
        self._insert("CampaignMember", [self._click(each) for each in clicks])
        self._insert("Task", [self._proposal(each) for each in world.proposals])
        self._insert("Lead", [self._tossup(each) for each in world.proposals if each.is_tossup])

    def parents(self) -> Iterator[tuple[str, str]]:
        """(account id, id of its parent) of every account that has one; a cycle needs both to exist first."""
        for account in self._world.accounts:
            if account.parent is not None:
                yield self._ids[account.key], self._ids[account.parent]

    def _put(self, object: str, rows: list[tuple[str, Record]]) -> None:
        ids = self._insert(object, [record for _, record in rows])
        self._ids.update(zip((key for key, _ in rows), ids, strict=True))

    def _maybe(self, key: str | None) -> str | None:
        return None if key is None else self._ids[key]

    def _owners(self) -> None:
        people = [owner for owner in self._world.owners if owner.kind == "person"]
        queues = [owner.name for owner in self._world.owners if owner.kind == "queue"]
        self._put("User", [(owner.name, _user(owner.name, is_active=owner.is_active)) for owner in people])
        self._put("Group", [(name, _queue(name)) for name in queues])
        owned = ((name, object) for name in queues for object in ("Lead", "Task"))
        self._insert("QueueSobject", [{"QueueId": self._ids[name], "SobjectType": object} for name, object in owned])

    def _currencies(self) -> Iterator[Record]:
        """The company's own and, each by its last rate, the others."""
        last = {self._world.currency: 1.0} | {rate.currency: rate.worth for rate in self._world.rates}
        for code, worth in last.items():
            yield {
                "IsoCode": code,
                "ConversionRate": round(1 / worth, 6),
                "DecimalPlaces": 0 if code == "JPY" else 2,
                "IsActive": True,
                "IsCorporate": code == self._world.currency,
            }

    def _rates(self) -> Iterator[Record]:
        rates = self._world.rates
        for rate, following in zip_longest(rates, rates[1:]):
            goes_on = following is not None and following.currency == rate.currency
            yield {
                "IsoCode": rate.currency,
                "StartDate": _day(rate.since) or _EVER,
                "NextStartDate": _day(following.since) if goes_on else None,
                "ConversionRate": round(1 / rate.worth, 6),
            }

    def _account(self, account: Account) -> Record:
        return {
            "Name": account.name,
            "OwnerId": self._ids[account.owner or _LEFT],
            "Industry": account.industry,
            "BillingCountry": account.country,
            "CurrencyIsoCode": account.currency,
            "NumberOfEmployees": account.employees,
            "Free_Users__c": account.free_users,
            "Reported_Employees__c": account.employees_reported,
            "Do_Not_Contact__c": account.do_not_contact,
            "Legal_Hold__c": account.legal_hold,
            "Invoice_Overdue__c": account.invoice_overdue,
            "Customer_Since__c": _day(account.customer_since),
            "Onboarding_Started__c": _day(account.onboarding_started),
            "Onboarding_Completed__c": _day(account.onboarding_completed),
            "CreatedDate": _noon(account.customer_since),
        }

    def _contact(self, contact: Contact) -> Record:
        return {
            "AccountId": self._ids[contact.account],
            "FirstName": contact.first_name,
            "LastName": contact.last_name,
            "Title": contact.title,
            "Email": contact.email,
            "DoNotCall": "phone" in contact.refuses,
            "HasOptedOutOfEmail": "email" in contact.refuses,
            "Role__c": contact.role,
            "Do_Not_Contact__c": "everything" in contact.refuses,
            "Left_On__c": _day(contact.left_on),
        }

    def _asset(self, subscription: Subscription) -> Record:
        return {
            "Name": f"{subscription.product} {subscription.starts_on.isoformat()}",
            "AccountId": self._ids[subscription.account],
            "Product2Id": self._ids[subscription.product],
            "Quantity": subscription.seats_paid,
            "Price": subscription.unit_price,
            "CurrencyIsoCode": self._currency[subscription.account],
            "InstallDate": _day(subscription.starts_on),
            "UsageEndDate": _day(subscription.ends_on),
            "Status": "Obsolete" if subscription.cancelled else "Installed",
            "Seats_Used__c": subscription.seats_used,
            "Auto_Renew__c": subscription.auto_renews,
            "CreatedDate": _noon(subscription.starts_on),
        }

    def _opportunity(self, deal: Deal) -> Record:
        return {
            "Name": deal.name,
            "AccountId": self._ids[deal.account],
            "OwnerId": self._ids[deal.owner or _LEFT],
            "StageName": _STAGES[deal.outcome],
            "CloseDate": _day(deal.closes_on),
            "Amount": deal.amount,
            "CurrencyIsoCode": self._currency[deal.account],
            "CreatedDate": _noon(deal.created_on),
        }

    def _lines(self) -> Iterator[Record]:
        for deal in self._world.deals:
            for line in deal.lines:
                yield {
                    "OpportunityId": self._ids[deal.key],
                    "Product2Id": self._ids[line.product],
                    "Quantity": line.quantity,
                    "UnitPrice": line.unit_price,
                    "CurrencyIsoCode": self._currency[deal.account],
                }

    def _case(self, case: Case) -> Record:
        return {
            "AccountId": self._ids[case.account],
            "ContactId": self._maybe(case.contact),
            "Subject": case.subject,
            "Priority": _PRIORITIES[case.severity],
            "Status": "New" if case.closed_on is None else "Closed",
            "CreatedDate": _noon(case.opened_on),
            "ClosedDate": _noon(case.closed_on),
        }

    def _task(self, activity: Activity) -> Record:
        return {
            **self._about(activity),
            "Status": "Completed" if activity.is_closed else "Not Started",
            "TaskSubtype": _SUBTYPES[activity.kind],
        }

    def _event(self, activity: Activity) -> Record:
        return {**self._about(activity), "ActivityDateTime": _noon(activity.on)}

    def _about(self, activity: Activity) -> Record:
        return {
            "WhatId": self._ids[activity.account],
            "WhoId": self._maybe(activity.contact),
            "OwnerId": self._ids[activity.owner or _LEFT],
            "Subject": activity.subject,
            "ActivityDate": _day(activity.on),
            "CreatedDate": _noon(min(activity.on, self._world.at.date() - _DAY)),
        }

    def _usage(self) -> Iterator[Record]:
        for usage in self._world.usage:
            yield {
                "Name": f"{usage.product} {usage.on.isoformat()}",
                "Account__c": self._ids[usage.account],
                "Product__c": self._ids[usage.product],
                "Date__c": _day(usage.on),
                "Quantity__c": usage.quantity,
            }

    def _answers(self) -> Iterator[Record]:
        for answer in self._world.feedback:
            yield {
                "Name": f"{answer.kind} {answer.on.isoformat()}",
                "Account__c": self._ids[answer.account],
                "Contact__c": self._maybe(answer.contact),
                "Kind__c": answer.kind,
                "Score__c": answer.score,
                "Submitted__c": _day(answer.on),
            }

    def _engagement(self, each: Engagement) -> Record:
        return {
            "Name": f"{each.kind} {each.on.isoformat()}",
            "Account__c": self._ids[each.account],
            "Contact__c": self._maybe(each.contact),
            "Product__c": self._ids[each.product],
            "Kind__c": each.kind,
            "Weight__c": each.weight,
            "Date__c": _day(each.on),
        }

    def _campaign(self, each: Engagement) -> Record:
        return {
            "Name": _mailing(each),
            "Type": "Email",
            "Status": "Completed",
            "Product__c": self._ids[each.product],
            "StartDate": _day(each.on),
            "CreatedDate": _noon(each.on),
        }

    def _click(self, each: Engagement) -> Record:
        return {
            "CampaignId": self._ids[_mailing(each)],
            "ContactId": self._maybe(each.contact),
            "Status": "Responded",
            "FirstRespondedDate": _day(each.on),
            "CreatedDate": _noon(each.on),
        }

    def _key(self, each: Proposal) -> str:
        return f"{self._ids[each.account]}/{each.play}/{each.product}/{each.cycle}"

    def _proposal(self, each: Proposal) -> Record:
        return {
            "WhatId": self._ids[each.account],
            "WhoId": self._maybe(each.contact),
            "OwnerId": self._ids[each.owner or _LEFT],
            "Subject": each.subject,
            "Status": "Completed",
            "TaskSubtype": "Task",
            "ActivityDate": _day(each.on),
            "CreatedDate": _noon(each.on),
            "CompletedDateTime": _noon(each.on),
            "Tossup_Key__c": self._key(each),
            "Tossup_Response__c": None if each.is_tossup else each.outcome,
        }

    def _tossup(self, each: Proposal) -> Record:
        return {
            "LastName": each.subject,
            "Company": self._names[each.account],
            "OwnerId": self._ids[self._specialists[each.product]],
            "Status": "Closed - Not Converted" if each.outcome == "declined" else "Closed - Converted",
            "CreatedDate": _noon(each.on),
            "Tossup_Key__c": self._key(each),
        }


def _mailing(each: Engagement) -> str:
    return f"Mailing {each.product} {each.on.isoformat()}"


def _product(product: Product) -> Record:
    return {
        "Name": product.name,
        "ProductCode": product.code,
        "Family": product.family,
        "IsActive": product.is_active,
        "Tier__c": product.tier,
        "List_Price__c": product.list_price,
        "Is_Option__c": product.is_option,
        "Complements__c": ";".join(product.complements) or None,
        "Specialist__c": product.specialist,
        "SLA_Days__c": product.sla_days,
    }


def _user(name: str, *, is_active: bool) -> Record:
    first, last = name.split(" ", 1)
    return {
        "Username": f"{name.lower().replace(' ', '')}@example.invalid",
        "FirstName": first,
        "LastName": last,
        "IsActive": is_active,
    }


def _queue(name: str) -> Record:
    return {"Name": name, "DeveloperName": name.replace(" ", "_"), "Type": "Queue"}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _noon(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T12:00:00.000Z"
