"""A newcomer and the library, in a real browser."""

import re

import pytest

from surveys.survey import Survey
from tests.cast import a_draft


def test_three_clicks_lead_from_the_list_to_the_editor(cast, browse):
    a_draft(cast.workspace, name="Old")
    page = browse(cast.boris)
    page.goto("/w/acme/surveys")
    page.get_by_role("link", name="New survey").click()
    page.get_by_role("link", name="After a solved ticket").click()
    page.get_by_role("button", name="Create and edit").click()
    page.wait_for_url("**/w/acme/surveys/after-a-solved-ticket/edit")
    assert page.complaints == []


def test_languages_are_found_by_typing_and_the_preview_follows(cast, browse):
    page = browse(cast.boris)
    page.goto("/w/acme/surveys/new/start?from=servqual")
    search = page.get_by_placeholder("Find a language")
    search.fill("slovenscina")
    assert page.locator("[data-find]:visible").count() == 1
    search.press("Enter")
    search.fill("klingon")
    page.get_by_text("No language of this name.").wait_for()
    search.fill("")
    assert "2 of 35" in page.locator("[data-count]").inner_text()
    page.select_option("[name=default_locale]", "ar")
    preview = page.frame_locator("[data-preview]")
    preview.locator("html[dir=rtl]").wait_for()
    assert "3 of 35" in page.locator("[data-count]").inner_text()
    matrices = preview.locator("fieldset.ask")
    before = matrices.count()
    page.get_by_label("Also ask what people expect").check()
    matrices.nth(before).wait_for()
    assert page.complaints == []
    page.get_by_role("button", name="Create and edit").click()
    page.wait_for_url("**/edit")
    (survey,) = Survey.all_of(cast.workspace.id)
    assert survey.draft["locales"] == ["ar", "en", "sl"]
    assert len(survey.draft["questions"]) == 12


@pytest.mark.parametrize("script", [True, False])
def test_the_preview_walks_through_a_branch_with_and_without_script(cast, browse, script):
    page = browse(cast.boris, java_script_enabled=script)
    page.goto("/w/acme/surveys/new/start?from=csat_ticket")
    preview = page.frame_locator("[data-preview]")
    preview.locator("label:has(#s2)").click()
    preview.get_by_text("No", exact=True).click()
    preview.get_by_role("button", name="Next").click()
    preview.get_by_text("What is still open?").wait_for()
    preview.get_by_role("button", name="Send").click()
    preview.get_by_role("heading", name="Thank you!").wait_for()
    assert Survey.all_of(cast.workspace.id) == []


def test_a_survey_goes_out_and_comes_back_as_the_same_file(cast, browse, tmp_path):
    a_draft(cast.workspace, name="Podpora", locales=("sl", "en"))
    page = browse(cast.boris)
    page.goto("/w/acme/surveys/podpora")
    page.locator("main .menu summary").first.click()
    with page.expect_download() as first:
        page.get_by_role("link", name="Export as a file").click()
    assert first.value.suggested_filename == "podpora.afterword.json"
    first.value.save_as(tmp_path / "podpora.json")
    page.goto("/w/acme/surveys/new")
    page.get_by_role("link", name="Import a file").click()
    page.set_input_files("[name=file]", tmp_path / "podpora.json")
    page.get_by_role("button", name="Import as a draft").click()
    page.wait_for_url(re.compile("podpora-2/edit"))
    page.goto("/w/acme/surveys/podpora-2")
    page.locator("main .menu summary").first.click()
    with page.expect_download() as second:
        page.get_by_role("link", name="Export as a file").click()
    second.value.save_as(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "podpora.json").read_bytes()
