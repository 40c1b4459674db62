"""Every table of the product, so that the metadata is whole wherever the app is."""

from accounts import apikey, role, session, ticket, user, workspace
from base import events, heartbeat, outbox, throttle
from base.runners import embedded
from feedback import answer, digest, issue, response, revision
from surveys import contact, intent, interaction, invitation, open_link, survey, upload, version

TABLES = (
    *(apikey, role, session, ticket, user, workspace),
    *(events, heartbeat, outbox, throttle, embedded),
    *(survey, version, contact, interaction, invitation, intent, open_link, upload),
    *(response, revision, answer, digest, issue),
)
