"""An own topic: its name, and the words that it is looked for by. Whether they are any good, `topic` says."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from feedback.topic import Topic

LONGEST_LIST = 5_000


class TopicForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    name = StringField(lazy_gettext("Name"), [DataRequired(lazy_gettext("Write a name."))])
    words = TextAreaField(
        lazy_gettext("Words"),
        [
            DataRequired(lazy_gettext("Write at least one word.")),
            Length(max=LONGEST_LIST, message=lazy_gettext("Use at most 5,000 characters.")),
        ],
    )

    @classmethod
    def of(cls, topic: Topic | None) -> TopicForm:
        """With what a topic has now; empty for a new one."""
        if topic is None:
            return cls(formdata=None)
        return cls(formdata=None, data={"name": topic.name, "words": "\n".join(topic.word_list)})

    def refuse(self, fields: Mapping[str, str]) -> None:
        """Say at each field what is wrong with it."""
        for name, problem in fields.items():
            self[name].errors = [problem]
