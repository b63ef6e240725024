"""The presets cut down to few plays, fields and gates, as a folder of one's own."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml import YAML

from mappings.load import PRESETS

PLAYS = ("seat_limit", "free_to_paid", "complement_tossup", "just_bought_tossup", "usage_drop_save")
FIELDS = ("headroom", "headroom_value", "next_product", "priority", "computed_at")
UNREAD = ("case", "feedback", "engagement", "rate")
"""Tables that the small world has no rows of, and none of its plays asks for."""
RULES = MappingProxyType(
    {
        "ranking.yaml": "{low: not selling and selling, high: not selling and selling, mid: products_n >= 1}\n",
        "gates.yaml": "{churn_high: {enabled: false}, low_rank: {enabled: false}, severe_case: {enabled: false}}\n",
    }
)
"""Few plays, fields, gates and sources: what facts are is tested with the leads, and computing them takes time."""


def few_rules(folder: Path, crm: str, *, unread: Sequence[str] = UNREAD) -> Path:
    """The presets in a folder, cut down to what the small world needs; `unread`: the tables that are not mapped."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _few_rules(crm, tuple(unread)).items():
        (folder / name).write_text(text, "utf-8")
    return folder


@cache
def _few_rules(crm: str, unread: tuple[str, ...]) -> Mapping[str, str]:
    """File name -> text: read and written once, for YAML takes its time."""
    yaml = YAML(typ="safe", pure=True)
    plays = yaml.load((PRESETS / "plays.yaml").read_text("utf-8"))
    mapping = yaml.load((PRESETS / f"{crm}.yaml").read_text("utf-8"))
    fields = mapping["write"]["account"]["fields"]
    mapping["write"]["account"]["fields"] = {name: fields[name] for name in FIELDS}
    mapping["read"] = {name: source for name, source in mapping["read"].items() if name not in unread}
    found = dict(RULES)
    for name, document in (("plays.yaml", {name: plays[name] for name in PLAYS}), (f"{crm}.yaml", mapping)):
        text = StringIO()
        yaml.dump(document, text)
        found[name] = text.getvalue()
    for name in ("texts.en.yaml", "texts.ja.yaml"):
        found[name] = re.sub("(?m)^  story: .*", '  story: ""', (PRESETS / name).read_text("utf-8"))
    return found
