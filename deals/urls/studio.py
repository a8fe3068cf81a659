from django.urls import path

from deals.views import studio_compare, studio_public

urlpatterns = [
    path("ways-to-pay/", studio_public.ways_to_pay, name="ways_to_pay"),
    path("offers/<uuid:public_id>/compare/", studio_compare.studio, name="studio"),
    path("offers/<uuid:public_id>/compare.csv", studio_compare.studio_export, name="studio_export"),
    path("offers/<uuid:public_id>/choose/", studio_compare.choose_option, name="choose"),
    path("choices/<uuid:public_id>/", studio_compare.choice, name="choice"),
]
