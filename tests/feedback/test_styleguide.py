"""The page of all pieces: who sees it, and that nothing on it needs what the content policy refuses."""

import re


def test_a_designer_sees_every_piece(cast, browser_of):
    page = browser_of(cast.boris).get("/w/acme/styleguide").text
    for piece in ('class="chart"', 'class="comment"', 'class="scale"', 'class="empty"', "<dialog", "<progress"):
        assert piece in page


def test_a_manager_has_no_business_there(cast, browser_of):
    assert browser_of(cast.cvetka).get("/w/acme/styleguide").status_code == 403


def test_no_piece_writes_style_or_script_into_the_page(cast, browser_of):
    page = browser_of(cast.boris).get("/w/acme/styleguide").text
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page)
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_every_form_that_posts_carries_its_token(cast, browser_of, csrf):
    page = browser_of(cast.boris).get("/w/acme/styleguide").text
    forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
    assert forms
    assert all('name="csrf_token" value="' in form for form in forms)


def test_no_name_stands_twice_on_the_page(cast, browser_of):
    names = re.findall(r'\sid="([^"]+)"', browser_of(cast.boris).get("/w/acme/styleguide").text)
    assert sorted(names) == sorted(set(names))
