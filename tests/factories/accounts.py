from datetime import timedelta

import factory
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from accounts.enums import InstituteKind, MembershipState, OrganizationKind, Role
from accounts.models import (
    ApiToken,
    BusinessProfile,
    Invitation,
    Membership,
    MergeProposal,
    Organization,
    Owner,
    User,
)
from accounts.numbers import business_check_digit
from accounts.services.tokens import PREFIX, digest_of

PASSWORD = "correct-horse-9"


def business_number(serial: int) -> str:
    """A number of a corporation whose check digit fits; each `serial` gives another one."""
    first_nine = f"{101 + serial // 9999 % 899:03d}81{1 + serial % 9999:04d}"
    return f"{first_nine}{business_check_digit(first_nine)}"


class UserFactory(factory.django.DjangoModelFactory):
    """A person with a confirmed address and the password `PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    language = "en"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(password=kwargs.pop("password", PASSWORD), **kwargs)

    @factory.post_generation
    def confirmed(self, create, extracted, **kwargs):
        if create and extracted is not False:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)

    @factory.post_generation
    def second_factor(self, create, extracted, **kwargs):
        if create and extracted:
            TOTP.activate(self, generate_totp_secret())


class OrganizationFactory(factory.django.DjangoModelFactory):
    """A company, unless a trait says otherwise: `OrganizationFactory(institute=True)`."""

    class Meta:
        model = Organization

    class Params:
        institute = factory.Trait(
            kind=OrganizationKind.INSTITUTE,
            institute_kind=InstituteKind.UNIVERSITY,
            name=factory.Sequence(lambda n: f"가온대학교 {n}"),
            name_en=factory.Sequence(lambda n: f"Gaon University {n}"),
        )
        broker = factory.Trait(
            kind=OrganizationKind.BROKER, name=factory.Sequence(lambda n: f"다리기술거래 {n}"), name_en=""
        )
        government = factory.Trait(
            kind=OrganizationKind.GOVERNMENT, name=factory.Sequence(lambda n: f"기술정책과 {n}"), name_en=""
        )
        company = factory.Trait(kind=OrganizationKind.COMPANY)

    kind = OrganizationKind.COMPANY
    name = factory.Sequence(lambda n: f"한빛정밀 {n}")
    name_en = factory.Sequence(lambda n: f"Hanbit Precision {n}")
    business_number = factory.Sequence(business_number)


class MembershipFactory(factory.django.DjangoModelFactory):
    """An active staff member of a company. Traits: `requested`, and those of the organization (`institute=True`…)."""

    class Meta:
        model = Membership

    class Params:
        institute = factory.Trait(organization__institute=True)
        company = factory.Trait(organization__company=True)
        broker = factory.Trait(organization__broker=True)
        government = factory.Trait(organization__government=True)
        manager = factory.Trait(role=Role.MANAGER)
        requested = factory.Trait(state=MembershipState.REQUESTED, decided_at=None, decided_by=None)

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Role.STAFF
    state = MembershipState.ACTIVE
    decided_at = factory.LazyFunction(timezone.now)
    decided_by = factory.SelfAttribute("user")


class InvitationFactory(factory.django.DjangoModelFactory):
    """Pending for a week; its token is `invitation_token(n)` of `serial`. The inviter is a manager."""

    class Meta:
        model = Invitation
        exclude = ["serial"]

    serial = factory.Sequence(lambda n: n)
    organization = factory.SubFactory(OrganizationFactory)
    email = factory.Sequence(lambda n: f"guest{n}@example.org")
    role = Role.STAFF
    token_digest = factory.LazyAttribute(lambda o: digest_of(invitation_token(o.serial)))
    invited_by = factory.LazyAttribute(lambda o: MembershipFactory(organization=o.organization, role=Role.MANAGER).user)
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))


def invitation_token(serial: int) -> str:
    return f"invitation-token-of-{serial}"


class ApiTokenFactory(factory.django.DjangoModelFactory):
    """Its text is `token_text(n)` of the sequence number given as `serial`."""

    class Meta:
        model = ApiToken
        exclude = ["serial"]

    serial = factory.Sequence(lambda n: n)
    user = factory.SubFactory(UserFactory)
    name = "program"
    digest = factory.LazyAttribute(lambda o: digest_of(token_text(o.serial)))
    hint = "ieum_tok"
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda o: o.created_at + timedelta(days=90))


def token_text(serial: int) -> str:
    return f"{PREFIX}token-{serial}"


def sign_in(client: Client, user: User, *, second_factor: bool | None = None) -> Client:
    """`client` with a session of `user`. The second factor counts as used when the user has one, unless told."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    records = [{"method": "password", "at": timezone.now().timestamp(), "email": user.email}]
    factor = user.authenticator_set.exclude(type="recovery_codes").first()
    if second_factor if second_factor is not None else factor:
        records.append({"method": "mfa", "at": timezone.now().timestamp(), "type": factor.type, "id": factor.pk})
    session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


class BusinessProfileFactory(factory.django.DjangoModelFactory):
    """Says enough to be compared, and shares nothing with any other profile."""

    class Meta:
        model = BusinessProfile

    organization = factory.SubFactory(OrganizationFactory)
    representatives = factory.Sequence(lambda n: [f"대표자{n}"])
    address = factory.Sequence(lambda n: f"대전광역시 유성구 시험로 {n}번길 1")
    bank_code = "004"
    bank_account = factory.Sequence(lambda n: f"{n:012d}")


class OwnerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Owner

    profile = factory.SubFactory(BusinessProfileFactory)
    name = factory.Sequence(lambda n: f"주주{n}")
    share_bp = 3000


class MergeProposalFactory(factory.django.DjangoModelFactory):
    """Proposed by an officer; both are companies unless told."""

    class Meta:
        model = MergeProposal

    gone = factory.SubFactory(OrganizationFactory)
    into = factory.SubFactory(OrganizationFactory)
    reason = "Registered twice."
    proposed_by = factory.LazyFunction(lambda: MembershipFactory(government=True, manager=True).user)
    proposed_at = factory.LazyFunction(timezone.now)
