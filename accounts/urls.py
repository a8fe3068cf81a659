from django.urls import path

from accounts.views import invitations, members, merges, organizations, profile, profiles, tokens

app_name = "accounts"
urlpatterns = [
    path("me/", profile.profile, name="profile"),
    path("me/data/", profile.data_download, name="data"),
    path("me/close/", profile.close, name="close"),
    path("me/tokens/", tokens.tokens, name="tokens"),
    path("me/tokens/<uuid:public_id>/revoke/", tokens.revoke, name="token_revoke"),
    path("organizations/", organizations.organizations, name="organizations"),
    path("organizations/new/", organizations.register, name="register"),
    path("organizations/roles/", organizations.roles, name="roles"),
    path("organizations/switch/", organizations.switch, name="switch"),
    path("organizations/join/", members.find, name="join"),
    path("organizations/<uuid:public_id>/", organizations.organization, name="organization"),
    path("organizations/<uuid:public_id>/edit/", organizations.edit, name="edit"),
    path("organizations/<uuid:public_id>/business/", profiles.business, name="business"),
    path("organizations/<uuid:public_id>/business/edit/", profiles.edit_business, name="business_edit"),
    path("organizations/<uuid:public_id>/join/", members.ask, name="ask"),
    path("organizations/<uuid:public_id>/invite/", invitations.send, name="invite"),
    path("officer/merges/", merges.merges, name="merges"),
    path("officer/merges/new/", merges.propose, name="merge_new"),
    path("officer/merges/<uuid:public_id>/", merges.one, name="merge"),
    path("officer/merges/<uuid:public_id>/carry-out/", merges.carry_out, name="merge_carry_out"),
    path("officer/merges/<uuid:public_id>/decline/", merges.decline, name="merge_decline"),
    path("officer/merges/<uuid:public_id>/withdraw/", merges.withdraw, name="merge_withdraw"),
    path("memberships/<uuid:public_id>/grant/", members.grant, name="grant"),
    path("memberships/<uuid:public_id>/decline/", members.decline, name="decline"),
    path("memberships/<uuid:public_id>/withdraw/", members.withdraw, name="withdraw"),
    path("memberships/<uuid:public_id>/end/", members.end, name="end"),
    path("memberships/<uuid:public_id>/role/", members.role, name="role"),
    path("organizations/invitations/<uuid:public_id>/revoke/", invitations.revoke, name="invitation_revoke"),
    path("invitations/<str:token>/", invitations.accept, name="invitation"),
]
