"""Files of responses: every row, every column, in every format, and nothing that a spreadsheet would run."""

import csv
import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import time_machine
from pyarrow import parquet
from sqlalchemy import select

from base import clock
from base.db import db, new_id, transaction
from base.events import Event
from feedback import exporter, schedule
from feedback.cli.comments import feedback
from feedback.export import LIFE, Export
from feedback.exporting import COLUMNS, FORMATS
from feedback.exporting.writing import harmless
from tests.cast import AT, a_response, a_survey, an_invitation
from tests.feedback.answers import one, rated, some

WORDS = 'Počasi, "zelo" počasi\nin drago'
RICH = {
    "texts": {
        "en": {"why.title": "Why?", "why.choice.a": "Speed", "why.choice.b": "Price", "found.title": "We …"}
        | {"found.row.r": "are fast", "found.low_label": "no", "found.high_label": "yes"}
    },
    "questions": [
        {"id": "score", "kind": "score"},
        {"id": "why", "kind": "many", "choices": ["a", "b"], "other": True},
        {"id": "found", "kind": "matrix", "rows": ["r"], "low": 1, "high": 7},
        {"id": "comment", "kind": "long"},
    ],
}


@pytest.fixture(autouse=True)
def that_friday():
    with time_machine.travel(AT + timedelta(days=1), tick=True) as traveller:
        yield traveller


@pytest.fixture
def survey(cast):
    return a_survey(cast.workspace, "nps", name="After the ticket", **RICH)


@pytest.fixture
def answered(survey, run_jobs):
    """Two people; one of them chose two reasons and rated a line."""
    first = an_invitation(survey, email="mara@customer.example", team="North", at=AT)
    pieces = (*some("why", "a", "b"), *rated("found", r=6))
    responses = [a_response(first, 3, WORDS, pieces=pieces)]
    second = an_invitation(survey, email="bor@customer.example", team="=cmd|' /C calc'!A0", at=AT)
    responses.append(a_response(second, 9, "=1+1", pieces=(one("why", "other", "The parking"),)))
    run_jobs()
    return responses


def made(browser, run_jobs, kind, survey=None, **asked):
    """The bytes of a file that somebody asked for, as they fetch it."""
    query = f"survey={survey.slug}" if survey else ""
    assert browser.post(f"/w/acme/exports?{query}", data={"kind": kind, **asked}).status_code == 303
    run_jobs()
    export = Export.recent(db.session.scalar(select(Export.workspace_id)))[0]
    assert (export.state, export.reason) == ("done", None)
    answer = browser.get(f"/w/acme/exports/{export.id}/file")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    return answer.data


def rows_of(kind, raw, tmp_path):
    """What a program of that format reads: the rows as text by column."""
    if kind == "jsonl":
        return [json.loads(line) for line in raw.decode().splitlines()]
    if kind.startswith("csv"):
        return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    path = tmp_path / f"file.{kind}"
    path.write_bytes(raw)
    if kind == "parquet":
        return parquet.read_table(path).to_pylist()
    head, *rows = openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_tells_the_same(cast, browser_of, run_jobs, survey, answered, kind, tmp_path):
    raw = made(browser_of(cast.cvetka), run_jobs, kind, survey, people="1")
    rows = {row["email"]: row for row in rows_of(kind, raw, tmp_path)}
    assert list(rows["mara@customer.example"]) == [*COLUMNS, "q.why", "q.found.r"]
    mara, bor = rows["mara@customer.example"], rows["bor@customer.example"]
    assert str(mara["score"]) == "3"
    assert (mara["band"], mara["team"], mara["metric"]) == ("detractor", "North", "nps")
    assert mara["comment"] == WORDS
    assert str(mara["counts"]).lower() == "true"
    assert mara["q.why"] in (["a", "b"], "a, b")
    assert str(mara["q.found.r"]) == "6"
    assert "The parking" in str(bor["q.why"])
    assert len(rows) == 2


@pytest.mark.parametrize("kind", ["csv", "csv-excel", "xlsx"])
def test_nothing_in_a_table_is_a_formula(cast, browser_of, run_jobs, survey, answered, kind, tmp_path):
    rows = rows_of(kind, made(browser_of(cast.cvetka), run_jobs, kind, survey, people="1"), tmp_path)
    bor = next(row for row in rows if row["email"] == "bor@customer.example")
    assert (bor["comment"], bor["team"]) == ("'=1+1", "'=cmd|' /C calc'!A0")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\0=1"])
