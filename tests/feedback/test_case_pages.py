"""Cases in the browser: the list, the page of one, what staff do there, and the rules."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from base import clock
from base.db import db, new_id, transaction
from base.outbox import Mail
from feedback import case_list
from feedback.case import By, Case
from feedback.case_entry import CaseEntry
from feedback.case_owner import CaseLead
from feedback.case_reason import USUAL, CaseReason
from feedback.case_rule import CaseRule, CaseSurvey
from feedback.jobs import consider_case
from surveys.interaction import Interaction
from surveys.invitation import Invitation
from surveys.source import Source
from surveys.version import Version
from tests.cast import AT, a_contact, a_person, a_survey, an_api_key, an_invitation
from tests.feedback.followers import cases, ruled, told_us, trail

HOUR = timedelta(hours=1)


pytestmark = pytest.mark.usefixtures("friday")


@pytest.fixture
def survey(cast):
    survey = a_survey(cast.workspace)
    ruled(cast.workspace, survey)
    return survey


@pytest.fixture
def case(survey):
    consider_case(told_us(survey, 2, "Nobody <called> me back.").id)
    return cases()[0]


@pytest.fixture
def cvetka(cast, browser_of):
    return browser_of(cast.cvetka)


def shown(page):
    return re.findall(r'<span class="comment-who">([^<]*)</span>', page)


def test_an_empty_list_says_what_a_case_is_and_leads_to_the_rules(cvetka):
    page = cvetka.get("/w/acme/cases").text
    assert "No survey opens cases yet" in page
    assert "/w/acme/cases/rules" in page


def test_the_list_is_by_due_time_and_by_owner(cast, survey, cvetka, friday):
    for name, hours in (("a", 3), ("b", 1), ("c", 2)):
        consider_case(told_us(survey, 1, email=f"{name}@customer.example").id)
        with transaction():
            one = Case.locked(cases()[-1].id)
            one.put_off(clock.now() + hours * HOUR, By(clock.now()))
            one.assign(cast.cvetka.id if name == "c" else None, By(clock.now()))
    assert shown(cvetka.get("/w/acme/cases").text) == ["b@customer.example", "c@customer.example", "a@customer.example"]
    assert shown(cvetka.get("/w/acme/cases?show=mine").text) == ["c@customer.example"]
    assert len(shown(cvetka.get("/w/acme/cases?owner=nobody").text)) == 2
    friday.shift(1.5 * HOUR)
    page = cvetka.get("/w/acme/cases?show=overdue").text
    assert shown(page) == ["b@customer.example"]
    assert "3 open, 1 overdue" in page
    assert "No case matches" in cvetka.get("/w/acme/cases?stage=resolved").text


@pytest.mark.parametrize("show", ["open", "closed"])
def test_pages_of_a_list_leave_nobody_out(cast, survey, show):
    reason = CaseReason.all_of(cast.workspace.id)[0]
    for number in range(7):
        consider_case(told_us(survey, 1, email=f"{number}@customer.example").id)
    with transaction():
        for number, one in enumerate(cases()):
            case = Case.locked(one.id)
            case.put_off(AT + (number // 3) * HOUR, By(clock.now()))
            if show == "closed":
                case.close(reason, By(AT + (number // 3) * HOUR))
    query = case_list.Query(workspace_id=cast.workspace.id, show=show, now=clock.now())
    whole = [row.case.id for row in case_list.window(query, limit=50).rows]
    seen, pages = [], []
    window = case_list.window(query, limit=3)
    while True:
        seen += [row.case.id for row in window.rows]
        pages.append(window)
        if window.later is None:
            break
        window = case_list.window(query, limit=3, after=window.later)
    assert seen == whole
    assert len(whole) == 7
    back = case_list.window(query, limit=3, before=pages[1].earlier)
    assert [row.case.id for row in back.rows] == whole[:3]
    assert (back.earlier, pages[0].earlier) == (None, None)


def test_the_page_of_a_case_begins_with_the_customers_words(cvetka, case):
    page = cvetka.get(f"/w/acme/cases/{case.id}").text
    words, todo = page.index("Nobody &lt;called&gt; me back."), page.index("What to do next")
    assert words < todo < page.index("What happened")
    assert "Let them hear from a person." in page


def test_a_stage_is_marked_and_taken_back_on_the_page(cast, cvetka, case):
    at = f"/w/acme/cases/{case.id}"
    assert cvetka.post(f"{at}/stages", data={"stage": "acknowledged"}).status_code == 303
    page = cvetka.get(at).text
    assert "Cvetka marked: acknowledged" in page
    assert cvetka.post(f"{at}/stages", data={"stage": "acknowledged", "undo": "1"}).status_code == 303
    assert trail(case) == ["opened", "stage", "undone"]
    assert cvetka.post(f"{at}/stages", data={"stage": "invented"}).status_code == 422


def test_a_note_mentions_colleagues_and_says_who_is_unknown(cast, cvetka, case, run_jobs):
    at = f"/w/acme/cases/{case.id}"
    answer = cvetka.post(f"{at}/notes", data={"note": "@Boris, @Zala: call her", "key": str(new_id())})
    assert answer.status_code == 303
    run_jobs()
    page = cvetka.get(at).text
    assert "@Boris, @Zala: call her" in page
    assert "Nobody here is called @Zala" in page
    assert db.session.scalars(select(Mail.to_address).where(Mail.kind == "case-notice")).all() == [cast.boris.email]
    assert cvetka.post(f"{at}/notes", data={"note": "  "}).status_code == 422


def test_a_form_sent_twice_is_one_note(cvetka, case):
    data = {"note": "Called.", "key": str(new_id())}
    for _ in range(2):
        assert cvetka.post(f"/w/acme/cases/{case.id}/notes", data=data).status_code == 303
    assert trail(case) == ["opened", "note"]


def test_a_case_is_handed_over_put_off_closed_and_opened_again(cast, cvetka, case):
    at, reason = f"/w/acme/cases/{case.id}", CaseReason.all_of(cast.workspace.id)[1]
    cvetka.post(f"{at}/owner", data={"owner": str(cast.boris.id)})
    cvetka.post(f"{at}/due", data={"due": "2026-12-01T10:30"})
    assert cvetka.post(f"{at}/close", data={}).status_code == 422
    cvetka.post(f"{at}/close", data={"reason": str(reason.id)})
    [case] = cases()
    assert (case.owner_id, case.due_at) == (cast.boris.id, datetime(2026, 12, 1, 9, 30, tzinfo=UTC))
    assert case.reason_id == reason.id
    assert "Could not be reached" in cvetka.get("/w/acme/cases?show=closed").text
    assert cvetka.post(f"{at}/close", data={"reason": str(reason.id)}).status_code == 303
    assert "Somebody closed this case meanwhile." in cvetka.get(at).text
    cvetka.post(f"{at}/reopen")
    assert cases()[0].closed_at is None
    assert [entry.actor for entry in CaseEntry.of(case.id)[1:]] == [str(cast.cvetka.id)] * 4


NONSENSE = (
    ("owner", {"owner": "somebody"}),
    ("due", {"due": "tomorrow"}),
    ("due", {"due": "0001-01-01T00:00"}),
    ("close", {"reason": "because"}),
    ("write", {"words": ""}),
    ("write", {"words": "x" * 10_001}),
)


def test_what_makes_no_sense_is_told_and_changes_nothing(cvetka, case):
    for door, data in NONSENSE:
        assert cvetka.post(f"/w/acme/cases/{case.id}/{door}", data=data).status_code == 422, door
    assert trail(case) == ["opened"]


def test_nobody_else_works_on_a_case(cast, browser_of, case):
    viewer = browser_of(a_person("Eva", cast.workspace, "viewer"))
    assert viewer.get(f"/w/acme/cases/{case.id}").status_code == 403
    assert "/w/acme/cases" not in viewer.get("/w/acme/surveys").text
    dmitri = browser_of(cast.dmitri)
    assert dmitri.get(f"/w/elsewhere/cases/{case.id}").status_code == 404
    assert dmitri.post(f"/w/elsewhere/cases/{case.id}/notes", data={"note": "Hello"}).status_code == 404
    assert dmitri.post(f"/w/elsewhere/cases/{case.id}/reopen").status_code == 404


def test_an_answer_leads_to_its_case(cvetka, case):
    assert f"/w/acme/cases/{case.id}" in cvetka.get(f"/w/acme/responses/{case.response_id}").text


RULES = {
    "owner_by": "lead",
    "leads-0-team": "North",
    "leads-1-team": "",
    "leads-1-user": "",
    "person": "",
    "hours": "12",
    "weekdays": ["1", "2", "6"],
    "start_hour": "8",
    "end_hour": "20",
    "zone": "new york",
    "reasons": "Put right\n\n Refunded \nPut right",
    "follow": "",
    "follow_days": "5",
}


def test_the_rules_are_kept_and_shown_again(cast, cvetka):
    survey, follow = a_survey(cast.workspace), a_survey(cast.workspace, "csat")
    chosen = {"surveys": [str(survey.id)], "leads-0-user": str(cast.boris.id), "follow": str(follow.id)}
    first = cvetka.get("/w/acme/cases/rules").text
    assert all(name in first for name in USUAL)
    assert cvetka.post("/w/acme/cases/rules", data=RULES | chosen).status_code == 303
    rule = CaseRule.of(cast.workspace)
    assert (rule.owner_by, rule.hours, rule.weekdays, rule.zone) == ("lead", 12, "126", "America/New_York")
    assert (rule.start_hour, rule.end_hour, rule.follow_survey_id, rule.follow_days) == (8, 20, follow.id, 5)
    assert CaseSurvey.all_of(cast.workspace.id) == {survey.id: clock.now()}
    assert CaseLead.all_of(cast.workspace.id) == {"North": cast.boris.id}
    assert [one.name for one in CaseReason.all_of(cast.workspace.id)] == ["Put right", "Refunded"]
    page = cvetka.get("/w/acme/cases/rules").text
    assert 'value="North"' in page
    assert re.search(rf'checked[^>]*value="{survey.id}"', page)


def test_the_rules_warn_of_a_follow_up_survey_that_also_asks_others(cast, cvetka):
    own, ordinary, fed = (a_survey(cast.workspace, "csat", name=name) for name in ("Own", "Ordinary", "Fed"))
    an_invitation(ordinary)
    with transaction():
        source, _ = Source.create(cast.workspace.id, "Desk", "generic", at=AT)
        source.change(name="Desk", survey_ids=[fed.id], at=AT)
        contact = a_contact(cast.workspace, "mara@customer.example")
        Invitation.ask(Version.newest(own.id), Interaction.keep(contact, "case", "1", at=AT)[0], at=AT, send_at=AT)
    page = cvetka.get("/w/acme/cases/rules").text
    assert set(re.findall(r'<option data-mixes[^>]*value="([^"]*)"', page)) == {str(ordinary.id), str(fed.id)}
    assert "This survey also asks others" in page


WRONG = (
    *({"hours": "many"}, {"hours": "0"}, {"weekdays": []}, {"end_hour": "8"}, {"zone": "Atlantis"}),
    *({"reasons": " \n "}, {"reasons": "x" * 81}, {"follow_days": "91"}, {"surveys": ["x"]}),
    *({"owner_by": "turns"}, {"owner_by": "person"}),
)


def test_rules_that_make_no_sense_are_told_and_nothing_typed_is_lost(cast, cvetka):
    for wrong in WRONG:
        answer = cvetka.post("/w/acme/cases/rules", data=RULES | wrong)
        assert answer.status_code == 422, wrong
        assert 'value="North"' in answer.text
    assert db.session.get(CaseRule, cast.workspace.id) is None


def test_an_anonymous_survey_is_not_offered(cast, cvetka):
    a_survey(cast.workspace, name="Known people")
    a_survey(cast.workspace, name="Secret box", anonymous=True)
    page = cvetka.get("/w/acme/cases/rules").text
    assert "Known people" in page
    assert "Secret box" not in page


def test_the_api_lists_cases_by_owner_and_page(app, cast, survey):
    key, other = an_api_key(cast.workspace), an_api_key(cast.elsewhere)
    client = app.test_client()

    def ask(wanted="", key=key):
        return client.get(f"/api/v1/cases?{wanted}", headers={"Authorization": f"Bearer {key}"})

    for number in range(3):
        consider_case(told_us(survey, 1, email=f"{number}@customer.example").id)
    first, second, _third = cases()
    with transaction():
        one = Case.locked(first.id)
        one.assign(cast.boris.id, By(clock.now()))
        one.reach("relieved", By(clock.now()))
        Case.locked(second.id).close(CaseReason.all_of(cast.workspace.id)[0], By(clock.now()))
    first = ask("limit=1").json
    second = ask(f"limit=1&cursor={first['next_cursor']}").json
    assert [row["email"] for row in first["data"] + second["data"]] == ["0@customer.example", "2@customer.example"]
    assert second["next_cursor"] is None
    assert (first["data"][0]["owner"], list(first["data"][0]["stages"])) == (cast.boris.email, ["relieved"])
    assert [row["reason"] for row in ask("status=closed").json["data"]] == ["Put right"]
    assert [row["email"] for row in ask("owner=nobody").json["data"]] == ["2@customer.example"]
    assert (ask("owner=nobody@else.example").status_code, ask("survey=none").status_code) == (404, 404)
    assert ask(key=other).json["data"] == []
