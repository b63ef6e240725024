"""Fields that many objects share, and how a field is marked as Salesforce's own."""

from dataclasses import replace

from connector.emulator.salesforce.fields import Field, choice, plain, reference, text

INDUSTRIES = (
    "Agriculture",
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Communications",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Entertainment",
    "Environmental",
    "Finance",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Machinery",
    "Manufacturing",
    "Media",
    "Recreation",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
    "Other",
)
SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
RATINGS = ("Hot", "Warm", "Cold")


def fixed(field: Field) -> Field:
    """The same field, written by Salesforce only."""
    return replace(field, createable=False, updateable=False, calculated=False)


def once(field: Field) -> Field:
    """The same field, given when the record is created and never changed."""
    return replace(field, updateable=False)


def system_fields(*, owners: tuple[str, ...]) -> list[Field]:
    """What every object has: id, deletion, audit fields and, with `owners`, an owner."""
    audit = [
        plain("CreatedDate", "datetime"),
        reference("CreatedById", "User"),
        plain("LastModifiedDate", "datetime"),
        reference("LastModifiedById", "User"),
    ]
    return [
        fixed(Field(name="Id", label="Record ID", type="id", length=18)),
        fixed(plain("IsDeleted", "boolean")),
        *([reference("OwnerId", *owners)] if owners else []),
        *(replace(fixed(field), audit=True) for field in audit),
        fixed(plain("SystemModstamp", "datetime")),
    ]


def address(kind: str) -> list[Field]:
    """The parts of a billing (or other) address."""
    parts = (("Street", 255), ("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))
    return [
        text(f"{kind}{name}", length, type="textarea" if name == "Street" else "string") for name, length in parts
    ]


def person_name() -> list[Field]:
    """First and last name, and the two together, which Salesforce writes."""
    name = fixed(text("Name", 121))
    salutations = ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.")
    return [choice("Salutation", salutations), text("FirstName", 40), text("LastName", 80, required=True), name]


def history_of(parent: str) -> list[Field]:
    """The fields of an object's history; nobody may write them, nobody sees SystemModstamp (Salesforce has none)."""
    fields = (
        Field(name="Id", label="Record ID", type="id", length=18),
        plain("IsDeleted", "boolean"),
        reference(f"{parent}Id", parent, cascade=True),
        reference("CreatedById", "User"),
        plain("CreatedDate", "datetime"),
        choice("Field", ()),
        choice("DataType", ()),
        Field(name="OldValue", label="Old Value", type="anyType", length=255),
        Field(name="NewValue", label="New Value", type="anyType", length=255),
        replace(plain("SystemModstamp", "datetime"), guarded=True),
    )
    return [fixed(field) for field in fields]
