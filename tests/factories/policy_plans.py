"""Plans, on the ways that officers take."""

from itertools import cycle

from policy.models import PlanVersion
from policy.queries.plans import known_codes
from policy.services.plans.publish import publish_plan
from policy.services.plans.write import begin_plan, put_measure, put_target
from tests.factories.policy_survey import officer

SERIAL = cycle(range(2000, 2100))


def plan_draft(*, at, by=None, year=None, kind="annual", title="기술이전 촉진계획", measures=1, figure=None):
    by = by or officer()
    version = begin_plan(kind=kind, first_year=year or next(SERIAL), title=title, by=by, at=at)
    for number in range(measures):
        given = {"title": f"과제 {number + 1}", "text": "", "body": "기술정책과", "due_on": None, "figure": ""}
        put_measure(version=version, code=None, **given, by=by, at=at)
    given = {"figure": figure or known_codes()[0], "value": 3_480, "note": ""}
    put_target(version=version, year=version.plan.last_year, **given, by=by, at=at)
    return PlanVersion.objects.for_page().get(pk=version.pk)


def plan_published(*, at, **given):
    draft = plan_draft(at=at, **given)
    publish_plan(version=draft, revision=draft.revision, by=officer(), at=at)
    return PlanVersion.objects.for_page().get(pk=draft.pk)
