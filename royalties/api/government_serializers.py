"""What goes in and out of what a company owes the government for its results. Money in whole won."""

from rest_framework import serializers

from marketplace.core.money import BASIS_POINTS
from marketplace.core.serializers import DayField, StrictSerializer
from royalties.api.sharing_serializers import MOST_WON
from royalties.enums.rules import FirmSize
from royalties.queries.government import Account


class GovernmentAccountRow(serializers.Serializer):
    """Of one of the company’s results."""

    id = serializers.UUIDField(source="listing.public_id", help_text="Of the technology.")
    number = serializers.CharField(source="listing.number", allow_null=True, help_text="None where it is not on offer.")
    title = serializers.SerializerMethodField()
    by_licence_won = serializers.IntegerField(help_text="Owed of royalty that others paid.")
    by_use_won = serializers.IntegerField(help_text="Owed of what the company sold itself.")
    ahead_won = serializers.IntegerField(help_text="What was left up to the cap when the company chose to pay it.")
    paid_won = serializers.IntegerField()
    open_won = serializers.IntegerField(help_text="Still owed.")
    over_won = serializers.IntegerField(help_text="Paid too much, since something was taken back.")
    next_by = serializers.DateField(allow_null=True, help_text="Earliest day to pay what is still owed.")
    is_done = serializers.BooleanField(help_text="The whole cap was paid ahead: sales need not be reported any more.")

    def get_title(self, account: Account) -> str:
        return account.listing.title_ko or account.listing.title_en


class TakenBackOut(serializers.Serializer):
    recorded_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    undo_reason = serializers.CharField(allow_blank=True)


class DirectUseOut(TakenBackOut):
    id = serializers.UUIDField(source="public_id")
    sold_from = serializers.DateField()
    sold_until = serializers.DateField()
    sales_won = serializers.IntegerField()
    research_won = serializers.IntegerField()
    projects = serializers.ListField(child=serializers.CharField())
    agreed_on = serializers.DateField()
    task_ended_on = serializers.DateField()
    firm_size = serializers.ChoiceField(choices=FirmSize.choices)
    contribution_bp = serializers.IntegerField()
    rule = serializers.CharField(source="rule.label")
    owed_won = serializers.IntegerField()
    owed = serializers.DictField(help_text="How it was computed: `raw_won` by the rate alone, `cap_won`, `left_won`.")
    pay_by = serializers.DateField(allow_null=True)


class GovernmentPaymentOut(TakenBackOut):
    id = serializers.UUIDField(source="public_id")
    paid_on = serializers.DateField()
    amount_won = serializers.IntegerField()
    reference = serializers.CharField()


class AheadNoticeOut(TakenBackOut):
    id = serializers.UUIDField(source="public_id")
    told_on = serializers.DateField()
    reference = serializers.CharField()
    research_won = serializers.IntegerField()
    projects = serializers.ListField(child=serializers.CharField())
    agreed_on = serializers.DateField()
    task_ended_on = serializers.DateField()
    firm_size = serializers.ChoiceField(choices=FirmSize.choices)
    rule = serializers.CharField(source="rule.label")
    cap_won = serializers.IntegerField()
    owed_won = serializers.IntegerField(help_text="What was left up to the cap.")
    pay_by = serializers.DateField()


class GovernmentAccountOut(GovernmentAccountRow):
    uses = DirectUseOut(many=True, help_text="The newest 100, also those taken back.")
    payments = GovernmentPaymentOut(many=True, help_text="The newest 100, also those taken back.")
    ahead = AheadNoticeOut(many=True, help_text="Notices of paying the whole cap; one stands at most.")


class OwnResultIn(StrictSerializer):
    title = serializers.CharField(max_length=500, help_text="As the R&D agreement or the patent calls it.")


class DirectUseIn(StrictSerializer):
    """Sales of one calendar year, without VAT, and the R&D task by its agreement."""

    sold_from = DayField()
    sold_until = DayField()
    sales_won = serializers.IntegerField(min_value=0, max_value=MOST_WON)
    agreed_on = DayField(help_text="Of the R&D agreement: it decides which rates hold.")
    task_ended_on = DayField()
    firm_size = serializers.ChoiceField(choices=FirmSize.choices)
    contribution_bp = serializers.IntegerField(
        min_value=0, max_value=BASIS_POINTS, required=False, default=BASIS_POINTS,
        help_text="Of the technology to the sales, as the agreement fixed it.",
    )  # fmt: skip
    research_won = serializers.IntegerField(
        min_value=0, max_value=MOST_WON, required=False, default=0,
        help_text="The government’s money. Leave it out where the R&D project behind the technology is known here.",
    )  # fmt: skip


class AheadNoticeIn(StrictSerializer):
    """The letter to the agency, and the R&D task by its agreement."""

    told_on = DayField(help_text="Of the letter: the agency is told in writing before it is paid.")
    reference = serializers.CharField(max_length=100, help_text="Number or title of the letter.")
    agreed_on = DayField(help_text="Of the R&D agreement: it decides which rates and cap hold.")
    task_ended_on = DayField()
    firm_size = serializers.ChoiceField(choices=FirmSize.choices)
    research_won = serializers.IntegerField(
        min_value=0, max_value=MOST_WON, required=False, default=0,
        help_text="The government’s money. Leave it out where the R&D project behind the technology is known here.",
    )  # fmt: skip


class GovernmentPaymentIn(StrictSerializer):
    paid_on = DayField()
    amount_won = serializers.IntegerField(min_value=1, max_value=MOST_WON)
    reference = serializers.CharField(max_length=100, help_text="Number of the transfer, or of the notice to pay.")
