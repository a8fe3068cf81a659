"""A duty of an institute, and people who act on it by page and by API."""

from datetime import timedelta

from allauth.mfa.totp.internal.auth import TOTP
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from obligations.models import Discharge, Exemption, Obligation
from obligations.services.discharge import discharge
from obligations.services.settle import settle
from tests.factories.accounts import ApiTokenFactory, sign_in, token_text
from tests.factories.obligations import PDF, ProjectFactory, ResultFactory, duty, exemption
from tests.factories.tech_listings import ListingFactory

SOON = timezone.localdate() + timedelta(days=60)


class Case:
    """A duty of the world's institute, due since long; people come as clients or with tokens."""

    def __init__(self, world, client):
        self.world, self.client = world, client
        self.project = ProjectFactory(lead=world.institute)
        result = ResultFactory(project=self.project, number="", completed_on=timezone.localdate() - timedelta(days=9))
        self.duty = duty(result, at=timezone.now())
        self.listing = ListingFactory(holder=world.institute)

    @property
    def page(self):
        return reverse("obligations:duty", args=[self.duty.public_id])

    def person(self, who):
        user = self.world.person(who)
        if who.startswith("officer") and not user.authenticator_set.exists():
            with_factor(user)
        return user

    def as_(self, who):
        sign_in(self.client, self.person(who))
        return self

    def list_it(self):
        discharge(obligation=self.duty, listing=self.listing, by=self.world.staff, at=timezone.now())
        self.duty.refresh_from_db()

    def exempt(self, **more):
        today = timezone.localdate()
        made = exemption(self.duty, runs_from=today, until=SOON, asked_by=self.world.staff, **more)
        settle(projects=[self.project.pk], at=timezone.now())
        self.duty.refresh_from_db()
        return made

    def send(self, action, *, revision=None, **data):
        url = reverse(f"obligations:duty_{action}", args=[self.duty.public_id])
        return self.client.post(url, {"revision": revision or self.duty.revision, **data})

    def call(self, who, action, *, revision=None, **data):
        """The same by the API."""
        user = self.person(who)
        made = ApiTokenFactory.build(user=user, serial=user.pk, second_factor=True)
        if not user.api_tokens.exists():
            made.save()
        url = reverse(f"obligations-api:{action}", args=[self.duty.public_id])
        sent = {"revision": revision or self.duty.revision, **data}
        kind = {} if action == "ask" else {"content_type": "application/json"}
        token = {"Authorization": f"Token {token_text(user.pk)}"}
        return type(self.client)().post(url, sent, headers=token, **kind)


def with_factor(user):
    """Officers work with a second factor only."""
    TOTP.activate(user, "IEUMDEMOIEUMDEMOIEUMDEMOIEUMDEMO")


def state():
    return [list(model.objects.values().order_by("pk")) for model in (Obligation, Discharge, Exemption)]


def file():
    return SimpleUploadedFile("근거.pdf", PDF)
