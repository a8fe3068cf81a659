"""What makes something takes a key: none is refused, the same twice makes it once and gives the same answer, and the
same key with another body is 409. Every POST of programmes and vouchers is in one of the lists below.
"""

import uuid

import pytest
from django.core.files import File
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from tests.architecture.access import ADDRESSES
from tests.architecture.test_access_table import names
from tests.factories.accounts import sign_in
from tests.factories.vouchers.money import MILLION, NOW
from tests.factories.vouchers.orders import paper
from tests.vouchers.matrix.rows import changed, sums
from tests.vouchers.matrix.test_matrix import browser

DAY = NOW.date().isoformat()
SPACES = ("programmes", "programmes-api", "vouchers", "vouchers-api")


def sanction(**also):
    return {"kind": "exclusion", "until_on": "2027-11-20", "reason": "x"} | also


def made_by(world):
    """{name: (who, what it is on, body of the page or API, what makes it another body)}. Forms are named as posted."""
    deposit = {"amount_won": 1 * MILLION, "received_on": DAY, "reference": "B-1"}
    other_sum, why, firm = {"amount_won": 2 * MILLION}, {"why": "x"}, world.firm
    announced = {"ground": "false", "principal_won": 1 * MILLION, "interest_from": DAY, "surcharge_won": 0, "text": "x"}
    owed, other_principal = world.recovery.voucher, {"principal_won": 2 * MILLION}
    debtor, again = str(firm.public_id), world.sanction.recovery
    fraud = sanction(ground="convicted", evidence="J-1")
    claim = {"supply_won": 1 * MILLION, "vat_won": 100_000, "text": "x", "invoice_number": "I-1", "invoice_on": DAY}
    files = {"call": world.call.number, "claims": [str(world.approved.public_id)]}
    other_files = {"claims": [str(world.checked.public_id)]}
    order, waiting, small = world.running, world.waiting, world.small_quotation
    in_form = {f"sanction-{name}": value for name, value in sanction(kind="warning").items()}
    return {
        "vouchers:find": (
            "firm_staff", small.choice.voucher, {"service": "strategy", "order_of": DAY}, {"service": "promotion"}
        ),
        "vouchers:quotation_order": ("firm_staff", small, why, {"why": "y"}),
        "vouchers:claim_new": ("provider_staff", order, claim, {"supply_won": 2 * MILLION}),
        "vouchers:batches": ("second", None, files, other_files),
        "vouchers:voucher_deposit": ("second", waiting, deposit, other_sum),
        "vouchers:recovery_new": ("second", owed, announced | {"debtor": debtor}, other_principal),
        "vouchers:recovery_receipt": ("second", again, deposit, other_sum),
        "vouchers:recovery_sanction": ("second", again, in_form, {"sanction-kind": "exclusion"}),
        "vouchers:sanction_new": (
            "second", None, fraud | {"business_number": firm.business_number, "kind": "warning"},
            {"kind": "exclusion"},
        ),
        "vouchers-api:orders": ("firm_staff", None, why | {"quotation": str(small.public_id)}, {"why": "y"}),
        "vouchers-api:claims": (
            "provider_staff", None, claim | {"order": str(order.public_id)}, {"supply_won": 2 * MILLION}
        ),
        "vouchers-api:claim-documents": (
            "provider_staff", world.drafted, {"key": "photo", "document": "one"}, {"document": "two"}
        ),
        "vouchers-api:payment-files": ("second", None, files, other_files),
        "vouchers-api:voucher-deposit": ("second", waiting, deposit, other_sum),
        "vouchers-api:recoveries": (
            "second", None, announced | {"debtor": debtor, "voucher": str(owed.public_id)}, other_principal
        ),
        "vouchers-api:recovery-receipts": ("second", again, deposit, other_sum),
        "vouchers-api:recovery-sanctions": ("second", again, sanction(kind="warning"), {"kind": "exclusion"}),
        "vouchers-api:sanctions": (
            "second", None, fraud | {"organization": debtor, "kind": "warning"}, {"kind": "exclusion"}
        ),
    }  # fmt: skip


