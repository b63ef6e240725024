"""The objects about what people do: tasks, meetings, cases."""

from dataclasses import replace

from connector.emulator.salesforce.fields import Field, choice, number, plain, reference, text
from connector.emulator.salesforce.parts import fixed, once

_WHAT = ("Account", "Asset", "Campaign", "Case", "Contract", "Opportunity", "Product2")


def _activity() -> list[Field]:
    return [
        reference("WhoId", "Contact", "Lead"),
        reference("WhatId", *_WHAT, cascade=True),
        choice("Subject", ("Call", "Email", "Send Letter", "Send Quote", "Other"), type="combobox"),
        plain("ActivityDate", "date"),
        text("Description", 32000, type="textarea"),
        choice("Type", ("Call", "Email", "Meeting", "Other")),
        fixed(reference("AccountId", "Account")),
        plain("IsReminderSet", "boolean"),
        plain("ReminderDateTime", "datetime"),
        fixed(plain("IsArchived", "boolean")),
    ]


def task() -> list[Field]:
    """Something a person is to do."""
    statuses = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
    return [
        *_activity(),
        choice("Status", statuses, default="Not Started", required=True),
        choice("Priority", ("High", "Normal", "Low"), default="Normal", required=True),
        fixed(plain("IsHighPriority", "boolean")),
        fixed(plain("IsClosed", "boolean")),
        fixed(plain("CompletedDateTime", "datetime")),
        once(choice("TaskSubtype", ("Task", "Email", "Call", "ListEmail"), default="Task", restricted=True)),
        number("CallDurationInSeconds", 8, type="int"),
        choice("CallType", ("Internal", "Inbound", "Outbound"), restricted=True),
        text("CallDisposition", 255),
    ]


def event() -> list[Field]:
    """A meeting."""
    return [
        *_activity(),
        plain("ActivityDateTime", "datetime"),
        number("DurationInMinutes", 8, type="int"),
        plain("StartDateTime", "datetime"),
        plain("EndDateTime", "datetime"),
        plain("IsAllDayEvent", "boolean"),
        text("Location", 255),
        choice("ShowAs", ("Busy", "Free", "OutOfOffice"), default="Busy"),
    ]


def case() -> list[Field]:
    """A request for help."""
    return [
        reference("AccountId", "Account"),
        reference("ContactId", "Contact"),
        reference("ParentId", "Case"),
        reference("ProductId", "Product2"),
        fixed(text("CaseNumber", 30)),
        text("Subject", 255),
        text("Description", 32000, type="textarea"),
        choice("Status", ("New", "Working", "Escalated", "Closed"), default="New"),
        choice("Priority", ("High", "Medium", "Low"), default="Medium"),
        choice("Origin", ("Phone", "Email", "Web")),
        choice("Type", ("Mechanical", "Electrical", "Electronic", "Structural", "Other")),
        choice("Reason", ("Installation", "Performance", "Breakdown", "Feedback", "Other")),
        fixed(plain("IsClosed", "boolean")),
        replace(fixed(plain("ClosedDate", "datetime")), audit=True),
        plain("IsEscalated", "boolean"),
    ]


def post() -> list[Field]:
    """What somebody wrote beside a record, in Chatter."""
    return [
        reference("ParentId", "Task", "Lead", *_WHAT, required=True, cascade=True),
        choice(
            "Type", ("TextPost", "LinkPost", "ContentPost", "TrackedChange", "CreateRecordEvent"), default="TextPost"
        ),
        text("Body", 10000, type="textarea"),
    ]


def file_link() -> list[Field]:
    """A file that hangs on a record; the file itself is not emulated."""
    return [
        reference("LinkedEntityId", "Task", "Lead", *_WHAT, required=True, cascade=True),
        text("ContentDocumentId", 18),
    ]
