"""An institute writes what it says of a year: a draft, saved at any incompleteness, until it is submitted."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from marketplace.core.errors import ChangedMeanwhile, DomainError, NotPossibleNow
from policy.enums.survey import SheetState
from policy.models import SurveyRound, SurveySheet
from policy.models.survey import REASON_LENGTH
from policy.scheme.survey import FIGURES, MOST
from policy.services.survey.acting import locked_institute, locked_sheet, require_answerer, words_of


@transaction.atomic
def save_sheet(
    *,
    institute: Organization,
    round: SurveyRound,
    figures: Mapping[str, int | None],
    reasons: Mapping[str, str],
    seen: int,
    by: User,
    at: datetime,
) -> SurveySheet:
    """Save the sheet that is being written, and begin one where there is none yet.

    `figures` by name, None for what is not known yet; `reasons` by figure; `seen` is the revision that was on the page,
    0 where there was no sheet. Raises `NotAllowed`, `NotPossibleNow`, `ChangedMeanwhile`, and `DomainError` naming the
    field (a figure, or `reason_<figure>`).
    """
    require_answerer(by, institute)
    standing = locked_institute(institute)
    newest = SurveySheet.objects.standing().filter(institute=standing, round=round).order_by("-version").first()
    sheet = locked_sheet(newest) if newest else None
    if sheet and not sheet.is_writable:
        raise NotPossibleNow(_not_writable(sheet))
    if (sheet.revision if sheet else 0) != seen:
        raise ChangedMeanwhile(_("Somebody changed these figures while you had them open. Look at them again."))
    kept, said = _checked(figures), _reasons(reasons)
    if sheet is None:
        return SurveySheet.objects.create(
            institute=standing, round=round, reasons=said, begun_at=at, begun_by=by, **kept
        )
    for name, value in kept.items():
        setattr(sheet, name, value)
    sheet.reasons = said
    sheet.revision += 1
    sheet.save(update_fields=[*kept, "reasons", "revision", "updated_at"])
    return sheet


@transaction.atomic
def correct_answer(*, institute: Organization, round: SurveyRound, reason: str, by: User, at: datetime) -> SurveySheet:
    """Begin a new version of what was accepted, with its figures; the old one holds until the new one is accepted.

    Raises `NotAllowed`, `NotPossibleNow`, and `DomainError` for `reason`.
    """
    require_answerer(by, institute)
    standing = locked_institute(institute)
    sheets = SurveySheet.objects.standing().filter(institute=standing, round=round)
    newest = sheets.order_by("-version").first()
    if newest is None or newest.state != SheetState.ACCEPTED:
        raise NotPossibleNow(_("There is no accepted answer to correct. Write into the one that is open."))
    words = words_of(reason, field="reason", missing=_("Say what was wrong: the reason stays with the figures."))
    version = (sheets.aggregate(most=Max("version"))["most"] or 0) + 1
    return SurveySheet.objects.create(
        institute=standing,
        round=round,
        version=version,
        correction_reason=words,
        begun_at=at,
        begun_by=by,
        **{name: getattr(newest, name) for name in FIGURES},
    )


def _not_writable(sheet: SurveySheet) -> str:
    if sheet.state == SheetState.ACCEPTED:
        return _("These figures were accepted. Begin a correction, and say why.")
    return _("These figures wait for an officer. They can be changed when they are returned.")


def _checked(figures: Mapping[str, int | None]) -> dict[str, int | None]:
    kept = {name: figures.get(name) for name in FIGURES}
    for name, value in kept.items():
        if value is not None and not 0 <= value <= MOST[name]:
            raise DomainError(_("From 0 to %(most)s.") % {"most": f"{MOST[name]:,}"}, field=name)
    return kept


def _reasons(reasons: Mapping[str, str]) -> dict[str, str]:
    said = {}
    for name in FIGURES:
        if (reasons.get(name) or "").strip():
            words = words_of(reasons[name], field=f"reason_{name}", missing="", most=REASON_LENGTH)
            said[name] = words
    return said
