"""What goes in and out. `id` is the public id, days are days in Korea."""

from rest_framework import serializers

from disclosures.enums import DisclosureStatus, OpeningKind, ScanState
from disclosures.models import LONGEST_REASON
from marketplace.core.files import DocumentType
from marketplace.core.serializers import DayField, StrictSerializer


class ConfidentialFileOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=DocumentType.choices)
    size = serializers.IntegerField(help_text="In bytes, without the watermark")
    checksum = serializers.CharField(help_text="SHA-256 of the content without the watermark")
    uploaded_at = serializers.DateTimeField()
    scan_state = serializers.ChoiceField(choices=ScanState.choices)
    is_deliverable = serializers.BooleanField(help_text="Whether it can be downloaded now")
    is_marked = serializers.BooleanField(help_text="Whether downloads carry a watermark")


class ConfidentialFileIn(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)


class TermsOut(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    version = serializers.IntegerField()
    is_own = serializers.SerializerMethodField(help_text="The holder's own for this technology, not the usual one")
    is_assumption = serializers.BooleanField()
    text_ko = serializers.CharField()
    text_en = serializers.CharField()
    text_hash = serializers.CharField(help_text="SHA-256, quoted when the terms are accepted")

    def get_is_own(self, terms: object) -> bool:
        return getattr(terms, "listing_id", None) is not None


class DisclosureOut(serializers.Serializer):
    """Of the standing one, or of the last one that was closed."""

    opened_at = serializers.DateTimeField()
    ends_on = serializers.DateField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoke_reason = serializers.CharField()
    terms = TermsOut()


class StandingOut(serializers.Serializer):
    status = serializers.ChoiceField(choices=DisclosureStatus.choices)
    disclosure = DisclosureOut(allow_null=True)
    may_accept = serializers.BooleanField()
    may_open = serializers.BooleanField()
    files = ConfidentialFileOut(many=True, help_text="For the firm, while it is open; else empty")


class OfferIn(StrictSerializer):
    terms = serializers.UUIDField(required=False, help_text="Id of the terms; the newest own ones, else the usual ones")
    ends_on = DayField(required=False, help_text="The last day; 90 days from now where left out")


class EndIn(StrictSerializer):
    ends_on = DayField()


class RevokeIn(StrictSerializer):
    reason = serializers.CharField(max_length=LONGEST_REASON, required=False, default="", allow_blank=True)


class AcceptIn(StrictSerializer):
    text_hash = serializers.CharField(max_length=64, help_text="That of the terms that were read")


class ConfidentialTextOut(serializers.Serializer):
    text = serializers.CharField(allow_blank=True)


class LinkOut(serializers.Serializer):
    url = serializers.CharField(help_text="A path of this site, good for 5 minutes and for the caller only")
    expires_at = serializers.DateTimeField()


class OpeningOut(serializers.Serializer):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=OpeningKind.choices)
    person = serializers.CharField(source="by.name")
    email = serializers.EmailField(source="by.email")
    organization = serializers.CharField(source="organization.name")
    request = serializers.CharField(source="request.number", default=None, allow_null=True)
    file = serializers.UUIDField(source="file.public_id", default=None, allow_null=True)
    file_name = serializers.CharField(source="file.name", default=None, allow_null=True)
    revision = serializers.IntegerField(help_text="Version of the technology")
    checksum = serializers.CharField(allow_blank=True)
    is_marked = serializers.BooleanField()
