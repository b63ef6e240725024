"""The objects about the org itself: its people, queues and permissions."""

from dataclasses import replace

from connector.emulator.salesforce.fields import Field, choice, number, plain, reference, text
from connector.emulator.salesforce.parts import fixed, once, person_name


def user() -> list[Field]:
    """A person with a login."""
    return [
        text("Username", 80, required=True),
        *person_name()[1:],
        text("Email", 128, type="email"),
        text("Alias", 8),
        text("Title", 80),
        text("Department", 80),
        plain("IsActive", "boolean", default=True),
        choice("UserType", ("Standard", "Guest"), default="Standard", restricted=True),
        reference("ManagerId", "User"),
        choice("TimeZoneSidKey", ("UTC", "Asia/Tokyo", "America/Los_Angeles"), default="UTC"),
        choice("LocaleSidKey", ("en_US", "ja_JP"), default="en_US"),
        choice("LanguageLocaleKey", ("en_US", "ja"), default="en_US"),
        choice("EmailEncodingKey", ("UTF-8", "Shift_JIS"), default="UTF-8"),
        text("CommunityNickname", 40),
        text("CompanyName", 80),
        text("EmployeeNumber", 20),
        text("FederationIdentifier", 512),
        text("Phone", 40, type="phone"),
        text("MobilePhone", 40, type="phone"),
        reference("ProfileId", "Profile"),
    ]


def profile() -> list[Field]:
    """What a kind of user may do; here only a name, since permissions come from permission sets."""
    return [text("Name", 255, required=True), text("Description", 255)]


def group() -> list[Field]:
    """A public group, or a queue (Type = Queue)."""
    return [
        text("Name", 40, required=True),
        text("DeveloperName", 80),
        choice("Type", ("Regular", "Queue", "Role"), default="Regular", restricted=True),
        text("Email", 255, type="email"),
        plain("DoesSendEmailToMembers", "boolean"),
    ]


def queue_sobject() -> list[Field]:
    """Which objects a queue may own."""
    return [reference("QueueId", "Group", required=True, cascade=True), text("SobjectType", 40, required=True)]


def group_member() -> list[Field]:
    """Who is in a group."""
    return [
        reference("GroupId", "Group", required=True, cascade=True),
        replace(reference("UserOrGroupId", "User", "Group", required=True), relationship=None),
    ]


def organization() -> list[Field]:
    """The org itself; one row."""
    return [
        text("Name", 80, required=True),
        text("OrganizationType", 40),
        text("InstanceName", 5),
        plain("IsSandbox", "boolean"),
        text("DefaultLocaleSidKey", 40),
        text("TimeZoneSidKey", 40),
        number("FiscalYearStartMonth", 2, type="int"),
    ]


def permission_set() -> list[Field]:
    """A named set of permissions."""
    return [
        text("Name", 80, required=True),
        text("Label", 80, required=True),
        text("Description", 255),
        fixed(plain("IsOwnedByProfile", "boolean")),
        plain("PermissionsViewSetup", "boolean"),
    ]


def permission_set_assignment() -> list[Field]:
    """Who has a permission set."""
    return [
        once(reference("PermissionSetId", "PermissionSet", required=True, cascade=True)),
        once(reference("AssigneeId", "User", required=True, cascade=True)),
    ]


def field_permissions() -> list[Field]:
    """A field granted by a permission set."""
    return [
        once(reference("ParentId", "PermissionSet", required=True, cascade=True)),
        once(text("SobjectType", 40, required=True)),
        once(text("Field", 255, required=True)),
        plain("PermissionsRead", "boolean"),
        plain("PermissionsEdit", "boolean"),
    ]


def object_permissions() -> list[Field]:
    """An object granted by a permission set."""
    verbs = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    return [
        once(reference("ParentId", "PermissionSet", required=True, cascade=True)),
        once(text("SobjectType", 40, required=True)),
        *(plain(f"Permissions{verb}", "boolean") for verb in verbs),
    ]
