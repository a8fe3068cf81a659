"""State tables, and what the database keeps whoever writes."""

import itertools
from datetime import timedelta

import pgtrigger
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from disclosures.enums import DISCLOSURE_STATES, SCAN_STATES, DisclosureState, OpeningKind, ScanState
from disclosures.models import ConfidentialFile, Disclosure, Opening, Terms
from marketplace.core.states import IllegalTransition
from tests.factories.accounts import MembershipFactory
from tests.factories.deals.requests import TransferRequestFactory
from tests.factories.disclosures import (
    ConfidentialFileFactory,
    DisclosureFactory,
    OpeningFactory,
    SecretListingFactory,
    terms,
)

NOW = timezone.now()


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(ScanState, 2)))
def test_python_and_the_database_agree_on_every_move_of_a_scan(before, after):
    gone = {"content": "", "scanned_at": NOW}
    file = ConfidentialFileFactory(
        scan_state=before, scanned_at=NOW if before in ("clean", "infected") else None,
        **({"content": ""} if before == "infected" else {}),
    )  # fmt: skip
    changes = gone if after == "infected" else {"scanned_at": NOW, "content": file.content.name or "x"}
    if SCAN_STATES.can(file, after):
        SCAN_STATES.move(file, after, **changes)
        assert ConfidentialFile.objects.get(pk=file.pk).scan_state == after
    else:
        with pytest.raises(IllegalTransition):
            SCAN_STATES.move(file, after, **changes)
        with pytest.raises(DatabaseError), transaction.atomic():
            ConfidentialFile.objects.filter(pk=file.pk).update(scan_state=after, **changes)


def made(state):
    return DisclosureFactory(accepted=state != "offered", revoked=state == "revoked")


def fields_of(state, disclosure):
    manager = MembershipFactory(organization=disclosure.request.requester, manager=True).user
    if state == "accepted":
        return {"accepted_at": NOW, "accepted_by": manager, "accepted_hash": disclosure.terms.text_hash}
    return {"revoked_at": NOW, "revoked_by": disclosure.opened_by} if state == "revoked" else {}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(DisclosureState, 2)))
def test_python_and_the_database_agree_on_every_move_of_a_disclosure(before, after):
    disclosure = made(before)
    changes = fields_of(after, disclosure)
    if DISCLOSURE_STATES.can(disclosure, after):
        DISCLOSURE_STATES.move(disclosure, after, **changes)
        assert Disclosure.objects.get(pk=disclosure.pk).state == after
    else:
        with pytest.raises(IllegalTransition):
            DISCLOSURE_STATES.move(disclosure, after, **changes)
        with pytest.raises(DatabaseError), transaction.atomic():
            Disclosure.objects.filter(pk=disclosure.pk).update(state=after, **changes)


def refused(match, write):
    with pytest.raises(DatabaseError, match=match), pgtrigger.ignore(), transaction.atomic():
        write()


def test_an_acceptance_is_by_a_manager_of_the_firm_of_the_text_that_was_offered():
    offered = DisclosureFactory()
    firm, holder = offered.request.requester, offered.request.holder
    wrong = [
        MembershipFactory(organization=firm).user,
        MembershipFactory(organization=holder, manager=True).user,
        MembershipFactory(organization=firm, manager=True, state="ended").user,
        MembershipFactory(manager=True).user,
    ]
    rows = Disclosure.objects.filter(pk=offered.pk)
    for person in wrong:
        fields = {"state": "accepted", "accepted_at": NOW, "accepted_by": person}
        refused("only a manager", lambda f=fields: rows.update(**f, accepted_hash=offered.terms.text_hash))
    manager = MembershipFactory(organization=firm, manager=True).user
    fields = {"state": "accepted", "accepted_at": NOW, "accepted_by": manager, "accepted_hash": "0" * 64}
    refused("another text", lambda: rows.update(**fields))
    refused("disclosure_state_has_its_fields", lambda: rows.update(state="accepted"))


def test_what_was_offered_accepted_and_closed_is_never_changed():
    accepted, closed = DisclosureFactory(accepted=True), DisclosureFactory(accepted=True, revoked=True)
    other = MembershipFactory(organization=accepted.request.requester, manager=True).user
    rows = Disclosure.objects.filter(pk=accepted.pk)

    refused("acceptance is never changed", lambda: rows.update(accepted_by=other))
    refused("acceptance is never changed", lambda: rows.update(accepted_at=NOW - timedelta(days=1)))
    refused("offered is never changed", lambda: rows.update(request=TransferRequestFactory()))
    refused("offered is never changed", lambda: rows.update(opened_by=other))
    refused("closed is never changed", lambda: Disclosure.objects.filter(pk=closed.pk).update(ends_on=NOW.date()))
    refused("never deleted", rows.delete)


def test_only_the_holder_offers_and_only_to_a_request_that_is_open():
    refused("only the holder offers", lambda: DisclosureFactory(opened_by=MembershipFactory().user))
    refused("request that is closed", lambda: DisclosureFactory(request=TransferRequestFactory(withdrawn=True)))
    refused("request that is closed", lambda: DisclosureFactory(request=TransferRequestFactory(declined=True)))
    foreign = Terms.objects.create(
        listing=SecretListingFactory(), version=1, text_ko="x", text_hash="0" * 64, created_at=NOW,
        created_by=MembershipFactory().user,
    )  # fmt: skip
    refused("terms are of another technology", lambda: DisclosureFactory(terms=foreign))
    standing = DisclosureFactory()
    refused("one_standing", lambda: DisclosureFactory(request=standing.request))


def test_terms_are_never_changed():
    rows = Terms.objects.filter(pk=terms().pk)

    refused("terms are never changed", lambda: rows.update(text_ko="x"))
    refused("terms are never changed", rows.delete)
    refused(
        "terms_version_once", lambda: Terms.objects.create(version=1, text_ko="x", text_hash="0" * 64, created_at=NOW)
    )


def test_the_record_of_openings_only_grows():
    opening = OpeningFactory()
    rows = Opening.objects.filter(pk=opening.pk)

    refused("only grows", lambda: rows.update(at=NOW))
    refused("only grows", rows.delete)
    assert rows.exists()


def test_an_opening_is_by_a_member_of_what_is_open():
    accepted = DisclosureFactory(accepted=True)
    firm = accepted.request.requester
    member = MembershipFactory(organization=firm).user
    OpeningFactory(disclosure=accepted, by=member)

    refused("is a member", lambda: OpeningFactory(disclosure=accepted, by=MembershipFactory().user))
    refused("is not open", lambda: OpeningFactory(disclosure=DisclosureFactory()))
    refused("is not open", lambda: OpeningFactory(disclosure=DisclosureFactory(accepted=True, revoked=True)))
    over = DisclosureFactory(accepted=True, ends_on=timezone.localdate() - timedelta(days=1))
    refused("is not open", lambda: OpeningFactory(disclosure=over))
    refused("is not open", lambda: OpeningFactory(disclosure=accepted, listing=SecretListingFactory()))
    refused("only the holder opens", lambda: OpeningFactory(organization=firm, by=member))
    stolen = ConfidentialFileFactory()
    fields = {"kind": OpeningKind.FILE, "file": stolen, "checksum": "0" * 64}
    refused("another technology", lambda: OpeningFactory(disclosure=accepted, by=member, **fields))
    refused("opening_of_a_file", lambda: OpeningFactory(disclosure=accepted, by=member, kind=OpeningKind.FILE))
