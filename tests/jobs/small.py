"""A company with a handful of customers in both CRMs, a store beside it, and the verbs that run on them."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from connector.emulator.demo.catalogue import ANALYTICS, owners
from connector.emulator.demo.model import Account, Contact, Deal, Line, Product, Subscription, World
from connector.emulator.server import Emulator
from connector.emulator.worlds import fill_demo
from jobs import verbs
from jobs.asked import Asked, still_asked
from jobs.result import RunResult
from jobs.settings import Settings, settings_of
from jobs.view import View
from jobs.wiring import Work
from mappings.canonical import Lead
from mappings.changes import Plan
from tests.jobs.few_rules import few_rules

CRMS = ("salesforce", "hubspot")
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = AT.date()
FULL, FREE, TOSSUP, QUIET = "a001", "a002", "a003", "a004"
"""The customers: one whose seats are nearly full, one with free users, one to toss up, one with nothing to do."""

NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "salesforce": MappingProxyType(
            {
                "account": "Account",
                "name": "Name",
                "task": "Task",
                "lead": "Lead",
                "contact": "Contact",
                "left": "Left_On__c",
                "headroom": "Tossup_Headroom__c",
                "headroom_value": "Tossup_Headroom_Value__c",
                "priority": "Tossup_Priority__c",
                "computed_at": "Tossup_Computed_At__c",
                "key": "Tossup_Key__c",
                "employees": "NumberOfEmployees",
                "do_not_contact": "Do_Not_Contact__c",
                "subject": "Subject",
                "body": "Description",
                "due": "ActivityDate",
                "owner": "OwnerId",
                "status": "Status",
                "stage": "Status",
                "done": "Completed",
                "begun": "In Progress",
                "unqualified": "Closed - Not Converted",
                "subscription": "Asset",
                "used": "Seats_Used__c",
                "paid": "Quantity",
                "lead_body": "Description",
                "response": "Tossup_Response__c",
                "reason": "Tossup_Answer_Reason__c",
                "note": "Tossup_Note__c",
                "snooze": "Tossup_Snooze_Until__c",
                "deferred": "Deferred",
            }
        ),
        "hubspot": MappingProxyType(
            {
                "account": "companies",
                "name": "name",
                "task": "tasks",
                "lead": "leads",
                "contact": "contacts",
                "left": "left_on",
                "headroom": "tossup_headroom",
                "headroom_value": "tossup_headroom_value",
                "priority": "tossup_priority",
                "computed_at": "tossup_computed_at",
                "key": "tossup_key",
                "employees": "numberofemployees",
                "do_not_contact": "do_not_contact",
                "subject": "hs_task_subject",
                "body": "hs_task_body",
                "due": "hs_timestamp",
                "owner": "hubspot_owner_id",
                "status": "hs_task_status",
                "stage": "hs_pipeline_stage",
                "done": "COMPLETED",
                "begun": "IN_PROGRESS",
                "unqualified": "unqualified-stage-id",
                "subscription": "subscriptions",
                "used": "seats_used",
                "paid": "seats_paid",
                "lead_body": "tossup_body",
                "response": "tossup_response",
                "reason": "tossup_answer_reason",
                "note": "tossup_note",
                "snooze": "tossup_snooze_until",
                "deferred": "DEFERRED",
            }
        ),
    }
)


CSMS = ("CSM 01", "CSM 02", "CSM 04", "CSM 05", "CSM 06")
"""The owners of accounts; by hand, CSM 03 acts."""
PRODUCTS = (
    Product(code="WORK-STD", name="Work Standard", family="Work", list_price=10.0, tier=1),
    Product(code="HELP-STD", name="Help Standard", family="Help", list_price=8.0, tier=1, complements=("ARCHIVE",)),
    Product(code="ARCHIVE", name="Archive", family="Archive", list_price=5.0, specialist=ANALYTICS, sla_days=5),
)


def _account(key: str, *, owner: str, free_users: int) -> Account:
    return Account(
        key=key,
        name=f"Example Industries {key[1:]}",
        industry="Retail",
        country="Japan",
        currency="USD",
        owner=owner,
        employees=200,
        free_users=free_users,
        customer_since=date(2025, 6, 1),
        onboarding_started=date(2025, 6, 1),
        onboarding_completed=date(2025, 6, 20),
    )


def _contact(account: str) -> Contact:
    return Contact(
        key=f"c{account}",
        account=account,
        first_name="Example",
        last_name=f"Person {account[1:]}",
        title="Head of IT",
        email=f"person{account[1:]}@example.com",
        role="decision_maker",
    )


def _subscription(account: str, product: str, paid: int, used: int) -> Subscription:
    return Subscription(
        key=f"s{account}{product}",
        account=account,
        product=product,
        seats_paid=paid,
        seats_used=used,
        unit_price=10.0,
        starts_on=date(2026, 8, 1),
        ends_on=date(2027, 7, 31),
    )


def _deal(account: str, product: str, won_on: date) -> Deal:
    return Deal(
        key=f"d{account}{product}",
        account=account,
        name=f"{product} for Example Industries {account[1:]}",
        owner="CSM 01",
        outcome="won",
        created_on=won_on - timedelta(days=30),
        closes_on=won_on,
        lines=(Line(product=product, quantity=100, unit_price=10.0),),
    )


def small_world(full: Sequence[str] = (), tossups: Sequence[str] = ()) -> World:
    """Four customers that play a part, and more of those whose seats are nearly full or who are to be tossed up."""
    full, tossups = (FULL, *full), (TOSSUP, *tossups)
    accounts = (*full, FREE, *tossups, QUIET)
    work = [(key, date(2026, 9, 15)) for key in (*full, FREE, QUIET)]
    return World(
        name="small",
        at=AT,
        currency="USD",
        owners=owners(),
        products=PRODUCTS,
        accounts=tuple(
            _account(key, owner=CSMS[n % len(CSMS)], free_users=20 if key == FREE else 0)
            for n, key in enumerate(accounts)
        ),
        contacts=tuple(_contact(key) for key in accounts),
        subscriptions=(
            *(_subscription(key, "WORK-STD", 150, 148) for key in full),
            _subscription(FREE, "WORK-STD", 120, 60),
            *(_subscription(key, "HELP-STD", 150, 90) for key in tossups),
            _subscription(QUIET, "WORK-STD", 150, 90),
        ),
        deals=(
            *(_deal(key, "WORK-STD", won_on) for key, won_on in work),
            *(_deal(key, "HELP-STD", date(2026, 10, 20)) for key in tossups),
        ),
        cases=(),
        activities=(),
        usage=(),
        feedback=(),
        cast=MappingProxyType({}),
    )


def silent(_what: str, _done: int, _total: int | None) -> None:
    """A report to nobody."""


@dataclass(frozen=True, kw_only=True)
class Company:
    """One CRM, its store, and what people and Tossup do there."""

    crm: str
    emulator: Emulator
    settings: Settings

    @property
    def names(self) -> Mapping[str, str]:
        """Objects and fields as this CRM spells them."""
        return NAMES[self.crm]

    @property
    def org(self) -> Any:
        """The emulated CRM itself."""
        return self.emulator.orgs[self.crm]

    @property
    def env(self) -> dict[str, str]:
        """The variables of a process that works on this company."""
        told: dict[str, str] = self.emulator.announcement["env"][self.crm]
        return {
            **told,
            "TOSSUP_STATE_DIR": str(self.settings.state_dir),
            "TOSSUP_CONFIG": str(self.settings.config),
        }

    def apply_while(self, plan: str, happens: Callable[[], None]) -> RunResult:
        """What `tossup apply` does when this happens after it has decided anew, and before it writes."""

        def asked(work: Work, plan: Plan, view: View) -> Asked:
            found = still_asked(work, plan, view)
            happens()
            return found

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("jobs.verbs.still_asked", asked)
            return verbs.apply(self.settings, plan, report=silent)

    def sync(self, *, write: bool = True, full: bool = False) -> RunResult:
        """What `tossup sync` does."""
        return verbs.sync(self.settings, write=write, full=full, report=silent)

    def next_day(self) -> None:
        """A day passes, so that no stamp is as young as another."""
        self.emulator.clock.advance(86_400)

    def later(self) -> None:
        """Ten minutes pass."""
        self.emulator.clock.advance(600)

    def records(self, object: str) -> list[dict[str, Any]]:
        """The live records of `account`, `task`, `lead` or an object of this CRM, as flat values."""
        found = self.org.inspect(self.names.get(object, object))["records"]
        return [{**one, **one.get("properties", {})} for one in found]

    def ours(self, object: str) -> dict[str, dict[str, Any]]:
        """The records that carry a key of ours, by key."""
        key = self.names["key"]
        found = [one for one in self.records(object) if one.get(key)]
        assert len({one[key] for one in found}) == len(found), "two records carry one key"
        return {one[key]: one for one in found}

    def account(self, key: str) -> dict[str, Any]:
        """One customer as the CRM holds it."""
        name = f"Example Industries {key[1:]}"
        return next(one for one in self.records("account") if one[self.names["name"]] == name)

    def id_of(self, record: Mapping[str, Any]) -> str:
        """Its record id."""
        return str(record["Id"] if self.crm == "salesforce" else record["id"])

    def person(self, action: str, object: str, record: Mapping[str, Any], **values: Any) -> None:
        """Somebody does this by hand; fields go by their names in `NAMES`."""
        spelled = {self.names.get(name, name): value for name, value in values.items()}
        if self.crm == "hubspot":
            spelled = {name: "" if value is None else str(value) for name, value in spelled.items()}
        who = "CSM 03" if self.crm == "salesforce" else self.owner("CSM 03")
        self.org.act(who, action, self.names.get(object, object), self.id_of(record), spelled)

    def edit(self, action: str, account: str, object: str, **values: Any) -> None:
        """Somebody does this to the customer, or to its task, lead record or subscription."""
        self.person(action, object, self.of(account, object), **values)

    def of(self, account: str, object: str) -> dict[str, Any]:
        """The customer, or its task or lead record of ours, or its subscription."""
        customer = self.account(account)
        if object == "account":
            return customer
        if object == "subscription":
            return self._subscription(customer)
        if object == "contact":
            return next(one for one in self.records("contact") if self._works_at(one, customer))
        start = f"{self.id_of(customer)}/"
        return next(one for key, one in self.ours(object).items() if key.startswith(start))

    def _works_at(self, person: Mapping[str, Any], customer: Mapping[str, Any]) -> bool:
        if self.crm == "hubspot":
            return customer["id"] in person["associations"].get("companies", ())
        return bool(person["AccountId"] == customer["Id"])

    def another_contact(self, account: str) -> None:
        """One more person who works there, and decides."""
        customer = self.id_of(self.account(account))
        if self.crm == "salesforce":
            person = {"FirstName": "Example", "LastName": "Successor", "Title": "Head of IT", "AccountId": customer}
            self.org.insert("Contact", [{**person, "Role__c": "decision_maker"}])
            return
        person = {"firstname": "Example", "lastname": "Successor", "jobtitle": "Head of IT", "role": "decision_maker"}
        self.org.insert("contacts", [{**person, "associations": {"companies": [customer]}}])

    def contact_of(self, task: Mapping[str, Any]) -> str | None:
        """Whom a task names."""
        if self.crm == "salesforce":
            return task["WhoId"]
        return next(iter(task["associations"].get("contacts", ())), None)

    def _subscription(self, customer: Mapping[str, Any]) -> dict[str, Any]:
        if self.crm == "hubspot":
            (id,) = customer["associations"]["subscriptions"]
            return next(one for one in self.records("subscriptions") if one["id"] == id)
        return next(one for one in self.records("Asset") if one["AccountId"] == customer["Id"])

    def serve_need(self, account: str) -> None:
        """The customer gets what it was to be tossed up for."""
        customer = self.id_of(self.account(account))
        if self.crm == "salesforce":
            product = next(one["Id"] for one in self.records("Product2") if one["ProductCode"] == "ARCHIVE")
            asset = {"Name": "Archive", "AccountId": customer, "Product2Id": product, "Quantity": 150, "Price": 5.0}
            self.org.insert("Asset", [{**asset, "InstallDate": "2026-11-01", "Status": "Installed"}])
            return
        product = next(one["id"] for one in self.records("products") if one["hs_sku"] == "ARCHIVE")
        item = {"name": "Archive", "hs_product_id": product, "quantity": 150, "price": 5.0}
        (line,) = self.org.insert("line_items", [item])
        links = {"companies": [customer], "line_items": [line]}
        terms = {"hs_name": "Archive", "seats_paid": 150, "starts_on": "2026-11-01"}
        self.org.insert("subscriptions", [{**terms, "associations": links}])

    def owner(self, name: str) -> str:
        """The record id of a person or queue."""
        if self.crm == "hubspot":
            everyone = self.org.inspect("owners")["records"]
            return next(str(one["id"]) for one in everyone if f"{one['firstName']} {one['lastName']}".strip() == name)
        everyone = [*self.records("User"), *self.records("Group")]
        return next(str(one["Id"]) for one in everyone if one["Name"] == name)

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """All that Tossup writes, without ids and stamps: two companies that went the same way are equal."""
        return {
            object: sorted((self._bare(one) for one in self.records(object)), key=repr)
            for object in ("account", "task", "lead")
        }

    def _bare(self, record: Mapping[str, Any]) -> dict[str, Any]:
        fields = {*self.names.values(), "WhatId", "WhoId", "Priority", "Rating", "Company", "LastName"}
        fields |= {name for name in record if name.lower().startswith("tossup")}
        return {
            name: value for name, value in sorted(record.items())
            if name in fields and name != self.names["computed_at"]
        }  # fmt: skip

    def branch(self, folder: Path, **settings: Any) -> "Company":
        """The same CRM with a copy of the store."""
        shutil.copytree(self.settings.state_dir, folder, dirs_exist_ok=True)
        return replace(self, settings=self.settings.model_copy(update={"state_dir": folder, **settings}))


@contextmanager
def company(crm: str, folder: Path, world: World | None = None) -> Iterator[Company]:
    """A CRM filled with the small world and set up, never synced."""
    with Emulator(crm) as emulator:
        fill_demo(world or small_world(), orgs=emulator.orgs, clock=emulator.clock)
        rules = few_rules(folder.with_name(f"{folder.name}-rules"), crm)
        env = {**emulator.announcement["env"][crm], "TOSSUP_STATE_DIR": str(folder), "TOSSUP_CONFIG": str(rules)}
        settings = settings_of(env)
        verbs.setup(settings, apply=True)
        yield Company(crm=crm, emulator=emulator, settings=settings)


class Moment:
    """A moment in the life of a company, which `again` brings back: the CRM and the store."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._crm = orjson.dumps(company.emulator.snapshot())
        self._store = company.settings.state_dir.with_name(f"{company.settings.state_dir.name}-kept")
        shutil.copytree(company.settings.state_dir, self._store)

    @property
    def crm(self) -> dict[str, Any]:
        """All that the CRM held."""
        held: dict[str, Any] = orjson.loads(self._crm)
        return held

    def again(self) -> Company:
        """The company as it was, without faults and limits."""
        self.company.emulator.restore(self.crm)
        self.company.emulator.faults.clear()
        self.company.org.settings({"limits": "off", "missing_scopes": [], "flows": {}})
        shutil.rmtree(self.company.settings.state_dir)
        shutil.copytree(self._store, self.company.settings.state_dir)
        return self.company


def leads(result: RunResult) -> list[tuple[str, str, str | None, str]]:
    """Account, play, product and state of every lead."""
    found: tuple[Lead, ...] = result.found.leads if result.found else ()
    return [(lead.account_name[-3:], lead.play, lead.product, lead.state) for lead in found]
