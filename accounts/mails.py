"""Mail that accounts sends itself. allauth sends what belongs to signing in, see `accounts.adapters`."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import Invitation


def send_invitation(invitation: Invitation, *, token: str, language: str) -> None:
    """Once the invitation is committed. When the mail server fails, the manager invites again."""
    with translation.override(language):
        context = {
            "invitation": invitation,
            "organization": invitation.organization.name_in(language),
            "url": f"{settings.SITE_URL}{reverse('accounts:invitation', args=[token])}",
            "site_name": settings.SITE_NAME,
        }
        subject = render_to_string("accounts/mail/invitation_subject.txt", context)
        body = render_to_string("accounts/mail/invitation.txt", context)
    message = EmailMessage(" ".join(subject.split()), body, to=[invitation.email])

    def send() -> None:
        message.send()

    transaction.on_commit(send, robust=True)
