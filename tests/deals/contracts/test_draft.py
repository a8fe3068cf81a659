"""An agreed negotiation becomes a contract, with its document in two languages and a hash that means something."""

import datetime
import io
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from django.utils import translation
from pypdf import PdfReader

from brokers.enums.fees import QuoteState
from brokers.services.fees.accept_quote import accept_quote
from brokers.services.fees.quote_fee import quote_fee
from deals.enums.contracts import ContractState, VersionState
from deals.models import Contract, ContractVersion
from deals.services.contracts.approve import refuse
from deals.services.contracts.draft import draft, redraft
from deals.terms import Terms, digest
from deals.wording.documents import blocks_of, pdf_of
from marketplace.core.errors import DomainError, NotAllowed, NotPossibleNow
from marketplace.core.pdf import make_pdf
from notifications.models import Notification
from tech_listings.enums import DealKind
from tech_listings.services.exclusivity import GroundNeeded
from tests.factories.accounts import MembershipFactory, OrganizationFactory
from tests.factories.brokers.mandates import in_force as mandate_in_force
from tests.factories.deals.agreements import (
    AT,
    CLAUSES,
    RUNNING,
    about,
    agreed,
    brokered,
    drafted,
    grounded,
    manager_of,
)
from tests.factories.tech_listings import ListingFactory

EXCLUSIVE = DealKind.EXCLUSIVE_LICENCE


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def made_pdf(version, language="en"):
    return pdf_of(
        version.documents[language], number=version.contract.number, serial=version.serial,
        digest=version.document_hash, language=language,
    )  # fmt: skip


def test_what_was_agreed_goes_into_the_contract_as_it_is():
    negotiation = agreed()
    contract = draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(negotiation.holder), at=AT)
    version = contract.versions.get()
    offer = negotiation.offers.get()

    assert (contract.state, version.state, version.serial) == (ContractState.DRAFTED, VersionState.PROPOSED, 1)
    assert (contract.holder, contract.firm, contract.listing) == (
        negotiation.holder, negotiation.firm, negotiation.listing,
    )  # fmt: skip
    assert version.option == offer.accepted_option
    assert Terms.from_json(version.terms) == RUNNING
    assert version.clauses == CLAUSES.to_json()
    assert version.rules["distribution"] == "by_contract_date"
    assert version.rules["exclusivity"] == "2019-07-30"
    assert contract.number.startswith("C2026")


def test_both_sides_managers_are_asked_and_the_message_says_nothing_of_the_terms():
    contract = drafted()
    told = Notification.objects.filter(kind="contract_drafted")
    assert {each.recipient for each in told} == {manager_of(contract.holder), manager_of(contract.firm)}
    for each in told:
        assert each.params == {
            "number": contract.number, "listing": contract.listing.number, "day": "2026-03-30",
        }  # fmt: skip


def test_drafting_twice_is_one_contract():
    negotiation = agreed()
    by = manager_of(negotiation.holder)
    first = draft(negotiation=negotiation, clauses=CLAUSES, by=by, at=AT)
    again = draft(negotiation=negotiation, clauses=replace(CLAUSES, territory="Asia"), by=by, at=AT)
    assert first == again
    assert ContractVersion.objects.count() == 1


def test_nothing_agreed_is_refused():
    negotiation = about()
    with pytest.raises(NotPossibleNow, match="offer was accepted"):
        draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(negotiation.holder), at=AT)
    assert not Contract.objects.exists()


