import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.enums import InstituteKind, OrganizationKind, Role
from accounts.models import Membership, Organization
from accounts.services.edit import edit_organization
from accounts.services.register import (
    MOST_PER_DAY,
    AlreadyRegistered,
    TooManyRegistrations,
    register_organization,
)
from marketplace.core.errors import DomainError, NotAllowed
from tests.factories.accounts import MembershipFactory, OrganizationFactory, UserFactory, business_number, sign_in

NOW = timezone.now()
FORM = {"kind": "company", "name": "한빛정밀", "business_number": "124-81-00998", "answer_days": "14"}


def register(client, **changes):
    return client.post(reverse("accounts:register"), {**FORM, **changes}, follow=True)


@pytest.mark.parametrize("kind", ["institute", "company", "broker"])
def test_the_person_who_registers_it_is_its_manager(client, kind):
    user = UserFactory()
    sign_in(client, user)
    page = register(client, kind=kind, institute_kind="university" if kind == "institute" else "")
    organization = Organization.objects.get()
    assert (organization.kind, organization.business_number) == (kind, "1248100998")
    membership = Membership.objects.get()
    assert (membership.user, membership.role, membership.state) == (user, Role.MANAGER, "active")
    assert page.wsgi_request.organization == organization
    assert "You are its manager" in page.text


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("124-81-00997", "The last digit does not fit"),
        ("124-81-0099", "10 digits, this one has 9"),
        ("124-81-0099O", "only digits and hyphens"),
        ("099-81-00998", "tax office"),
        ("", "required"),
    ],
)
def test_the_error_says_which_rule_failed(client, number, says):
    sign_in(client, UserFactory())
    page = register(client, business_number=number)
    assert says in str(page.context["form"].errors["business_number"])
    assert says in page.text
    assert Organization.objects.exists() is False


@pytest.mark.parametrize("typed", ["124-81-00998", "1248100998", "１２４ ８１ ００９９８"])
def test_the_second_registration_is_told_to_join(client, typed):
    first = OrganizationFactory(name="먼저온회사", business_number="1248100998")
    user = UserFactory()
    sign_in(client, user)
    page = register(client, business_number=typed, name="Another name")
    assert "먼저온회사" in page.text
    assert reverse("accounts:ask", args=[first.public_id]) in page.text
    assert list(Organization.objects.values_list("name", flat=True)) == ["먼저온회사"]
    assert user.memberships.exists() is False


def test_a_corporate_number_that_does_not_fit_is_a_warning(client):
    sign_in(client, UserFactory())
    page = register(client, corporate_number="110111-0062433")
    assert Organization.objects.get().corporate_number == "1101110062433"
    assert "its last digit does not fit" in page.text


def test_a_corporate_number_that_fits_is_saved_in_silence(client):
    sign_in(client, UserFactory())
    page = register(client, corporate_number="110111-0062432")
    assert Organization.objects.get().corporate_number == "1101110062432"
    assert "does not fit" not in page.text


def test_a_corporate_number_of_another_length_is_refused(client):
    sign_in(client, UserFactory())
    page = register(client, corporate_number="110111-006243")
    assert "13 digits" in str(page.context["form"].errors["corporate_number"])
    assert Organization.objects.exists() is False


def test_an_institute_says_of_which_kind_it_is(client):
    sign_in(client, UserFactory())
    page = register(client, kind="institute")
    assert "Choose the kind of institute" in str(page.context["form"].errors["institute_kind"])
    assert Organization.objects.exists() is False


def test_government_is_not_offered_and_not_taken(client):
    user = UserFactory()
    sign_in(client, user)
    assert 'value="government"' not in client.get(reverse("accounts:register")).text
    page = register(client, kind="government")
    assert page.context["form"].errors["kind"]
    with pytest.raises(NotAllowed):
        register_organization(
            kind=OrganizationKind.GOVERNMENT, name="x", business_number="124-81-00998", by=user, at=NOW
        )
    assert Organization.objects.exists() is False


def test_a_manager_of_an_office_registers_another_one(client):
    officer = MembershipFactory(government=True, manager=True, user__second_factor=True).user
    sign_in(client, officer)
    register(client, kind="government", name="기술이전과")
    assert Organization.objects.get(name="기술이전과").kind == OrganizationKind.GOVERNMENT


