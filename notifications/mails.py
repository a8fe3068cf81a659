"""What a mail looks like: the receiver's language, little detail, a way out in its headers (RFC 8058)."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from notifications.models import Notification, OutsideMail
from notifications.registry import OwnMail

LISTED = 20
SALT = "notifications.unsubscribe"


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def unsubscribe_token(user: User) -> str:
    """Says who, and nothing else; it can only stop mail, so it does not run out."""
    return signing.dumps(str(user.public_id), salt=SALT)


def user_of_token(token: str) -> User | None:
    """The person a token of `unsubscribe_token` was made for; None if it is not genuine."""
    try:
        public_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return User.objects.filter(public_id=public_id).first()


def message_id(notifications: list[Notification]) -> str:
    """The same messages give the same id, so that a receiving server can tell a repetition after a crash."""
    joined = ",".join(sorted(str(row.public_id) for row in notifications))
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    return f"<{hashlib.sha256(joined.encode()).hexdigest()[:40]}@{host}>"


def send(*, user: User, notifications: list[Notification], as_digest: bool) -> None:
    """One mail with one message or a digest of several. Raises what the mail backend raises."""
    with translation.override(user.language):
        leave = absolute(reverse("notifications:unsubscribe", args=[unsubscribe_token(user)]))
        context: dict[str, Any] = {
            "user": user,
            "site_name": settings.SITE_NAME,
            "items": [
                {"row": row, "link": absolute(row.url or reverse("notifications:inbox"))}
                for row in notifications[:LISTED]
            ],
            "more": max(0, len(notifications) - LISTED),
            "inbox": absolute(reverse("notifications:inbox")),
            "unsubscribe": leave,
            "subject": _digest_subject(len(notifications)) if as_digest else notifications[0].title,
        }
        template = f"notifications/mail/{'digest' if as_digest else 'single'}"
        _written(user, notifications, template, context).send()


def write_own(*, user: User, notifications: list[Notification], own: OwnMail) -> EmailMessage:
    """The mail that a kind wrote itself, with its own way out; not sent yet."""
    with translation.override(user.language):
        frame = {
            "user": user,
            "site_name": settings.SITE_NAME,
            "subject": own.subject,
            "unsubscribe": absolute(own.leave),
        }
        return _written(user, notifications, own.template, {**own.context, **frame})


def write_outside(*, mail: OutsideMail, own: OwnMail) -> EmailMessage:
    """The mail to an address without an account; not sent yet. The active language is the reader's."""
    context = {**own.context, "site_name": settings.SITE_NAME, "subject": own.subject, "unsubscribe": ""}
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    written = EmailMultiAlternatives(
        subject=_("[%(site)s] %(subject)s") % {"site": settings.SITE_NAME, "subject": own.subject},
        body=render_to_string(f"{own.template}.txt", context),
        to=[mail.address],
        headers={"Message-ID": f"<{mail.public_id}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    written.attach_alternative(render_to_string(f"{own.template}.html", context), "text/html")
    return written


def _written(
    user: User, notifications: list[Notification], template: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=_("[%(site)s] %(subject)s") % {"site": settings.SITE_NAME, "subject": context["subject"]},
        body=render_to_string(f"{template}.txt", context),
        to=[user.email],
        headers={
            "Message-ID": message_id(notifications),
            "List-Unsubscribe": f"<{context['unsubscribe']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return mail


def _digest_subject(count: int) -> str:
    return ngettext("%(count)d new message", "%(count)d new messages", count) % {"count": count}
