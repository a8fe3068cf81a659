"""Every page of survey, index and plans, as each side sees it: read by axe, at the width of a desk and of a phone."""

import pytest
from django.utils import timezone

from tests.factories.accounts import OrganizationFactory
from tests.factories.policy_index import published, weights_draft
from tests.factories.policy_plans import plan_draft, plan_published
from tests.factories.policy_survey import a_round, accepted, drafted, officer, returned, staff, submitted, survey_file
from tests.journeys.test_pages import AXE, FRAME, OPEN_ALL, faults


@pytest.fixture
def pages(transactional_db):
    """Addresses by the side that looks, with the person who does."""
    now = timezone.now()
    institute = OrganizationFactory(institute=True)
    member, clerk = staff(institute), officer()
    years = [a_round(at=now, year=now.year - back) for back in (1, 2, 3)]
    given = {"institute": institute, "by": member, "at": now}
    returned(round=years[0], **given)
    held = accepted(round=years[1], **given)
    sent = submitted(round=years[2], **given)
    drafted(round=years[0], at=now)
    row = f"{institute.business_number},{years[0].year},x,1,1,"
    good = f"{institute.business_number},{years[0].year},101,10000000000,5,"
    file = survey_file(row, good, sender=institute, by=member, at=now)
    published(year=years[1].year, at=now)
    weights, version, draft = weights_draft(by=clerk, at=now), plan_published(at=now), plan_draft(at=now)
    at_weights, at_draft = f"/capability/versions/{weights.public_id}/", f"/plans/versions/{draft.public_id}/"
    report = f"/capability/institutes/{institute.public_id}/"
    return [
        (member, ["/survey/", f"/survey/{years[0].year}/", f"/survey/sheets/{held.public_id}/", "/survey/files/",
                  f"/survey/files/{file.public_id}/", report, "/capability/what-if/",
                  "/capability/what-if/?office_staff=9"]),
        (clerk, ["/survey/office/", "/survey/office/?standing=missing", f"/survey/sheets/{sent.public_id}/",
                 "/survey/years/", f"/survey/years/{years[0].year}/", "/survey/files/", "/capability/",
                 "/capability/method/", "/capability/office/", "/capability/groups/", "/capability/versions/",
                 "/capability/versions/new/", at_weights, f"{at_weights}edit/", "/plans/", "/plans/new/",
                 f"/plans/{version.plan.public_id}/", at_draft, f"{at_draft}edit/", f"{at_draft}measures/new/",
                 f"{at_draft}target/"]),
    ]  # fmt: skip


def test_no_serious_fault(visit, pages):
    found, seen = [], 0
    for person, paths in pages:
        page = visit(person, paths[0])
        page.add_init_script(path=AXE)
        for path in paths:
            assert page.goto(path).status == 200, path
            page.evaluate(OPEN_ALL)
            found += faults(page, path, FRAME)
            seen += 1
        page.context.close()
    assert (found, seen) == ([], 29)
