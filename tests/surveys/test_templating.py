"""A survey kept as the workspace's own template: saved, renamed, deleted, and never seen elsewhere."""

import pytest

from base.db import db, new_id, transaction
from base.errors import ConflictError
from base.events import Event
from surveys import template as templates
from surveys.survey import Survey
from surveys.template import SurveyTemplate
from tests.cast import AT, a_draft, a_survey, a_template

LIBRARY = "/w/acme/surveys/new"


def all_of(workspace):
    db.session.expire_all()
    return [(one.name, one.description) for one in SurveyTemplate.all_of(workspace.id)]


def test_any_survey_can_be_kept_as_a_template(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_survey(cast.workspace, texts={"en": {"question": "Well?"}})
    address = f"/w/acme/surveys/{survey.slug}/template"
    assert address in browser.get(f"/w/acme/surveys/{survey.slug}").text
    assert f'value="{survey.name}"' in browser.get(address).text
    answer = browser.post(address, data={"name": " Our way ", "description": "After\0 visits"})
    assert (answer.status_code, answer.location) == (303, LIBRARY)
    assert "is in the library now" in browser.get(LIBRARY).text
    (kept,) = SurveyTemplate.all_of(cast.workspace.id)
    assert (kept.name, kept.description, kept.created_by) == ("Our way", "After visits", cast.boris.id)
    assert kept.document == survey.draft
    assert "frozen" not in kept.document


def test_a_template_is_a_copy(cast):
    survey = a_draft(cast.workspace)
    template = a_template(cast.workspace, survey)
    with transaction() as session:
        fresh = session.get(Survey, survey.id)
        fresh.save_draft(fresh.draft | {"texts": {"en": {"question": "New?"}}}, revision=1, at=AT)
    db.session.expire_all()
    assert db.session.get(SurveyTemplate, template.id).document["texts"] == {"en": {}}


def test_a_template_is_called_otherwise_and_deleted(cast, browser_of):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    template = a_template(cast.workspace, survey, description="Old")
    ident = template.id
    address = f"/w/acme/templates/{ident}"
    assert 'value="Old"' in browser.get(address).text
    assert browser.post(address, data={"name": "Better", "description": ""}).location == LIBRARY
    assert all_of(cast.workspace) == [("Better", "")]
    assert browser.post(f"{address}/delete").location == LIBRARY
    assert all_of(cast.workspace) == []
    assert browser.get(address).status_code == browser.post(f"{address}/delete").status_code == 404
    kinds = db.session.scalars(db.select(Event.kind).where(Event.subject_id == ident).order_by(Event.id))
    assert list(kinds) == ["template.kept", "template.renamed", "template.deleted"]
    assert Survey.all_of(cast.workspace.id) != []


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"name": " "}, "Give the template a name"),
        ({"name": "x" * 121}, "At most 120 characters"),
        ({"description": "x" * 201}, "At most 200 characters"),
    ],
)
def test_a_name_that_cannot_be_is_refused_at_its_field_and_all_is_kept(cast, browser_of, typed, complaint):
    browser, survey = browser_of(cast.boris), a_draft(cast.workspace)
    template = a_template(cast.workspace, survey)
    data = {"name": "Fine", "description": "Fine too"} | typed
    for address in (f"/w/acme/surveys/{survey.slug}/template", f"/w/acme/templates/{template.id}"):
        answer = browser.post(address, data=data)
        assert answer.status_code == 422
        assert complaint in answer.text
        assert all(f'value="{value}"' in answer.text for value in data.values() if value.strip())
    assert all_of(cast.workspace) == [("Our way", "")]


def test_nothing_crosses_a_workspace(cast, browser_of):
    foreign = a_template(cast.elsewhere, a_survey(cast.elsewhere), name="Secret recipe")
    browser = browser_of(cast.boris)
    assert "Secret recipe" not in browser.get(LIBRARY).text
    for address in (f"/w/acme/templates/{foreign.id}", f"/w/acme/templates/{new_id()}"):
        assert browser.get(address).status_code == 404
        assert browser.post(address, data={"name": "Mine"}).status_code == 404
        assert browser.post(f"{address}/delete").status_code == 404
    assert all_of(cast.elsewhere) == [("Secret recipe", "")]


def test_who_only_looks_at_results_keeps_no_templates(cast, browser_of):
    survey = a_survey(cast.workspace)
    template = a_template(cast.workspace, survey)
    browser = browser_of(cast.cvetka)
    assert "Save as template" not in browser.get(f"/w/acme/surveys/{survey.slug}").text
    assert browser.get(f"/w/acme/surveys/{survey.slug}/template").status_code == 403
    assert browser.post(f"/w/acme/templates/{template.id}/delete").status_code == 403


def test_there_is_an_end_to_templates_and_it_is_said(cast, browser_of, monkeypatch):
    monkeypatch.setattr(templates, "MOST", 2)
    survey = a_draft(cast.workspace)
    a_template(cast.elsewhere, a_draft(cast.elsewhere))
    for name in ("One", "Two"):
        a_template(cast.workspace, survey, name=name)
    with pytest.raises(ConflictError):
        a_template(cast.workspace, survey, name="Three")
    answer = browser_of(cast.boris).post(f"/w/acme/surveys/{survey.slug}/template", data={"name": "Three"})
    assert answer.status_code == 409
    assert "at most 2 templates" in answer.text
