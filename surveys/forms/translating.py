"""Forms and words of the translations page: the texts of one language, a file on its way in, what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, IntegerField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired

from accounts.forms import offered
from accounts.language import LANGUAGE_NAMES
from surveys.forms.flaws import SENTENCES
from surveys.forms.labels import LABELS
from surveys.paging import language_name
from surveys.question import questions
from surveys.translating.judging import Refused, Taken, Unit, UnreadableError
from surveys.translating.rows import QUESTION, Row
from surveys.validating import MOST_LOCALES, TAG, clean, text_flaw
from surveys.wording import Document, Texts, effective

FIELD = "t-"
"""What the name of a text's field begins with; its key follows."""

PARTS = {
    "title": _("Question"),
    "help": _("Help below the question"),
    "choice": _("Choice"),
    "row": _("Line"),
    "low_label": _("Lowest score means"),
    "mid_label": _("Middle score means"),
    "high_label": _("Highest score means"),
}
GROUPS = {
    "thanks": _("Thank you"),
    "mail": _("The mail"),
    "page": _("Buttons and hints of the page"),
    "messages": _("Messages"),
}
STATES = {"own": _("Own words"), "ready": _("Ready-made"), "missing": _("Missing")}

FILE_PROBLEMS = {
    "too_large": _("This file has more than 2 MB. A file of translations is far smaller; choose another one."),
    "empty": _("This file is empty. Export it again and choose the new file."),
    "encoding": _("These letters are not UTF-8. Save the file as “CSV UTF-8”, or XLIFF in UTF-8, and try again."),
    "columns": _("This table lacks the columns “key” and “target”. Keep the first row as it was exported."),
    "doctype": _("This file declares a document type (DTD), which can hide harmful content. No XLIFF needs one."),
    "not_xml": _("This is no whole XML file: it breaks off or is damaged in line %(line)s. Export it again."),
    "not_xliff": _("This is no XLIFF file."),
    "version": _("This is XLIFF %(version)s; we read version 1.2. Most tools can save that."),
    "other_survey": _("This file belongs to another survey (%(name)s). Open that one and import the file there."),
    "no_language": _("This file does not say which language it was translated into (target-language)."),
}
REASONS = {
    **SENTENCES,
    "unknown": _("This survey has no text of this key."),
    "language": _("The survey is not asked in this language, so its %(count)s texts wait. Add the language first."),
    "quotes": _("The quotation marks of this row make no sense, so it cannot be read."),
    "twice": _("This text is in the file twice, with two translations. The first one was taken."),
    "control": _("It contains characters that no text may have."),
    "lost": _("In the original but not in the translation: %(names)s"),
    "invented": _("In the translation but not in the original: %(names)s"),
    "broken": _("A merge field is damaged: {{ and }} must stay as they are in the original."),
    "moved": _("Somebody changed this text meanwhile. It says now: “%(now)s”"),
}


class TextsForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    """Beside the texts, whose fields are named after their keys: what the person started from."""

    revision = IntegerField(validators=[InputRequired()])
    base = HiddenField()

    def started_from(self) -> dict[str, str]:
        """The texts of this language when the page was opened; empty when the form does not say."""
        try:
            raw = json.loads(self.base.data or "{}")
        except ValueError:
            return {}
        return {key: text for key, text in raw.items() if isinstance(text, str)} if isinstance(raw, dict) else {}


class LanguageForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    add = SelectField(_("Add a language"), validate_choice=False)
    tag = StringField(
        _("or any other"),
        description=_("A language tag, like pt-BR or zu. All its texts are yours to write."),
        filters=[lambda text: (text or "").strip().replace("_", "-")],
        render_kw={"maxlength": 20, "spellcheck": "false", "autocapitalize": "none"},
    )

    def offer(self, document: Document) -> None:
        """Every built-in language that the survey is not asked in yet."""
        free = {tag: name for tag, name in LANGUAGE_NAMES.items() if tag not in document["locales"]}
        self.add.choices = offered([("", "—"), *free.items()])
        self.spoken = {tag.lower() for tag in document["locales"]}

    @property
    def chosen(self) -> str:
        return str(self.tag.data or self.add.data or "")

    def validate_tag(self, _field: Any) -> None:
        """Both fields are looked at here, since one of them is enough."""
        if not self.chosen:
            raise ValidationError(gettext("Choose a language."))
        if not TAG.fullmatch(self.chosen):
            raise ValidationError(str(SENTENCES["not_a_locale"]))
        if self.chosen.lower() in self.spoken:
            raise ValidationError(gettext("The survey is asked in this language already."))
        if len(self.spoken) >= MOST_LOCALES:
            raise ValidationError(gettext("A survey has at most %(limit)s languages.", limit=MOST_LOCALES))


class FileForm(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    file = FileField(
        _("CSV or XLIFF file"),
        [FileRequired(_("Choose a file."))],
        render_kw={"accept": ".csv,.xlf,.xliff,.sdlxliff,.mqxliff,text/csv,application/xliff+xml"},
    )


@dataclass(frozen=True, slots=True)
class Names:
    """What staff call the texts of one survey."""

    document: Document
    titles: Texts

    @classmethod
    def of(cls, document: Document) -> Names:
        words = effective(document, document["default_locale"])
        return cls(document, {question.id: words.get(question.title_key, "") for question in questions(document)})

    def group(self, group: str) -> str:
        """The name of a group of texts: a question's own title, or what the texts are for."""
        if group in GROUPS:
            return str(GROUPS[group])
        ident = group.removeprefix(QUESTION)
        number = list(self.titles).index(ident) + 1
        return f"{number}. {self.titles[ident] or gettext('Question without a title')}"

    def part(self, row: Row) -> str:
        """What a text is, within its group."""
        return str(PARTS.get(row.part) or LABELS.get(row.key, row.key))

    def place(self, row: Row) -> str:
        """Both, for those who see a text alone."""
        return f"{self.group(row.group)} · {self.part(row)}"


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """The texts of a form, by key, cleaned."""
    return {name.removeprefix(FIELD): clean(text) for name, text in form.items() if name.startswith(FIELD)}


def errors(texts: Texts) -> dict[str, str]:
    """Sentences about the texts that cannot be kept, by key."""
    flaws = {key: text_flaw(key, key, text) for key, text in texts.items() if text}
    return {key: reason(flaw.code, flaw.values) for key, flaw in flaws.items() if flaw}


def reason(code: str, values: Mapping[str, Any]) -> str:
    """Why a text cannot be taken, or what is odd about it."""
    return str(REASONS[code]) % dict(values)


def file_problem(error: UnreadableError) -> str:
    """Why a file cannot be read at all."""
    return str(FILE_PROBLEMS[error.code]) % error.values


def spoken(locale: str) -> str:
    """A language, as its speakers call it, with its tag."""
    return f"{language_name(locale)} ({locale})"


def moved(taken: Taken, now: str) -> Refused:
    """A change whose text is another one than when it was shown."""
    return Refused(taken.locale, taken.key, "moved", {"now": now})


def written(taken: tuple[Taken, ...]) -> str:
    """The changes as the form that confirms them carries them; read back by `confirmed`."""
    return json.dumps([[one.locale, one.key, one.before, one.after] for one in taken], ensure_ascii=False)


def confirmed(raw: str) -> tuple[list[Unit], dict[tuple[str, str], str]]:
    """What was shown to the person, as if it came from a file again, and what each text said then."""
    try:
        found = json.loads(raw or "[]")
    except ValueError:
        found = []
    units, before = [], {}
    for one in found if isinstance(found, list) else ():
        match one:
            case [str(locale), str(key), str(was), str(text)]:
                units.append(Unit(locale, key, text))
                before[locale, key] = was
    return units, before
