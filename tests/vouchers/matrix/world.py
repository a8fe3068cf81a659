"""One office, one firm, one provider, and something that waits for each decision about money; and who tries to take it.

`first` has done the first half of everything that takes two officers.
"""

import uuid
from types import SimpleNamespace

from accounts.enums import Role
from tests.factories.accounts import ApiTokenFactory, MembershipFactory, OrganizationFactory, UserFactory
from tests.factories.programmes import review
from tests.factories.vouchers import orders, recovery
from tests.factories.vouchers.money import DAY, MILLION, NOW, call_row, issued, officer, waiting
from vouchers.enums.vouchers import ChangeKind
from vouchers.services.claims.answer import object_to_claim
from vouchers.services.life.changes import ask_change

PEOPLE = (
    "anonymous", "nobody", "firm_manager", "firm_staff", "other_firm", "provider_manager", "provider_staff",
    "other_provider", "first", "second", "party_of_firm", "party_of_provider", "other_office", "admin", "admin_of_firm",
    "admin_officer",
)  # fmt: skip
"""`party_…` are officers of the office with any membership of a party; `admin…` are superusers: with no membership, as
a manager of the firm, as an officer. `nobody` is a service account: it can sign in and is a member of nothing."""


class World:
    def __init__(self):
        self.office = OrganizationFactory(government=True)
        self.firm, self.provider = orders.known(OrganizationFactory()), orders.provider()
        self.make_people()
        self.make_claims()
        self.make_the_rest()

    def make_people(self):
        made = self.people = {"anonymous": None, "nobody": UserFactory()}
        made["firm_manager"] = orders.staff(self.firm, Role.MANAGER)
        made["firm_staff"] = orders.staff(self.firm)
        made["other_firm"] = orders.staff(OrganizationFactory(), Role.MANAGER)
        made["provider_manager"] = orders.staff(self.provider, Role.MANAGER)
        made["provider_staff"] = orders.staff(self.provider)
        made["other_provider"] = orders.staff(orders.provider(), Role.MANAGER)
        made["first"], made["second"] = officer(self.office), officer(self.office)
        made["party_of_firm"], made["party_of_provider"] = officer(self.office), officer(self.office)
        MembershipFactory(organization=self.firm, user=made["party_of_firm"], role=Role.VIEWER)
        MembershipFactory(organization=self.provider, user=made["party_of_provider"], role=Role.VIEWER)
        made["other_office"] = officer(OrganizationFactory(government=True), Role.MANAGER)
        made["admin"] = UserFactory(is_superuser=True)
        made["admin_of_firm"] = orders.staff(self.firm, Role.MANAGER)
        made["admin_officer"] = officer(self.office)
        for name in ("admin_of_firm", "admin_officer"):
            made[name].is_superuser = True
            made[name].save()
        self.tokens = {}
        for serial, (name, user) in enumerate(made.items(), 5_000):
            if user is not None:
                ApiTokenFactory(user=user, serial=serial, second_factor=True)
                self.tokens[name] = serial

    def make_claims(self):
        first = self.people["first"]

        def voucher():  # each under a call of its own: a firm has one of a call
            return orders.voucher(call=call_row(office=self.office, scheme=orders.SCHEME), firm=self.firm)

        def order():
            return orders.running(voucher(), of=self.provider)

        self.accepted = orders.accepted(order())
        self.checked = orders.checked(order(), by=first)
        self.approved = orders.approved(order())
        self.batch = orders.prepared(orders.approved(order()), by=first)
        self.running = order()
        self.objected = orders.submitted(order())
        by_firm = self.people["firm_staff"]
        self.objected = object_to_claim(claim=self.objected, reason="Not what we wanted", by=by_firm, at=NOW)
        self.drafted = orders.drafted(order())
        self.small_quotation = orders.given(voucher(), of=self.provider, supply_won=8 * MILLION, service="market")
        self.call = self.approved.order.voucher.line.call
        # 75 % of it are more than the 30 million of the voucher.
        self.quotation = orders.given(voucher(), of=self.provider, supply_won=41 * MILLION, service="market")

    def make_the_rest(self):
        first, call = self.people["first"], call_row(office=self.office)
        owed = recovery.paid_voucher(call=call, firm=self.firm)
        boss = owed.agreement.application.submitted_by
        self.recovery = recovery.objected(recovery.announced(owed, by=first), by=boss)
        found = recovery.announced(owed, principal_won=1 * MILLION)
        found = recovery.confirmed(recovery.objected(found, by=boss), at=NOW)
        self.sanction = recovery.proposed(found, by=first, at=NOW)
        self.accused = recovery.accused(self.firm, office=self.office, by=first, at=NOW)
        self.owed = found
        warned = recovery.announced(owed, principal_won=1 * MILLION)
        warned = recovery.confirmed(recovery.objected(warned, by=boss), at=NOW)
        self.warned = warned
        self.imposed = recovery.imposed(recovery.proposed(warned, kind="warning", at=NOW), at=NOW)
        self.waiting = waiting(call=call_row(office=self.office), firm=self.firm)
        asked = issued(call=call_row(office=self.office), firm=self.firm)
        self.usable, self.paid = asked, owed
        self.change = ask_change(
            voucher=asked, kind=ChangeKind.END, text="No need.", by=asked.agreement.application.submitted_by, at=NOW
        )
        reviewed = review.call_row(office=self.office, at=NOW)
        seat, by = review.member(reviewed, at=NOW), officer(self.office)
        for points, firm in ((60, self.firm), (50, None)):
            review.scored(review.eligible(reviewed, by=by, by_firm=firm, at=NOW), points, seat=seat, at=NOW)
        self.selection = review.proposed(call=reviewed, by=first, at=NOW)

    def thing(self, name):
        """A fresh one: a service moves the object it is given."""
        row = getattr(self, name)
        return type(row).objects.get(pk=row.pk)


