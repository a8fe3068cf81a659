"""What the header and the home page ask."""

from accounts.models import User
from notifications.models import MailBrake, Notification

UNREAD_CEILING = 100


def unread_count(user: User) -> int:
    """Unread messages the user may see, counted no further than `UNREAD_CEILING`; 0 without a login.

    Every page asks it. Most people have read everything, and for them one short look is enough. What may still be seen
    is a long question, which takes milliseconds to write and to plan, so it names the kinds that are there only.
    """
    if not user.is_authenticated:
        return 0
    unread = Notification.objects.filter(recipient=user).unread()
    if not (kinds := set(unread.order_by().values_list("kind", flat=True).distinct())):
        return 0
    return Notification.objects.visible_to(user, kinds).unread()[:UNREAD_CEILING].count()


def mail_is_stopped() -> bool:
    return MailBrake.objects.filter(is_on=True).exists()
