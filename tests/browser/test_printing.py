"""Results on paper, where nobody can open what is closed."""

from tests.cast import AT, a_survey
from tests.feedback.answers import many_answers

UNREAD = """() => [...document.querySelectorAll('.chart-table td, .more-ranks td.num')]
  .filter(cell => !cell.checkVisibility() || !cell.getBoundingClientRect().height)
  .map(cell => cell.closest('table').caption.textContent + ': ' + cell.textContent)"""
WIDE = """() => [...document.querySelectorAll('.chart-table .table-wrap')]
  .filter(wrap => wrap.scrollWidth > wrap.clientWidth + 1)
  .map(wrap => `${wrap.ariaLabel}: ${wrap.scrollWidth} in ${wrap.clientWidth}`)"""


def test_what_is_closed_on_the_screen_is_read_on_paper(cast, browse):
    survey = a_survey(cast.workspace, name="Support")
    agents = [{"score": n % 11, "agent": f"Agent {n % 12}", "comment": "Late"} for n in range(240)]
    many_answers(survey, agents)
    page = browse(cast.cvetka, width=700)  # of A4 without its margins
    page.goto(f"/w/acme/surveys/support/results?period=custom&since={AT:%Y-%m-%d}&until={AT:%Y-%m-%d}")
    assert page.locator("#hours .chart-table td", has_text="240 answers").count() == 1
    assert page.locator(".more-ranks").count() > 0
    assert page.evaluate(UNREAD)
    page.emulate_media(media="print")
    assert page.evaluate(UNREAD) == []
    assert page.evaluate(WIDE) == []
    assert page.get_by_text("Show as table").first.is_hidden()
    assert page.complaints == []
