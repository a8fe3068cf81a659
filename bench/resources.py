"""Resources of django-import-export for the rows of `bench.rows`."""

from typing import Any

from import_export import fields, instance_loaders, resources, widgets

from tech_listings.enums import RightStatus
from tech_listings.models import Listing, Right, Source

STATUS = {"등록": RightStatus.REGISTERED.value, "공개": RightStatus.PUBLISHED.value}
DAY = widgets.DateWidget(format="%Y.%m.%d")
ISO_DAY = widgets.DateWidget(format="%Y-%m-%d")


class Options:
    instance_loader_class = instance_loaders.CachedInstanceLoader
    use_bulk = True
    batch_size = 1000
    skip_diff = True
    skip_unchanged = False
    report_skipped = False


class ListingResource(resources.ModelResource):
    source_key = fields.Field(attribute="source_key", column_name="출원번호")
    title_ko = fields.Field(attribute="title_ko", column_name="발명의명칭")
    summary_ko = fields.Field(attribute="summary_ko", column_name="초록")
    ipc_codes = fields.Field(attribute="ipc_codes", column_name="IPC", widget=widgets.SimpleArrayWidget(separator="|"))

    class Meta(Options):
        model = Listing
        fields = ("source_key", "title_ko", "summary_ko", "ipc_codes")
        import_id_fields = ("source_key",)

    def __init__(self, beside: Source) -> None:
        super().__init__()
        self.source, _made = Source.objects.get_or_create(organization=beside.organization, name="import-export")

    def get_queryset(self) -> Any:
        return Listing.objects.filter(source=self.source)

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        instance.holder_id, instance.source = self.source.organization_id, self.source
        instance.deal_kinds = ["non_exclusive_licence"]


class RightResource(resources.ModelResource):
    application_number = fields.Field(attribute="application_number", column_name="출원번호")
    application_on = fields.Field(attribute="application_on", column_name="출원일자", widget=DAY)
    registration_number = fields.Field(attribute="registration_number", column_name="등록번호")
    registration_on = fields.Field(attribute="registration_on", column_name="등록일자", widget=ISO_DAY)
    title = fields.Field(attribute="title", column_name="발명의명칭")
    applicants = fields.Field(attribute="applicants", column_name="출원인")
    status = fields.Field(attribute="status", column_name="상태")

    class Meta(Options):
        model = Right
        fields = (
            "application_number", "application_on", "registration_number", "registration_on", "title", "applicants",
            "status",
        )  # fmt: skip
        import_id_fields = ("application_number",)

    def __init__(self, keys: dict[str, int]) -> None:
        super().__init__()
        self.keys = keys

    def get_queryset(self) -> Any:
        return Right.objects.filter(listing__source__name="import-export")

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        instance.listing_id = self.keys[row["출원번호"]]
        instance.status = STATUS[instance.status]
