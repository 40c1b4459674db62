"""Which jobs follow which event, and what follows a mail of a kind. One page, so that nobody has to search."""

from accounts import jobs as accounts_jobs
from base.courier import Hook, Together
from base.jobs import Job
from feedback import jobs
from surveys import jobs as surveys_jobs

REACTIONS: dict[str, list[Job]] = {
    "response.submitted": [jobs.read_response],
    "response.revised": [jobs.read_response],
    "response.set_aside": [jobs.read_response],
    "issue.claimed": [jobs.compose_issue],
    "contact.suppressed": [surveys_jobs.withdraw_mails],
    "person.invited": [accounts_jobs.mail_invite],
    "reset.requested": [accounts_jobs.mail_reset],
}

ON_SENT: dict[str, Hook] = {
    "invite": accounts_jobs.forget_link,
    "reset": accounts_jobs.forget_link,
}

SENT_TOGETHER: dict[str, Together] = {
    "invitation": surveys_jobs.invitations_sent,
}
"""The same, told of many mails at once."""

ON_FAILED: dict[str, Hook] = {
    "invitation": surveys_jobs.invitation_failed,
}
