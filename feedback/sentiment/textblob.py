"""English sentiment by TextBlob: a lexicon of opinion words with their negations and intensities, averaged.

Importing the library takes about half a second (two where SciPy is installed, which its parts then load), so this
module is imported at the first English comment and not at the start.
"""

from collections.abc import Sequence
from importlib.metadata import version

from textblob import TextBlob

from feedback.sentiment.engine import Label, Score

# Bump when any number below changes: stored answers say with which thresholds they were read.
REVISION = 1

# Measured on 2,110 labelled English comments (reviews of shops, hotels, restaurants and courses, messages to airlines,
# short survey answers): with these bounds the mean F1 of negative, neutral and positive is highest while a label never
# contradicts the sign of its polarity. People are polite: between 0 and 0.15 as many comments are complaints as praise.
_NEGATIVE_TO = -0.02
_POSITIVE_FROM = 0.15
# "The food was great, but the service was terrible": opinions this strong on both sides, none of which prevails.
_MIXED_OPINION = 0.25
_MIXED_TO = 0.25

# How often the label was right on those comments, by the strength of its polarity. They know no mixed ones, so how
# often that label is right is not known.
_RIGHT: dict[str, tuple[tuple[float, float], ...]] = {
    "negative": ((0.3, 0.94), (0.2, 0.84), (0.0, 0.76)),
    "positive": ((0.7, 0.91), (0.3, 0.77), (0.0, 0.58)),
    "neutral": ((0.0, 0.12),),
}


class TextBlobEngine:
    name = "textblob"

    def __init__(self) -> None:
        self.version = f"{version('textblob')}+{REVISION}"
        TextBlob("good").sentiment_assessments  # noqa: B018 — reads the lexicon now, in the one thread that makes us

    def reads(self, language: str) -> bool:
        return language == "en"

    def score(self, comments: Sequence[str]) -> list[Score | None]:
        return [self._score(comment) for comment in comments]

    def _score(self, comment: str) -> Score | None:
        """The sentiment, or None when no word of the comment is an opinion: an average of nothing is not neutral."""
        found = TextBlob(comment).sentiment_assessments
        opinions = [polarity for _, polarity, _, _ in found.assessments if polarity]
        if not opinions:
            return None
        polarity = max(-1.0, min(1.0, float(found.polarity)))
        label = _label(polarity, opinions)
        strength = abs(polarity)
        confidence = next((right for least, right in _RIGHT.get(label, ()) if strength >= least), None)
        return Score(label, round(polarity, 4), confidence)


def _label(polarity: float, opinions: list[float]) -> Label:
    if min(opinions) <= -_MIXED_OPINION and max(opinions) >= _MIXED_OPINION and abs(polarity) <= _MIXED_TO:
        return "mixed"
    if polarity <= _NEGATIVE_TO:
        return "negative"
    return "positive" if polarity >= _POSITIVE_FROM else "neutral"
