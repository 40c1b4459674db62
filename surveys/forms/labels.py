"""What staff call each word that respondents see, and each setting of a survey."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

LABELS: dict[str, Any] = {
    "name": _("Name"),
    "default_locale": _("Main language"),
    "locales": _("Languages"),
    "question": _("Question"),
    "low_label": _("Lowest score means"),
    "high_label": _("Highest score means"),
    "comment_label": _("Question above the comment"),
    "thanks_title": _("Thank-you heading"),
    "thanks_body": _("Thank-you text"),
    "page_title": _("Title of the browser tab"),
    "comment_optional": _("Mark of the optional comment"),
    "almost_done": _("Hint when the score came from the mail"),
    "answered_before": _("Note for those who already answered"),
    "send": _("Send button"),
    "sending": _("Send button while sending"),
    "choose_language": _("Name of the language list"),
    "change_answer": _("Link to change the answer"),
    "mail_subject": _("Subject"),
    "mail_preheader": _("Preview line beside the subject"),
    "mail_greeting": _("Greeting without a name"),
    "mail_greeting_named": _("Greeting with a name"),
    "mail_intro": _("Introduction"),
    "mail_choose": _("Line above the scores (plain text)"),
    "mail_open": _("Link to the page"),
    "mail_why": _("Why the person gets this mail"),
    "mail_unsubscribe": _("Unsubscribe link"),
    "error_title": _("Heading above errors"),
    "score_missing": _("No score was chosen"),
    "comment_too_long": _("The comment is too long"),
    "not_saved": _("The answer could not be saved"),
    "expired_title": _("Link expired: heading"),
    "expired_body": _("Link expired: text"),
    "closed_title": _("Survey closed: heading"),
    "closed_body": _("Survey closed: text"),
    "unsubscribed_title": _("Already unsubscribed: heading"),
    "unsubscribed_body": _("Already unsubscribed: text"),
}
