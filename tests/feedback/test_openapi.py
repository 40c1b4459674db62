"""The description of the API, checked against the standard and against the API itself."""

import json

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from base import openapi
from tests.cast import AT, a_response, a_survey, an_api_key, an_invitation
from tests.databases import cases


@pytest.fixture
def document(client):
    return client.get("/api/v1/openapi.json").json


@pytest.fixture
def api(app, cast):
    key = an_api_key(cast.workspace)

    def call(method, path, **options):
        return app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {key}"}, **options)

    return call


def fits(document, value, shape):
    """Whether a value is what the document promises under the name of a shape."""
    schema = {"$ref": f"#/components/schemas/{shape}", "components": document["components"]}
    return Draft202012Validator(schema).is_valid(value)


@pytest.mark.web
def test_the_document_follows_the_standard(document):
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()
    assert document["servers"] == [{"url": "http://surveys.example"}]


@pytest.mark.web
def test_every_route_of_the_api_is_described_with_its_method(app, document):
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    assert len(routes) == len(document["paths"]) + 1  # the document itself
    for path in ("/api/v1/invitations", "/api/v1/invitations/batch"):
        assert set(document["paths"][path]) == {"post"}
    assert set(document["paths"]["/api/v1/alerts/{alert_id}"]) == {"get", "patch", "delete"}
    assert all(hasattr(view, "operation") for view in map(app.view_functions.get, _endpoints(app)))


def _endpoints(app):
    document = "api_openapi.show"
    return [r.endpoint for r in app.url_map.iter_rules() if r.rule.startswith("/api/") and r.endpoint != document]


def test_answers_are_what_the_document_promises(api, cast, document):
    with time_machine.travel(AT, tick=False):
        survey = a_survey(cast.workspace)
        response = a_response(an_invitation(survey), 3, "slow", at=AT)
        body = {"survey": survey.slug, "email": "mara@customer.example", "properties": {"plan": "gold"}}
        assert fits(document, body, "InvitationIn")
        alert = {"name": "Sad", "surveys": [survey.slug], "below": -0.5, "cool_down": 15, "mails": ["m@x.example"]}
        assert fits(document, alert, "AlertIn")
        assert not fits(document, alert | {"below": -0.3}, "AlertIn")
        assert fits(document, {"agent": None}, "AlertChange")
        made = api("POST", "/api/v1/invitations", json=body).json
        batch = api("POST", "/api/v1/invitations/batch", json={"invitations": [body, {}]}).json
        promised = [
            (made, "InvitationOut"),
            (batch, "BatchOut"),
            (api("GET", f"/api/v1/invitations/{made['id']}").json, "InvitationOut"),
            (api("GET", "/api/v1/surveys").json, "SurveyList"),
            (api("GET", f"/api/v1/surveys/{survey.slug}").json, "SurveyDetail"),
            (api("GET", f"/api/v1/surveys/{survey.slug}/metrics").json, "MetricsOut"),
            (api("GET", "/api/v1/responses").json, "ResponseList"),
            (api("GET", f"/api/v1/responses/{response.id}").json, "ResponseOut"),
            (api("POST", "/api/v1/alerts", json=alert).json, "AlertOut"),
            (api("GET", "/api/v1/alerts").json, "AlertList"),
            (api("POST", "/api/v1/invitations", json={}).json, "Problem"),
            (api("GET", "/api/v1/responses?limit=0").json, "Problem"),
        ]
    for value, shape in promised:
        assert fits(document, value, shape), (shape, value)
    assert not fits(document, {"survey": "x"}, "InvitationIn")


@pytest.mark.web
def test_query_parameters_are_described_one_by_one(document):
    told = {one["name"]: one for one in document["paths"]["/api/v1/responses"]["get"]["parameters"]}
    names = "survey email since until band language sentiment theme flagged limit cursor agent team channel version"
    names += " question value wants_contact q tag topic phrase score commented"
    names += " property_name property_value property_least property_most"
    assert set(told) == set(names.split())
    assert told["limit"]["schema"] == {"default": 100, "maximum": 500, "minimum": 1, "type": "integer"}
    assert told["band"]["schema"]["enum"] == ["detractor", "passive", "promoter"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["email", "name", "locale", "properties", "interaction", "delay_seconds", "send_at", "more"])


@settings(max_examples=cases(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(FIELDS, JSON, max_size=4), st.dictionaries(st.sampled_from(["source", "agent", "x"]), JSON))
def test_whatever_is_sent_the_answer_is_described(api, cast, document, more, ticket):
    body = {"survey": "missing", "email": "m@x.example", "interaction": {"external_id": "1"} | ticket} | more
    answer = api("POST", "/api/v1/invitations", data=json.dumps(body), content_type="application/json")
    promised = document["paths"]["/api/v1/invitations"]["post"]["responses"]
    assert str(answer.status_code) in promised
    assert fits(document, answer.json, "Problem")


@pytest.mark.web
def test_the_document_is_made_of_the_routes_themselves(app, document):
    assert openapi.document(app) == document
