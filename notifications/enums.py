from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.core.states import StateMachine


class MailState(models.TextChoices):
    WAITING = "waiting", _("Waits for mail")
    FOR_DIGEST = "for_digest", _("Waits for the digest")
    SENT = "sent", _("Mailed")
    LEFT_OUT = "left_out", _("Not mailed")


MAIL_STATES = StateMachine(
    field="mail_state",
    moves={
        MailState.WAITING: frozenset({MailState.FOR_DIGEST, MailState.SENT, MailState.LEFT_OUT}),
        MailState.FOR_DIGEST: frozenset({MailState.SENT, MailState.LEFT_OUT}),
    },
)
UNSENT = (MailState.WAITING, MailState.FOR_DIGEST)


class WhyLeftOut(models.TextChoices):
    OFF = "off", _("The person wants no mail")
    INACTIVE = "inactive", _("The account is closed")
    READ = "read", _("Read before the mail was due")
    TOO_OLD = "too_old", _("Too old when mail could be sent again")
    HIDDEN = "hidden", _("The person may no longer see it")
    RESET = "reset", _("Cleared by the operator")


class MailForm(models.TextChoices):
    SINGLE = "single", _("One message")
    DIGEST = "digest", _("Several messages in one mail")