def test_who_does_not_negotiate_is_refused():
    negotiation = agreed()
    viewer = MembershipFactory(organization=negotiation.holder, role="viewer").user
    for by in (viewer, MembershipFactory(company=True, manager=True).user):
        with pytest.raises(NotAllowed):
            draft(negotiation=negotiation, clauses=CLAUSES, by=by, at=AT)
    assert not Contract.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("territory", ""), ("field_of_use", " "), ("term_months", 601), ("special", "x" * 4001), ("sublicence", "maybe"),
     ("improvements", ""), ("cure_days", -1), ("court", "x" * 101)],
)  # fmt: skip
def test_clauses_that_cannot_be_agreed_name_their_field(name, value):
    negotiation = agreed()
    with pytest.raises(DomainError) as refused:
        draft(
            negotiation=negotiation, clauses=replace(CLAUSES, **{name: value}), by=manager_of(negotiation.firm), at=AT
        )
    assert refused.value.field == name
    assert not Contract.objects.exists()


def test_an_exclusive_licence_needs_its_ground():
    negotiation = agreed(deal_kind=EXCLUSIVE)
    with pytest.raises(GroundNeeded):
        draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(negotiation.holder), at=AT)
    assert not Contract.objects.exists()
    ground = grounded(negotiation.listing)
    contract = draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(negotiation.holder), at=AT)
    assert contract.exclusive_ground == ground
    assert "One plant only" in str(contract.versions.get().documents["en"])


def test_where_nobody_asked_in_time_that_is_the_ground():
    early = datetime.datetime(2024, 3, 1, 9, tzinfo=AT.tzinfo)
    listing = ListingFactory(registered_at=early, deal_kinds=list(DealKind.values))
    negotiation = agreed(negotiation=about(listing, deal_kind=EXCLUSIVE), deal_kind=EXCLUSIVE)
    contract = draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(negotiation.holder), at=AT)
    assert contract.exclusive_ground.ground == "nobody_asked"


def accepted_fee(mandate, at, subject="Licence"):
    quoted = quote_fee(
        broker=mandate.broker, client=mandate.client, mandate=mandate, subject=subject, value_won=30_000_000,
        by=manager_of(mandate.broker), at=at,
    ).quote  # fmt: skip
    return accept_quote(quote=quoted, by=manager_of(mandate.client), at=at)


def test_the_accepted_fee_of_the_broker_is_frozen_and_stays_with_its_client():
    negotiation = agreed()
    mandate = mandate_in_force(client=negotiation.holder, broker=OrganizationFactory(broker=True), at=AT)
    brokered(negotiation, mandate)
    quote = accepted_fee(mandate, AT)
    version = draft(negotiation=negotiation, clauses=CLAUSES, by=manager_of(mandate.broker), at=AT).versions.get()
    assert quote.state == QuoteState.ACCEPTED
    assert version.fee_quote == quote
    assert version.rules["fees"] == [
        {"quote": quote.number, "schedule": str(quote.schedule.public_id), "side": "holder"}
    ]
    assert quote.number not in str(version.documents)


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_document_says_what_was_agreed_in_both_languages():
    version = drafted().versions.get()
    english = "\n".join(" ".join(block[1:]) for block in version.documents["en"])
    korean = "\n".join(" ".join(block[1:]) for block in version.documents["ko"])
    for text in (english, korean):
        assert version.contract.number in text
        assert "Pump housings" in text
        assert version.contract.holder.business_number_text in text
        assert "10,000,000" in text
    assert "Running royalty 3 % of net sales" in english
    assert "non-exclusive licence" in english
    assert "통상실시권" in korean


def test_the_hash_is_that_of_the_document_and_stands_on_each_page_of_the_pdf():
    version = drafted().versions.get()
    assert version.document_hash == digest(version.documents)
    for language in ("ko", "en"):
        pdf = made_pdf(version, language)
        pages = PdfReader(io.BytesIO(pdf)).pages
        assert len(pages) >= 1
        for page in pages:
            assert version.document_hash in page.extract_text()
    assert "통상실시권" in text_of(made_pdf(version, "ko"))


def test_another_word_is_another_hash():
    one = drafted().versions.get()
    other = drafted(clauses=replace(CLAUSES, special="Sales begin in May.")).versions.get()
    assert one.document_hash != other.document_hash
    assert "Sales begin in May." in str(other.documents["en"])


