"""Every table of the product, so that the metadata is whole wherever the app is."""

from accounts import apikey, role, session, ticket, user, workspace
from base import breaker, events, heartbeat, hold, outbox, stencil, throttle
from base.runners import embedded
from feedback import (
    alert,
    answer,
    case,
    case_entry,
    case_owner,
    case_reason,
    case_rule,
    concordance,
    digest,
    export,
    glance,
    issue,
    note,
    notice,
    recipient,
    response,
    revision,
    rollup,
    tag,
    theme,
    themebook,
    watch,
)
from surveys import (
    contact,
    draft,
    erasure,
    intent,
    interaction,
    invitation,
    logo,
    merger,
    open_link,
    received_call,
    recurrence,
    reminder,
    rule,
    source,
    suppression,
    survey,
    template,
    turn,
    upload,
    version,
)

TABLES = (
    *(apikey, role, session, ticket, user, workspace),
    *(events, heartbeat, outbox, stencil, hold, breaker, throttle, embedded),
    *(suppression, merger, erasure),
    *(survey, version, template, contact, interaction, invitation, intent, upload, logo, draft, open_link, rule),
    *(source, received_call),
    *(recurrence, turn, reminder),
    *(case, case_entry, case_owner, case_reason, case_rule),
    *(response, revision, answer, digest, export, issue, theme, themebook, rollup),
    *(alert, recipient, notice, watch),
    *(concordance, tag, note, glance),
)
