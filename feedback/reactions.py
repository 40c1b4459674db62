"""Which jobs follow which event, and what follows a mail of a kind. One page, so that nobody has to search."""

from accounts import jobs as accounts_jobs
from base.courier import Check, Hook
from base.jobs import Job
from feedback import jobs
from surveys import jobs as surveys_jobs
from surveys import reminder, reminders

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
    "invitation": surveys_jobs.invitation_sent,
    reminders.TOLD: reminders.reminder_sent,
    reminders.UNTOLD: reminders.reminder_sent,
    "invite": accounts_jobs.forget_link,
    "reset": accounts_jobs.forget_link,
}

ON_FAILED: dict[str, Hook] = {
    "invitation": surveys_jobs.invitation_failed,
    reminders.TOLD: reminders.reminder_given_up,
    reminders.UNTOLD: reminders.reminder_given_up,
}

BEFORE: dict[str, Check] = {
    reminders.TOLD: reminder.in_the_way,
    reminders.UNTOLD: reminder.in_the_way,
}
