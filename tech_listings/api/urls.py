from django.urls import path

from tech_listings.api import (
    export_views,
    market_views,
    review_views,
    run_views,
    suggest_views,
    synonym_views,
    views,
)

app_name = "tech_listings-api"
urlpatterns = [
    path("listings/", views.ListingList.as_view(), name="list"),
    path("listings/<str:reference>/", views.ListingDetail.as_view(), name="detail"),
    path("suggestions/", suggest_views.SuggestionList.as_view(), name="suggestions"),
    path("my/listings/", views.MyListingList.as_view(), name="mine"),
    path("my/listings/confirm/", market_views.MyListingsToConfirm.as_view(), name="confirm"),
    path("my/listings/<str:reference>/", views.MyListingDetail.as_view(), name="my-detail"),
    path("my/listings/<str:reference>/submit/", views.MyListingSubmit.as_view(), name="submit"),
    path("my/listings/<str:reference>/take-back/", views.MyListingTakeBack.as_view(), name="take-back"),
    path("my/listings/<str:reference>/withdraw/", views.MyListingWithdraw.as_view(), name="withdraw"),
    path("my/listings/<str:reference>/close/", market_views.MyListingClose.as_view(), name="close"),
    path(
        "my/listings/<str:reference>/without-right/", market_views.MyListingWithoutRight.as_view(), name="without-right"
    ),
    path("my/listings/<str:reference>/exclusivity/", market_views.MyListingExclusivity.as_view(), name="exclusivity"),
    path("my/listings/<str:reference>/exclusivity/terms/", market_views.MyListingTerm.as_view(), name="term"),
    path("my/listings/<str:reference>/exclusivity/grounds/", market_views.MyListingGround.as_view(), name="ground"),
    path("review/", review_views.ReviewQueue.as_view(), name="review"),
    path("review/batch/", review_views.ReviewBatch.as_view(), name="review-batch"),
    path("review/<str:reference>/", review_views.ReviewCase.as_view(), name="review-case"),
    path("review/<str:reference>/approve/", review_views.ReviewApprove.as_view(), name="review-approve"),
    path("review/<str:reference>/return/", review_views.ReviewReturn.as_view(), name="review-return"),
    path("review/<str:reference>/exempt/", review_views.ReviewExempt.as_view(), name="review-exempt"),
    path("review/<str:reference>/suspend/", review_views.ReviewSuspend.as_view(), name="review-suspend"),
    path("review/<str:reference>/resume/", review_views.ReviewResume.as_view(), name="review-resume"),
    path("listing-exports/", export_views.ExportList.as_view(), name="exports"),
    path("listing-exports/<uuid:public_id>/", export_views.ExportDetail.as_view(), name="export"),
    path("listing-exports/<uuid:public_id>/again/", export_views.ExportAgain.as_view(), name="export-again"),
    path("listing-exports/<uuid:public_id>/file/", export_views.ExportFile.as_view(), name="export-file"),
    path("synonyms/", synonym_views.SynonymGroupList.as_view(), name="synonyms"),
    path("synonyms/<uuid:public_id>/", synonym_views.SynonymGroupDetail.as_view(), name="synonym"),
    path("ingestion-runs/", run_views.RunList.as_view(), name="runs"),
    path("ingestion-runs/<uuid:run_id>/", run_views.RunDetail.as_view(), name="run"),
    path("ingestion-runs/<uuid:run_id>/mapping/", run_views.RunMapping.as_view(), name="run-mapping"),
    path("ingestion-runs/<uuid:run_id>/compare/", run_views.RunCompare.as_view(), name="run-compare"),
    path("ingestion-runs/<uuid:run_id>/apply/", run_views.RunApply.as_view(), name="run-apply"),
    path("ingestion-runs/<uuid:run_id>/cancel/", run_views.RunCancel.as_view(), name="run-cancel"),
    path("ingestion-runs/<uuid:run_id>/rows/", run_views.RunRows.as_view(), name="run-rows"),
    path("ingestion-runs/<uuid:run_id>/errors.csv", run_views.RunErrors.as_view(), name="run-errors"),
]
