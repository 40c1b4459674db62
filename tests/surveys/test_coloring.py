"""Whatever colour a brand has, every pair of shades that meets on a page or in a mail can be read, in both themes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import coloring
from surveys.coloring import CONTROL, GROUNDS, HOUSE, INK, TEXT, THEMES, contrast, derived

HARD = ("#ffee00", "#0a0a0a", "#000000", "#ffffff", "#fdfdfd", "#ff0000", "#009688", "#0000ff", "#00ff00", "#808080")
COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def gaps(color):
    """Every pair that does not reach its bar."""
    found = []
    for theme in THEMES:
        shades = derived(color).of(theme)
        pairs = {(name, ground): TEXT for name in ("accent",) for ground in (*GROUNDS[theme], shades.wash)}
        pairs |= {(name, ground): CONTROL for name in ("edge", "rim") for ground in GROUNDS[theme]}
        pairs |= {("rim", shades.wash): CONTROL, ("on", shades.fill): TEXT, ("on", shades.press): TEXT}
        measured = {pair: contrast(getattr(shades, pair[0]), pair[1]) for pair in pairs}
        found += [(theme, pair, measured[pair]) for pair, bar in pairs.items() if measured[pair] < bar]
        if contrast(INK[theme], shades.wash) < 7:
            found.append((theme, "ink on wash"))
    return found


@given(COLORS)
def test_every_pair_of_any_colour_reaches_its_bar(color):
    assert gaps(color) == []


@pytest.mark.parametrize("strong", [True, False])
def test_every_pair_of_every_hue_reaches_its_bar(strong):
    for hue in range(360):
        for lightness in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95):
            assert gaps(coloring._hex(lightness, 0.37 if strong else 0.05, hue)) == []


@pytest.mark.parametrize("color", HARD)
def test_hard_colours_reach_their_bars(color):
    assert gaps(color) == []


@given(COLORS)
def test_a_colour_survives_the_way_through_oklch(color):
    assert coloring._hex(*coloring._oklch(color)) == color


@given(COLORS)
def test_a_colour_that_does_is_used_as_it_is(color):
    shades = derived(color).light
    if contrast(color, "#f6f5f2") >= TEXT and contrast(color, shades.wash) >= TEXT:
        assert shades.accent == color
    if contrast(color, "#ffffff") >= TEXT:
        assert (shades.fill, shades.on) == (color, "#ffffff")


def test_a_bright_colour_keeps_its_brightness_and_gets_dark_words_and_an_edge():
    shades = derived("#ffee00").light
    assert shades.fill == "#ffee00"
    assert contrast(shades.on, shades.fill) > 10
    assert shades.edge == shades.accent != shades.fill


def test_a_black_brand_is_white_in_the_dark():
    assert coloring.luminance(derived("#0a0a0a").dark.fill) > 0.7
    assert derived("#0a0a0a").light.fill == "#0a0a0a"


def test_what_had_to_change_is_told_with_its_numbers():
    told = {(one.role, one.theme): one for one in coloring.corrections("#ff0000")}
    button = told["button", "light"]
    assert (button.against, button.corrected, button.used) == ("words", True, derived("#ff0000").light.fill)
    assert button.given == pytest.approx(4.0, abs=0.01)
    assert button.ratio >= TEXT
    assert not {one for one in coloring.corrections("#2751b8") if one.theme == "light" and one.corrected}


@given(COLORS)
def test_what_is_told_is_what_is_used(color):
    told = coloring.corrections(color)
    assert [(one.role, one.theme) for one in told] == [(r, t) for t in THEMES for r in ("button", "text")]
    for one in told:
        shades = derived(color).of(one.theme)
        assert one.used == (shades.fill if one.role == "button" else shades.accent)
        assert one.corrected == (one.used != color)
        assert one.ratio >= (CONTROL if one.against == "ground" and one.role == "button" else TEXT)
        assert one.corrected or one.given == one.ratio


@given(COLORS)
def test_a_colour_too_light_for_words_on_white_is_known(color):
    found = coloring.low_on_white(color)
    assert (found is not None) == (contrast(color, "#ffffff") < TEXT)
    assert found is None or contrast(found[1], "#ffffff") >= TEXT


@pytest.mark.parametrize(
    ("typed", "read"),
    [("#2751B8", "#2751b8"), (" 2751b8 ", "#2751b8"), ("#abc", "#aabbcc"), ("blue", None), ("#12", None), ("", None)],
)
def test_a_colour_is_read_as_people_type_it(typed, read):
    assert coloring.read_color(typed) == read


def test_our_own_colours_in_mails_reach_the_bars_of_text():
    for theme in THEMES:
        shades = HOUSE.of(theme)
        assert min(contrast(shades.accent, ground) for ground in (*GROUNDS[theme], shades.wash)) >= TEXT
        assert contrast(shades.on, shades.fill) >= TEXT


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        ("#777777", "#ffffff", 4.478),
        ("#ff0000", "#ffffff", 3.998),
    ],
)
def test_contrast_is_what_wcag_says(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)
    assert contrast(other, one) == contrast(one, other)