def test_the_same_document_gives_the_same_bytes_also_in_another_language_of_the_reader():
    version = drafted().versions.get()
    before = made_pdf(version, "ko")
    with translation.override("en"):
        assert made_pdf(version, "ko") == before


def test_the_same_bytes_in_another_process():
    program = (
        "import hashlib, django; django.setup(); from marketplace.core.pdf import make_pdf;"
        "print(hashlib.sha256(make_pdf([['title', '계약서'], ['fact', '기간', '36'], ['item', '하나'], ['text', 'x']],"
        " title='t', foot=['f'])).hexdigest())"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "marketplace.settings_test"}
    made = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True,
            env=environment | {"PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout.split()[-1]
        for seed, zone in (("1", "Asia/Seoul"), ("2", "UTC"))
    }  # fmt: skip
    assert len(made) == 1


def test_what_people_write_is_words_and_never_part_of_the_document():
    clauses = replace(CLAUSES, territory="<h1>Everything is free</h1> & more", special="Line one\nLine two <b>")
    version = drafted(clauses=clauses).versions.get()
    for language in ("ko", "en"):
        kinds = [block[0] for block in version.documents[language]]
        assert kinds.count("title") == 1
        assert "<h1>Everything is free</h1> & more" in str(version.documents[language])
        assert "Line one\\nLine two <b>" in str(version.documents[language])
    assert "Everything is free" in text_of(made_pdf(version))


def test_blocks_are_read_from_the_few_tags():
    html = "<h1> A  b </h1><dl><dt>T</dt><dd>1<br>2</dd></dl><p></p><li>x\n y</li><address>S</address><div>no</div>"
    assert blocks_of(html) == [["title", "A b"], ["fact", "T", "1\n2"], ["item", "x y"], ["line", "S"]]


def test_an_unknown_block_is_refused():
    with pytest.raises(ValueError, match="no block"):
        make_pdf([["picture", "x"]], title="t", foot=[])


def test_the_foot_of_each_page_is_drawn_with_fonts_that_have_its_letters():
    """The usual font has few Chinese characters; what it lacks came out as boxes."""
    made = PdfReader(io.BytesIO(make_pdf([["title", "t"]], title="t", foot=["佳温大学产学合作团, 2024년 제1판"])))
    assert "佳温大学产学合作团, 2024년 제1판" in made.pages[0].extract_text().replace("\n", "")


def test_a_long_document_flows_over_pages():
    pages = PdfReader(
        io.BytesIO(make_pdf([["title", "t"], *[["text", "가나다라 " * 60]] * 40], title="t", foot=["f"]))
    ).pages
    assert len(pages) > 3


# --- another document -------------------------------------------------------------------------------------------------


def test_after_a_refusal_another_document_is_written_on_the_same_terms():
    contract = drafted()
    by = manager_of(contract.firm)
    refuse(version=contract.versions.get(), text="The field is too narrow", by=by, at=AT)
    version = redraft(
        contract=contract, clauses=replace(CLAUSES, field_of_use="Pumps"), reason="Wider field", by=by, at=AT
    )
    assert (version.serial, version.state, version.reason) == (2, VersionState.PROPOSED, "Wider field")
    assert Terms.from_json(version.terms) == RUNNING
    assert Notification.objects.filter(kind="contract_drafted", recipient=by).count() == 2


def test_no_other_document_while_one_waits_and_none_without_saying_what_is_different():
    contract = drafted()
    given = {"contract": contract, "clauses": CLAUSES, "by": manager_of(contract.holder), "at": AT}
    with pytest.raises(NotPossibleNow):
        redraft(reason="x", **given)
    refuse(version=contract.versions.get(), text="No", by=manager_of(contract.firm), at=AT)
    with pytest.raises(DomainError) as refused:
        redraft(reason=" ", **given)
    assert refused.value.field == "reason"
    assert contract.versions.count() == 1