def test_what_a_spreadsheet_might_run_is_marked(text):
    assert harmless(text).startswith("'")


def test_excel_knows_the_letters_of_its_own_file_and_others_see_no_mark(cast, browser_of, run_jobs, survey, answered):
    browser = browser_of(cast.cvetka)
    assert made(browser, run_jobs, "csv-excel", survey).startswith("\ufeff".encode())
    assert not made(browser, run_jobs, "csv", survey).startswith("\ufeff".encode())


def test_without_people_no_file_names_anybody(cast, browser_of, run_jobs, survey, answered):
    raw = made(browser_of(cast.cvetka), run_jobs, "csv", survey)
    assert b"customer.example" not in raw
    assert b"email" not in raw.splitlines()[0]


def test_the_file_holds_what_the_page_shows(cast, browser_of, run_jobs, survey, answered, tmp_path):
    browser = browser_of(cast.cvetka)
    assert browser.post(f"/w/acme/exports?survey={survey.slug}&band=detractor", data={"kind": "csv"}).status_code == 303
    run_jobs()
    export = Export.recent(survey.workspace_id)[0]
    [row] = rows_of("csv", browser.get(f"/w/acme/exports/{export.id}/file").data, tmp_path)
    assert row["score"] == "3"
    assert export.total == 1


def test_the_page_leads_to_a_file_of_just_its_answers(cast, browser_of, survey, answered):
    page = browser_of(cast.cvetka).get(f"/w/acme/surveys/{survey.slug}/results?period=7d&team=North").text
    [link] = set(re.findall(r'href="([^"]*/exports/new[^"]*)"', page))
    assert "team=North" in link
    assert "from=2026-11-15" in link
    assert "to=2026-11-21" in link
    asked = browser_of(cast.cvetka).get(html.unescape(link)).text
    assert re.search(r"<strong>1</strong>\s*answer", asked)


def test_all_surveys_together_have_no_columns_of_questions(cast, browser_of, run_jobs, survey, answered, tmp_path):
    a_response(an_invitation(a_survey(cast.workspace, "csat"), email="c@customer.example"), 5, None)
    rows = rows_of("csv", made(browser_of(cast.cvetka), run_jobs, "csv"), tmp_path)
    assert {row["metric"] for row in rows} == {"nps", "csat"}
    assert not [name for name in rows[0] if name.startswith("q.")]


def test_who_wished_for_a_file_with_people_in_it_is_kept(cast, browser_of, run_jobs, survey, answered):
    made(browser_of(cast.cvetka), run_jobs, "csv", survey, people="1")
    told = db.session.scalars(select(Event).where(Event.kind == "export.asked")).one()
    assert (told.actor, told.data) == (str(cast.cvetka.id), {"kind": "csv", "total": 2, "people": True})


def test_files_go_after_a_week(cast, browser_of, run_jobs, survey, answered, that_friday):
    made(browser_of(cast.cvetka), run_jobs, "csv", survey)
    export = Export.recent(survey.workspace_id)[0]
    path = exporter.file_of(export)
    assert path.exists()
    that_friday.shift(LIFE + timedelta(seconds=1))
    schedule.tick(clock.now())
    assert not path.exists()
    assert browser_of(cast.cvetka).get(f"/w/acme/exports/{export.id}/file").status_code == 404


def test_a_stopped_export_leaves_no_file(cast, browser_of, run_jobs, survey, answered):
    browser = browser_of(cast.cvetka)
    browser.post(f"/w/acme/exports?survey={survey.slug}", data={"kind": "csv"})
    export = Export.recent(survey.workspace_id)[0]
    browser.post(f"/w/acme/exports/{export.id}/stop")
    run_jobs()
    db.session.refresh(export)
    assert export.state == "stopped"
    assert not exporter.file_of(export).exists()


def test_a_crash_in_the_middle_begins_anew(cast, run_jobs, survey, answered, browser_of):
    browser_of(cast.cvetka).post(f"/w/acme/exports?survey={survey.slug}", data={"kind": "csv"})
    export = Export.recent(survey.workspace_id)[0]
    with transaction() as session:
        session.get_one(Export, export.id).begin()  # by a process that is no more
    exporter.folder().mkdir(exist_ok=True)
    exporter.file_of(export).with_suffix(".part").write_text("half a li")
    run_jobs()
    db.session.refresh(export)
    assert (export.state, export.rows) == ("done", 2)
    assert b"half a li" not in exporter.file_of(export).read_bytes()


