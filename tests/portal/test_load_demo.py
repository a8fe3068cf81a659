from collections import Counter
from contextlib import suppress

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.demo import PASSWORD, code_now
from accounts.models import Membership, Organization, User
from accounts.roles import Permission, users_with_permission
from brokers.enums.registration import ApplicationState, RegistrationState
from brokers.models import (
    Application,
    ApplicationDocument,
    BandRequest,
    BrokeredDeal,
    CancellationCase,
    FeeSchedule,
    FeeTier,
    HandOver,
    MandateConsent,
    Qualification,
    Quote,
    QuoteShare,
    Rating,
    RatingText,
    Registration,
    RequirementVersion,
    ScheduleWriting,
    StaffEntry,
)
from brokers.queries.register import entries
from deals.enums.requests import AnswerKind, RequestState
from deals.models import Contract, Negotiation, NegotiationBroker, Offer, TransferRequest
from disclosures.models import ConfidentialFile, Disclosure, Opening
from marketplace.core.errors import NotAllowed
from matching.enums import NeedState
from matching.models import Match, Need, NeedAnswer, SavedSearch
from notifications.models import Notification
from obligations.compliance import Choice, public_table
from obligations.enums import DutyState, ExemptionState, LetterStep
from obligations.models import Discharge, Exemption, Letter, Obligation, Reminder, ResearchResult, RnDProject
from programmes.enums.review import ObjectionState
from programmes.models import Objection
from programmes.services.review.objections import require_may_answer
from royalties.models import AheadNotice, DirectUse, Distribution, SharePlan
from tech_listings.enums import ListingState
from tech_listings.models import Listing, Right
from vouchers.models import SUMS, BudgetLine
from vouchers.services.money.balance import out_of_balance

MODELS = [
    User, Organization, Membership, Listing, Right, TransferRequest, Notification, Authenticator,
    Need, NeedAnswer, Match, RnDProject, ResearchResult, Obligation, Discharge, Exemption,
    Letter, Reminder,
    Need, NeedAnswer, Match, ConfidentialFile, Disclosure, Opening,
    FeeSchedule, FeeTier, ScheduleWriting, Quote, QuoteShare, BandRequest,
    Application, ApplicationDocument, RequirementVersion, Qualification, StaffEntry,
    Registration, BrokeredDeal, Rating, RatingText,
    *apps.get_app_config("vouchers").get_models(),
    Contract, SharePlan, Distribution, DirectUse, AheadNotice,
]  # fmt: skip


def sums_of_money():
    """Where each won of the calls is; a voucher, an order or a receipt that was loaded twice would move some."""
    return list(BudgetLine.objects.order_by("pk").values("pk", *SUMS))


def counts():
    return {model.__name__: model.objects.count() for model in MODELS}


