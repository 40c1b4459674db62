"""Every table of the product, so that the metadata is whole wherever the app is."""

from accounts import apikey, role, session, ticket, user, workspace
from base import events, heartbeat, outbox, throttle
from base.runners import embedded
from feedback import answer, digest, export, issue, response, revision, theme, themebook
from surveys import (
    contact,
    draft,
    intent,
    interaction,
    invitation,
    logo,
    open_link,
    rule,
    survey,
    template,
    upload,
    version,
)

TABLES = (
    *(apikey, role, session, ticket, user, workspace),
    *(events, heartbeat, outbox, throttle, embedded),
    *(survey, version, template, contact, interaction, invitation, intent, upload, logo, draft, open_link, rule),
    *(response, revision, answer, digest, export, issue, theme, themebook),
)
