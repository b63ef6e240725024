"""The kinds of objects a portal has, by every name they go by."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One object type: its names, its scope (`crm.objects.<scope>.read`), and the names of its built-in columns.

    `shown` are the properties answered when none are asked for; `required` must be set at creation.
    """

    name: str
    singular: str
    type_id: str
    scope: str
    created: str = "hs_createdate"
    modified: str = "hs_lastmodifieddate"
    shown: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    searchable: tuple[str, ...] = ()
    custom: bool = False
    pipeline: tuple[str, str] | None = None
    """The names of the pipeline and the stage property, of objects that move through stages."""

    @property
    def always(self) -> tuple[str, str, str]:
        """The properties in every answer: creation, modification, id."""
        return (self.created, self.modified, "hs_object_id")


KINDS: Final = (
    Kind(
        name="contacts",
        singular="contact",
        type_id="0-1",
        scope="contacts",
        created="createdate",
        modified="lastmodifieddate",
        shown=("email", "firstname", "lastname"),
        searchable=("firstname", "lastname", "email", "phone", "company"),
    ),
    Kind(
        name="companies",
        singular="company",
        type_id="0-2",
        scope="companies",
        created="createdate",
        shown=("name", "domain"),
        searchable=("name", "domain", "website", "phone"),
    ),
    Kind(
        name="deals",
        singular="deal",
        type_id="0-3",
        scope="deals",
        created="createdate",
        shown=("amount", "closedate", "dealname", "dealstage", "pipeline"),
        searchable=("dealname", "pipeline", "dealstage", "description", "dealtype"),
        pipeline=("pipeline", "dealstage"),
    ),
    Kind(
        name="tickets",
        singular="ticket",
        type_id="0-5",
        scope="tickets",
        created="createdate",
        shown=("content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject"),
        required=("subject", "hs_pipeline_stage"),
        searchable=("subject", "content", "hs_pipeline_stage", "hs_ticket_category"),
        pipeline=("hs_pipeline", "hs_pipeline_stage"),
    ),
    Kind(
        name="products",
        singular="product",
        type_id="0-7",
        scope="products",
        created="createdate",
        shown=("description", "name", "price"),
        searchable=("name", "description", "price", "hs_sku"),
    ),
    Kind(
        name="line_items",
        singular="line_item",
        type_id="0-8",
        scope="line_items",
        created="createdate",
        shown=("hs_product_id", "quantity"),
    ),
    Kind(
        name="feedback_submissions",
        singular="feedback_submission",
        type_id="0-19",
        scope="feedback_submissions",
        searchable=("hs_submission_name", "hs_content"),
    ),
    Kind(
        name="tasks",
        singular="task",
        type_id="0-27",
        scope="contacts",
        required=("hs_timestamp",),
        searchable=("hs_task_subject", "hs_task_body"),
    ),
    Kind(
        name="notes",
        singular="note",
        type_id="0-46",
        scope="contacts",
        required=("hs_timestamp",),
        searchable=("hs_note_body",),
    ),
    Kind(
        name="meetings",
        singular="meeting",
        type_id="0-47",
        scope="contacts",
        required=("hs_timestamp",),
        searchable=("hs_meeting_title", "hs_meeting_body"),
    ),
    Kind(
        name="calls",
        singular="call",
        type_id="0-48",
        scope="contacts",
        required=("hs_timestamp",),
        searchable=("hs_call_title", "hs_call_body"),
    ),
    Kind(
        name="emails",
        singular="email",
        type_id="0-49",
        scope="contacts",
        required=("hs_timestamp", "hs_email_direction"),
        searchable=("hs_email_subject",),
    ),
    Kind(
        name="subscriptions",
        singular="subscription",
        type_id="0-69",
        scope="subscriptions",
        searchable=("hs_name",),
    ),
    Kind(
        name="leads",
        singular="lead",
        type_id="0-136",
        scope="leads",
        shown=("hs_lead_name",),
        required=("hs_lead_name",),
        searchable=("hs_lead_name",),
        pipeline=("hs_pipeline", "hs_pipeline_stage"),
    ),
)
"""The standard objects."""
