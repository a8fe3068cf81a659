"""Who gets what from every address, asked with GET. `test_access_table.py` fails on an address without a row.

Columns: anonymous · newcomer without organization · firm's staff · viewer, staff and manager of the institute ·
staff of another institute · officer without and with a second factor. What POST does is in the tests of each app.
"""

PEOPLE = ("anonymous", "newcomer", "firm", "viewer", "staff", "manager", "other", "officer_no_factor", "officer")

TRULY_EVERYBODY = (200, 200, 200, 200, 200, 200, 200, 200, 200)
EVERYBODY = (200, 200, 200, 200, 200, 200, 200, 302, 200)
NOBODY = (404, 404, 404, 404, 404, 404, 404, 302, 404)
SIGNED_IN = (302, 200, 200, 200, 200, 200, 200, 302, 200)
POST_ONLY = (302, 405, 405, 405, 405, 405, 405, 302, 405)
MANAGER = (302, 403, 403, 403, 403, 200, 403, 302, 403)
MEMBER_OF_ANY = (302, 403, 200, 200, 200, 200, 200, 302, 200)
STAFF_OF_ANY_INSTITUTE = (302, 403, 403, 403, 200, 200, 200, 302, 403)
STAFF = (302, 403, 403, 403, 200, 200, 403, 302, 403)
INSIDE = (302, 404, 404, 200, 200, 200, 404, 302, 404)
STAFF_INSIDE = (302, 404, 404, 403, 200, 200, 404, 302, 404)
OFFICER = (302, 403, 403, 403, 403, 403, 403, 302, 200)
OWN_OF_STAFF = (302, 404, 404, 404, 200, 404, 404, 302, 404)
FIRM = (302, 403, 200, 403, 403, 403, 403, 302, 403)
BOTH_SIDES = (302, 404, 200, 200, 200, 200, 404, 302, 404)
OWN_OF_STAFF = (302, 404, 404, 404, 200, 404, 404, 302, 404)
NOTHING_ASKED = (302, 400, 400, 400, 400, 400, 400, 302, 400)
REDIRECT_PUBLIC = (302, 302, 302, 302, 302, 302, 302, 302, 302)
POST_ONLY_PUBLIC = (405, 405, 405, 405, 405, 405, 405, 405, 405)
API_EVERYBODY = (200, 200, 200, 200, 200, 200, 200, 403, 200)
API_SIGNED_IN = (401, 200, 200, 200, 200, 200, 200, 403, 200)
API_OWN_OF_STAFF = (401, 404, 404, 404, 200, 404, 404, 403, 404)
API_MEMBER_OF_ANY = (401, 403, 200, 200, 200, 200, 200, 403, 200)
API_STAFF_OF_ANY_INSTITUTE = (401, 403, 403, 403, 200, 200, 200, 403, 403)
API_MEMBER = (401, 403, 403, 200, 200, 200, 403, 403, 403)
API_POST_ONLY = (401, 405, 405, 405, 405, 405, 405, 403, 405)
API_INSIDE = (401, 404, 404, 200, 200, 200, 404, 403, 404)
API_OWN_OF_STAFF = (401, 404, 404, 404, 200, 404, 404, 403, 404)
API_BOTH_SIDES = (401, 404, 200, 200, 200, 200, 404, 403, 404)

FIRM_INSIDE = (302, 404, 200, 404, 404, 404, 404, 302, 404)
FIRM_WRITES = (302, 404, 200, 403, 403, 403, 403, 302, 403)
NEED_READERS = (302, 404, 200, 200, 200, 200, 200, 302, 200)
API_FIRM_INSIDE = (401, 404, 200, 404, 404, 404, 404, 403, 404)
API_NEED_READERS = (401, 404, 200, 200, 200, 200, 200, 403, 200)

OWES_OR_OVERSEES = (302, 403, 403, 403, 200, 200, 200, 302, 200)
PROJECT_READERS = (302, 404, 404, 404, 200, 200, 404, 302, 200)
OFFICER_OF_PROJECT = (302, 404, 404, 404, 403, 403, 404, 302, 200)
API_PROJECT_READERS = (401, 404, 404, 404, 200, 200, 404, 403, 200)
IMPORTS_SOMETHING = (302, 403, 403, 403, 200, 200, 200, 302, 200)

