from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import InstituteKind, MailRate, OrganizationKind, Role
from accounts.models import Membership, Organization
from accounts.roles import Permission, permissions_of
from marketplace.core.serializers import StrictSerializer


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