MAKES = tuple(
    f"vouchers:{name}"
    for name in (
        "find", "quotation_order", "claim_new", "batches", "voucher_deposit", "recovery_new", "recovery_receipt",
        "recovery_sanction", "sanction_new",
    )
) + tuple(
    f"vouchers-api:{name}"
    for name in (
        "orders", "claims", "claim-documents", "payment-files", "voucher-deposit", "recoveries", "recovery-receipts",
        "recovery-sanctions", "sanctions",
    )
)  # fmt: skip
KEYED_ELSEWHERE = {
    "vouchers:voucher_refund": "as a deposit, tests/vouchers/money",
    "vouchers-api:choices": "as a search on the page, tests/vouchers/orders",
    "vouchers-api:voucher-refund": "as a deposit, tests/vouchers/money",
    "programmes:call_new": "tests/programmes/calls",
    "programmes:call_copy": "as a new call",
    "programmes:application_submit": "tests/programmes/applications",
    "programmes-api:application_submit": "tests/programmes/applications",
    "programmes-api:application_withdraw": "tests/programmes/applications",
    "programmes-api:application_papers": "tests/programmes/applications",
    "programmes-api:application_transfers": "tests/programmes/applications",
    "programmes:selection_propose": "tests/programmes/review",
    "programmes-api:call-selections": "tests/programmes/review",
    "programmes:decision_object": "tests/programmes/review",
    "programmes-api:object": "tests/programmes/review",
}
ONCE_BY_ITSELF = {
    "programmes:application_begin": "one application of a firm and call: the same again is the draft that there is",
    "programmes-api:applications": "as beginning on the page",
    "programmes:office_panel_invite": "one seat of a person and call",
    "programmes-api:call-panel": "one seat of a person and call",
    "programmes:application_transfer_new": "of a revision that was seen: sent twice, it is one contract",
    "vouchers-api:choice-ask": "one quotation of a provider and choice",
    "vouchers-api:payment-file-results": "the same file of the treasury is read once",
    "vouchers:choice_ask": "one quotation of a provider and choice",
    "vouchers-api:quotations": "one quotation of a provider and choice",
    "vouchers:voucher_change": "one request of a kind that waits: the same asked again is that one, another is refused",
    "vouchers-api:voucher-changes": "as on the page",
    "vouchers:claim_document_add": "one file of a paper; a later one takes its place",
    "vouchers:batch_results": "the same file of the treasury is read once",
    "vouchers:recovery_plan": "a plan replaces the one before",
    "vouchers-api:recovery-plan": "a plan replaces the one before",
}
"""Makes rows, and needs no key: what it would make twice, a unique constraint or the lock refuses or finds again."""
MOVES = (
    "act", "accept", "answer", "approve", "ask-completion", "cancel", "check", "decide", "decline", "declare",
    "disallow", "discard", "drop", "eligible", "give", "ineligible", "lift", "object", "publish", "remove", "resume",
    "return", "score", "send", "send-back", "sign", "submit", "suspend", "end", "withdraw", "edit", "part", "sums",
    "batch", "flag", "next", "close", "copy", "on",
)  # fmt: skip
"""Last words of addresses that move one thing, which is there, by its state: a second time is refused, or nothing."""
SAVES = {"vouchers:claim", "vouchers:quotation", "vouchers-api:claim"}


def posts():
    """Every name of the four spaces that takes a POST, by the answer of the address itself."""
    for name in names(get_resolver()):
        if name.partition(":")[0] in SPACES:
            yield name


def test_each_post_is_in_one_of_the_lists(world):
    """By the URL configuration: whoever adds a form that makes something says how it is made once."""
    client = browser(world, "second")
    unknown = []
    for name in posts():
        spec, _row = ADDRESSES[name]
        given = _any_arguments(spec, name)
        allowed = client.options(reverse(name, args=given)).headers.get("Allow", "")
        if "POST" not in allowed:
            continue
        last = name.partition(":")[2].replace("-", "_").rpartition("_")[2]
        known = {*MAKES, *KEYED_ELSEWHERE, *ONCE_BY_ITSELF, *SAVES}
        if name not in known and last not in {each.rpartition("-")[2] for each in MOVES}:
            unknown.append(name)
    assert not unknown, ", ".join(unknown)


def _any_arguments(spec, name):
    """As many as the address takes; whether there is such a thing does not matter to OPTIONS."""
    pattern = next(iter(get_resolver().reverse_dict.getlist(name)), None)
    for count in range(4):
        for made in ([], [uuid.uuid4()] * count, ["a"] * count, [uuid.uuid4(), "menu"], ["C-1", uuid.uuid4()]):
            try:
                reverse(name, args=made)
            except Exception:
                continue
            return made
    raise AssertionError(f"{name} {spec} {pattern}")


def send(world, name, who, thing, body, key):
    """(status, what it answers) of a page or of the API."""
    where = reverse(name, args=[thing.public_id] if thing is not None and _takes_one(name) else [])
    if name.startswith("vouchers-api:"):
        client = APIClient()
        sign_in(client, world.people[who])
        headers = {"Idempotency-Key": str(key)} if key else {}
        form = "json"
        if "document" in body:
            form, body = "multipart", body | {"document": File(paper(body["document"]), name="a.pdf")}
        got = client.post(where, body, format=form, headers=headers)
        return got.status_code, got.json()
    prefix = "sanction-" if name == "vouchers:recovery_sanction" else ""
    given = body | ({f"{prefix}key": key} if key else {})
    got = browser(world, who).post(where, given)
    return got.status_code, got.headers.get("Location", "")


def _takes_one(name):
    try:
        reverse(name)
    except Exception:
        return True
    return False


@pytest.mark.parametrize("name", MAKES)
def test_made_once_by_its_key(world, name):
    who, thing, body, other = made_by(world)[name]
    before = sums()
    status, _said = send(world, name, who, thing, body, None)
    assert (status in (200, 302, 400, 422), changed(before, sums())) == (True, [])
    key = uuid.uuid4()
    status, said = send(world, name, who, thing, body, key)
    assert status in (200, 201, 302), (status, said)
    made = sums()
    assert changed(before, made) != []
    status, again = send(world, name, who, thing, body, key)
    assert status in (200, 201, 302)
    assert again == said
    assert changed(made, sums()) == []
    status, _said = send(world, name, who, thing, body | other, key)
    assert (status, changed(made, sums())) == (409, [])
