"""The 45 products of the example company: three families of plans, their options, and other teams' services."""

from connector.emulator.demo.model import Owner, Product

ANALYTICS = "Specialists Analytics"
SECURITY = "Specialists Security"
SUPPORT = "Specialists Support"

_PLANS = (
    # code, name, family, tier, price, complements
    ("CORE-LITE", "Core Lite", "Core", 1, 6.0, ("TRN-USER",)),
    ("CORE-STD", "Core Standard", "Core", 2, 12.0, ("TRN-ADMIN",)),
    ("CORE-PRO", "Core Professional", "Core", 3, 20.0, ("SEC-MAIL",)),
    ("CORE-ENT", "Core Enterprise", "Core", 4, 32.0, ()),
    ("SUITE-STD", "Suite Standard", "Suite", 1, 15.0, ("DATA-MIGRATE",)),
    ("SUITE-PRO", "Suite Professional", "Suite", 2, 24.5, ("FIN-EXPENSE",)),
    ("SUITE-ENT", "Suite Enterprise", "Suite", 3, 40.0, ()),
    ("SUITE-ALL", "Suite for the Whole Company", "Suite", 4, 14.0, ()),
)

_ANALYTICS_PLANS = (
    ("ANL-TEAM", "Analytics Team", "Analytics", 1, 18.0, ("DATA-CLEAN",)),
    ("ANL-BIZ", "Analytics Business", "Analytics", 2, 30.0, ("DATA-FEED",)),
    ("ANL-ENT", "Analytics Enterprise", "Analytics", 3, 48.0, ()),
)

_OPTIONS = (
    # code, name, family, price
    ("CORE-SSO", "Core Single Sign-on", "Core", 2.0),
    ("CORE-AUDIT", "Core Audit Log", "Core", 2.5),
    ("CORE-STORAGE", "Core Extra Storage", "Core", 1.5),
    ("CORE-API", "Core API Access", "Core", 3.0),
    ("CORE-SANDBOX", "Core Sandbox", "Core", 4.0),
    ("SUITE-FORMS", "Suite Forms", "Suite", 2.0),
    ("SUITE-SIGN", "Suite Signatures", "Suite", 5.0),
    ("SUITE-AUTO", "Suite Automation", "Suite", 6.0),
    ("SUITE-MOBILE", "Suite Mobile", "Suite", 3.0),
    ("ANL-FORECAST", "Analytics Forecast", "Analytics", 9.0),
)

_SERVICES = (
    # code, name, family, price, specialist, sla_days
    ("SEC-EDR", "Endpoint Protection", "Security", 7.0, SECURITY, 3),
    ("SEC-MAIL", "Mail Protection", "Security", 4.0, SECURITY, 3),
    ("SEC-BACKUP", "Cloud Backup", "Security", 5.0, SECURITY, 3),
    ("SEC-TRAIN", "Phishing Training", "Security", 2.0, SECURITY, 5),
    ("SEC-AUDIT", "Security Audit", "Security", 250.0, SECURITY, 5),
    ("SUP-PREM", "Premium Support", "Support", 120.0, SUPPORT, 2),
    ("SUP-ONSITE", "On-site Support", "Support", 400.0, SUPPORT, 5),
    ("TRN-ADMIN", "Administrator Training", "Training", 90.0, SUPPORT, 5),
    ("TRN-USER", "User Training", "Training", 45.0, SUPPORT, 5),
    ("ONB-PLUS", "Guided Onboarding", "Training", 150.0, SUPPORT, 2),
    ("DATA-CLEAN", "Data Cleansing", "Data", 200.0, ANALYTICS, 5),
    ("DATA-MIGRATE", "Data Migration", "Data", 350.0, ANALYTICS, 5),
    ("DATA-FEED", "Market Data Feed", "Data", 80.0, ANALYTICS, 4),
    ("TEL-IP", "IP Telephony", "Telephony", 9.0, SUPPORT, 4),
    ("TEL-CENTER", "Contact Centre", "Telephony", 35.0, SUPPORT, 4),
    ("FIN-EXPENSE", "Expense Reports", "Finance", 8.0, ANALYTICS, 4),
    ("FIN-INVOICE", "Electronic Invoices", "Finance", 6.0, ANALYTICS, 4),
    ("HR-SURVEY", "Employee Surveys", "People", 3.0, SUPPORT, 5),
    ("HR-LEARN", "Learning Portal", "People", 5.0, SUPPORT, 5),
    ("PTR-PAYROLL", "Payroll by Partner 01", "Partner", 11.0, SUPPORT, 7),
    ("PTR-LEASE", "Device Leasing by Partner 02", "Partner", 28.0, SUPPORT, 7),
    ("PTR-CLOUD", "Cloud Hosting by Partner 03", "Partner", 60.0, SECURITY, 7),
)

_LAST = (
    Product(code="PILOT-KIT", name="Pilot Kit", family="Pilot", list_price=0.0),
    Product(code="CORE-CLASSIC", name="Core Classic", family="Core", list_price=10.0, is_active=False),
)


def products() -> tuple[Product, ...]:
    """The catalogue, in the order a price list prints it."""
    plans = [_plan(row) for row in _PLANS]
    analytics = [_plan(row, specialist=ANALYTICS, sla_days=3) for row in _ANALYTICS_PLANS]
    options = [
        Product(code=code, name=name, family=family, list_price=price, is_option=True)
        for code, name, family, price in _OPTIONS
    ]
    services = [
        Product(code=code, name=name, family=family, list_price=price, specialist=who, sla_days=days)
        for code, name, family, price, who, days in _SERVICES
    ]
    return (*plans, *analytics, *options, *services, *_LAST)


def owners() -> tuple[Owner, ...]:
    """Six CSMs at work, two who have left, and three queues of specialists."""
    csms = [Owner(name=f"CSM {n:02}", is_active=n <= 6) for n in range(1, 9)]
    queues = [Owner(name=name, kind="queue") for name in (ANALYTICS, SECURITY, SUPPORT)]
    return (*csms, *queues)


def _plan(
    row: tuple[str, str, str, int, float, tuple[str, ...]],
    *,
    specialist: str | None = None,
    sla_days: int | None = None,
) -> Product:
    code, name, family, tier, price, complements = row
    return Product(
        code=code,
        name=name,
        family=family,
        tier=tier,
        list_price=price,
        complements=complements,
        specialist=specialist,
        sla_days=sla_days,
    )
