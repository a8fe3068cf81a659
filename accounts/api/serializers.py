from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import InstituteKind, MailRate, MergeState, OrganizationKind, Role
from accounts.models import Membership, Organization
from accounts.roles import Permission, permissions_of
from marketplace.core.serializers import DayField, StrictSerializer


class OrganizationOut(serializers.Serializer):
    """What everybody may know about an organization."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(OrganizationKind.choices)
    institute_kind = serializers.ChoiceField(InstituteKind.choices, allow_blank=True)
    name = serializers.CharField()
    name_en = serializers.CharField(allow_blank=True)
    name_zh = serializers.CharField(allow_blank=True)
    region = serializers.CharField(source="region_code", allow_blank=True, help_text="Legal-district code.")
    website = serializers.CharField(allow_blank=True)
    answer_days = serializers.IntegerField(help_text="Days within which it promises an answer.")


class OrganizationRef(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(OrganizationKind.choices)
    name = serializers.CharField()


class MembershipOut(serializers.Serializer):
    organization = OrganizationRef()
    role = serializers.ChoiceField(Role.choices)
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, membership: Membership) -> list[str]:
        allowed = permissions_of(membership.organization.kind, membership.role)
        return [permission.value for permission in Permission if permission in allowed]


class MeOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    email = serializers.EmailField()
    name = serializers.CharField()
    language = serializers.ChoiceField(settings.LANGUAGES)
    mail_rate = serializers.ChoiceField(MailRate.choices)
    organization = serializers.SerializerMethodField()
    memberships = MembershipOut(many=True, source="active_memberships")

    @extend_schema_field(OrganizationRef(allow_null=True, help_text="For which the caller acts now."))
    def get_organization(self, user: object) -> dict[str, Any] | None:
        organization: Organization | None = self.context["request"].organization
        return OrganizationRef(organization).data if organization else None


class MeIn(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)
    mail_rate = serializers.ChoiceField(MailRate.choices, required=False)


class OwnerShape(StrictSerializer):
    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    business_number = serializers.CharField(max_length=20, allow_blank=True, default="")
    share_bp = serializers.IntegerField(min_value=1, max_value=10_000, help_text="Basis points; at most 10,000 in sum.")


class YearShape(StrictSerializer):
    ends_on = DayField()
    sales_won = serializers.IntegerField(min_value=0, max_value=10**15)
    assets_won = serializers.IntegerField(min_value=0, max_value=10**15)
    employees = serializers.IntegerField(min_value=0, max_value=1_000_000)


class BusinessOut(serializers.Serializer):
    """Who stands behind an organization: for its members and for officers."""

    representatives = serializers.ListField(child=serializers.CharField())
    address = serializers.CharField(allow_blank=True)
    founded_on = serializers.DateField(allow_null=True)
    industry_code = serializers.CharField(allow_blank=True, help_text="KSIC.")
    fiscal_month = serializers.IntegerField(help_text="Month in which the fiscal year ends.")
    account = serializers.CharField(
        source="account_masked", allow_blank=True, help_text="Bank and last digits. Changed on the website only."
    )
    owners = OwnerShape(many=True)
    years = YearShape(many=True)


class BusinessIn(StrictSerializer):
    """What is left out stays; `owners` and `years` replace those that are there."""

    representatives = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=20)
    address = serializers.CharField(max_length=300, allow_blank=True, required=False)
    founded_on = DayField(allow_null=True, required=False)
    industry_code = serializers.RegexField(r"^([A-U]|[A-U]?[0-9]{2,5})?$", allow_blank=True, required=False)
    fiscal_month = serializers.IntegerField(min_value=1, max_value=12, required=False)
    owners = OwnerShape(many=True, required=False)
    years = YearShape(many=True, required=False)


class MergeOut(serializers.Serializer):
    """`gone` is, or would be, part of `into`."""

    id = serializers.UUIDField(source="public_id")
    gone = OrganizationRef()
    into = OrganizationRef()
    state = serializers.ChoiceField(MergeState.choices)
    reason = serializers.CharField()
    decision_reason = serializers.CharField(allow_blank=True)
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
