from typing import Any

import pghistory
import pgtrigger
import structlog
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.core.models import PublicId
from notifications import registry
from notifications.enums import MAIL_STATES, UNSENT, MailForm, MailState, WhyLeftOut
from notifications.querysets import NotificationQuerySet

logger = structlog.get_logger(__name__)


class Mail(PublicId):
    """A mail that left the house. Its messages point at it; its text is not kept."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mails")
    form = models.CharField(max_length=10, choices=MailForm)
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="mail_form_known", condition=Q(form__in=MailForm.values))]
        indexes = [models.Index(fields=["recipient", "sent_at"], name="mail_ceiling")]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.sent_at:%Y-%m-%d %H:%M} {self.form}"


class Notification(PublicId):
    """One message to one person about one matter: a row of the inbox, and of the outbox for mail.

    Written in the transaction that made it true, see `outbox.notify`. Text is made when it is read or mailed.
    `scheduled`: its sender has chosen the moment, so it is mailed at once whatever the rate of the person, except off.
    `retry_at`: its kind could not write its own mail and is not asked again before.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict, blank=True)
    url = models.CharField(max_length=300, blank=True)
    target_label = models.CharField(max_length=60, blank=True)
    target_id = models.UUIDField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    scheduled = models.BooleanField(default=False, db_default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_state = models.CharField(max_length=20, choices=MailState, default=MailState.WAITING)
    left_out_why = models.CharField(max_length=20, choices=WhyLeftOut, blank=True)
    mail = models.ForeignKey(Mail, null=True, blank=True, on_delete=models.SET_NULL, related_name="notifications")
    mailed_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "dedupe_key"], name="one_notification_per_person_and_matter"),
            models.CheckConstraint(name="notification_mail_state_known", condition=Q(mail_state__in=MailState.values)),
            models.CheckConstraint(
                name="notification_mailed_at_follows_state",
                condition=Q(mail_state=MailState.SENT, mailed_at__isnull=False)
                | (~Q(mail_state=MailState.SENT) & Q(mailed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="notification_left_out_says_why",
                condition=Q(mail_state=MailState.LEFT_OUT, left_out_why__in=WhyLeftOut.values)
                | (~Q(mail_state=MailState.LEFT_OUT) & Q(left_out_why="")),
            ),
            models.CheckConstraint(
                name="notification_target_pair",
                condition=Q(target_label="", target_id__isnull=True)
                | (~Q(target_label="") & Q(target_id__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notification_inbox"),
            models.Index(
                fields=["recipient", "-created_at"], name="notification_unread", condition=Q(read_at__isnull=True)
            ),
            models.Index(
                fields=["recipient", "created_at"], name="notification_unsent", condition=Q(mail_state__in=UNSENT)
            ),
        ]
        triggers = [pgtrigger.FSM(name="mail_moves", field="mail_state", transitions=MAIL_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.kind} {self.dedupe_key}"

    @cached_property
    def text(self) -> tuple[str, str]:
        """Title and body in the language active when first asked.

        A row older than the present texts must not take the whole inbox down with it.
        """
        try:
            return registry.get(self.kind).text(self.params)
        except (LookupError, ValueError, TypeError):
            logger.exception("notification_text_failed", notification=str(self.public_id), kind=self.kind)
            return gettext("A message that cannot be shown any more"), ""

    @property
    def title(self) -> str:
        return self.text[0]

    @property
    def body(self) -> str:
        return self.text[1]


class OutsideMail(PublicId):
    """A mail to an address without an account, in its own outbox: once per `dedupe_key`.

    Its text is made when it is sent, by the kind that registered for it (`registry.register_outside`).
    """

    kind = models.CharField(max_length=60)
    target_id = models.UUIDField()
    address = models.EmailField()
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    dedupe_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()
    mail_state = models.CharField(max_length=20, choices=MailState, default=MailState.WAITING)
    left_out_why = models.CharField(max_length=20, choices=WhyLeftOut, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outside_mail_state_known",
                condition=Q(mail_state__in=[MailState.WAITING, MailState.SENT, MailState.LEFT_OUT]),
            ),
            models.CheckConstraint(
                name="outside_mailed_at_follows_state",
                condition=Q(mail_state=MailState.SENT, mailed_at__isnull=False)
                | (~Q(mail_state=MailState.SENT) & Q(mailed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="outside_left_out_says_why",
                condition=Q(mail_state=MailState.LEFT_OUT, left_out_why__in=WhyLeftOut.values)
                | (~Q(mail_state=MailState.LEFT_OUT) & Q(left_out_why="")),
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="outside_unsent", condition=Q(mail_state="waiting"))]
        triggers = [pgtrigger.FSM(name="outside_moves", field="mail_state", transitions=MAIL_STATES.pairs())]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedupe_key}"


class Mailbox(models.Model):
    """What sending needs to remember about a person, and the row that one worker at a time holds while sending.

    The messages themselves stay unlocked, so that the inbox works while a mail server is slow.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    last_digest_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return str(self.user_id)


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent())
class MailBrake(models.Model):
    """The switch that stops all mail of this app. One row; no row means that mail flows."""

    ONLY: Any = 1
    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    is_on = models.BooleanField(_("Mail is stopped"), default=False)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.CheckConstraint(name="mail_brake_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return "on" if self.is_on else "off"


class PushDevice(PublicId):
    """A browser that asked to be told by push. `endpoint` is an address of its maker's service, the keys are its own.

    It goes when its person removes it, when the service says that it is gone, and when its person has left.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_devices")
    endpoint = models.CharField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=30)
    name = models.CharField(_("Device"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("Since"))
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="push_device_is_https", condition=Q(endpoint__startswith="https://"))
        ]

    def __str__(self) -> str:
        return self.name or str(self.public_id)


class Pushed(models.Model):
    """A device was told a message: once."""

    device = models.ForeignKey(PushDevice, on_delete=models.CASCADE, related_name="told")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="pushed")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "notification"], name="pushed_once")]
        indexes = [models.Index(fields=["device", "at"], name="pushed_ceiling")]
        verbose_name_plural = "pushed"

    def __str__(self) -> str:
        return f"{self.device_id} {self.notification_id}"
