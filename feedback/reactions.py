"""Which jobs follow which event, and what follows a mail of a kind. One page, so that nobody has to search."""

from accounts import jobs as accounts_jobs
from base import courier
from base.courier import Check, Hook, Together
from base.jobs import Job
from base.second_try import Objection
from feedback import alerter, casework, farewell, jobs, notice, retraction, shipper
from surveys import jobs as surveys_jobs
from surveys import mailroom, reminders
from surveys.mailroom import Thread

REACTIONS: dict[str, list[Job]] = {
    "response.submitted": [jobs.read_response],
    "response.revised": [jobs.read_response],
    "response.set_aside": [jobs.read_response],
    "response.read": [alerter.raise_alerts],
    "response.released": [alerter.raise_alerts, jobs.consider_case],
    "alert.mail_due": [alerter.write_mail],
    "alert.channel_due": [alerter.post_to_channel],
    "case_entry.to_tell": [casework.tell_people],
    "issue.claimed": [jobs.compose_issue],
    "contact.suppressed": [surveys_jobs.withdraw_mails],
    "mail.withdrawn": [mailroom.mail_withdrawn],
    "mail.erased": [courier.forget],
    "person.invited": [accounts_jobs.mail_invite],
    "person.removed": [farewell.tell_no_more],
    "person.disabled": [farewell.tell_no_more],
    "role.changed": [farewell.tell_no_more],
    "reset.requested": [accounts_jobs.mail_reset],
}

MAY_NOT_RETRY: dict[str, Objection] = {
    "invitation": mailroom.not_to_be_asked,
    casework.KIND: casework.not_to_be_written_to,
    reminders.TOLD: reminders.not_to_be_reminded,
    reminders.UNTOLD: reminders.not_to_be_reminded,
}

ON_SENT: dict[str, Hook] = {
    reminders.TOLD: reminders.reminder_sent,
    reminders.UNTOLD: reminders.reminder_sent,
    "invite": accounts_jobs.forget_link,
    "reset": accounts_jobs.forget_link,
}

SENT_TOGETHER: dict[str, Together] = {
    "invitation": surveys_jobs.invitations_sent,
}
"""The same, told of many mails at once."""

ON_FAILED: dict[str, Hook] = {
    "invitation": mailroom.invitation_failed,
    "alert": retraction.notice_again,
    "digest": retraction.issue_again,
    casework.KIND: casework.reply_failed,
    reminders.TOLD: mailroom.reminder_failed,
    reminders.UNTOLD: mailroom.reminder_failed,
}

BEFORE: dict[str, Check] = {
    "alert": notice.not_wanted,
    "digest": retraction.digest_unwanted,
    "export": shipper.not_wanted,
    casework.KIND: casework.may_still_go,
    casework.NOTICE: casework.reader_gone,
    reminders.TOLD: reminders.may_still_go,
    reminders.UNTOLD: reminders.may_still_go,
}

PUT_OFF: dict[str, Check] = {
    "invitation": surveys_jobs.taken_back_meanwhile,
    casework.KIND: casework.may_still_go,
}

CAME_BACK: dict[str, Thread] = {
    casework.KIND: casework.came_back,
}
"""Who is told what comes back to a mail of a kind."""
