"""Every metric there is, wherever its answers are told: results, one response, a person's page, digest, API."""

import email
import re
from datetime import UTC, datetime, timedelta
from email import policy

import pytest
import time_machine

from feedback import jobs, metric
from feedback.wording import LOCALES, Voice
from surveys.forms.library import NAMES
from surveys.scale import SCALES
from tests.cast import a_response, a_survey, an_api_key, an_invitation
from tests.feedback.answers import many_answers
from tests.feedback.readers import FRIDAY, answered, mails, ordered

SATURDAY = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
WORST = {
    "nps": "0 of 10", "csat": "1 of 5", "csat3": "1 of 3", "ces": "1 of 7", "ces5": "1 of 5", "stars": "1 star of 5",
    "smileys": "1 of 5", "thumbs": "Thumbs down",
}  # fmt: skip
METHOD = {
    "nps": "Promoters (9–10) minus detractors (0–6)",
    "csat": "Share of the answers 4–5 on a scale of 1–5.",
    "csat3": "Share of the answer 3 on a scale of 1–3.",
    "ces": "Share of the answers 5–7 on a scale of 1–7.",
    "ces5": "Share of the answers 4–5 on a scale of 1–5.",
    "stars": "Share of the answers with 4–5 of 5 stars.",
    "smileys": "Share of the two happy faces of 5.",
    "thumbs": "Share of thumbs up among all answers.",
}
SPOKEN = {"stars": "1 star of 5", "smileys": "Face 1 of 5", "thumbs": "Thumbs down"}


@pytest.fixture(params=list(SCALES))
def scale(request):
    return SCALES[request.param]


@pytest.fixture
def survey(cast, scale):
    return a_survey(cast.workspace, scale.key, name="Support")


@pytest.fixture(autouse=True)
def _that_friday():
    with time_machine.travel(FRIDAY + timedelta(hours=3), tick=False):
        yield


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_tables_of_this_test_know_them_all():
    assert set(SCALES) == set(WORST) == set(METHOD) <= set(NAMES)


def test_the_results_page_tells_it(scale, survey, cast, browser_of):
    many_answers(survey, [{"score": score} for score in scale.values for _ in range(8)])
    page = browser_of(cast.cvetka).get("/w/acme/surveys/support/results").text
    words = plain(page)
    assert METHOD[scale.key] in words
    counts = dict.fromkeys(scale.values, 8)
    assert f"± {round(metric.score(scale.key, counts).margin)} {8 * len(scale.values)} answers" in words
    assert ("Passives" in words) == bool(scale.in_band("passive"))
    assert page.count('class="chart-score"') == len(scale.values)
    assert words.count(SPOKEN.get(scale.key, "Score ")) >= 1
    for band in ("detractor", "promoter"):
        assert f"{8 * len(scale.in_band(band))} answers match" in plain(
            browser_of(cast.cvetka).get(f"/w/acme/surveys/support/results?band={band}").text
        )


def test_the_page_of_a_response_and_of_its_person_tell_it(scale, survey, cast, browser_of):
    response = a_response(an_invitation(survey), scale.low, "Hm.")
    browser = browser_of(cast.cvetka)
    page = plain(browser.get(f"/w/acme/responses/{response.id}").text)
    told = SPOKEN.get(scale.key, f"{scale.low} on a scale of {scale.low} to {scale.high}")
    assert told in page
    assert "Detractor" in page
    assert {"csat3": "“Dissatisfied”", "smileys": "“Very unhappy”", "thumbs": "“No”"}.get(scale.key, "") in page
    person = plain(browser_of(cast.boris).get(f"/w/acme/contacts/{response.contact_id}").text)
    assert f"Score {SPOKEN.get(scale.key, scale.low)}" in person


def test_the_digest_tells_it(scale, survey, cast, run_jobs):
    for _ in range(9):
        answered(survey, scale.high)
    answered(survey, scale.low, comment="Nobody called back.")
    ordered(cast.workspace)
    with time_machine.travel(SATURDAY, tick=False):
        jobs.claim_due_digests(SATURDAY)
        run_jobs()
    message = email.message_from_string(mails()[0].raw, policy=policy.default)
    value = "80" if scale.key == "nps" else "90%"
    interval = "(23…100)" if scale.key == "nps" else "(60…98)"
    told = f"{Voice('en').metric(scale.key)} {value} {interval}, n 10"
    assert message["Subject"] == f"1 unhappy customer · {told} · Fri 20 Nov"
    for kind in ("plain", "html"):
        assert WORST[scale.key] in message.get_body((kind,)).get_content()


def test_the_api_tells_it(scale, survey, cast, client):
    response = a_response(an_invitation(survey), scale.high)
    known = {"Authorization": f"Bearer {an_api_key(cast.workspace)}"}
    listed = client.get("/api/v1/responses?band=promoter", headers=known).json["data"]
    assert [(one["id"], one["metric"], one["score"]) for one in listed] == [(str(response.id), scale.key, scale.high)]
    told = client.get("/api/v1/surveys/support/metrics", headers=known).json
    assert list(told["distribution"]) == [str(value) for value in scale.values]
    assert told["value"] == 100
    document = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    for name in ("SurveyOut", "ResponseOut", "MetricsOut"):
        assert scale.key in document[name]["properties"]["metric"]["enum"]


def test_the_list_and_the_page_of_surveys_name_it(scale, survey, cast, browser_of):
    many_answers(survey, [{"score": scale.high}])
    for path in ("/w/acme/surveys", "/w/acme/surveys/support", "/w/acme/surveys/new"):
        assert browser_of(cast.boris).get(path).status_code == 200


@pytest.mark.parametrize("locale", LOCALES)
def test_digests_have_a_word_for_each_in_every_language(scale, locale):
    voice = Voice(locale)
    assert voice.metric(scale.key).strip()
    for score in scale.values:
        assert "{" not in voice.score(score, scale)