# name of the URL: (attribute of the world whose value stands in the address, row)
ADDRESSES: dict[str, tuple[str | None, tuple[int, ...]]] = {
    "portal:home": (None, EVERYBODY),
    "portal:development_mail": (None, NOBODY),
    "accounts:profile": (None, SIGNED_IN),
    "accounts:data": (None, SIGNED_IN),
    "accounts:close": (None, SIGNED_IN),
    "accounts:tokens": (None, SIGNED_IN),
    "accounts:token_revoke": ("token.public_id", POST_ONLY),
    "accounts:organizations": (None, SIGNED_IN),
    "accounts:register": (None, SIGNED_IN),
    "accounts:roles": (None, EVERYBODY),
    "accounts:switch": (None, POST_ONLY),
    "accounts:join": (None, SIGNED_IN),
    "accounts:organization": ("organization.public_id", EVERYBODY),
    "accounts:edit": ("organization.public_id", MANAGER),
    "accounts:ask": ("organization.public_id", SIGNED_IN),
    "accounts:invite": ("organization.public_id", POST_ONLY),
    "accounts:grant": ("membership.public_id", POST_ONLY),
    "accounts:decline": ("membership.public_id", POST_ONLY),
    "accounts:withdraw": ("membership.public_id", POST_ONLY),
    "accounts:end": ("membership.public_id", POST_ONLY),
    "accounts:role": ("membership.public_id", POST_ONLY),
    "accounts:invitation_revoke": ("invitation.public_id", POST_ONLY),
    "accounts:invitation": ("invitation_token", EVERYBODY),
    "tech_listings:list": (None, EVERYBODY),
    "tech_listings:export": (None, EVERYBODY),
    "tech_listings:suggest": (None, EVERYBODY),
    "tech_listings:export_xlsx": (None, EVERYBODY),
    "tech_listings:export_choose": (None, EVERYBODY),
    "tech_listings:exports": (None, SIGNED_IN),
    "tech_listings:export_detail": ("export.public_id", OWN_OF_STAFF),
    "tech_listings:export_file": ("export.public_id", OWN_OF_STAFF),
    "tech_listings:export_again": ("export.public_id", POST_ONLY),
    "tech_listings:search_state": (None, OFFICER),
    "tech_listings:synonyms": (None, OFFICER),
    "tech_listings:synonym_create": (None, OFFICER),
    "tech_listings:synonym_export": (None, OFFICER),
    "tech_listings:synonym_changes": (None, OFFICER),
    "tech_listings:synonym_edit": ("synonyms.public_id", OFFICER),
    "tech_listings:synonym_switch": ("synonyms.public_id", POST_ONLY),
    "tech_listings:synonym_delete": ("synonyms.public_id", POST_ONLY),
    "tech_listings:detail": ("listing.reference", EVERYBODY),
    "tech_listings:history": ("listing.reference", EVERYBODY),
    "tech_listings:mine": (None, MEMBER_OF_ANY),
    "tech_listings:create": (None, STAFF_OF_ANY_INSTITUTE),
    "tech_listings:edit": ("listing.reference", STAFF),
    "tech_listings:submit": ("draft.reference", POST_ONLY),
    "tech_listings:take_back": ("draft.reference", POST_ONLY),
    "tech_listings:withdraw": ("listing.reference", STAFF),
    "tech_listings:confirm": ("listing.reference", POST_ONLY),
    "tech_listings:to_confirm": (None, STAFF_OF_ANY_INSTITUTE),
    "tech_listings:close": ("listing.reference", STAFF),
    "tech_listings:without_right": ("listing.reference", POST_ONLY),
    "tech_listings:exclusivity": ("listing.reference", STAFF),
    "tech_listings:exclusivity_term": ("listing.reference", POST_ONLY),
    "tech_listings:exclusivity_ground": ("listing.reference", POST_ONLY),
    "tech_listings:discard": ("draft.reference", POST_ONLY),
    "tech_listings:ingest_list": (None, MEMBER_OF_ANY),
    "tech_listings:ingest_upload": (None, IMPORTS_SOMETHING),
    "tech_listings:ingest_run": ("run.public_id", INSIDE),
    "tech_listings:ingest_columns": ("run.public_id", STAFF_INSIDE),
    "tech_listings:ingest_apply": ("run.public_id", POST_ONLY),
    "tech_listings:ingest_cancel": ("run.public_id", POST_ONLY),
    "tech_listings:ingest_again": ("run.public_id", POST_ONLY),
    "tech_listings:ingest_errors": ("run.public_id", INSIDE),
    "matching:needs": (None, SIGNED_IN),
    "matching:needs_export": (None, SIGNED_IN),
    "matching:my_needs": (None, MEMBER_OF_ANY),
    "matching:my_needs_export": (None, MEMBER_OF_ANY),
    "matching:need_create": (None, FIRM),
    "matching:need": ("need.public_id", NEED_READERS),
    "matching:need_posted": ("need.public_id", FIRM_INSIDE),
    "matching:need_edit": ("need.public_id", FIRM_WRITES),
    "matching:need_close": ("need.public_id", POST_ONLY),
    "matching:need_reopen": ("need.public_id", POST_ONLY),
    "matching:need_answer": ("need.public_id", POST_ONLY),
    "matching:need_matches": ("need.public_id", FIRM_INSIDE),
    "matching:match_export": ("need.public_id", FIRM_INSIDE),
    "matching:match_judge": ("match.public_id", POST_ONLY),
    "matching:match_take_back": ("match.public_id", POST_ONLY),
    "obligations:compliance": (None, OFFICER),
    "obligations:compliance_export": (None, OFFICER),
    "obligations:duties": (None, OFFICER),
    "obligations:duties_export": (None, OFFICER),
    "obligations:duties_xlsx": (None, OFFICER),
    "obligations:projects": (None, OWES_OR_OVERSEES),
    "obligations:projects_export": (None, OWES_OR_OVERSEES),
    "obligations:projects_xlsx": (None, OWES_OR_OVERSEES),
    "obligations:project_add": (None, OWES_OR_OVERSEES),
    "obligations:project": ("project.public_id", PROJECT_READERS),
    "obligations:project_edit": ("project.public_id", PROJECT_READERS),
    "obligations:project_history": ("project.public_id", PROJECT_READERS),
    "obligations:project_delete": ("project.public_id", OFFICER_OF_PROJECT),
    "obligations:project_restore": ("project.public_id", POST_ONLY),
    "obligations:result_add": ("project.public_id", PROJECT_READERS),
    "obligations:result_edit": ("result.public_id", PROJECT_READERS),
    "obligations:result_merge": ("result.public_id", PROJECT_READERS),
    "obligations:result_delete": ("result.public_id", POST_ONLY),
    "obligations:result_restore": ("result.public_id", POST_ONLY),
    "deals:list": (None, SIGNED_IN),
    "deals:export": (None, SIGNED_IN),
    "deals:create": ("listing.public_id", FIRM),
    "deals:detail": ("request.public_id", BOTH_SIDES),
    "deals:sent": ("request.public_id", BOTH_SIDES),
    "deals:answer": ("request.public_id", POST_ONLY),
    "deals:withdraw": ("request.public_id", POST_ONLY),
    "notifications:inbox": (None, SIGNED_IN),
    "notifications:read_all": (None, POST_ONLY),
    "notifications:unsubscribe": ("bad_token", NOBODY),
    "notifications:open": ("notification.public_id", POST_ONLY),
    "set_language": (None, POST_ONLY_PUBLIC),
    "schema": (None, TRULY_EVERYBODY),
    "api-docs": (None, TRULY_EVERYBODY),
    "accounts-api:me": (None, API_SIGNED_IN),
    "accounts-api:organizations": (None, API_EVERYBODY),
    "accounts-api:organization": ("organization.public_id", API_EVERYBODY),
    "taxonomy-api:codes": (None, API_EVERYBODY),
    "tech_listings-api:list": (None, API_EVERYBODY),
    "tech_listings-api:detail": ("listing.reference", API_EVERYBODY),
    "tech_listings-api:suggestions": (None, API_EVERYBODY),
    "tech_listings-api:mine": (None, API_MEMBER_OF_ANY),
    "tech_listings-api:my-detail": ("listing.reference", API_MEMBER),
    "tech_listings-api:submit": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:take-back": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:withdraw": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:confirm": (None, API_STAFF_OF_ANY_INSTITUTE),
    "tech_listings-api:close": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:without-right": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:exclusivity": ("listing.reference", API_MEMBER),
    "tech_listings-api:term": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:ground": ("listing.reference", API_POST_ONLY),
    "tech_listings-api:exports": (None, API_SIGNED_IN),
    "tech_listings-api:export": ("export.public_id", API_OWN_OF_STAFF),
    "tech_listings-api:export-again": ("export.public_id", API_POST_ONLY),
    "tech_listings-api:export-file": ("export.public_id", API_OWN_OF_STAFF),
    "tech_listings-api:synonyms": (None, API_EVERYBODY),
    "tech_listings-api:synonym": ("synonyms.public_id", API_EVERYBODY),
    "tech_listings-api:runs": (None, API_MEMBER_OF_ANY),
    "tech_listings-api:run": ("run.public_id", API_INSIDE),
    "tech_listings-api:run-mapping": ("run.public_id", API_POST_ONLY),
    "tech_listings-api:run-compare": ("run.public_id", API_POST_ONLY),
    "tech_listings-api:run-apply": ("run.public_id", API_POST_ONLY),
    "tech_listings-api:run-cancel": ("run.public_id", API_POST_ONLY),
    "tech_listings-api:run-rows": ("run.public_id", API_INSIDE),
    "tech_listings-api:run-errors": ("run.public_id", API_INSIDE),
    "matching-api:needs": (None, API_SIGNED_IN),
    "matching-api:need": ("need.public_id", API_NEED_READERS),
    "matching-api:need-close": ("need.public_id", API_POST_ONLY),
    "matching-api:need-reopen": ("need.public_id", API_POST_ONLY),
    "matching-api:need-answers": ("need.public_id", API_NEED_READERS),
    "matching-api:need-matches": ("need.public_id", API_FIRM_INSIDE),
    "matching-api:match-feedback": ("match.public_id", API_POST_ONLY),
    "matching:search_list": (None, SIGNED_IN),
    "matching:search_new": (None, NOTHING_ASKED),
    "matching:alerts_off": ("alerts_off_token", EVERYBODY),
    "matching:search_match": ("search_match.public_id", REDIRECT_PUBLIC),
    "matching:search_judge": ("search_match.public_id", POST_ONLY),
    "matching:search_detail": ("saved_search.public_id", OWN_OF_STAFF),
    "matching:search_export": ("saved_search.public_id", OWN_OF_STAFF),
    "matching:search_change": ("saved_search.public_id", POST_ONLY),
    "matching:search_open": ("saved_search.public_id", POST_ONLY),
    "matching:search_keep": ("saved_search.public_id", POST_ONLY),
    "matching:search_pause": ("saved_search.public_id", POST_ONLY),
    "matching:search_resume": ("saved_search.public_id", POST_ONLY),
    "matching:search_delete": ("saved_search.public_id", POST_ONLY),
    "matching-api:searches": (None, API_SIGNED_IN),
    "matching-api:search": ("saved_search.public_id", API_OWN_OF_STAFF),
    "matching-api:search-matches": ("saved_search.public_id", API_OWN_OF_STAFF),
    "obligations-api:projects": (None, API_SIGNED_IN),
    "obligations-api:project": ("project.public_id", API_PROJECT_READERS),
    "obligations-api:project-restore": ("project.public_id", API_POST_ONLY),
    "obligations-api:project-results": ("project.public_id", API_PROJECT_READERS),
    "obligations-api:result": ("result.public_id", API_PROJECT_READERS),
    "obligations-api:result-restore": ("result.public_id", API_POST_ONLY),
    "obligations-api:result-merge": ("result.public_id", API_POST_ONLY),
    "obligations-api:duties": (None, API_SIGNED_IN),
    "obligations-api:duty": ("duty.public_id", API_PROJECT_READERS),
    "deals-api:list": (None, API_SIGNED_IN),
    "deals-api:detail": ("request.public_id", API_BOTH_SIDES),
    "deals-api:answer": ("request.public_id", API_POST_ONLY),
    "deals-api:withdraw": ("request.public_id", API_POST_ONLY),
    "notifications-api:list": (None, API_SIGNED_IN),
    "notifications-api:read_all": (None, API_POST_ONLY),
    "notifications-api:read": ("notification.public_id", API_POST_ONLY),
    "components": (None, EVERYBODY),
}

# allauth's own addresses: its tests are its own; what we changed of them is in tests/accounts.
THIRD_PARTY = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_signup",
        "account_reauthenticate",
        "account_email",
        "account_email_verification_sent",
        "account_change_password",
        "account_set_password",
        "account_reset_password",
        "account_confirm_login_code",
        "account_confirm_email",
        "account_reset_password_from_key_done",
        "account_reset_password_from_key",
        "account_reset_password_done",
        "mfa_index",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_reauthenticate_webauthn",
        "mfa_remove_webauthn",
        "mfa_edit_webauthn",
        "mfa_login_webauthn",
    }
)
