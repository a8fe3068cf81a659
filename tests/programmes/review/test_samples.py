"""Samples of a rehearsal: an office goes the whole way with them, and nobody outside notices anything."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.events import personal_data_requested
from accounts.services.merge import merge
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.idempotency import KeyReused
from notifications.models import Notification
from programmes.enums.applications import ApplicationState
from programmes.models import Agreement, Application
from programmes.queries.cap_shares import shares_of
from programmes.queries.facts import awards_of
from programmes.queries.ranking import promised_won
from programmes.queries.review_waiting import waiting_kinds
from programmes.scheme import Caps
from programmes.services.applications import withdraw as withdrawing
from programmes.services.applications.begin import begin
from programmes.services.calls.end import close
from programmes.services.review import samples
from programmes.services.review.agreements import sign
from programmes.services.review.check import find_eligible
from programmes.services.review.panel import invite
from programmes.services.review.reserves import nightly
from programmes.services.review.samples import take_samples
from tests.factories.accounts import MembershipFactory, MergeProposalFactory, UserFactory, sign_in
from tests.factories.programmes.review import (
    DAY,
    NOW,
    call_row,
    entered,
    firm,
    fresh,
    manager,
    member,
    officer,
    proposed,
    published,
    ready,
    scheme,
    scored,
    sql,
    submitted,
    with_paper,
)
from tests.programmes.review.test_access import PEOPLE, api_of, person, traces
from vouchers.models import LedgerEntry

S = ApplicationState
LATER = NOW + 30 * DAY


@pytest.fixture(autouse=True)
def at_later():
    with time_machine.travel(LATER, tick=False):
        yield


def rehearsal(source, **also):
    """Its window is open for a day, as that of any call that was just published."""
    return call_row(at=LATER, office=source.office, is_rehearsal=True, closed=False, **also)


def decided(*points):
    """An earlier call that gave its firms all they may have, and they signed."""
    call, made = ready(*points, content=scheme(caps=Caps(award_won=50_000_000, firm_won=50_000_000)))
    published(proposed(call=call))
    for each in Agreement.objects.filter(application__call=call).select_related("application__organization"):
        sign(agreement=each, digest=each.digest, by=each.application.organization.memberships.get().user, at=NOW)
    return call, made


def taken(call, source, *, most=10, key=None, by=None):
    return take_samples(call=call, source=source, most=most, key=key or uuid4(), by=by or officer(call), at=LATER)


def outside(call):
    return Notification.objects.exclude(recipient__in=call.office.memberships.values("user"))


def test_the_whole_way_and_nobody_outside_notices(heard, django_capture_on_commit_callbacks):
    source, real = decided(60, 50, 10)
    call = rehearsal(source, budget_won=40_000_000, content=scheme(caps=Caps(50_000_000, firm_won=50_000_000)))
    before = (LedgerEntry.objects.count(), outside(call).count(), len(heard))
    was = list(Application.objects.filter(call=source).order_by("pk").values())
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        assert taken(call, source) == 3
        made = list(call.applications.order_by("pk"))
        assert [each.organization_id for each in made] == [each.organization_id for each in real]
        for each in made:
            find_eligible(application=each, by=officer(call), at=LATER)
        seat = member(call, at=LATER)
        for each, points in zip(made, (60, 50, 10), strict=True):
            scored(each, points, seat=seat, at=LATER)
        selection = published(proposed(call=call, at=LATER), at=LATER)  # though its window is open
    assert [fresh(each).state for each in made] == [S.SELECTED, S.RESERVE, S.NOT_SELECTED]
    assert fresh(call).state == "decided"
    assert promised_won(call) == 40_000_000
    assert Agreement.objects.get(application__call=call).application == made[0]
    assert selection.lines.count() == 3

    with django_capture_on_commit_callbacks(execute=True):
        nightly(at=LATER + 40 * DAY)  # nobody signed: the next one is taken up
        assert [fresh(each).state for each in made] == [S.LAPSED, S.SELECTED, S.NOT_SELECTED]
        nightly(at=LATER + 80 * DAY)
    close(call=call, by=officer(call), at=LATER + 120 * DAY)
    assert fresh(call).state == "closed"

    after = (LedgerEntry.objects.count(), outside(call).count(), len(heard))
    assert after == before
    inside = set(call.office.memberships.values_list("user__email", flat=True))
    assert {to for sent in mail.outbox for to in sent.to} <= inside
    assert list(Application.objects.filter(call=source).order_by("pk").values()) == was


def test_a_copy_says_what_was_submitted_with_the_facts_of_then():
    source = call_row()
    real = submitted(source, facts={"size": "small"})
    paper = with_paper(real)
    call = rehearsal(source)
    by = officer(call)
    assert taken(call, source, by=by) == 1
    made = call.applications.get()
    same = ("organization_id", "plan", "facts", "checked", "government_won", "own_won")
    assert [getattr(made, name) for name in same] == [getattr(fresh(real), name) for name in same]
    assert (made.state, made.submitted_by, made.submitted_at, made.filled_from) == (S.SUBMITTED, by, LATER, real)
    assert made.number not in {None, real.number}
    copy = made.documents.get()
    assert (copy.key, copy.sha256, copy.file.name) == (paper.key, paper.sha256, paper.file.name)
    step = made.steps.get()
    assert (step.kind, step.by, step.data) == ("submitted", by, {"sample_of": real.number})


def test_what_is_taken():
    """Of each firm what it submitted last; nothing that it took back or is writing in, and no sample of a sample."""
    source = call_row()
    first = submitted(source)
    Application.objects.filter(pk=submitted(source).pk).update(
        state=S.WITHDRAWN, withdrawn_at=NOW, withdrawn_by=first.boss
    )
    Application.objects.filter(pk=submitted(source).pk).update(state=S.COMPLETION)
    call = rehearsal(source)
    assert taken(call, source) == 1
    assert call.applications.get().organization == first.organization
    with pytest.raises(DomainError, match="among the samples already") as refused:
        taken(call, source)
    assert refused.value.field == "source"
    still_open = call_row(at=LATER, office=source.office, closed=False)
    of_others = call_row()
    for other in (still_open, of_others):
        submitted(other)
    for other in (call, still_open, of_others, rehearsal(source)):
        with pytest.raises(DomainError) as refused:
            taken(call, other)
        assert refused.value.field == "source"
    assert call.applications.count() == 1


def test_a_contract_nobody_checked_stays_with_its_firm():
    source = call_row()
    organization = firm()
    submitted(source, by_firm=organization, transfer=entered(organization))
    call = rehearsal(source)
    taken(call, source)
    assert call.applications.get().transfer is None


def test_once_under_a_key_and_never_above_the_limit(monkeypatch):
    source = call_row()
    for _each in range(3):
        submitted(source)
    call, key = rehearsal(source), uuid4()
    by = officer(call)
    assert taken(call, source, most=2, key=key, by=by) == 2
    assert taken(call, source, most=2, key=key, by=by) == 2
    assert call.applications.count() == 2
    with pytest.raises(KeyReused):
        taken(call, source, most=1, key=key, by=by)
    monkeypatch.setattr(samples, "MOST_SAMPLES", 3)
    for most in (0, 2, 4):
        with pytest.raises(DomainError) as refused:
            taken(call, source, most=most)
        assert refused.value.field == "most"
    assert call.applications.count() == 2
    assert taken(call, source, most=1) == 1


def test_only_a_published_rehearsal_without_a_selection_takes_any():
    source = call_row()
    submitted(source)
    real = call_row(at=LATER, office=source.office, closed=False)
    with pytest.raises(NotPossibleNow, match="rehearsal only"):
        taken(real, source)
    made, _rows = ready(60, at=LATER, is_rehearsal=True, office=source.office)
    selection = proposed(call=made, at=LATER)
    with pytest.raises(NotPossibleNow, match="ended first"):
        taken(made, source)
    published(selection, at=LATER)
    with pytest.raises(NotPossibleNow, match="nothing is decided about it now"):
        taken(made, source)
    assert real.applications.count() == 0
    assert made.applications.count() == 1


@pytest.fixture
def sample():
    """One sample that was selected, of a firm that has nothing else but what it submitted then."""
    source = call_row()
    real = submitted(source)
    call = rehearsal(source)
    taken(call, source)
    made = call.applications.get()
    find_eligible(application=made, by=officer(call), at=LATER)
    scored(made, 60, at=LATER)
    published(proposed(call=call, at=LATER), at=LATER)
    made = fresh(made)
    made.boss, made.real = real.boss, real
    assert made.state == S.SELECTED
    return made


def test_the_firm_sees_nothing_of_it(sample, client):
    boss, organization = sample.boss, sample.organization
    agreement = sample.agreement
    sign_in(client, boss)
    for name, target in (
        ("application", sample), ("application_receipt", sample), ("decision", sample), ("agreement", agreement),
    ):  # fmt: skip
        assert client.get(reverse(f"programmes:{name}", args=[target.public_id])).status_code == 404, name
    for name in ("applications", "applications_export"):
        answer = client.get(reverse(f"programmes:{name}"))
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert sample.real.number.encode() in text
        assert sample.number.encode() not in text
    api = api_of(boss)
    listed = api.get(reverse("programmes-api:applications")).json()["results"]
    assert [row["number"] for row in listed] == [sample.real.number]
    assert api.get(reverse("programmes-api:application", args=[sample.public_id])).status_code == 404
    assert api.get(reverse("programmes-api:agreement", args=[agreement.public_id])).status_code == 404
    assert api.get(reverse("programmes-api:decision", args=[sample.public_id])).status_code == 404
    assert not any(kind.rows.exists() for kind in waiting_kinds(boss, organization, LATER.date()))
    assert not Notification.objects.filter(recipient=boss).exists()
    assert list(awards_of([organization.pk], LATER.date())) == []
    other = call_row(at=LATER)
    assert shares_of(other, scheme(), [organization.pk], LATER).before == {organization.pk: 0}
    told = dict(answer for _to, answer in personal_data_requested.send(sender=type(boss), user=boss))
    assert [row["number"] for row in told["programme_applications"]["applications"]] == [sample.real.number]
    assert told["programme_applications"]["papers"] == []


def test_the_firm_does_nothing_with_it(sample):
    """Not even by somebody who is an officer of the office too, and so sees it; the database keeps it as well."""
    boss, agreement = sample.boss, sample.agreement
    MembershipFactory(user=boss, organization=sample.call.office)
    before = traces()
    given = {"by": boss, "at": LATER}
    with pytest.raises(NotAllowed):
        sign(agreement=agreement, digest=agreement.digest, **given)
    with pytest.raises(NotAllowed):
        withdrawing.withdraw(application=sample, revision=sample.revision, confirmed=True, **given)
    with pytest.raises(NotAllowed):
        begin(call=sample.call, organization=sample.organization, **given)
    assert traces() == before
    with pytest.raises(DatabaseError, match="nobody signs in a rehearsal"), transaction.atomic():
        sql(
            "UPDATE programmes_agreement SET state = 'signed', signed_by_id = %s, signed_at = %s WHERE id = %s",
            boss.pk, LATER, agreement.pk,
        )  # fmt: skip


def test_it_holds_up_no_merger_of_firms(sample):
    into, by = firm(), MembershipFactory(government=True, manager=True).user
    taken_too = submitted(sample.real.call, by_firm=into, government_won=1_000_000)
    other = rehearsal(sample.real.call)
    taken(other, sample.real.call)
    assert other.applications.count() == 2
    Application.objects.filter(pk=taken_too.pk).update(state=S.WITHDRAWN, withdrawn_at=NOW, withdrawn_by=by)
    MergeProposalFactory(gone=sample.organization, into=into)
    merge(gone=sample.organization, into=into, reason="One firm", by=by, at=LATER + timedelta(hours=1))
    assert set(other.applications.values_list("organization", flat=True)) == {sample.organization.pk, into.pk}
    assert fresh(sample.real).organization == into


def test_only_the_office_sits_on_its_panel():
    call = rehearsal(call_row())
    by, stranger = officer(call), UserFactory()
    with pytest.raises(DomainError, match="your office only") as refused:
        invite(call=call, email=stranger.email, by=by, at=LATER)
    assert refused.value.field == "email"
    assert not call.panelists.exists()
    assert invite(call=call, email=manager(call).email, by=by, at=LATER).state == "invited"


def test_who_left_the_office_reads_nothing_of_a_rehearsal(sample):
    user = sample.call.panelists.get().user
    assert Application.objects.readable_by_panel(user).filter(pk=sample.pk).exists()
    user.memberships.all().delete()
    assert not Application.objects.readable_by_panel(user).filter(pk=sample.pk).exists()


MAY_TAKE = {"officer", "manager", "panel", "proposer", "tied", "relative", "unknown"}


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("who", PEOPLE)
def test_who_takes_samples(client, who, door):
    source = call_row()
    real = submitted(source)
    call = rehearsal(source)
    user = person(who, call, real, officer(call, second_factor=True))
    before = traces()
    body = {"source": source.number, "most": 5}
    if door == "api":
        url = reverse("programmes-api:call-samples", args=[call.number])
        body = {"from_call": source.number, "most": 5}
        answer = api_of(user).post(url, body, format="json", headers={"Idempotency-Key": str(uuid4())})
    else:
        if user:
            sign_in(client, user)
        answer = client.post(reverse("programmes:call_samples", args=[call.public_id]), body | {"key": uuid4()})
    if who in MAY_TAKE:
        assert answer.status_code == (302 if door == "page" else 200)
        assert call.applications.get().organization == real.organization
        return
    assert traces() == before
    if who == "anonymous":
        assert answer.status_code == (401 if door == "api" else 302)
    elif door == "api" and who in {"other_office", "superuser"}:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 403


def test_the_api_needs_a_key_and_answers_it_once():
    source = call_row()
    submitted(source)
    call = rehearsal(source)
    api, url = api_of(officer(call, second_factor=True)), reverse("programmes-api:call-samples", args=[call.number])
    body, key = {"from_call": source.number, "most": 5}, str(uuid4())
    assert api.post(url, body, format="json").status_code == 400
    for _again in range(2):
        answer = api.post(url, body, format="json", headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()) == (200, {"taken": 1})
    assert api.post(url, body | {"most": 4}, format="json", headers={"Idempotency-Key": key}).status_code == 409
    elsewhere = {"from_call": call_row().number, "most": 4}
    assert api.post(url, elsewhere, format="json", headers={"Idempotency-Key": str(uuid4())}).status_code == 404
    assert call.applications.count() == 1


def test_the_pages_of_a_rehearsal_say_so(client):
    source = call_row()
    call = rehearsal(source)
    sign_in(client, officer(call, second_factor=True))
    page = client.get(reverse("programmes:call_samples", args=[call.public_id]))
    assert b"no earlier call with applications" in page.content
    submitted(source)
    page = client.get(reverse("programmes:call_samples", args=[call.public_id]))
    assert source.number.encode() in page.content
    refused = client.post(reverse("programmes:call_samples", args=[call.public_id]), {"source": "x", "most": "many"})
    assert refused.status_code == 422
    taken(call, source)
    made = call.applications.get()
    pages = [
        ("office_call", call.public_id), ("review_queue", call.number), ("office_panel", call.number),
        ("selections", call.number), ("review_application", made.public_id), ("application", made.public_id),
    ]  # fmt: skip
    for name, key in pages:
        shown = client.get(reverse(f"programmes:{name}", args=[key]))
        assert shown.status_code == 200
        assert b"Rehearsal" in shown.content, name
    assert client.get(reverse("programmes:call_samples", args=[source.public_id])).status_code == 404
    assert client.get(reverse("programmes:application_begin", args=[call.number])).status_code == 404
    refuse = reverse("programmes:review_act", args=[made.public_id, "ineligible"])
    answer = client.post(refuse, {"revision": made.revision, "ineligible-text": "Too old"}, follow=True)
    assert b"The firm is told" not in answer.content
    assert fresh(made).state == S.INELIGIBLE
