"""What the header and the home page ask."""

from accounts.models import User
from notifications.models import MailBrake, Notification

UNREAD_CEILING = 100


def unread_count(user: User) -> int:
    """Unread messages the user may see, counted no further than `UNREAD_CEILING`. One query; 0 without a login."""
    if not user.is_authenticated:
        return 0
    return Notification.objects.visible_to(user).unread()[:UNREAD_CEILING].count()


def mail_is_stopped() -> bool:
    return MailBrake.objects.filter(is_on=True).exists()
