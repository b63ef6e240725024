"""The CSV file for people: no cell of it is a formula, in whatever way a spreadsheet cuts it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import GiveUp
from jobs.export import COLUMNS, cell, check_place
from tests.command import run
from tests.jobs.small import FULL, Company, company

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "\t=1+1", "\r=1+1", " =1", "\x00=1", "a\n=1", 'x";=1+1', "a; =1")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    shown = cell(text)
    assert "'" in shown
    assert not dangerous(shown)


@given(st.text(alphabet=st.sampled_from("=+-@＝\t\r\n ;\",'ab\x00\u202e\u3000"), max_size=12))
def test_no_text_makes_a_formula_however_it_is_cut(text: str) -> None:
    assert not dangerous(cell(text))


def test_where_no_file_can_be_is_said_in_words(tmp_path: Path) -> None:
    check_place(tmp_path / "leads.csv")
    with pytest.raises(GiveUp, match=r"There is no folder .*/none for leads.csv"):
        check_place(tmp_path / "none" / "leads.csv")
    with pytest.raises(GiveUp, match=r"is a folder\. Give the name of a file in it"):
        check_place(tmp_path)


def dangerous(shown: str) -> bool:
    """Whether a spreadsheet that takes commas, or one that takes semicolons, would see a formula."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(["first", shown])
    cells = [one for row in csv.reader(io.StringIO(line.getvalue())) for one in row]
    cells += [one for row in csv.reader(io.StringIO(line.getvalue()), delimiter=";") for one in row]
    # one that takes no heed of quotes at all, after a semicolon
    cells += [one.lstrip('"') for one in line.getvalue().replace("\n", ";").split(";")]
    starts = [one.strip(" \u3000\t\r\n")[:1] for one in cells]
    return any(start in tuple("=+-@＝＋－＠") for start in starts if start)


def test_ordinary_names_stay_as_they_are() -> None:
    for text in ("Example-Industries 001", "a = b", "株式会社サンプル", "O'Hara & Sons", "1,5 %"):
        assert cell(text) == text


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def pulled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(request.param, tmp_path_factory.mktemp("export") / "store") as served:
        served.edit("update", FULL, "account", name='=HYPERLINK("https://evil.example";"click")')
        served.sync(write=False)
        yield served


def test_leads_are_written_for_a_spreadsheet(pulled: Company, tmp_path: Path) -> None:
    ended = run("leads", "--csv", "out.csv", "--json", folder=tmp_path, variables=pulled.env)
    assert ended.code == 0, ended
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    header, *rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert tuple(header) == COLUMNS
    told = ended.json()
    assert [row[0] for row in rows] == [one["key"] for one in told]
    named = {row[header.index("account_name")] for row in rows}
    assert '\'=HYPERLINK("https://evil.example";"click")' in named
    assert '=HYPERLINK("https://evil.example";"click")' in {one["account_name"] for one in told}
    assert {path.name for path in tmp_path.iterdir()} == {"out.csv"}
