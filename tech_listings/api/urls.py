from django.urls import path

from tech_listings.api import views

app_name = "tech_listings-api"
urlpatterns = [
    path("listings/", views.ListingList.as_view(), name="list"),
    path("listings/<str:reference>/", views.ListingDetail.as_view(), name="detail"),
    path("my/listings/", views.MyListingList.as_view(), name="mine"),
    path("my/listings/<str:reference>/", views.MyListingDetail.as_view(), name="my-detail"),
    path("my/listings/<str:reference>/publish/", views.MyListingPublish.as_view(), name="publish"),
    path("my/listings/<str:reference>/withdraw/", views.MyListingWithdraw.as_view(), name="withdraw"),
]
