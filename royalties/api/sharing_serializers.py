"""What goes in and out of sharing: plans, proposals, distributions. Shares in basis points, money in whole won."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.core.money import BASIS_POINTS
from marketplace.core.serializers import DayField, StrictSerializer
from royalties.api.income_serializers import InvoicePartyOut
from royalties.enums.income import FeePayer
from royalties.enums.rules import PEOPLE_POTS, FirmSize, Pot
from royalties.models import Distribution
from royalties.services.share.plan import LONGEST_EMAIL, MOST_PEOPLE, Given, Part
from royalties.services.share.propose import Proposal

MOST_WON = 10**15


class ParticipantOut(serializers.Serializer):
    pot = serializers.ChoiceField(choices=Pot.choices)
    name = serializers.CharField(source="payee.name")
    email = serializers.EmailField(source="payee.email")
    staff_number = serializers.CharField(source="payee.staff_number")
    share_bp = serializers.IntegerField()


class SharePlanOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    contract = serializers.CharField(source="contract.number")
    serial = serializers.IntegerField(help_text="1 for the first; the newest of a contract counts.")
    government_won = serializers.IntegerField()
    total_won = serializers.IntegerField()
    projects = serializers.ListField(
        child=serializers.CharField(), help_text="Numbers of the R&D projects that the money was taken from."
    )
    agreed_on = serializers.DateField(allow_null=True)
    task_ended_on = serializers.DateField(allow_null=True)
    firm_size = serializers.CharField(allow_blank=True)
    contribution_bp = serializers.IntegerField()
    is_donated = serializers.BooleanField(help_text="Donor and developers share, instead of researchers.")
    shares_bp = serializers.DictField(child=serializers.IntegerField(), help_text="The institute’s own, by use.")
    people = ParticipantOut(source="participants", many=True)
    written_at = serializers.DateTimeField()


class ParticipantIn(StrictSerializer):
    pot = serializers.ChoiceField(choices=[(pot.value, pot.label) for pot in PEOPLE_POTS])
    name = serializers.CharField(max_length=80)
    email = serializers.EmailField(max_length=LONGEST_EMAIL)
    share_bp = serializers.IntegerField(min_value=1, max_value=BASIS_POINTS)
    staff_number = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class SharesIn(StrictSerializer):
    """Of the uses, in basis points; together 10,000."""

    def get_fields(self) -> dict[str, Any]:
        return {
            str(pot): serializers.IntegerField(min_value=0, max_value=BASIS_POINTS, required=False, default=0)
            for pot in Pot
        }


class SharePlanIn(StrictSerializer):
    seen = serializers.IntegerField(min_value=0, help_text="`serial` of the plan that you know, 0 for none.")
    government_won = serializers.IntegerField(
        min_value=0, max_value=MOST_WON, required=False, default=0,
        help_text="Leave it and `total_won` out where the R&D project behind the technology is known here.",
    )  # fmt: skip
    total_won = serializers.IntegerField(min_value=0, max_value=MOST_WON, required=False, default=0)
    agreed_on = DayField(required=False, allow_null=True, default=None, help_text="Companies: of the R&D agreement.")
    task_ended_on = DayField(required=False, allow_null=True, default=None, help_text="Companies.")
    firm_size = serializers.ChoiceField(
        choices=FirmSize.choices, required=False, default="", allow_blank=True, help_text="Companies."
    )
    contribution_bp = serializers.IntegerField(
        min_value=0, max_value=BASIS_POINTS, required=False, default=BASIS_POINTS, help_text="Companies."
    )
    is_donated = serializers.BooleanField(
        required=False, default=False, help_text="Institutes: the technology was donated to it."
    )
    shares_bp = SharesIn(required=False, help_text="Institutes.")
    people = serializers.ListField(
        child=ParticipantIn(), required=False, default=list, max_length=MOST_PEOPLE, help_text="Institutes."
    )

    def given(self) -> Given:
        """Call after `is_valid`."""
        data = {name: value for name, value in self.validated_data.items() if name != "seen"}
        data["people"] = [Part(**part) for part in data["people"]]
        return Given(**data)


class ToShareOut(serializers.Serializer):
    """Royalty that came in and waits to be shared out."""

    id = serializers.UUIDField(source="public_id")
    contract = serializers.CharField(source="invoice.contract.number")
    contract_id = serializers.UUIDField(source="invoice.contract.public_id")
    invoice = serializers.CharField(source="invoice.number")
    receipt = serializers.CharField(source="receipt.number")
    booked_on = serializers.DateField(source="receipt.booked_on")
    royalty_won = serializers.IntegerField(source="net_won")


class ShareOfPersonOut(serializers.Serializer):
    pot = serializers.ChoiceField(choices=Pot.choices)
    name = serializers.CharField(source="payee.name")
    email = serializers.EmailField(source="payee.email")
    share_bp = serializers.IntegerField()
    amount_won = serializers.IntegerField()


class FeeOfBrokerOut(serializers.Serializer):
    broker = InvoicePartyOut()
    payer = serializers.ChoiceField(choices=FeePayer.choices)
    net_won = serializers.IntegerField()
    vat_won = serializers.IntegerField()


class ProposalOut(serializers.Serializer):
    """What sharing a receipt out would do."""

    plan_serial = serializers.IntegerField(source="plan.serial")
    royalty_won = serializers.IntegerField()
    government_share_won = serializers.IntegerField()
    rule = serializers.SerializerMethodField()
    amounts = serializers.DictField(child=serializers.IntegerField(), help_text="By use, before the broker’s fee.")
    by_policy = serializers.DictField(child=serializers.IntegerField(), help_text="Before the law raised them.")
    floors = serializers.ListField(child=serializers.DictField(), help_text="What each law asks at least.")
    people = ShareOfPersonOut(many=True)
    government_won = serializers.IntegerField(help_text="Companies: owed to the government.")
    pay_government_by = serializers.DateField(allow_null=True)
    fees = FeeOfBrokerOut(many=True, source="fees_of_holder", help_text="What the holder owes brokers.")
    fee_won = serializers.IntegerField(help_text="All of it, VAT included.")
    seen = serializers.CharField(source="digest", help_text="Send it with `share-out/`.")

    def get_rule(self, made: Proposal) -> str:
        return str(made.sharing_rule or made.government_rule or "")


class ShareOutIn(StrictSerializer):
    seen = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="`seen` of the proposal.")


class DistributionRow(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(help_text="D, year, six digits.")
    contract = serializers.CharField(source="contract.number")
    royalty_won = serializers.IntegerField()
    government_won = serializers.IntegerField()
    fee_won = serializers.IntegerField()
    shared_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class DistributionOut(DistributionRow):
    plan_serial = serializers.IntegerField(source="plan.serial")
    government_share_won = serializers.IntegerField()
    amounts = serializers.DictField(child=serializers.IntegerField())
    by_policy = serializers.DictField(child=serializers.IntegerField())
    floors = serializers.ListField(child=serializers.DictField())
    pay_government_by = serializers.DateField(allow_null=True)
    people = ShareOfPersonOut(many=True)
    fees = serializers.SerializerMethodField(help_text="What the holder owes brokers.")
    undo_reason = serializers.CharField(allow_blank=True)

    @extend_schema_field(FeeOfBrokerOut(many=True))
    def get_fees(self, made: Distribution) -> Any:
        return FeeOfBrokerOut([fee for fee in made.fees.all() if fee.payer == FeePayer.HOLDER], many=True).data
