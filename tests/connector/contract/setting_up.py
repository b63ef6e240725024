"""Setup makes what is missing, and makes it once."""

from connector.port import Crm
from mappings.schema import WantedList
from tests.connector.contract.base import Contract
from tests.connector.contract.side import Side, described


class SettingUp(Contract):
    def test_setup_creates_what_is_missing_and_is_done_once(self, side: Side, crm: Crm):
        words = side.words
        steps = crm.missing(side.wanted())
        assert any(words.key in step.target for step in steps)
        assert all(step.text for step in steps)
        crm.setup(steps)
        field = described(crm, words.tasks).fields[words.key]
        assert field.updateable
        assert field.unique
        assert field.upsert_key
        assert crm.missing(side.wanted()) == ()
        crm.setup(steps)
        assert crm.missing(side.wanted()) == ()

    def test_setup_makes_each_list_once(self, crm: Crm):
        wanted = (WantedList(name="Tossup example_play"), WantedList(name="Tossup other_play"))
        assert crm.lists([one.name for one in wanted]) == {}
        steps = crm.missing((), wanted)
        assert [step.target for step in steps] == [one.name for one in wanted]
        crm.setup(steps[:1])
        assert list(crm.lists([one.name for one in wanted])) == ["Tossup example_play"]
        crm.setup(steps)
        assert crm.missing((), wanted) == ()
        assert len(set(crm.lists([one.name for one in wanted]).values())) == 2
