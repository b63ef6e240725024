"""What a task says about how to answer it."""

import pytest

from leads.replies import reply
from mappings.canonical import Lead
from mappings.config import RecordOut
from mappings.load import load_mapping
from mappings.schema import Field, FieldType, ObjectSchema, Schema
from tests.leads.said import text_of
from tests.leads.world import rules


def _tasks(*fields: Field) -> Schema:
    tasks = ObjectSchema(name="tasks", label="Tasks", fields={one.name: one for one in fields})
    return Schema(crm="hubspot", objects={"tasks": tasks})


def _answered(label: str, *choices: str) -> Field:
    return Field(name="tossup_response", label=label, type=FieldType.CHOICE, choices=choices)


SNOOZE = Field(name="tossup_snooze_until", label="Tossup snooze until", type=FieldType.DATE)


@pytest.mark.parametrize("play", rules().plays)
def test_every_task_says_what_to_choose_when_it_worked_and_when_not(play: str, leads: dict[str, Lead]) -> None:
    lead, task = leads[play], load_mapping("hubspot", None).write.task
    there = _tasks(_answered("Tossup response", "accepted", "won", "lost", "declined", "returned", "snoozed"), SNOOZE)
    english = text_of(lead, answer=reply(task, there))
    assert (
        "WHAT CAME OF IT (choose in Tossup response)\n"
        "- It worked: accepted / won\n- They said no: declined\n"
        "- Too early: snoozed, with the day in Tossup snooze until"
    ) in english.body
    assert "<li>It worked: accepted / won</li>" in english.body_html
    assert english.body.index(english.next_step[-20:]) < english.body.index("WHAT CAME OF IT") < len(english.body)
    assert len(english.body_html) < 32_000
    japanese = text_of(lead, "ja", answer=reply(task, _tasks(_answered("対応結果", "accepted"))))
    assert "【結果のご記入】「対応結果」欄でお選びください\n- うまくいった場合：accepted\n\n" in japanese.body
    assert "お断り" not in japanese.body.split("【結果のご記入】")[1].split("\n\n")[0], "only choices that are there"


def test_a_task_names_the_choices_as_the_crm_spells_them(leads: dict[str, Lead]) -> None:
    read = {"outcome": {"field": "Ergebnis", "values": {"Ja": "accepted", "Nein": "declined", "Zu früh": "snoozed"}}}
    task = RecordOut.model_validate({"object": "tasks", "key": "k", "fields": {}, "answer": "Ergebnis", "read": read})
    field = Field(name="Ergebnis", label="Ergebnis", type=FieldType.TEXT)
    lead = leads["seat_limit"]
    body = text_of(lead, answer=reply(task, _tasks(field))).body
    assert "(choose in Ergebnis)\n- It worked: Ja\n- They said no: Nein\n- Too early: Zu früh\n" in body


def test_without_a_field_for_answers_a_task_says_nothing_of_it(leads: dict[str, Lead]) -> None:
    lead, task = leads["seat_limit"], load_mapping("hubspot", None).write.task
    assert reply(task, _tasks(SNOOZE)) is None, "setup has not made it yet"
    assert reply(task, Schema(crm="hubspot", objects={})) is None
    assert reply(task.model_copy(update={"answer": None}), _tasks(_answered("Tossup response"))) is None
    assert "WHAT CAME OF IT" not in text_of(lead).body
    unread = task.model_copy(update={"read": task.read.model_copy(update={"outcome": None})})
    nothing = reply(unread, _tasks(_answered("Tossup response")))
    assert nothing is not None
    assert "WHAT CAME OF IT" not in text_of(lead, answer=nothing).body
