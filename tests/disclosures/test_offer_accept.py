"""The holder opens a confidential part to a request; a manager of the firm accepts the terms."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from deals.services.requests.answer import answer
from deals.services.requests.withdraw import withdraw
from disclosures.enums import DisclosureState
from disclosures.models import Disclosure, Terms, hash_of
from disclosures.queries import standing_of
from disclosures.services.accept import OtherTerms, accept, ask_manager
from disclosures.services.load_terms import Published, load_terms, read_product
from disclosures.services.offer import MOST_DAYS, change_end, offer, revoke, usual_end, write_terms
from disclosures.services.open import NotOpen, open_text
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from notifications.models import Notification
from tests.disclosures.conftest import traces
from tests.factories.accounts import MembershipFactory, sign_in
from tests.factories.disclosures import SECRET, SecretListingFactory

NOW = timezone.now


def give(world, **changes):
    given = {
        "request": world.request, "terms": world.terms, "ends_on": usual_end(timezone.localdate()),
        "by": world.holder_staff, "at": NOW(),
    }  # fmt: skip
    return offer(**(given | changes))


def agree(world, **changes):
    given = {"request": world.request, "text_hash": world.terms.text_hash, "by": world.company_manager, "at": NOW()}
    return accept(**(given | changes))


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient__email", flat=True))


def test_opened_for_90_days_once_a_manager_accepts(world):
    offered = give(world)
    assert (offered.state, offered.ends_on) == (DisclosureState.OFFERED, timezone.localdate() + timedelta(days=90))
    assert told("disclosure_offered") == {world.company_staff.email, world.company_manager.email}
    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_staff, at=NOW())

    accepted = agree(world)

    assert (accepted.accepted_by, accepted.accepted_hash) == (world.company_manager, world.terms.text_hash)
    assert world.holder_staff.email in told("disclosure_accepted")
    assert open_text(request=world.request, by=world.company_staff, at=NOW())[1] == SECRET


def test_messages_name_no_file_and_no_text(world, accepted):
    revoke(request=world.request, by=world.holder_staff, at=NOW())

    for note in Notification.objects.all():
        assert world.file.name not in str(note.params)
        assert "kanarienvogel" not in str(note.params)


def test_offering_twice_is_one_offer_and_accepting_twice_one_acceptance(world):
    assert give(world).pk == give(world, ends_on=timezone.localdate()).pk
    first, second = agree(world), agree(world, at=NOW() + timedelta(days=1))

    assert first.accepted_at == second.accepted_at
    assert Disclosure.objects.count() == 1
    assert Notification.objects.filter(kind="disclosure_accepted", recipient=world.holder_staff).count() == 1


def test_another_text_than_was_read_is_not_accepted(world, offered):
    before = traces()

    with pytest.raises(OtherTerms):
        agree(world, text_hash=hash_of(text_ko="다른 글", text_en=""))
    assert traces() == before


@pytest.mark.parametrize("days", [-1, MOST_DAYS + 1])
def test_the_last_day_lies_between_today_and_a_year(world, days):
    with pytest.raises(DomainError) as refused:
        give(world, ends_on=timezone.localdate() + timedelta(days=days))
    assert refused.value.field == "ends_on"
    assert not Disclosure.objects.exists()


def test_nothing_is_opened_where_nothing_is_confidential(world):
    world.file.delete()
    world.listing.confidential_text = ""
    world.listing.save()

    with pytest.raises(NotPossibleNow, match="no confidential part"):
        give(world)


def test_terms_of_another_technology_cannot_be_chosen(world):
    other = SecretListingFactory(holder=world.listing.holder)
    foreign = write_terms(listing=other, text_ko="남의 약관", by=world.holder_staff, at=NOW())

    with pytest.raises(DomainError) as refused:
        give(world, terms=foreign)
    assert refused.value.field == "terms"


def test_ones_own_text_is_a_version_each_time_and_what_was_accepted_stays(world):
    first = write_terms(listing=world.listing, text_ko="우리 약관", by=world.holder_staff, at=NOW())
    again = write_terms(listing=world.listing, text_ko=" 우리 약관 ", by=world.holder_staff, at=NOW())
    give(world, terms=first)
    accepted = agree(world, text_hash=first.text_hash)
    second = write_terms(listing=world.listing, text_ko="우리 약관 2", by=world.holder_staff, at=NOW())

    assert (first.pk, second.version) == (again.pk, 2)
    assert list(Terms.objects.usable_for(world.listing)) == [second, world.terms]
    accepted.refresh_from_db()
    assert (accepted.terms, accepted.accepted_hash) == (first, first.text_hash)
    with pytest.raises(DomainError, match="Write the terms"):
        write_terms(listing=world.listing, text_ko=" ", by=world.holder_staff, at=NOW())
    with pytest.raises(NotAllowed):
        write_terms(listing=world.listing, text_ko="x", by=world.holder_viewer, at=NOW())


def test_the_usual_text_is_loaded_once_and_never_rewritten(capsys):
    call_command("load_confidentiality_terms")
    call_command("load_confidentiality_terms")
    assert capsys.readouterr().out.splitlines() == ["added: 1, unchanged: 0", "added: 0, unchanged: 1"]
    assert Terms.objects.get().is_assumption

    with pytest.raises(Published):
        load_terms(rows=[read_product()[0] | {"text_en": "Anything goes."}], at=NOW())


def test_a_rewritten_product_file_stops_the_command(monkeypatch):
    call_command("load_confidentiality_terms", verbosity=0)
    module = "disclosures.management.commands.load_confidentiality_terms.read_product"
    monkeypatch.setattr(module, lambda: [read_product()[0] | {"text_en": "x"}])
    with pytest.raises(CommandError, match="never changed"):
        call_command("load_confidentiality_terms")


def test_closed_at_once_and_opened_again_only_by_a_new_acceptance(world, accepted):
    revoke(request=world.request, reason="  협의 종료 ", by=world.holder_manager, at=NOW())

    accepted.refresh_from_db()
    assert (accepted.state, accepted.revoke_reason) == (DisclosureState.REVOKED, "협의 종료")
    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_manager, at=NOW())
    give(world)
    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_manager, at=NOW())
    agree(world)
    open_text(request=world.request, by=world.company_manager, at=NOW())
    revoke(request=world.request, by=world.holder_manager, at=NOW())
    with pytest.raises(NotPossibleNow):
        revoke(request=world.request, by=world.holder_manager, at=NOW())


def test_its_last_day_counts_in_korea_and_can_be_moved(world, accepted):
    change_end(request=world.request, ends_on=timezone.localdate(), by=world.holder_staff, at=NOW())
    midnight = timezone.localtime().replace(hour=23, minute=59, second=59)
    open_text(request=world.request, by=world.company_staff, at=midnight)
    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_staff, at=midnight + timedelta(seconds=2))

    with time_machine.travel(midnight + timedelta(days=3), tick=False):
        assert standing_of(world.request, world.company_staff, timezone.localdate()).status == "over"
        with pytest.raises(DomainError):
            change_end(
                request=world.request, ends_on=timezone.localdate(accepted.opened_at), by=world.holder_staff, at=NOW()
            )
        change_end(
            request=world.request, ends_on=timezone.localdate() + timedelta(days=1), by=world.holder_staff, at=NOW()
        )
        open_text(request=world.request, by=world.company_staff, at=NOW())


def test_an_offer_whose_day_has_passed_is_not_accepted(world, offered):
    with pytest.raises(NotPossibleNow, match="last day"):
        agree(world, at=NOW() + timedelta(days=91))


@pytest.mark.parametrize("how", ["withdrawn", "declined"])
def test_a_closed_request_opens_nothing_any_more(world, accepted, how):
    if how == "withdrawn":
        withdraw(request=world.request, by=world.company_staff, at=NOW())
    else:
        answer(request=world.request, kind="declined", category="other", text="Sorry.", by=world.holder_staff, at=NOW())
    world.request.refresh_from_db()
    before = traces()

    with pytest.raises(NotOpen):
        open_text(request=world.request, by=world.company_manager, at=NOW())
    with pytest.raises(NotPossibleNow):
        change_end(request=world.request, ends_on=timezone.localdate(), by=world.holder_staff, at=NOW())
    assert traces() == before
    assert standing_of(world.request, world.company_staff, timezone.localdate()).status == "closed_request"
    revoke(request=world.request, by=world.holder_staff, at=NOW())
    with pytest.raises(NotPossibleNow, match="withdrawn or declined"):
        give(world)


def test_talking_leaves_it_open(world, accepted):
    answer(request=world.request, kind="talk", by=world.holder_staff, at=NOW())

    assert open_text(request=world.request, by=world.company_staff, at=NOW())[1] == SECRET


def test_who_leaves_the_firm_opens_nothing_any_more(world, accepted):
    open_text(request=world.request, by=world.company_staff, at=NOW())
    world.company_staff.memberships.update(state="ended")

    with pytest.raises(NotAllowed):
        open_text(request=world.request, by=world.company_staff, at=NOW())


def test_the_manager_is_asked_once_a_day_by_each_person(world, offered):
    second = MembershipFactory(organization=world.company, manager=True).user

    for _ in range(2):
        assert ask_manager(request=world.request, by=world.company_staff, at=NOW()) == 2
    assert Notification.objects.filter(kind="disclosure_asked").count() == 2
    assert told("disclosure_asked") == {world.company_manager.email, second.email}
    ask_manager(request=world.request, by=world.company_staff, at=NOW() + timedelta(days=1))
    assert Notification.objects.filter(kind="disclosure_asked").count() == 4
    agree(world)
    with pytest.raises(NotPossibleNow, match="accepted already"):
        ask_manager(request=world.request, by=world.company_staff, at=NOW())


def test_before_the_acceptance_the_page_names_the_managers_and_no_file(client, world, offered):
    sign_in(client, world.company_staff)
    url = reverse("disclosures:detail", args=[world.request.public_id])

    page = client.get(url).text
    refused = client.get(reverse("disclosures:text", args=[world.request.public_id]), follow=True)

    assert world.company_manager.name in page
    assert "Ask the manager to accept" in page
    assert world.file.name not in page
    assert "kanarienvogel" not in refused.text
    assert refused.redirect_chain == [(url, 302)]


def test_through_the_pages(client, world):
    def post(who, name, given):
        sign_in(client, who)
        return client.post(reverse(f"disclosures:{name}", args=[world.request.public_id]), given, follow=True)

    offer_given = {"terms": str(world.terms.public_id), "ends_on": usual_end(timezone.localdate()).isoformat()}
    assert post(world.holder_staff, "offer", {"ends_on": "2020-01-01"}).status_code == 422
    assert "Offered." in post(world.holder_staff, "offer", offer_given).text
    assert "was asked" in post(world.company_staff, "ask_manager", {}).text
    assert post(world.company_manager, "accept", {"text_hash": world.terms.text_hash}).status_code == 422
    done = post(world.company_manager, "accept", {"text_hash": world.terms.text_hash, "agree": "on"})
    assert "Accepted." in done.text
    assert world.file.name in done.text
    moved = post(world.holder_staff, "change_end", {"ends_on": timezone.localdate().isoformat()})
    assert "moved" in moved.text
    assert "Closed." in post(world.holder_staff, "revoke", {"reason": "done"}).text
    sign_in(client, world.company_staff)
    page = client.get(reverse("disclosures:detail", args=[world.request.public_id])).text
    assert "The holder has closed it" in page
    assert world.file.name not in page
