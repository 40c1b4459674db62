"""Every page there is, by the URL map, in both themes, on phone and desk: nothing bars, complains or leaks."""

from urllib.parse import urlsplit

import pytest

from accounts.policy import PERMISSIONS
from tests.browser.barring import ALL, SCREENS, TURNING, beyond_cards, cut_short, too_wide, violations
from tests.town import Town, permission_of, routes

NOT_A_PAGE = {
    "static": "files",
    "theming.words": "a few words shown beside a sentiment on responses.show",
    "health.process": "plain words for load balancers",
    "health.ready": "JSON for load balancers",
    "health.metrics": "text for Prometheus",
    "api_openapi.show": "JSON; its words are tested with the API",
    "accounts.home": "only sends people on",
    "accounts.workspace_home": "only sends people on",
    "logos.picture": "a picture",
    "logos.colors": "a list inside of looks.show",
    "looks.preview": "a page or mail in its frame on looks.show; tested with the looks",
    "digests.upcoming": "a sentence inside the form of digests.new",
    "previewing.preview": "seen inside its frame on editing.edit",
    "starting.preview": "seen inside its frame on starting.start",
    "exchanging.export": "a file to download",
    "exports.fetch": "a file to download",
    "sending.progress": "a piece of surveys.overview, which looks again by itself",
    "drafting.state": "JSON; its words are tested with the drafts",
    "drafting.words": "JSON; same",
    "previewing.look": "the answer page without buttons that send, seen as answering.page",
    "interpreting.download": "a file for translators",
    "listing.export": "a file to download",
    "listing.export_contacts": "same",
    "erasing.data": "a file to hand out; its page is tested with the people",
    "versions.seen": "the answer page of a version in its frame on versions.show; tested with the versions",
    "outbox.html": "a mail in its frame on outbox.show; tested with the mails",
    "issues.preview_mail": "a mail in its frame on issues.preview; tested with the mails",
    "issues.follow": "only sends people on",
    "issues.sent_mail": "a mail in its frame on issues.show; tested with the mails",
    "opening.embed": "a script for other sites, tested on one of them",
    "opening.worker": "a script of the device for everybody, tested with it",
    "opening.again": "only sends people on",
    "places.qr_png": "an image, seen as the other one",
    "places.qr_svg": "an image, seen on places.show",
    "answering.thanks": "sends on until there is an answer; tested in the journey and below",
}
PARTS = 6
"""So that several processes look at once, and none of them is still looking when the others are through."""

UNFOLD = "all => all.forEach(one => one.open = true)"


def pages_of(app, town):
    """(path, whether to be signed in) of every page a person can open."""
    for rule in routes(app):
        permission = permission_of(app, rule)
        if rule.endpoint not in NOT_A_PAGE and permission != "api key":
            yield town.path(app, rule), permission in PERMISSIONS | {"signed in"}


def more_of(town):
    """States of pages that deserve a look of their own: filled, empty, wrong, over."""
    here, survey = f"/w/{town.workspace.slug}", f"/w/{town.workspace.slug}/surveys"
    yield f"{here}/import/{town.done_upload_id}", True
    yield f"{survey}/{town.draft.slug}", True
    yield f"{survey}/{town.draft.slug}/results", True
    yield f"{survey}/{town.closed.slug}", True
    yield f"{survey}/{town.closed.slug}/results?period=7d", True
    yield f"{survey}/{town.survey.slug}/results?band=detractor&agent=nobody", True
    yield f"{survey}/{town.survey.slug}/edit?lang=sl", True
    for made_of in ("csat_ticket", "servqual", "smileys", town.template_id):
        yield f"{survey}/new/start?from={made_of}", True
    yield f"{survey}/{town.survey.slug}/translations?to=sl&only=missing", True
    yield f"{survey}/{town.rich.slug}/results", True
    yield f"{survey}/{town.rich.slug}/results?question=why&value=other", True
    yield f"{survey}/{town.rich.slug}/versions/2?show=mail&theme=dark", True
    yield f"{here}/responses/{town.rich_response_id}", True
    yield f"{survey}/{town.survey.slug}/results/topics?team=North&language=en", True
    yield f"{here}/responses?band=detractor", True
    yield f"{here}/responses?commented=1&q=parc&tag={town.tag_id}", True
    yield f"{here}/responses?commented=1&q=nothing+like+it", True
    yield f"{here}/responses/{town.flagged_id}", True
    yield f"{here}/outbox?state=failed", True
    yield f"{here}/alerts/{town.another_alert().id}", True
    yield f"{here}/contacts?q=nobody", True
    yield f"{here}/sources/{town.source_id}?call={town.call_id}", True
    yield f"{here}/contacts?q=@{town.workspace.slug}.test&asked=30", True
    yield f"{here}/contacts/{town.contact_id}/merge?q=c1", True
    yield f"{here}/nowhere", True
    yield f"/o/{town.link.slug}?embed=1", False
    yield f"/o/{town.link.slug}?kiosk=1", False
    yield "/o/nothing", False
    yield "/s/nothing", False
    yield "/u/nothing", False
    yield f"/s/{town.waiting.token}/10?lang=sl", False


def troubles_of(page, path):
    """What is wrong with a page, in words; in both themes, on phone and desk."""
    del page.complaints[:], page.elsewhere[:]
    status = page.goto(path, wait_until="load").status
    found = [] if status in {200, 404, 410} else [f"status {status}"]
    for rules, (theme, width) in zip((ALL, TURNING), SCREENS, strict=True):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{too_wide(page)} px too wide at {width} px"] if too_wide(page) > 0 else []
        page.eval_on_selector_all("details", UNFOLD)
        told = [*violations(page, rules=rules), *cut_short(page), *beyond_cards(page)]
        found += [f"{words}, {theme} at {width} px" for words in told]
        page.eval_on_selector_all("details", UNFOLD.replace("true", "false"))
    expected = "the server responded with a status of 4"
    found += [words for words in page.complaints if expected not in words or status == 200]
    return found + [f"asks {urlsplit(url).netloc}" for url in page.elsewhere]


@pytest.fixture
def town(app, cast, monkeypatch):
    monkeypatch.setitem(app.config, "SEND_FILE_MAX_AGE_DEFAULT", 600)  # the browser asks for each file once
    return Town.build(app, cast.workspace, cast.ana)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_open_to_everybody_and_keeps_to_itself(app, town, browse, part):
    staff, public = browse(town.admin, reduced_motion="reduce"), browse(reduced_motion="reduce")
    paths = [*dict.fromkeys([*pages_of(app, town), *more_of(town)])]
    assert len(paths) > 80
    troubles = {path: troubles_of(staff if signed_in else public, path) for path, signed_in in paths[part::PARTS]}
    assert {path: found for path, found in troubles.items() if found} == {}


def test_every_route_that_is_no_page_still_exists(app):
    assert set(NOT_A_PAGE) <= {rule.endpoint for rule in routes(app)}