def test_an_erasure_ends_files_at_once_also_one_that_is_just_being_written(
    cast, run_jobs, survey, answered, browser_of, monkeypatch
):
    browser = browser_of(cast.cvetka)
    made(browser, run_jobs, "csv", survey)
    done = Export.recent(survey.workspace_id)[0]
    with transaction() as session:
        session.get_one(Export, done.id).expires_at = clock.now()  # as an erasure does
    assert browser.get(f"/w/acme/exports/{done.id}/file").status_code == 404
    browser.post(f"/w/acme/exports?survey={survey.slug}", data={"kind": "csv"})
    late = Export.recent(survey.workspace_id)[0]
    write = exporter.write

    def overtaken(*args, **kwargs):
        rows = write(*args, **kwargs)
        with transaction() as session:
            session.get_one(Export, late.id).expires_at = clock.now()
        schedule.tick(clock.now())
        return rows

    monkeypatch.setattr(exporter, "write", overtaken)
    run_jobs()
    schedule.tick(clock.now())
    assert list(exporter.folder().glob("*.csv")) == []


def test_a_file_that_cannot_be_written_for_whatever_reason_says_so_and_blocks_no_other(
    cast, run_jobs, survey, answered, browser_of, monkeypatch
):
    def broken(*_args, **_kwargs):
        raise ValueError("mara@customer.example is no number")

    monkeypatch.setattr(exporter, "write", broken)
    browser_of(cast.cvetka).post(f"/w/acme/exports?survey={survey.slug}", data={"kind": "csv"})
    run_jobs()
    export = Export.recent(survey.workspace_id)[0]
    assert (export.state, export.open) == ("failed", False)
    assert "ValueError" in export.reason
    assert "mara" not in export.reason


def test_what_a_crash_left_of_a_file_goes_with_the_next_tick(cast, run_jobs, survey, answered, browser_of):
    made(browser_of(cast.cvetka), run_jobs, "csv", survey)
    path = exporter.file_of(Export.recent(survey.workspace_id)[0])
    left = (path.with_suffix(".part"), path.with_name(f"{new_id()}.csv"), path.with_name(f"{new_id()}.part"))
    for one_left in left:
        one_left.write_text("somebody")
    schedule.tick(clock.now())
    assert [one_left.exists() for one_left in left] == [False, False, False]
    assert path.exists()


def test_files_of_one_workspace_are_nobody_elses(cast, browser_of, run_jobs, survey, answered):
    made(browser_of(cast.cvetka), run_jobs, "csv", survey)
    export = Export.recent(survey.workspace_id)[0]
    dmitri = browser_of(cast.dmitri)
    assert dmitri.get(f"/w/elsewhere/exports/{export.id}/file").status_code == 404
    assert dmitri.post(f"/w/elsewhere/exports?survey={survey.slug}", data={"kind": "csv"}).status_code == 404


def test_the_command_writes_the_same(app, cast, survey, answered, tmp_path):
    runner = app.test_cli_runner()
    target = tmp_path / "answers.csv"
    done = runner.invoke(feedback, ["export", "--workspace", "acme", "--survey", survey.slug, str(target)])
    assert done.exit_code == 0, done.output
    assert "2 responses" in done.output
    assert len(rows_of("csv", target.read_bytes(), tmp_path)) == 2
    assert not [path for path in Path(tmp_path).iterdir() if path != target]


@pytest.mark.parametrize(("args", "words"), [
    (["--workspace", "nobody", "a.csv"], "no such workspace"),
    (["--workspace", "acme", "--survey", "none", "a.csv"], "no such survey"),
    (["--workspace", "acme", "a.doc"], "--format"),
    (["--workspace", "acme", "missing/a.csv"], "could not be written"),
])  # fmt: skip
def test_the_command_says_what_is_wrong(app, cast, tmp_path, args, words):
    *options, file = args
    done = app.test_cli_runner().invoke(feedback, ["export", *options, str(tmp_path / file)])
    assert done.exit_code in (1, 2)
    assert words in done.output
