"""R&D projects and results as targets of imports: the frame of `tech_listings` carries them."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.roles import Permission
from obligations.enums import ResultKind
from obligations.ingest.known_fields import PROJECT_FIELDS, PROJECT_TARGETS, RESULT_FIELDS, RESULT_TARGETS
from obligations.ingest.records import columns_without_secrets
from obligations.models import ResearchResult, RnDProject
from obligations.services.import_projects import compare_projects, holds_projects, write_projects
from obligations.services.import_results import compare_results, holds_results, write_results
from tech_listings.enums import ImportTarget
from tech_listings.models import Run
from tech_listings.services.ingest_targets import Shown, Target, register

YES_NO = {"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")}


def why_held(run: Run) -> str:
    said = []
    if run.secret:
        said.append(
            ngettext(
                "%(count)s project would be out of everybody's sight.",
                "%(count)s projects would be out of everybody's sight.",
                run.secret,
            )
            % {"count": f"{run.secret:,}"}
        )
    if run.withdrawn:
        said.append(
            ngettext(
                "%(count)s row is no longer in the file and would be deleted.",
                "%(count)s rows are no longer in the file and would be deleted.",
                run.withdrawn,
            )
            % {"count": f"{run.withdrawn:,}"}
        )
    return " ".join([*said, _("Say that this is meant.")])


def label_of_project(name: str) -> str:
    return str(PROJECT_TARGETS[name])


def label_of_result(name: str) -> str:
    if name == "number":
        return _("Number")
    return _("Deleted") if name == "deleted_at" else str(RESULT_TARGETS[name])


def show_projects(user: User, ids: Iterable[int]) -> dict[int, Shown]:
    rows = RnDProject.objects.visible_to(user).filter(pk__in=list(ids))
    return {p.pk: Shown(p.title, reverse("obligations:project", args=[p.public_id])) for p in rows}


def show_results(user: User, ids: Iterable[int]) -> dict[int, Shown]:
    rows = ResearchResult.objects.visible_to(user).filter(pk__in=list(ids)).select_related("project")
    return {r.pk: Shown(r.title, reverse("obligations:project", args=[r.project.public_id])) for r in rows}


register(
    Target(
        name=ImportTarget.PROJECTS,
        label=ImportTarget.PROJECTS.label,
        noun=gettext_lazy("R&D project"),
        permission=Permission.IMPORT_PROJECTS,
        fields=PROJECT_FIELDS,
        compare=compare_projects,
        holds=holds_projects,
        why_held=why_held,
        write=write_projects,
        label_of=label_of_project,
        show=show_projects,
        columns=columns_without_secrets,
        words={"is_security": YES_NO},
    )
)
register(
    Target(
        name=ImportTarget.RESULTS,
        label=ImportTarget.RESULTS.label,
        noun=gettext_lazy("Result"),
        permission=Permission.IMPORT_PROJECTS,
        fields=RESULT_FIELDS,
        compare=compare_results,
        holds=holds_results,
        why_held=why_held,
        write=write_results,
        label_of=label_of_result,
        show=show_results,
        words={"is_expected": YES_NO, "deleted_at": YES_NO, "kind": dict(ResultKind.choices)},
    )
)
