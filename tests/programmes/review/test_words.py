"""What officers and panel members read of an application: words, never keys, and the contract a firm entered."""

import pytest
import time_machine
from django.urls import reverse
from django.utils.translation import override

from programmes.models import Transfer
from programmes.scheme import Band, Condition, ConditionKind
from programmes.services.applications.declared import check_transfer
from programmes.services.review.panel import declare
from programmes.wording.review import said_of
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.programmes.review import (
    DAY,
    NOW,
    call_row,
    entered,
    firm,
    found_eligible,
    member,
    officer,
    scheme,
    submitted,
)


@pytest.fixture(autouse=True)
def at_now(settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path / "private"
    with time_machine.travel(NOW, tick=False):
        yield


FACTS = {
    "name": "Gaon", "region_code": "41", "size": "small", "average_sales_won": 1_000_000, "transfers": 2,
    "transfers_declared": 1, "awards": 0, "is_excluded": False, "owes_money": True, "industry_code": "C28",
    "owners": [{"name": "Kim", "business_number": "", "share_bp": 6_000}],
    "years": [{"ends_on": "2025-12-31", "sales_won": 5, "assets_won": 7, "employees": 12}],
}  # fmt: skip


def test_no_key_is_shown_for_what_the_check_found():
    content = scheme(
        bands=(Band(100_000_000, 2_500),),
        conditions=(Condition("sales", ConditionKind.SALES, most=5_000_000_000),),
    )
    made = submitted(call_row(content=content))
    made.checked = [{"key": key, "outcome": "met", "why": "x"} for key in ("sales", "bands")]
    made.facts = FACTS
    made.plan = {"texts": {"schedule": "3", "market": "2", "product": "1"}, "services": [], "declared": []}

    said = said_of(made, content)

    assert [each["name"] for each in said["findings"]] == [
        "Average sales of three years of at most KRW 5,000,000,000", "Sales within the bands of the own share",
    ]  # fmt: skip
    made.checked = [{"key": "sales", "outcome": "met", "why": {"ko": "ㄱ", "en": "a", "zh-hans": "甲"}}]
    for language, why in (("ko", "ㄱ"), ("en", "a"), ("zh-hans", "甲")):
        with override(language):
            assert [each["why"] for each in said_of(made, content)["findings"]] == [why]
    assert [text for _label, text in said["texts"]] == ["1", "2", "3"]  # in the order that the firm was asked
    shown = dict(map(reversed, said["facts"])) | dict(said["facts"])
    assert not any("_" in f"{label}{value}" for label, value in said["facts"])
    assert not {"size", "awards", "small"} & set(shown)
    assert "share: 60%" in dict(said["facts"])["Owners"]


def papers_of(application, *, panelist):
    return reverse("programmes:panel_contract", args=[panelist.public_id, application.public_id])


def test_the_panel_reads_the_contract_that_a_firm_entered(client):
    organization = firm()
    call = call_row()
    made = submitted(call, by_firm=organization, transfer=entered(organization))
    check_transfer(application=made, accept=True, by=officer(call), at=NOW)
    found_eligible(made)
    seat, tied, silent = member(call), member(call), member(call)
    declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    declare(panelist=tied, application=made, has_conflict=True, text="My sister", by=tied.user, at=NOW)

    sign_in(client, seat.user)
    page = client.get(reverse("programmes:panel_application", args=[seat.public_id, made.public_id]))
    address = papers_of(made, panelist=seat)
    assert address in page.content.decode()
    answer = client.get(address)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    for other in (tied, silent):
        sign_in(client, other.user)
        assert client.get(papers_of(made, panelist=other)).status_code == 404
        assert client.get(address).status_code == 404
    sign_in(client, UserFactory())
    assert client.get(address).status_code == 404


def test_a_contract_concluded_here_is_no_paper_of_the_application(client):
    organization = firm()
    here = Transfer.objects.create(
        organization=organization, reference="C2026000009", title="Membrane", holder_name="Gaon University",
        signed_on=(NOW - 90 * DAY).date(),
    )  # fmt: skip
    made = submitted(call_row(), by_firm=organization, transfer=here)
    found_eligible(made)
    seat = member(made.call)
    declare(panelist=seat, application=made, has_conflict=False, by=seat.user, at=NOW)
    sign_in(client, seat.user)
    page = client.get(reverse("programmes:panel_application", args=[seat.public_id, made.public_id]))
    assert page.status_code == 200
    assert papers_of(made, panelist=seat) not in page.content.decode()
    assert client.get(papers_of(made, panelist=seat)).status_code == 404
