"""A promotion plan of the demo, with targets, measures and progress: invented, and said to be."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from marketplace.core.days import add_months
from policy.demo.survey import OFFICERS
from policy.models import Plan, PlanVersion
from policy.queries.plans import known_codes
from policy.services.plans.publish import enter_progress, publish_plan
from policy.services.plans.write import begin_plan, put_measure, put_target, write_plan


@transaction.atomic
def load(*, at: datetime) -> int:
    """Write what is not there yet; how many plans are new."""
    row = json.loads((Path(__file__).parent / "plans.json").read_text(encoding="utf-8"))
    year = timezone.localdate(at).year
    if Plan.objects.filter(kind=row["kind"]).exists():
        return 0
    writer, publisher = (User.objects.get(email=email) for email in OFFICERS)
    begun = at - timedelta(days=90)
    version = begin_plan(kind=row["kind"], first_year=year, title=row["title"], by=writer, at=begun)
    words = {name: row[name] for name in ("title", "title_en", "title_zh", "summary")}
    write_plan(version=version, **words, revision=1, by=writer, at=begun)
    known = known_codes()
    for said in row["targets"]:
        if said["figure"] in known:
            given = {**said, "year": year + said["year"]}
            put_target(version=version, **given, by=writer, at=begun)
    first = timezone.localdate(begun).replace(day=1)
    for said in row["measures"]:
        given = {name: said[name] for name in ("title", "text", "body")}
        figure = said["figure"] if said["figure"] in known else ""
        due_on = add_months(first, said["months"])
        put_measure(version=version, code=None, **given, due_on=due_on, figure=figure, by=writer, at=begun)
    draft = PlanVersion.objects.get(pk=version.pk)
    publish_plan(version=draft, revision=draft.revision, by=publisher, at=begun + timedelta(days=5))
    for code, said in enumerate(row["measures"], start=1):
        for days, state, text in said["progress"]:
            moment = at + timedelta(days=days)
            enter_progress(plan=draft.plan, code=code, state=state, text=text, by=writer, at=moment)
    return 1
