from django.urls import path, register_converter

from tech_listings.views import exports, imports, inventor, market, mine, officer, public, review, suggest, synonyms


class ReferenceConverter:
    """A listing number, or the public id of a listing that has no number yet."""

    regex = r"S\d{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(ReferenceConverter, "listing")

app_name = "tech_listings"
urlpatterns = [
    path("technologies/", public.listing_list, name="list"),
    path("technologies/suggest/", suggest.suggestions, name="suggest"),
    path("technologies/export.csv", exports.export_csv, name="export"),
    path("technologies/export.xlsx", exports.export_xlsx, name="export_xlsx"),
    path("technologies/export/", exports.export_choose, name="export_choose"),
    path("technologies/<listing:reference>/", public.listing_detail, name="detail"),
    path("technologies/<listing:reference>/history/", public.listing_history, name="history"),
    path("my/listings/", mine.my_listings, name="mine"),
    path("my/listings/new/", mine.listing_create, name="create"),
    path("my/listings/<listing:reference>/edit/", mine.listing_edit, name="edit"),
    path("my/listings/<listing:reference>/submit/", mine.listing_submit, name="submit"),
    path("my/listings/<listing:reference>/take-back/", mine.listing_take_back, name="take_back"),
    path("my/listings/<listing:reference>/withdraw/", mine.listing_withdraw, name="withdraw"),
    path("my/listings/<listing:reference>/confirm/", market.listing_confirm, name="confirm"),
    path("my/listings/confirm/", market.to_confirm, name="to_confirm"),
    path("my/listings/<listing:reference>/close/", market.listing_close, name="close"),
    path("my/listings/<listing:reference>/without-right/", market.listing_without_right, name="without_right"),
    path("my/listings/<listing:reference>/exclusivity/", market.listing_exclusivity, name="exclusivity"),
    path("my/listings/<listing:reference>/exclusivity/term/", market.listing_term, name="exclusivity_term"),
    path("my/listings/<listing:reference>/exclusivity/ground/", market.listing_ground, name="exclusivity_ground"),
    path("my/listings/<listing:reference>/discard/", mine.listing_discard, name="discard"),
    path("my/listings/<listing:reference>/inventors/", inventor.inventors, name="inventors"),
    path("my/inventors/<uuid:public_id>/", inventor.answer, name="inventor_answer"),
    path("my/inventors/<uuid:public_id>/resend/", inventor.resend, name="inventor_resend"),
    path("my/inventors/<uuid:public_id>/end/", inventor.end, name="inventor_end"),
    path("inventor/thanks/", inventor.thanks, name="inventor_thanks"),
    path("inventor/<str:token>/", inventor.complete, name="inventor"),
    path("my/exports/", exports.export_list, name="exports"),
    path("my/exports/<uuid:public_id>/", exports.export_detail, name="export_detail"),
    path("my/exports/<uuid:public_id>/file/", exports.export_file, name="export_file"),
    path("my/exports/<uuid:public_id>/again/", exports.export_again, name="export_again"),
    path("review/", review.queue, name="review"),
    path("review/batch/", review.batch, name="review_batch"),
    path("review/<listing:reference>/", review.case, name="review_case"),
    path("review/<listing:reference>/approve/", review.approve_one, name="review_approve"),
    path("review/<listing:reference>/return/", review.return_one, name="review_return"),
    path("review/<listing:reference>/exempt/", review.exempt_one, name="review_exempt"),
    path("review/<listing:reference>/looked-at/", review.look_at_one, name="review_look"),
    path("review/<listing:reference>/suspend/", review.suspend_one, name="review_suspend"),
    path("review/<listing:reference>/resume/", review.resume_one, name="review_resume"),
    path("officer/search/", officer.search_state, name="search_state"),
    path("officer/synonyms/", synonyms.synonym_list, name="synonyms"),
    path("officer/synonyms/new/", synonyms.synonym_create, name="synonym_create"),
    path("officer/synonyms/export.csv", synonyms.synonym_export, name="synonym_export"),
    path("officer/synonyms/changes/", synonyms.synonym_changes, name="synonym_changes"),
    path("officer/synonyms/<uuid:public_id>/", synonyms.synonym_edit, name="synonym_edit"),
    path("officer/synonyms/<uuid:public_id>/switch/", synonyms.synonym_switch, name="synonym_switch"),
    path("officer/synonyms/<uuid:public_id>/delete/", synonyms.synonym_delete, name="synonym_delete"),
    path("my/imports/", imports.import_list, name="ingest_list"),
    path("my/imports/new/", imports.import_upload, name="ingest_upload"),
    path("my/imports/<uuid:run_id>/", imports.import_run, name="ingest_run"),
    path("my/imports/<uuid:run_id>/columns/", imports.import_columns, name="ingest_columns"),
    path("my/imports/<uuid:run_id>/apply/", imports.import_apply, name="ingest_apply"),
    path("my/imports/<uuid:run_id>/cancel/", imports.import_cancel, name="ingest_cancel"),
    path("my/imports/<uuid:run_id>/again/", imports.import_again, name="ingest_again"),
    path("my/imports/<uuid:run_id>/errors.csv", imports.import_errors, name="ingest_errors"),
]
