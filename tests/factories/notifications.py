from base64 import urlsafe_b64encode
from uuid import UUID

import factory
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone

from accounts.models import Organization, User
from notifications import registry
from notifications.models import Notification, PushDevice
from notifications.registry import OwnMail
from tests.factories.accounts import UserFactory


def _organizations_of(user: User):
    return Organization.objects.of(user)


def _is_member(user: User, target_id: UUID) -> bool:
    return Organization.objects.of(user).filter(public_id=target_id).exists()


NEWS = "test_news"
MEMBERS_NEWS = "test_members_news"
MEMBERS_NEWS_ONE_BY_ONE = "test_members_news_one_by_one"
OWN = "test_own"
PUSHED = "test_pushed"


def _own_mail(user, messages):
    """A mail of its own, of those that are not called hidden. One called broken cannot be written."""
    if any(message.params["name"] == "broken" for message in messages):
        Organization.objects.raw("SELECT nothing")[0]  # breaks the transaction, too
    seen = [message for message in messages if message.params["name"] != "hidden"]
    if not seen:
        return None
    context = {"items": [{"row": seen[0], "link": "https://example.org/"}]}
    return OwnMail(f"{len(seen)} of its own", "notifications/mail/single", context, "/leave/own/")


registry.register(OWN, title="%(name)s", body="", compose=_own_mail)
registry.register(NEWS, title="News of %(name)s", body="%(name)s has news.")
registry.register(PUSHED, title="News of %(name)s", body="secret", targets=_organizations_of, pushes=True)
registry.register(MEMBERS_NEWS, title="Only for members of %(name)s", body="Inside.", targets=_organizations_of)
registry.register(MEMBERS_NEWS_ONE_BY_ONE, title="One by one: %(name)s", body="Inside.", may_see=_is_member)


class NotificationFactory(factory.django.DjangoModelFactory):
    """A message that waits for mail. `about=organization` makes it one that only the organization's members see."""

    class Meta:
        model = Notification

    class Params:
        about = None
        read = factory.Trait(read_at=factory.LazyFunction(timezone.now))

    recipient = factory.SubFactory(UserFactory)
    kind = factory.LazyAttribute(lambda o: MEMBERS_NEWS if o.about else NEWS)
    params = factory.LazyFunction(lambda: {"name": "Gaon"})
    dedupe_key = factory.Sequence(lambda n: f"matter-{n}")
    target_label = factory.LazyAttribute(lambda o: "accounts.organization" if o.about else "")
    target_id = factory.LazyAttribute(lambda o: o.about.public_id if o.about else None)
    created_at = factory.LazyFunction(timezone.now)


DEVICE_KEY, DEVICE_SECRET = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"


def in_base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def device_keys() -> dict[str, str]:
    """What a browser says with its subscription; `DEVICE_KEY` opens what is sealed for it."""
    point = DEVICE_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"p256dh": in_base64(point), "auth": in_base64(DEVICE_SECRET)}


class PushDeviceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PushDevice

    user = factory.SubFactory(UserFactory)
    endpoint = factory.Sequence(lambda n: f"https://push.example.com/send/{n}")
    p256dh = factory.LazyFunction(lambda: device_keys()["p256dh"])
    auth = factory.LazyFunction(lambda: device_keys()["auth"])
    name = "Chrome · Android"
    created_at = factory.LazyFunction(timezone.now)
