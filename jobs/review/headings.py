"""The headings of a reviewed plan, in the language of the company."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """Every word that is not the CRM's."""

    language: str
    plan: str
    connection: str
    calls: str
    changes: str
    conflicts: str
    nothing: str
    because: str
    record: str
    field: str
    old: str
    new: str
    holds: str
    wanted: str
    whole: str
    explained: str
    empty: str
    actions: Mapping[str, str]


HEADINGS: Mapping[str, Headings] = MappingProxyType(
    {
        "en": Headings(
            language="en",
            plan="Plan",
            connection="Connection",
            calls="API calls",
            changes="records",
            conflicts="Left to people",
            nothing="Nothing to write: the CRM holds all of it.",
            because="because of",
            record="record",
            field="field",
            old="holds now",
            new="will hold",
            holds="holds now, and since when",
            wanted="Tossup would write",
            whole="all of it",
            explained="Somebody else wrote these fields, so Tossup leaves them alone. "
            "To give one back, map it with the policy ours for one sync.",
            empty="(empty)",
            actions={"create": "to create", "update": "to update", "close": "to close", "remove": "to take off"},
        ),
        "ja": Headings(
            language="ja",
            plan="変更計画",
            connection="接続先",
            calls="API呼び出し",
            changes="件",
            conflicts="担当者の入力を尊重する項目",
            nothing="書き込む変更はありません。",
            because="理由:",
            record="レコード",
            field="項目",
            old="現在の値",
            new="変更後の値",
            holds="現在の値と更新者",
            wanted="Tossupの計算値",
            whole="全文",
            explained="他の人が更新した項目のため、Tossupは上書きしません。"
            "Tossupに戻すには、マッピングのpolicyをoursにして一度同期してください。",
            empty="（空）",
            actions={"create": "作成", "update": "更新", "close": "完了", "remove": "除外"},
        ),
    }
)
