"""Mail to people who have no account: everybody else is told by `notices`."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from notifications.queries import mail_is_stopped
from tech_listings.models import InventorInvitation


def send_inventor_link(invitation: InventorInvitation, *, token: str) -> None:
    """Once the link is committed. The page of the technology says where no mail went out, and sends it again.

    Only the mail knows the token, so that nothing could send it later.
    """
    listing = invitation.listing
    with translation.override(invitation.language):
        context = {
            "invitation": invitation,
            "title": listing.text_in("title", invitation.language),
            "institute": listing.holder.name_in(invitation.language),
            "url": f"{settings.SITE_URL}{reverse('tech_listings:inventor', args=[token])}",
            "until": timezone.localdate(invitation.expires_at),
            "site_name": settings.SITE_NAME,
        }
        subject = render_to_string("tech_listings/mail/inventor_subject.txt", context)
        body = render_to_string("tech_listings/mail/inventor.txt", context)
    message = EmailMessage(" ".join(subject.split()), body, to=[invitation.email])

    def send() -> None:
        if mail_is_stopped():
            return
        message.send()
        mine = InventorInvitation.objects.filter(pk=invitation.pk, token_digest=invitation.token_digest)
        mine.update(mailed_at=timezone.now())

    transaction.on_commit(send, robust=True)
