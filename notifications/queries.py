"""What the header and the home page ask."""

from accounts.models import User
from notifications.models import MailBrake, Notification

UNREAD_CEILING = 100


def unread_count(user: User) -> int:
    """Unread messages the user may see, counted no further than `UNREAD_CEILING`; 0 without a login.

    Every page asks it. Most people have read everything, and for them one short look is enough: what may still be seen
    is a long question, which takes milliseconds to write.
    """
    if not user.is_authenticated or not Notification.objects.filter(recipient=user).unread().exists():
        return 0
    return Notification.objects.visible_to(user).unread()[:UNREAD_CEILING].count()


def mail_is_stopped() -> bool:
    return MailBrake.objects.filter(is_on=True).exists()
