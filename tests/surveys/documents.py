"""Random surveys and random answers: every kind of question, every kind of condition, and what people might type."""

from hypothesis import strategies as st

from surveys.asking import checked_questions
from surveys.scale import SCALES

LOCALES = ["en", "sl", "ar"]
BANDS = ["detractor", "passive", "promoter"]


def _parts(prefix):
    return st.integers(1, 4).map(lambda count: [f"{prefix}{number}" for number in range(count)])


@st.composite
def _condition(draw, metric, earlier):
    about = draw(st.sampled_from(["band", "score", "answer", "language", "contact", "interaction"]))
    made = {"about": about, "not": draw(st.booleans())}
    if about == "answer":
        asked = draw(st.sampled_from(earlier))
        options = [*asked.get("choices", ()), *(["other"] if asked.get("other") else [])]
        options += ["yes", "no"] if asked["kind"] == "yesno" else []
        values = st.lists(st.sampled_from(options), min_size=1, max_size=2, unique=True) if options else st.just(["*"])
        return made | {"question": asked["id"], "is": draw(values)}
    if about in {"contact", "interaction"}:
        return made | {"property": draw(st.sampled_from(["plan", "team"])), "is": [draw(st.sampled_from(["a", "b"]))]}
    pool = {"band": BANDS, "score": list(SCALES[metric].values), "language": LOCALES}[about]
    return made | {"is": draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True))}


@st.composite
def _question(draw, metric, number, earlier):
    kind = draw(st.sampled_from(["one", "many", "short", "long", "matrix", "yesno", "date", "contact"]))
    made = {"id": f"q{number}", "kind": kind, "required": draw(st.booleans())}
    if kind in {"one", "many"}:
        made |= {"choices": draw(_parts("c")), "other": draw(st.booleans()), "shuffle": draw(st.booleans())}
    if kind == "matrix":
        made |= {"rows": draw(_parts("r")), "low": 1, "high": draw(st.integers(2, 10))}
    if draw(st.booleans()):
        conditions = draw(st.lists(_condition(metric, earlier), min_size=1, max_size=3))
        made["show"] = {"match": draw(st.sampled_from(["all", "any"])), "conditions": conditions}
    return made


@st.composite
def documents(draw):
    """A document that the house accepts; its conditions may contradict each other."""
    metric = draw(st.sampled_from(sorted(SCALES)))
    asked = [{"id": "score", "kind": "score"}]
    for number in range(draw(st.integers(0, 6))):
        asked.append(draw(_question(metric, number, list(asked))))
    if draw(st.booleans()):
        asked.append({"id": "comment", "kind": "long"})
    asked, wrong = checked_questions(asked)
    assert not wrong
    texts = {
        locale: {
            key: f"{key} in {locale}"
            for question in asked
            for key in (
                f"{question['id']}.title",
                *(f"{question['id']}.choice.{c}" for c in question.get("choices", ())),
            )
            if question["id"] not in {"score", "comment"}
        }
        for locale in LOCALES
    }
    document = {"metric": metric, "default_locale": "en", "locales": list(LOCALES), "texts": texts}
    return document | {"questions": asked}


WORDS = st.one_of(st.just(""), st.sampled_from(["Hm.", "  spaced  ", "šč", "<b>bold</b>", "{{ 7*7 }}"]))


@st.composite
def forms(draw, document):
    """What a browser might post to a page of this document: mostly sensible, sometimes not."""
    form = {"score": [draw(st.sampled_from([str(value) for value in SCALES[document["metric"]].values] + ["", "99"]))]}
    form["comment"] = [draw(WORDS)]
    for question in document["questions"]:
        name = f"q-{question['id']}"
        options = [*question.get("choices", ()), "other", "yes", "no", "nothing"]
        if question["kind"] == "matrix":
            for row in question["rows"]:
                form[f"{name}-{row}"] = [draw(st.sampled_from(["", "1", "2", "11", "x"]))]
        elif question["kind"] in {"one", "many", "yesno"}:
            form[name] = draw(st.lists(st.sampled_from(options), max_size=3))
            form[f"{name}-other"] = [draw(WORDS)]
        elif question["kind"] == "date":
            form[name] = [draw(st.sampled_from(["", "2026-02-29", "2026-11-20", "yesterday"]))]
        elif question["kind"] == "contact":
            form[name] = draw(st.sampled_from([[], ["yes"]]))
            form[f"{name}-address"] = [draw(WORDS)]
        else:
            form[name] = [draw(WORDS)]
    return form
