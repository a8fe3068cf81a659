"""What happens at the same moment."""

import threading

import pytest
from django.db import models
from django.utils import timezone

from deals.services.requests.withdraw import withdraw
from disclosures.models import ConfidentialFile, Disclosure, Opening
from disclosures.services import accept as accepting
from disclosures.services import open as opening
from disclosures.services.accept import accept
from disclosures.services.offer import offer, revoke, usual_end
from disclosures.services.open import NotOpen, open_file, open_text
from marketplace.core.errors import NotPossibleNow
from notifications.models import Notification
from tests.disclosures.conftest import send
from tests.factories.accounts import MembershipFactory
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now


def give(world):
    end = usual_end(timezone.localdate())
    return offer(request=world.request, terms=world.terms, ends_on=end, by=world.holder_staff, at=NOW())


def agree(world, by):
    return accept(request=world.request, text_hash=world.terms.text_hash, by=by, at=NOW())


def test_two_offers_at_once_are_one(world):
    first, second = at_once(lambda: give(world), lambda: give(world))

    assert first.pk == second.pk
    assert Disclosure.objects.count() == 1


def test_two_managers_accept_at_once_and_one_acceptance_stands(world, offered):
    other = MembershipFactory(organization=world.company, manager=True).user

    first, second = at_once(lambda: agree(world, world.company_manager), lambda: agree(world, other))

    assert first.accepted_by == second.accepted_by
    told = Notification.objects.filter(kind="disclosure_accepted", recipient=world.holder_staff)
    assert told.count() == 1


def test_without_the_locks_the_second_acceptance_would_overwrite_the_first(world, offered, monkeypatch):
    """Proof that the test above tests the locks: both have looked before one writes.

    Only the database still refuses the second, and that would be an error and no sentence.
    """
    other = MembershipFactory(organization=world.company, manager=True).user
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    between = threading.Barrier(2)

    def both_have_looked(*args):
        real(*args)
        between.wait(5)

    real = accepting._refuse_over
    monkeypatch.setattr(accepting, "_refuse_over", both_have_looked)
    results = at_once(lambda: agree(world, world.company_manager), lambda: agree(world, other))

    assert sum(isinstance(result, Exception) for result in results) == 1
    assert "never changed" in str(next(result for result in results if isinstance(result, Exception)))


def test_closing_and_opening_follow_one_after_the_other(world, accepted):
    """Whatever comes first: what was opened was opened while it was open, and afterwards nothing is."""
    opened, closed = at_once(
        lambda: open_text(request=world.request, by=world.company_staff, at=NOW()),
        lambda: revoke(request=world.request, by=world.holder_staff, at=NOW()),
    )

    assert not isinstance(closed, Exception)
    assert isinstance(opened, NotOpen) or Opening.objects.count() == 1
    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_staff, at=NOW())


def test_closed_while_the_mark_is_written_nothing_is_handed_out(world, accepted, monkeypatch):
    def close_meanwhile(*args):
        copy = real(*args)
        thread = threading.Thread(target=close)
        thread.start()
        thread.join(10)
        return copy

    def close():
        from django.db import connection

        revoke(request=world.request, by=world.holder_staff, at=NOW())
        connection.close()

    real = opening._copy
    monkeypatch.setattr(opening, "_copy", close_meanwhile)
    with pytest.raises(NotOpen):
        open_file(file=world.file, request=world.request, by=world.company_staff)
    assert not Opening.objects.exists()


def test_without_the_locks_it_could_be_opened_after_it_was_closed(world, accepted, monkeypatch):
    """Proof for the two tests above: the opener has looked, then it is closed, then the opener writes.

    Only the database still refuses, and the refusal would be an error and no sentence.
    """
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, **kwargs: self)
    looked, closed = threading.Event(), threading.Event()

    def write_late(*args, **kwargs):
        looked.set()
        closed.wait(10)
        return real(*args, **kwargs)

    def close():
        looked.wait(10)
        revoke(request=world.request, by=world.holder_staff, at=NOW())
        closed.set()

    real = opening._write
    monkeypatch.setattr(opening, "_write", write_late)
    opened, _closed = at_once(lambda: open_text(request=world.request, by=world.company_staff, at=NOW()), close)
    assert "not open to the request" in str(opened)


def test_withdrawing_and_accepting_at_once_leave_nothing_open(world, offered):
    at_once(
        lambda: agree(world, world.company_manager),
        lambda: withdraw(request=world.request, by=world.company_staff, at=NOW()),
    )

    with pytest.raises((NotOpen, NotPossibleNow)):
        open_text(request=world.request, by=world.company_staff, at=NOW())


def test_a_double_click_sends_a_file_once(world):
    first, second = at_once(lambda: send(world), lambda: send(world))

    assert first.pk == second.pk
    assert ConfidentialFile.objects.exclude(pk=world.file.pk).count() == 1
