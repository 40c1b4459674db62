"""Which jobs follow which event, and what follows a mail of a kind. One page, so that nobody has to search."""

from accounts import jobs as accounts_jobs
from base.courier import Hook
from base.jobs import Job
from base.second_try import Objection
from feedback import jobs
from surveys import jobs as surveys_jobs
from surveys import receiver

REACTIONS: dict[str, list[Job]] = {
    "response.submitted": [jobs.read_response],
    "response.revised": [jobs.read_response],
    "response.set_aside": [jobs.read_response],
    "issue.claimed": [jobs.compose_issue],
    "contact.suppressed": [surveys_jobs.withdraw_mails],
    "mail.withdrawn": [receiver.mail_withdrawn],
    "person.invited": [accounts_jobs.mail_invite],
    "reset.requested": [accounts_jobs.mail_reset],
}

MAY_NOT_RETRY: dict[str, Objection] = {
    "invitation": receiver.not_to_be_asked,
}

ON_SENT: dict[str, Hook] = {
    "invitation": surveys_jobs.invitation_sent,
    "invite": accounts_jobs.forget_link,
    "reset": accounts_jobs.forget_link,
}

ON_FAILED: dict[str, Hook] = {
    "invitation": receiver.invitation_failed,
}