def test_staff_of_an_office_does_not(client):
    officer = MembershipFactory(government=True, user__second_factor=True).user
    sign_in(client, officer)
    register(client, kind="government", name="기술이전과")
    assert Organization.objects.filter(name="기술이전과").exists() is False


def test_nobody_registers_organizations_without_end():
    user = UserFactory()
    for serial in range(MOST_PER_DAY):
        number = business_number(5000 + serial)
        register_organization(kind="company", name=f"c{serial}", business_number=number, by=user, at=timezone.now())
    with pytest.raises(TooManyRegistrations):
        register_organization(kind="company", name="more", business_number="124-81-00998", by=user, at=timezone.now())


def test_the_service_checks_the_number_too():
    with pytest.raises(DomainError, match="last digit"):
        register_organization(kind="company", name="x", business_number="120-81-47522", by=UserFactory(), at=NOW)


def test_a_race_for_a_number_ends_in_the_same_sentence(monkeypatch):
    existing = OrganizationFactory(business_number="1248100998")
    looked = []
    real = Organization.objects.filter

    def miss_once(*args, **kwargs):
        looked.append(kwargs)
        return Organization.objects.none() if len(looked) == 1 else real(*args, **kwargs)

    monkeypatch.setattr(Organization.objects, "filter", miss_once)
    with pytest.raises(AlreadyRegistered) as caught:
        register_organization(kind="company", name="x", business_number="124-81-00998", by=UserFactory(), at=NOW)
    assert caught.value.organization == existing


def test_its_manager_edits_it_but_not_its_identity(client):
    manager = MembershipFactory(institute=True, manager=True)
    organization = manager.organization
    sign_in(client, manager.user)
    number, kind = organization.business_number, organization.kind
    client.post(
        reverse("accounts:edit", args=[organization.public_id]),
        {
            "institute_kind": "national",
            "name": "  새로운   이름 ",
            "name_zh": "新名称",
            "answer_days": "7",
            "website": "example.org",
            "business_number": "124-81-00998",
            "kind": "government",
        },
    )
    organization.refresh_from_db()
    assert (organization.name, organization.name_zh, organization.answer_days) == ("새로운 이름", "新名称", 7)
    assert (organization.institute_kind, organization.website) == (InstituteKind.NATIONAL, "https://example.org")
    assert (organization.business_number, organization.kind) == (number, kind)
    with pytest.raises(DomainError):
        edit_organization(organization=organization, changes={"kind": "government"}, by=manager.user)


def test_name_in_the_readers_language():
    organization = OrganizationFactory(name="가온대학교", name_en="Gaon University")
    assert [organization.name_in(language) for language in ("ko", "en", "zh-hans")] == [
        "가온대학교",
        "Gaon University",
        "가온대학교",
    ]


class TestCommand:
    def call(self, **changes):
        given = {"name": "기술정책과", "business_number": "116-83-00277", "manager": "officer@example.org"}
        call_command("create_government_office", **{**given, **changes})

    def test_makes_an_office_and_its_manager(self, capsys):
        user = UserFactory(email="officer@example.org")
        self.call(business_number="116-82-00276")
        assert Organization.objects.get().kind == OrganizationKind.GOVERNMENT
        assert user.is_officer
        assert "116-82-00276" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"manager": "nobody@example.org"}, "no confirmed account"),
            ({"business_number": "116-82-00277"}, "last digit"),
        ],
    )
    def test_refuses_and_makes_nothing(self, changes, says):
        UserFactory(email="officer@example.org")
        with pytest.raises(CommandError, match=says):
            self.call(**{"business_number": "116-82-00276", **changes})
        assert Organization.objects.exists() is False

    def test_needs_a_confirmed_address(self):
        UserFactory(email="officer@example.org", confirmed=False)
        with pytest.raises(CommandError, match="no confirmed account"):
            self.call(business_number="116-82-00276")

    def test_twice_is_refused(self):
        UserFactory(email="officer@example.org")
        self.call(business_number="116-82-00276")
        with pytest.raises(CommandError, match="registered"):
            self.call(business_number="116-82-00276", name="다른 이름")
        assert Organization.objects.count() == 1