OFFICERS = frozenset({"first", "second", "admin_officer"})
SECOND = frozenset({"second", "admin_officer"})
NO_PARTY = frozenset({"party_of_provider"})
"""Of what only concerns the firm, an officer who works for a provider is of no party."""


def acts(world):
    """Each decision: what it is on, its page and form, its address and body in the API, its service, who may."""
    from programmes.services.review.approve import approve
    from vouchers.services.claims.check import (
        accept_for_firm,
        approve_claim,
        check_claim,
        disallow_claim,
        return_claim,
    )
    from vouchers.services.claims.pay import cancel_batch, prepare_batch, send_batch
    from vouchers.services.life.changes import decide_change
    from vouchers.services.life.deposits import enter_deposit
    from vouchers.services.life.halt import suspend
    from vouchers.services.life.over import end_early
    from vouchers.services.orders.place import place_order
    from vouchers.services.recovery.announce import announce, decide
    from vouchers.services.recovery.receive import enter_receipt, set_plan
    from vouchers.services.recovery.sanctions import decide_sanction, lift, propose, propose_for_fraud

    seen = {name: {"revision": getattr(world, name).revision} for name in ("accepted", "checked")}
    day, digest = NOW.date().isoformat(), world.selection.digest
    claims = [str(world.approved.public_id)]
    deposit = {"amount_won": world.waiting.own_won, "received_on": day, "reference": "B-9"}
    why, text, key, firm = {"reason": "x"}, {"text": "x"}, uuid.uuid4(), world.firm
    asked = {"ground": "false", "principal_won": MILLION, "interest_from": day, "surcharge_won": 0, "text": "x"}
    receipt = {"amount_won": 1_000, "received_on": day, "reference": "R-9"}
    first_on = NOW.date() + DAY
    fraud = {"ground": "convicted", "evidence": "J-9", "kind": "warning", "reason": "x"}

    def act(thing, page, form, api, body, service, name, may, **given):
        return SimpleNamespace(
            thing=thing, page=page, form=form, api=api, body=body, service=service, name=name, may=may, given=given
        )

    return {
        "check a claim": act(
            "accepted", "claim_check", seen["accepted"], "claim-check", {}, check_claim, "claim", OFFICERS
        ),
        "approve a claim": act(
            "checked", "claim_approve", seen["checked"], "claim-approve", {}, approve_claim, "claim", SECOND
        ),
        "prepare a payment file": act(
            None, "batches", {"call": world.call.number, "claims": claims, "key": uuid.uuid4()}, "payment-files",
            {"call": world.call.number, "claims": claims}, prepare_batch, None, OFFICERS,
            call=world.call, claims=[world.approved.public_id], key=uuid.uuid4(),
        ),
        "send a payment file": act(
            "batch", "batch_send", {}, "payment-file-send", {}, send_batch, "batch", SECOND
        ),
        "approve a selection": act(
            "selection", "programmes:selection_act", {"approve-digest": digest}, "programmes-api:selection-approve",
            {"digest": digest}, approve, "selection", SECOND | NO_PARTY, digest=digest,
        ),
        "confirm a recovery": act(
            "recovery", "recovery_decide", {"decide-confirm": "yes", "decide-text": "x"}, "recovery-decide",
            {"confirm": True, "text": "x"}, decide, "recovery", SECOND | NO_PARTY, confirm=True, text="x",
        ),
        "impose a sanction": act(
            "sanction", "sanction_decide", {"impose-impose": "yes", "impose-text": "x"}, "sanction-decide",
            {"impose": True, "text": "x"}, decide_sanction, "sanction", SECOND | NO_PARTY, impose=True, text="x",
        ),
        "impose one that was not heard": act(
            "accused", "sanction_decide", {"impose-impose": "yes", "impose-text": "x"}, "sanction-decide",
            {"impose": True, "text": "x"}, decide_sanction, "sanction", frozenset(), impose=True, text="x",
        ),
        "issue a voucher": act(
            "waiting", "voucher_deposit", deposit | {"key": uuid.uuid4()}, "voucher-deposit", deposit, enter_deposit,
            "voucher", OFFICERS | NO_PARTY, **deposit | {"received_on": NOW.date(), "key": uuid.uuid4()},
        ),
        "decide on a change": act(
            "change", "change_decide", {"decide-approve": "yes", "decide-text": "x"}, "change-decide",
            {"approve": True, "text": "x"}, decide_change, "change", OFFICERS | NO_PARTY, approve=True, text="x",
        ),
        "order above the cap": act(
            "quotation", "quotation_order", {"why": "x", "key": uuid.uuid4()}, "orders",
            {"quotation": str(world.quotation.public_id), "why": "x"}, place_order, "quotation", frozenset(),
            why="x", key=uuid.uuid4(),
        ),
        "send a claim back": act(
            "accepted", "claim_return", why, "claim-return", why, return_claim, "claim", OFFICERS, **why
        ),
        "accept for a firm that objects": act(
            "objected", "claim_answer", why, "claim-answer", why, accept_for_firm, "claim", OFFICERS, **why
        ),
        "refuse an approved claim": act(
            "approved", "claim_disallow", why, "claim-disallow", why, disallow_claim, "claim", OFFICERS, **why
        ),
        "cancel a payment file": act(
            "batch", "batch_cancel", why, "payment-file-cancel", why, cancel_batch, "batch", OFFICERS, **why
        ),
        "suspend a voucher": act(
            "usable", "voucher_suspend", {"suspend-text": "x"}, "voucher-suspend", text, suspend, "voucher",
            OFFICERS | NO_PARTY, **text,
        ),
        "end a voucher": act(
            "usable", "voucher_end", {"end-text": "x"}, "voucher-end", text, end_early, "voucher",
            OFFICERS | NO_PARTY, **text,
        ),
        "announce a recovery": act(
            "paid", "recovery_new", asked | {"debtor": str(firm.public_id), "key": key}, "recoveries",
            asked | {"debtor": str(firm.public_id), "voucher": str(world.paid.public_id)}, announce, "voucher",
            OFFICERS | NO_PARTY, **asked | {"debtor": firm, "interest_from": NOW.date(), "key": key},
        ),
        "let it be paid in parts": act(
            "owed", "recovery_plan", {"plan-first_on": first_on.isoformat(), "plan-count": 2}, "recovery-plan",
            {"first_on": first_on.isoformat(), "count": 2}, set_plan, "recovery", OFFICERS | NO_PARTY,
            first_on=first_on, count=2,
        ),
        "enter a receipt": act(
            "owed", "recovery_receipt", receipt | {"key": key}, "recovery-receipts", receipt, enter_receipt,
            "recovery", OFFICERS | NO_PARTY, **receipt | {"received_on": NOW.date(), "key": key},
        ),
        "propose a sanction": act(
            "owed", "recovery_sanction", {"sanction-kind": "warning", "sanction-reason": "x", "sanction-key": key},
            "recovery-sanctions", {"kind": "warning"} | why, propose, "recovery", OFFICERS | NO_PARTY,
            kind="warning", key=key, **why,
        ),
        "propose one for fraud": act(
            None, "sanction_new", fraud | {"business_number": firm.business_number, "key": key}, "sanctions",
            fraud | {"organization": str(firm.public_id)}, propose_for_fraud, None, OFFICERS | NO_PARTY,
            organization=firm, office=world.office, key=key, **fraud,
        ),
        "lift a sanction": act(
            "imposed", "sanction_lift", {"lift-text": "x"}, "sanction-lift", text, lift, "sanction",
            OFFICERS | NO_PARTY, **text,
        ),
    }  # fmt: skip
