"""What bars somebody from a page, as axe sees it: asked in one way by all browser tests."""

from axe_playwright_python.sync_playwright import Axe

SCREENS = (("light", 1280), ("dark", 360))
"""Each theme once and each width once: what depends on both at the same time has not been seen yet."""

TURNING = "runOnly: ['color-contrast', 'scrollable-region-focusable', 'aria-hidden-focus']"
"""What another theme or width can change; the other rules read the document, which stays the same."""

ALL = "rules: {}"
REST = """() => Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished))"""
JUDGE = """axe.run(document, { iframes: false, resultTypes: ["violations"], selectors: false,
    preload: { assets: ["media"] }, %s }).then(({ violations }) => violations
    .filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)} (${one.nodes.length})`))"""
"""Selectors, and style sheets for a rule that is off, would take a fifth of the time and tell nothing more."""


def violations(page, *, rules=ALL):
    """Serious and critical findings, each with the first element that shows it, once the page is there and at rest."""
    page.wait_for_load_state()  # after a click it may have begun, and have no element yet
    page.evaluate(REST)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    return page.evaluate(JUDGE % rules)


def too_wide(page):
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


BEYOND = """cards => cards.filter(card => card.checkVisibility()).flatMap(card => {
    const { left, right } = card.getBoundingClientRect();
    const over = one => Math.round(Math.max(one.getBoundingClientRect().right - right,
        left - one.getBoundingClientRect().left));
    const kept = one => {
        for (; one !== card; one = one.parentElement) {
            const { overflowX, position } = getComputedStyle(one);
            if (overflowX !== "visible" || position === "absolute" || position === "fixed") return true;
        }
    };
    const out = [...card.querySelectorAll(":not(svg *)")].find(one =>
        one.getBoundingClientRect().width && over(one) > 0 && one.checkVisibility() && !kept(one));
    const words = one => one.textContent.trim().slice(0, 40);
    return out ? [`${out.localName} “${words(out)}” reaches ${over(out)} px beyond its card “${words(card)}”`] : [];
})"""
"""What scrolls or is clipped in its card, or floats above it, is none of it; only the first of each card is told."""


def beyond_cards(page):
    """What reaches out of a card that should hold it. It may do so without making the page wider than the screen."""
    return page.eval_on_selector_all(".card", BEYOND)


CUT = """all => all.filter(one => one.checkVisibility() && one.selectedOptions.length).filter(one => {
    const style = getComputedStyle(one), pen = document.createElement("canvas").getContext("2d");
    pen.font = style.font;
    const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(one.selectedOptions[0].text).width > room + 1;
}).map(one => `${one.name} cuts “${one.selectedOptions[0].text}”`)"""


def cut_short(page):
    """The menus whose chosen value does not fit."""
    return page.eval_on_selector_all("select:not([multiple])", CUT)


def turned(page, theme, width):
    """The findings that come when the same page is looked at in another theme and width."""
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    return violations(page, rules=TURNING)
