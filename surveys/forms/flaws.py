"""What is wrong with a survey document, as a sentence for whoever made it."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from surveys.validating import Flaw

SENTENCES = {
    "not_json": _("This is no JSON: %(reason)s."),
    "too_large": _("This file is too large; at most %(limit)s MB are possible."),
    "not_a_survey": _("This is no survey that an Afterword of this age exported. Choose another file."),
    "not_an_object": _("This must be an object with named values."),
    "unknown_key": _("Nothing of this name belongs here; take it out."),
    "unknown_metric": _("This is no metric that we know. Use one of: %(known)s."),
    "metric_fixed": _("The scale of a survey that was published stays. Make a copy with another scale."),
    "unknown_template": _("This is no ready-made survey that we know. Leave it out, or use one of: %(known)s."),
    "not_a_boolean": _("This must be true or false."),
    "not_a_color": _("This is no colour. Write it like #2751b8."),
    "not_a_logo": _("This is no logo that was uploaded here."),
    "no_locale": _("At least one language is needed."),
    "too_many": _("These are too many; at most %(limit)s are possible."),
    "not_a_locale": _("This is no language tag. Write it like sl or pt-BR."),
    "twice": _("This is here twice; once is enough."),
    "not_among_locales": _("The main language must be one of the survey's languages."),
    "unknown_text": _("This text belongs to no question and no word of the survey."),
    "not_a_text": _("This must be a text."),
    "too_long": _("This has %(count)s characters; at most %(limit)s are possible."),
    "script_url": _("This contains an address that runs a program. Take it out."),
    "no_question": _("A survey needs at least one question."),
    "one_score": _("Exactly one question carries the metric: one of the kind score."),
    "score_id": _("The question of the kind score is called score, and no other one is."),
    "comment_kind": _("The question called comment is of the kind long."),
    "score_always": _("The question that carries the metric is always shown; take its conditions away."),
    "unknown_kind": _("There is no kind of question called %(value)s. Use one of: %(known)s."),
    "not_an_id": _("This is no short name. Use a–z, 0–9 and _, at most 40 of them."),
    "not_a_list": _("This must be a list."),
    "not_a_scale": _("A scale runs from a low to a higher whole number, between 0 and 10."),
    "unknown_dimension": _("This is no dimension of service quality. Use one of: %(known)s."),
    "unknown_side": _("Use expected or perceived."),
    "unknown_match": _("Use all or any."),
    "unknown_about": _("A condition is about one of: %(known)s."),
    "no_values": _("Name at least one value, at most %(limit)s."),
    "not_a_value": _("This is no value that an answer can have."),
    "no_name": _("Say which question or property this is about."),
    "too_few_choices": _("At least two choices are needed."),
    "no_rows": _("At least one line is needed."),
    "no_text": _("This text is still empty."),
    "later": _("This depends on the question %(other)s, which comes later. Move it up, or change the condition."),
    "loop": _("This depends on its own answer."),
    "missing": _("This depends on the question %(other)s, which is not there."),
    "value": _("This depends on the answer %(value)s, which the question %(other)s cannot have."),
    "textual": _("The question %(other)s takes any text, so a condition can only ask whether it was answered."),
    "unreachable": _("Nobody can ever see this: its conditions exclude each other."),
}


def sentence(flaw: Flaw) -> str:
    """The flaw in words, without its path."""
    text = SENTENCES.get(flaw.code)
    return str(text) % flaw.values if text else gettext("This cannot be.")
