"""HubSpot properties as fields and back."""

import pytest

from connector.hubspot.properties import definition, field, fits
from mappings.schema import FieldType, WantedField


def described(name="example", type="string", **more):
    return field({"name": name, "label": "Example", "type": type, "fieldType": "text", **more})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"type": "number"}, FieldType.NUMBER),
        ({"type": "number", "showCurrencySymbol": True}, FieldType.CURRENCY),
        ({"type": "bool", "fieldType": "booleancheckbox"}, FieldType.BOOLEAN),
        ({"type": "enumeration", "fieldType": "booleancheckbox"}, FieldType.BOOLEAN),
        ({"type": "enumeration", "fieldType": "checkbox"}, FieldType.CHOICES),
        ({"type": "enumeration", "fieldType": "select"}, FieldType.CHOICE),
        ({"type": "date"}, FieldType.DATE),
        ({"type": "datetime"}, FieldType.DATETIME),
        ({"fieldType": "textarea"}, FieldType.LONG_TEXT),
        ({"type": "json"}, FieldType.OTHER),
        ({"name": "hs_object_id", "type": "number"}, FieldType.ID),
        ({"name": "hs_parent_company_id", "type": "number", "hubspotDefined": True}, FieldType.REFERENCE),
        ({"name": "account_manager", "type": "enumeration", "referencedObjectType": "OWNER"}, FieldType.REFERENCE),
    ],
)
def test_every_property_has_one_type(answer, kind):
    assert described(**answer).type is kind


def test_an_owner_leads_to_the_owners():
    owner = described("hubspot_owner_id", "enumeration", externalOptions=True)
    assert (owner.references, owner.relationship, owner.choices) == (("owners",), "owners", ())


def test_what_may_not_be_written_says_so():
    for reason in ({"calculated": True}, {"modificationMetadata": {"readOnlyValue": True}}):
        assert not described(**reason).updateable


@pytest.mark.parametrize("kind", [FieldType.TEXT, FieldType.NUMBER, FieldType.DATETIME, FieldType.BOOLEAN])
def test_a_property_we_create_reads_back_as_what_was_wanted(kind):
    wanted = WantedField(object="companies", name="tossup_x", label="X", type=kind, help="why")
    assert fits(field(definition(wanted)), wanted)


def test_choices_must_all_be_there():
    wanted = WantedField(
        object="companies", name="tossup_risk", label="Risk", type=FieldType.CHOICE, help="", choices=("none", "high")
    )
    there = definition(wanted)
    assert fits(field(there), wanted)
    there["options"] = there["options"][:1]
    assert not fits(field(there), wanted)


def test_a_unique_property_is_created_unique():
    wanted = WantedField(object="tasks", name="tossup_key", label="Key", type=FieldType.TEXT, help="", unique=True)
    assert definition(wanted)["hasUniqueValue"] is True
    assert definition(wanted)["groupName"] == "tossup"
