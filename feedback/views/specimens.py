"""Made-up readings in their calm and their hard states, for the style guide to draw with the real pieces."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its type stubs
from wtforms.validators import Email, InputRequired, NumberRange

from feedback.charting import Band, BandBar, Reading, Trend, band_bar, distribution, trend
from surveys.scale import SCALES

NPS: dict[int, Band] = {
    score: "detractor" if score <= 6 else "passive" if score <= 8 else "promoter" for score in range(11)
}
CSAT: dict[int, Band] = {1: "detractor", 2: "detractor", 3: "passive", 4: "promoter", 5: "promoter"}
MONTHS = (
    ("Jun", 28, 88),
    ("Jul", 31, 96),
    ("Aug", 24, 71),
    ("Sep", None, 0),
    ("Oct", 33, 7),
    ("Nov", 30, 102),
    ("Dec", 22, 140),
    ("Jan", 27, 118),
    ("Feb", 35, 109),
    ("Mar", 38, 121),
    ("Apr", 36, 126),
    ("May", 42, 131),
)
ZONES = [SelectChoice(zone, zone) for zone in ("Europe/Ljubljana", "Europe/Athens", "Europe/Warsaw")]
METRICS = [SelectChoice(metric, metric.upper()) for metric in SCALES]
CADENCES = [SelectChoice("daily", "Every day"), SelectChoice("weekly", "Every Monday")]
COMMENTS = (
    ("Nobody called back although it was promised twice", 1),
    ("The courier left the parcel in the rain", 3),
    ("Third time I explain the same problem", 2),
    ("Refund took four weeks", 4),
    ("Could not find the form on a phone", 6),
    ("Fine in the end, but slow", 5),
)


class SampleForm(Form):
    name = StringField("Name", [InputRequired()], description="Only your colleagues see it.")
    email = EmailField("Reply to", [InputRequired(), Email("Write a full address, such as help@example.com.")])
    slug = StringField("Open link")
    hours = IntegerField("Wait before asking", [InputRequired(), NumberRange(0, 720)])
    zone = SelectField("Time zone", [InputRequired()], choices=ZONES)
    question = TextAreaField("Question", description="One sentence that a person would say aloud.")
    metric = RadioField("What to measure", choices=METRICS)
    cadence = RadioField("Send the digest", choices=CADENCES)
    reminder = BooleanField("Remind once after three days", description="Nobody is reminded twice.")
    file = FileField("Contacts", description="A CSV file with a column “email”; at most 20 MB.")


def samples() -> dict[str, Any]:
    """Everything that templates/styleguide.html reads as `samples`."""
    return {
        "form": sample_form(),
        "trend": trend([month(*row) for row in MONTHS], unit="nps"),
        "trend_zoomed": zoomed(),
        "distribution": distribution(dict(enumerate((31, 8, 14, 19, 22, 58, 62, 121, 191, 288, 470))), NPS),
        "distribution_few": distribution({1: 1, 3: 1, 4: 2, 5: 3}, CSAT),
        "bands": bands(214, 312, 758),
        "bands_csat": bands(41, 49, 322),
        "bands_few": bands(2, 2, 4),
        "bands_none": bands(0, 0, 0),
        "surveys": surveys(),
        "answers": answers(),
        "scales": [SCALES[metric] for metric in ("stars", "smileys", "thumbs")],
    }


def sample_form() -> SampleForm:
    form = SampleForm(
        data={
            "name": "Support, after a solved ticket",
            "email": "help@alpine",
            "slug": "support",
            "hours": 24,
            "zone": "Europe/Ljubljana",
            "metric": "nps",
            "cadence": "daily",
            "reminder": True,
            "question": "How likely are you to recommend us to a friend?",
        }
    )
    form.email.errors = ["Write a full address, such as help@example.com."]
    return form


def month(label: str, value: int | None, n: int) -> Reading:
    if value is None:
        return Reading(label, None, None, None, 0)
    margin = 130 / n**0.5
    return Reading(label, value, value - margin, value + margin, n)


def zoomed() -> Trend:
    days = [76 + (day * 7 % 11) - 5 + day / 10 for day in range(30)]
    return trend(
        [Reading(f"{day + 1} Apr", value, value - 5, value + 5, 40 + day * 13 % 37) for day, value in enumerate(days)],
        unit="percent",
        zoom=True,
    )


def bands(detractors: int, passives: int, promoters: int) -> BandBar:
    return band_bar({"detractor": detractors, "passive": passives, "promoter": promoters})


def surveys() -> list[dict[str, Any]]:
    rows = (
        ("Support, after a solved ticket", "NPS · version 4", "Live", "good", 42, "nps", 1284, bands(214, 312, 758)),
        ("Delivery", "CSAT · version 2", "Live", "good", 78, "percent", 412, bands(41, 49, 322)),
        ("Returns", "CES · version 1", "Closing", "warn", 71, "percent", 96, bands(17, 11, 68)),
        ("Onboarding call", "NPS · never published", "Draft", "", None, "nps", None, None),
    )
    keys = ("name", "note", "state", "tone", "score", "unit", "n", "bands")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def answers() -> list[dict[str, Any]]:
    rows = []
    for i in range(24):
        comment, score = COMMENTS[i % len(COMMENTS)]
        rows.append(
            {
                "score": score,
                "band": NPS[score],
                "comment": comment,
                "email": f"customer{i + 1}@example.com",
                "when": f"{12 - i // 3} May",
            }
        )
    return rows
