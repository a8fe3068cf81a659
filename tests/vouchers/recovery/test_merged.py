"""What is owed follows a firm that is merged, and what was asked before it is the same afterwards."""

import uuid

import pytest
import time_machine

from accounts.enums import Role
from accounts.services.merge import merge, propose_merge
from marketplace.core.errors import NotPossibleNow
from marketplace.core.idempotency import KeyReused
from tests.factories.accounts import OrganizationFactory
from tests.factories.vouchers.money import MILLION, NOW, officer
from tests.factories.vouchers.recovery import LATER, announced, paid_voucher, proposed, received
from tests.vouchers.recovery.test_pages import API, browser, page, token_client
from vouchers.models import Recovery

pytestmark = pytest.mark.django_db


@time_machine.travel(NOW, tick=False)
def test_announced_again_after_the_debtor_was_merged_is_the_first_answer():
    """Over the service, the page and the API, by the debtor as it stood then and by the one that stands."""
    voucher, key = paid_voucher(), uuid.uuid4()
    clerk, gone = officer(voucher.line.call.office), voucher.holder
    first = announced(voucher, key=key, by=clerk)
    merged_into = merged(gone)
    for debtor in (gone, merged_into):
        assert announced(voucher, debtor=debtor, key=key, by=clerk) == first
        sent = {
            "debtor": str(debtor.public_id), "ground": first.ground, "text": first.text, "surcharge_won": 0,
            "principal_won": first.principal_won, "interest_from": first.interest_from.isoformat(),
        }  # fmt: skip
        shown = browser(clerk).post(page("recovery_new", voucher), sent | {"key": str(key)})
        assert (shown.status_code, shown.url) == (302, page("recovery", first))
        answer = token_client(clerk).post(
            API, sent | {"voucher": str(voucher.public_id)}, format="json",
            headers={"Idempotency-Key": str(key)},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["number"]) == (201, first.number), answer.json()
    assert Recovery.objects.count() == 1
    with pytest.raises(KeyReused):
        announced(voucher, debtor=merged_into, key=key, by=clerk, principal_won=MILLION)


@time_machine.travel(NOW, tick=False)
def test_a_form_that_is_refused_after_the_merge_keeps_its_debtor():
    """Without it among the choices the browser would choose whoever comes first."""
    voucher = paid_voucher()
    clerk, gone = officer(voucher.line.call.office), voucher.holder
    into = merged(gone)
    chosen = f'<option value="{gone.public_id}" selected>'
    address = page("recovery_new", voucher)
    refused = browser(clerk).post(address, {"debtor": str(gone.public_id), "text": ""})
    assert (refused.status_code, chosen in str(refused.context["form"]["debtor"])) == (422, True)
    assert f'value="{into.public_id}"' in refused.text
    for shown in (browser(clerk).get(address), browser(clerk).post(address, {"debtor": str(into.public_id)})):
        assert str(gone.public_id) not in str(shown.context["form"]["debtor"])


def merged(gone):
    """The organization into which two officers merged `gone`."""
    into = OrganizationFactory(kind=gone.kind)
    first, second = (officer(OrganizationFactory(government=True), Role.MANAGER) for _ in range(2))
    propose_merge(gone=gone, into=into, reason="The same", by=first, at=LATER)
    merge(gone=gone, into=into, reason="It is", by=second, at=LATER)
    return into


def test_debts_and_sanctions_follow_a_firm_that_is_merged():
    sanction = proposed()
    recovery, gone = sanction.recovery, sanction.organization
    into = merged(gone)
    recovery.refresh_from_db()
    sanction.refresh_from_db()
    recovery.voucher.refresh_from_db()
    assert (recovery.debtor, sanction.organization, recovery.voucher.holder) == (into, into, into)
    # Who stands owes and pays; nobody asks who is gone any more.
    assert received(recovery, MILLION).principal_won > 0
    with pytest.raises(NotPossibleNow, match="merged"):
        announced(recovery.voucher, debtor=gone, principal_won=MILLION, at=LATER)
    assert announced(recovery.voucher, debtor=into, principal_won=MILLION, at=LATER).debtor == into
