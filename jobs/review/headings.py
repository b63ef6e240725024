"""The headings of a reviewed plan, in the language of the company."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mappings.changes import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """Every word that is not the CRM's."""

    language: str
    plan: str
    connection: str
    calls: str
    conflicts: str
    nothing: str
    count: str
    """How many of what: `{n}` and `{what}`."""
    because: str
    """Why: `{why}`."""
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
    reasons: Mapping[str, str]
    """Words for reasons that are no play; what begins with one ends as it was."""

    def counted(self, n: int, action: Action) -> str:
        """`12 to create`, or 作成 12件."""
        return self.count.format(n=f"{n:,}", what=self.actions[action])

    def why(self, why: str) -> str:
        """`, because of seat_limit`, or （理由：seat_limit）."""
        return self.because.format(why=self.reason(why))

    def reason(self, why: str) -> str:
        """The reason alone: a play by its name, another one in words."""
        found = next((start for start in self.reasons if why == start or why.startswith(f"{start} ")), None)
        return why if found is None else self.reasons[found].format(rest=why.removeprefix(found).strip())


HEADINGS: Mapping[str, Headings] = MappingProxyType(
    {
        "en": Headings(
            language="en",
            plan="Plan",
            connection="Connection",
            calls="API calls",
            conflicts="Left to people",
            nothing="Nothing to write: the CRM holds all of it.",
            count="{n} {what}",
            because=", because of {why}",
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
            actions={"create": "to create", "update": "to update", "close": "to close", "remove": "to take away"},
            reasons={
                "cleared": "a reason that is gone",
                "contact": "a contact who may not be approached",
                "gone": "a customer that is gone",
                "back": "a reason that is back",
                "late": "a due day that has passed",
                "expired": "a due day long past",
                "answered": "an answered toss-up",
                "over": "a toss-up that is over",
            },
        ),
        "ja": Headings(
            language="ja",
            plan="変更計画",
            connection="接続先",
            calls="API呼び出し",
            conflicts="担当者の入力を尊重する項目",
            nothing="書き込む変更はありません。",
            count="{what} {n}件",
            because="（理由：{why}）",
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
            actions={"create": "作成", "update": "更新", "close": "完了", "remove": "除外・削除"},
            reasons={
                "account facts": "取引先の計算値の変化",
                "undo of run": "実行{rest}の取り消し",
                "toss-up": "トスアップの経過 {rest}",
                "cleared": "理由の解消",
                "contact": "連絡できない担当者",
                "gone": "取引先の消失",
                "back": "理由の再発生",
                "late": "期日の超過",
                "expired": "期日から長期間の経過",
                "answered": "トスアップへの回答",
                "over": "トスアップの終了",
            },
        ),
    }
)
