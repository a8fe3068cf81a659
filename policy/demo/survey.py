"""Yearly survey and capability ranking of the demo: four years of invented figures, the last one in every state."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.roles import Permission, users_with_permission
from notifications.models import Notification
from policy.models import SurveyRound, SurveySheet
from policy.queries.index import compute
from policy.scheme.survey import DEFAULT_BOUNDS, FIGURES, bounds_as_json
from policy.services.index.publish import place_institute, publish_ranking, weights_in_use
from policy.services.index.weights import load_weights
from policy.services.survey.decide import accept_sheet, return_sheet
from policy.services.survey.submit import submit_sheet
from policy.services.survey.write import save_sheet

OFFICERS = ("officer@diffusion.example", "reviewer@diffusion.example")
OLD_NEWS = ("survey_submitted", "survey_accepted", "ranking_published")


@transaction.atomic
def load(*, organizations: Mapping[str, Organization], at: datetime) -> int:
    """Write what is not there yet; how many answers are new."""
    load_weights(at=at)
    last = timezone.localdate(at).year - 1
    if SurveyRound.objects.filter(year=last).exists():
        return 0
    rows = json.loads((Path(__file__).parent / "survey.json").read_text(encoding="utf-8"))
    officer, reviewer = (User.objects.get(email=email) for email in OFFICERS)
    for key, group in rows["placements"].items():
        reason = rows["placement_reason"]
        place_institute(institute=organizations[key], group=group, reason=reason, by=officer, at=at)
    new = 0
    for place in range(4):
        year = last - 3 + place
        moment = at if year == last else _noon(date(year + 1, 5, 10))
        round = SurveyRound.objects.create(
            year=year,
            due_on=timezone.localdate(at) + timedelta(days=21) if year == last else date(year + 1, 5, 31),
            bounds=bounds_as_json(DEFAULT_BOUNDS),
            opened_at=moment,
            opened_by=officer,
        )
        for key, said in rows["institutes"].items():
            state = rows["last_year"].get(key, "") if year == last else "accepted"
            if state:
                _answer(organizations[key], round, said, place, state, rows, (officer, reviewer), moment)
                new += 1
        if year != last:
            # What people were told then is read by now: nobody is mailed old news of a demo.
            Notification.objects.filter(kind__in=OLD_NEWS, created_at=moment).delete()
    ranked_at = _noon(date(last, 7, 1))
    digest = compute(last - 1, weights_in_use()).digest
    publish_ranking(year=last - 1, seen=digest, by=reviewer, at=ranked_at)
    Notification.objects.filter(kind__in=OLD_NEWS, created_at=ranked_at).delete()
    return new


def _answer(
    institute: Organization,
    round: SurveyRound,
    said: Mapping[str, Any],
    place: int,
    state: str,
    rows: Mapping[str, Any],
    officers: tuple[User, User],
    at: datetime,
) -> SurveySheet:
    by = users_with_permission(institute, Permission.ANSWER_SURVEY).order_by("pk")[0]
    growth = said["growth"][place]
    figures = {name: said[name] * (growth if name != "office_staff" else 100) // 100 for name in FIGURES}
    reasons = dict.fromkeys(FIGURES, rows["reason"]) if growth - said["growth"][max(place - 1, 0)] > 25 else {}
    sheet = save_sheet(institute=institute, round=round, figures=figures, reasons=reasons, seen=0, by=by, at=at)
    if state == "draft":
        return sheet
    sheet = submit_sheet(sheet=sheet, revision=sheet.revision, by=by, at=at)
    if state == "returned":
        return return_sheet(sheet=sheet, text=rows["returned"], revision=sheet.revision, by=officers[0], at=at)
    if state == "accepted":
        accept_sheet(sheet=sheet, revision=sheet.revision, by=officers[0], at=at)
    return sheet


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), timezone.get_default_timezone())