def test_twice_is_the_same_as_once_and_what_a_person_did_meanwhile_stays(client, settings):
    call_command("load_demo", verbosity=0)
    first, money = counts(), sums_of_money()
    assert money
    assert not list(out_of_balance(claims=True))
    listings = Counter(Listing.objects.values_list("state", flat=True))
    assert listings[ListingState.PUBLISHED] + listings[ListingState.UNDER_NEGOTIATION] >= 156
    assert listings[ListingState.DRAFT] == 7
    assert listings[ListingState.WITHDRAWN] == 4
    assert (listings[ListingState.IN_REVIEW], listings[ListingState.RETURNED]) == (2, 1)
    assert Listing.objects.filter(document=None).count() == 0
    # Numbers grow with the days of registration.
    by_day = list(Listing.objects.exclude(number=None).order_by("registered_at").values_list("number", flat=True))
    assert by_day == sorted(by_day)

    requests = TransferRequest.objects.all()
    assert {request.state for request in requests} == set(RequestState.values)
    assert {request.answer_kind for request in requests} == {*AnswerKind.values, ""}
    assert Notification.objects.filter(recipient__email="manager@saebit.example").exists()

    donated = Distribution.objects.get(plan__is_donated=True)
    assert (donated.sharing_rule.law, donated.people.count()) == ("donation", 3)
    assert AheadNotice.objects.exists()
    assert {each.state for each in Negotiation.objects.all()} >= {"open", "agreed", "closed"}
    assert {each.state for each in Offer.objects.all()} >= {"offered", "countered", "accepted", "declined"}
    assert NegotiationBroker.objects.filter(left_at=None, organization__name_en__startswith="Mulkko").exists()
    late = Negotiation.objects.running().filter(answer_due_on__lt=timezone.localdate())
    assert late.exists()
    assert Negotiation.objects.filter(need__isnull=False).exists()

    assert Registration.objects.listed().count() >= 12
    assert Registration.objects.filter(organization__name_en__startswith="Mulkko", kind="agency").exists()
    assert {row.state for row in Registration.objects.all()} == set(RegistrationState)
    assert {case.state for case in CancellationCase.objects.all()} >= {"opened", "noticed", "held", "decided"}
    assert {row.state for row in Application.objects.all()} == set(ApplicationState) - {"refused"}
    asked = MandateConsent.objects.filter(other__client__memberships__user__email="manager@pureunsol.example")
    assert asked.waiting_on(timezone.localdate()).exists()
    assert HandOver.objects.filter(mandate__client__memberships__user__email="manager@gaon.example").exists()
    brokers = entries(Registration.objects.listed(), day=timezone.localdate())
    assert sum(entry.figures.stars is not None for entry in brokers) >= 4

    assert {disclosure.state for disclosure in Disclosure.objects.all()} == {"offered", "accepted"}
    assert Opening.objects.count() == 1

    assert {need.state for need in Need.objects.all()} == set(NeedState.values)
    assert Need.objects.filter(is_anonymous=True).count() == 2
    assert Need.objects.filter(due_at__isnull=False).count() == 0
    assert Match.objects.values("need").distinct().count() >= 8

    today = timezone.localdate()
    assert FeeSchedule.objects.in_force_on(today).count() == 1
    assert {(quote.state, quote.is_inside) for quote in Quote.objects.all()} == {("offered", True), ("outside", False)}
    assert BandRequest.objects.get().state == "asked"
    assert {duty.state for duty in Obligation.objects.all()} == set(DutyState.values)
    assert {e.state for e in Exemption.objects.all()} >= {
        ExemptionState.ASKED, ExemptionState.GRANTED, ExemptionState.REFUSED,
    }  # fmt: skip
    assert Exemption.objects.ending_at(timezone.now()).count() == 1
    assert Obligation.objects.overdue_on(today).exists()
    assert Obligation.objects.filter(state=DutyState.DUE).exclude(pk__in=Obligation.objects.overdue_on(today)).exists()
    assert Obligation.objects.filter(state=DutyState.DUE, extended_to__gt=today).exists()
    assert {d.verified_how for d in Obligation.objects.filter(state=DutyState.VERIFIED)} == {"officer", "automatic"}
    # No duty was dropped and came back only because the demo told things out of order.
    assert not Obligation.objects.filter(events__state=DutyState.DROPPED).exists()
    # Letters of every step, some to a head, and institutes in the public table.
    assert {letter.step for letter in Letter.objects.all()} == set(LetterStep.values)
    assert Letter.objects.filter(step=LetterStep.HEAD).exclude(head_email="").exists()
    assert len(public_table(choice=Choice(), day=today)) >= 2
    assert ResearchResult.objects.filter(merged_into__isnull=False).count() == 1
    assert ResearchResult.objects.filter(deleted_at__isnull=False).count() == 1
    assert RnDProject.objects.filter(is_security=True).count() == 1

    finds = saved_searches_have_finds()
    SavedSearch.objects.update(name="My own name")
    user = User.objects.get(email="staff@gaon.example")
    user.set_password("my-own-words-7")
    user.save()
    listing = Listing.objects.published().order_by("pk").first()
    Listing.objects.filter(pk=listing.pk).update(title_ko="다른 제목")

    call_command("load_demo", verbosity=0)

    assert counts() == first
    assert sums_of_money() == money
    assert saved_searches_have_finds() == finds
    assert set(SavedSearch.objects.values_list("name", flat=True)) == {"My own name"}
    assert User.objects.get(pk=user.pk).check_password("my-own-words-7")
    assert Listing.objects.get(pk=listing.pk).title_ko == "다른 제목"

    every_objection_can_be_answered()
    officer = User.objects.get(email="officer@diffusion.example")
    assert officer.check_password(PASSWORD)
    assert TOTP(Authenticator.objects.get(user=officer)).validate_code(code_now())
    shows_accounts_in_development_only(client, settings)


def every_objection_can_be_answered():
    """By an officer of the office who took no part, with a second factor."""
    waiting = Objection.objects.filter(state=ObjectionState.OPEN).select_related("application__call__office")
    assert waiting
    for objection in waiting:
        apart = []
        for user in users_with_permission(objection.application.call.office, Permission.REVIEW_APPLICATIONS):
            with suppress(NotAllowed):
                require_may_answer(objection, user)
                apart.append(user)
        assert any(Authenticator.objects.filter(user=user).exists() for user in apart), objection


def saved_searches_have_finds():
    """Two people have one each; of neither was anybody told."""
    searches = {search.owner.email: search for search in SavedSearch.objects.select_related("owner")}
    assert set(searches) == {"manager@pureunsol.example", "staff@bareungyeol.example"}
    for search in searches.values():
        assert search.matches.count() >= 2, search.name
        assert search.asked_at is None
    assert not Notification.objects.filter(kind="search_alert").exists()
    return SavedSearch.objects.count(), Match.objects.filter(saved_search__isnull=False).count()


def shows_accounts_in_development_only(client, settings):
    """Kept to one loading: it takes seconds."""
    assert "staff@gaon.example" not in client.get(reverse("account_login")).content.decode()
    settings.IEUM_ENV = "development"
    page = client.get(reverse("account_login")).content.decode()
    assert page.count('class="demo-account"') == 11
    assert PASSWORD in page


@pytest.mark.parametrize("options", [{}, {"force": True}, {"force": True, "password": PASSWORD}])
def test_production_refuses_it(settings, options):
    settings.IEUM_ENV = "production"
    with pytest.raises(CommandError):
        call_command("load_demo", verbosity=0, **options)
    assert User.objects.count() == 0
