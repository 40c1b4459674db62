"""The comments that the model learns from have the shape that their README promises."""

from collections import Counter

import pytest

from training.rows import CORE, OTHERS, Row, comments, parsed, second, tier_a

LANGUAGES = (*CORE, *OTHERS)


@pytest.fixture(scope="module")
def rows():
    """All comments, which take a second to read."""
    return comments()


def test_every_row_has_a_known_label_known_themes_and_a_text(rows):
    assert len(rows) >= 75_000  # `comments` itself refuses the first bad row with what is wrong with it
    assert {row.lang for row in rows} == set(LANGUAGES)


@pytest.mark.parametrize(
    "line", ["neg\t\twebshop", "bad\t\twebshop\tx", "neg\tluck-\tbank\tx", "neg\t\tbakery\tx", "neg\t\tbank\t "]
)
def test_a_bad_row_is_refused(line):
    with pytest.raises(ValueError, match=r"columns|unknown|no text"):
        parsed(line)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_comment_is_there_twice(rows, lang):
    texts = Counter(row.key for row in rows if row.lang == lang)
    assert [text for text, n in texts.items() if n > 1] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_has_its_share_of_every_label_and_a_test(rows, lang):
    said = [row for row in rows if row.lang == lang]
    assert len(said) >= (9_500 if lang in CORE else 2_300)
    shares = {label: n / len(said) for label, n in Counter(row.label for row in said).items()}
    assert shares["neg"] > 0.33
    assert shares["pos"] > 0.28
    assert shares["neu"] > 0.16
    assert 0.06 < sum(row.held for row in said) / len(said) < 0.16


def test_what_is_kept_for_testing_depends_on_the_text_alone(rows):
    assert [Row("neg", "", "bank", f"{n}").held for n in range(3)] == [
        Row("pos", "speed+", "gym", f"{n}", "sl").held for n in range(3)
    ]
    kept = {row.key for row in rows if row.held and len(row.key) > 20}
    assert not kept & {row.key for row in tier_a()}
    assert not kept & {row.key for row in rows if not row.held}


def test_another_reader_read_comments_of_the_test_and_agrees_with_most_labels():
    pairs = second()
    assert len(pairs) >= 3_000
    assert all(first.held for first, _ in pairs)
    assert sum(first.label == other.label for first, other in pairs) > 0.9 * len(pairs)
