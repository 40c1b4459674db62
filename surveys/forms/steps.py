"""How to set up each kind of source at its own end, step by step; docs/sources/ has the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

ZENDESK_BODY = """{
  "ticket": {
    "id": "{{ticket.id}}",
    "title": "{{ticket.title}}",
    "requester_email": "{{ticket.requester.email}}",
    "requester_name": "{{ticket.requester.name}}",
    "requester_language": "{{ticket.requester.language}}",
    "organization": "{{ticket.organization.name}}",
    "assignee": "{{ticket.assignee.name}}",
    "group": "{{ticket.group.name}}",
    "via": "{{ticket.via}}",
    "tags": "{{ticket.tags}}",
    "updated_at": "{{ticket.updated_at_with_timestamp}}"
  }
}"""
FRESHDESK_BODY = """{
  "freshdesk_webhook": {
    "ticket_id": "{{ticket.id}}",
    "ticket_status": "{{ticket.status}}",
    "ticket_subject": "{{ticket.subject}}",
    "ticket_source": "{{ticket.source}}",
    "ticket_tags": "{{ticket.tags}}",
    "ticket_ticket_type": "{{ticket.ticket_type}}",
    "ticket_company_name": "{{ticket.company.name}}",
    "ticket_contact_name": "{{ticket.requester.name}}",
    "ticket_contact_email": "{{ticket.requester.email}}",
    "ticket_agent_name": "{{ticket.agent.name}}",
    "ticket_group_name": "{{ticket.group.name}}"
  }
}"""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and what to copy there, if anything."""

    text: Any
    code: str | None = None


LAST = Step(
    _("Finish one ticket as a test. The call stands on the source's page a moment later, with what became of it.")
)

STEPS: dict[str, tuple[Step, ...]] = {
    "liveagent": (
        Step(_("In LiveAgent open Configuration → System → API and make an API v3 key that may read.")),
        Step(_("Enter the address of your account and this key on the source's page, under “Asking LiveAgent back”.")),
        Step(_("Open Configuration → Automation → Rules and create one. Apply when: ticket status changed.")),
        Step(
            _(
                "No condition is needed: the status is read from LiveAgent. A resolved ticket is asked about, and one "
                "that was opened again takes a waiting question back."
            )
        ),
        Step(
            _(
                "Perform action: HTTP request, method POST, to the address of this source. In its body put the "
                "variable of the ticket's id or code, as LiveAgent offers it; nothing else is needed."
            ),
            '{"ticket_id": "…"}',
        ),
        LAST,
    ),
    "zendesk": (
        Step(
            _(
                "In the Admin Center open Apps and integrations → Webhooks and create one of the kind “Trigger or "
                "automation”: the address of this source, method POST, format JSON."
            )
        ),
        Step(_("Reveal its signing secret and enter it on the source's page, under “Signature”.")),
        Step(
            _(
                "Open Objects and rules → Triggers and add one. Condition: ticket status changed to Solved. Action: "
                "notify the webhook, with this JSON body:"
            ),
            ZENDESK_BODY,
        ),
        Step(
            _(
                "Add a second trigger for tickets that are opened again (status changed from Solved, and is less than "
                "Solved), so that nobody is asked about them yet:"
            ),
            '{"ticket": {"id": "{{ticket.id}}"}, "cancel": "1"}',
        ),
        LAST,
    ),
    "freshdesk": (
        Step(
            _(
                "In Freshdesk open Admin → Workflows → Automations → Ticket updates and make a rule. When: status is "
                "changed, from any to any. Tickets that are opened again then take a waiting question back."
            )
        ),
        Step(
            _(
                "Action: trigger webhook, request type POST, the address of this source, encoding JSON, content "
                "advanced:"
            ),
            FRESHDESK_BODY,
        ),
        Step(_("Freshdesk signs nothing; the secret in the address is what protects it.")),
        LAST,
    ),
    "zammad": (
        Step(
            _(
                "In Zammad open Admin → Manage → Webhook and make one with the address of this source. Type a long "
                "secret of your own into its HMAC SHA1 signature token, and the same on the source's page, under "
                "“Signature”."
            )
        ),
        Step(
            _(
                "Open Admin → Manage → Trigger and make one. Conditions: action is updated, and state has changed. "
                "Execute: this webhook. Its own payload is right; nothing has to be customised."
            )
        ),
        Step(
            _("A ticket that becomes closed is asked about; one that becomes open again takes a waiting question back.")
        ),
        LAST,
    ),
    "chatwoot": (
        Step(
            _(
                "In Chatwoot open Settings → Integrations → Webhooks and add the address of this source. Choose the "
                "event “Conversation Status Changed” and no other."
            )
        ),
        Step(
            _(
                "Newer versions show a secret for the webhook; enter it on the source's page, under “Signature”. "
                "Older ones sign "
                "nothing: leave it empty."
            )
        ),
        Step(
            _(
                "Only conversations with a known email address can be asked about. A resolved one is asked about; one "
                "that is opened again takes a waiting question back."
            )
        ),
        LAST,
    ),
    "helpscout": (
        Step(_("In Help Scout open Manage → Apps → Webhooks and install it.")),
        Step(
            _(
                "Callback URL: the address of this source. Secret key: one of your own with at most 40 characters, and "
                "the same on the source's page, under “Signature”."
            )
        ),
        Step(_("Choose payload version 2 and the event “Conversation Status Updated”.")),
        Step(
            _(
                "A conversation that is closed is asked about; one that becomes active again takes a waiting question "
                "back."
            )
        ),
        LAST,
    ),
    "shopify": (
        Step(
            _(
                "In Shopify open Settings → Notifications → Webhooks and create one: event “Order fulfillment”, format "
                "JSON, the address of this source."
            )
        ),
        Step(
            _(
                "Below the list Shopify says with which secret your webhooks are signed; enter it on the source's "
                "page, under "
                "“Signature”."
            )
        ),
        Step(
            _(
                "A parcel needs some days after it was sent. Choose in each survey how long after an interaction it "
                "asks."
            )
        ),
        Step(
            _(
                "Press “Send test notification”. The call stands on the source's page a moment later, with what "
                "became of it."
            )
        ),
    ),
    "generic": (
        Step(
            _(
                "Let your program send a POST to the address of this source when something is finished: as JSON, as a "
                "form, or with everything in the query."
            ),
            'curl -d id=A-1001 -d email=maja@customer.example -d name="Maja Kovač" -d locale=sl ADDRESS',
        ),
        Step(
            _(
                "Two fields are needed: the email address, and an id that tells one ticket or order from another. The "
                "same id again asks nobody twice."
            )
        ),
        Step(_("The same id with cancel=1 takes a question back that is still waiting.")),
        Step(
            _(
                "Your fields may have any names. Send one call, and choose on the source's page what each of them "
                "means. If your program signs its calls with an HMAC, enter its secret under “Signature”."
            )
        ),
    ),
}
