"""The browser, the server and the people of the tests fit together."""


def test_a_signed_in_person_sees_the_list_of_surveys_and_nothing_complains(browse, cast):
    page = browse(cast.boris, width=360)
    assert page.goto("/w/acme/surveys").status == 200
    page.wait_for_load_state("networkidle")
    assert page.locator("h1").count() == 1
    assert (page.complaints, page.elsewhere) == ([], [])


def test_a_stranger_is_asked_to_sign_in(browse, cast):
    page = browse()
    page.goto("/w/acme/surveys")
    assert "sign-in" in page.url
    assert page.locator("input[type=password]").count() == 1
