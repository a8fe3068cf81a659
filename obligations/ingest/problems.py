"""What can be wrong with a row of projects or results, besides what can be wrong with any row."""

from django.utils.translation import gettext_lazy as _

from tech_listings.ingest.problems import ROW_WORDINGS, Wording

WORDINGS = {
    "bad_project_number": Wording(
        _("This is not a project number."), _("Write it with its digits, like RS-2023-00123456 or 1345154294.")
    ),
    "bad_period": Wording(_("This is not a period."), _("Write it like 2023-01-01 ~ 2025-12-31.")),
    "bad_share": Wording(_("This is not a percentage."), _("Write a number above 0 and up to 100, like 60 or 60.5.")),
    "bad_email": Wording(_("This is not an e-mail address."), _("Correct it or leave it empty.")),
    "bad_result_kind": Wording(
        _("This is not a kind of result."),
        _("Use one of 특허, 노하우, 소프트웨어, 시제품, 기술요약정보, 신품종, 표준, 기타."),
    ),
    "foreign_number": Wording(
        _("The number is not one of a Korean application, so it is not kept."),
        _("Nothing to do. The result itself is taken."),
    ),
    "unknown_institute": Wording(
        _("No institute here has this name or business number."),
        _("Write the name as it is registered here or add its business number. If it is not here, ask it to register."),
    ),
    "two_institutes": Wording(_("More than one institute has this name."), _("Add a column with the business number.")),
    "not_yours": Wording(
        _("This belongs to another institute."),
        _("Leave the row out. That institute, or an officer, brings it in."),
    ),
    "number_taken": Wording(
        _("There is a project with this number already, and it is not yours."),
        _("Check the number. If it is right, ask an officer."),
    ),
    "number_taken_meanwhile": Wording(
        _("Somebody entered a project with this number after the comparison; the row was not applied."),
        _("Upload the file again to compare it with that project."),
    ),
    "project_deleted": Wording(
        _("An officer deleted this project; it is not taken again."), _("Nothing to do. Ask an officer if it is wrong.")
    ),
    "project_stays": Wording(
        _("The project “%(title)s” is not in the file any more. It stays: only an officer deletes a project."),
        _("Ask an officer if it is to be deleted."),
    ),
    "same_project": Wording(
        _("Row %(first)s says the very same of this project; it is taken once."), _("Nothing to do.")
    ),
    "security_switch": Wording(
        _("Only an officer can say whether this is a security project."),
        _("Leave the cell empty, or ask an officer to bring the row in."),
    ),
    "ends_before_begins": Wording(_("The agreement ends before it begins."), _("Correct one of the two days.")),
    "total_too_small": Wording(
        _("The total is less than what the government gives."), _("Correct one of the two amounts.")
    ),
    "far_day": Wording(_("This day is too far off."), _("Look at its year: between 1950 and 2099.")),
    "day_ahead": Wording(_("This day lies ahead."), _("Correct the day or leave it empty until then.")),
    "published_first": Wording(
        _("A report is handed in before it is published."), _("Correct the two days of the report.")
    ),
    "no_project": Wording(
        _("You have no project with this number."),
        _("Bring the project in first, or check the number. Results of security projects are not taken."),
    ),
    "no_completion": Wording(
        _("The row does not say when the result was completed, and its project does not either."),
        _("Fill in the day, or enter when the project was completed."),
    ),
    "result_deleted": Wording(
        _("Somebody deleted this result here; it is not taken again."),
        _("Nothing to do. Take the deletion back on the project's page if it is wrong."),
    ),
    "result_merged": Wording(_("This result was merged into another one here; that one stands."), _("Nothing to do.")),
    "other_project": Wording(
        _("This result belongs to another project here."),
        _("Delete it there first, or give the row another identifier."),
    ),
    "research_edited_meanwhile": Wording(
        _("Somebody changed this after the comparison; that change stands and the row was not applied."),
        _("Upload the file again to compare it with what is here now."),
    ),
}
ROW_WORDINGS.update(WORDINGS)
