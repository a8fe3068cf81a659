from django.utils import timezone

from tech_listings.enums import RowAction
from tech_listings.models import Listing
from tech_listings.services.edit import edit_listing
from tech_listings.services.ingest_apply import approve_run, work_on
from tech_listings.services.ingest_report import problems_of
from tests.factories.accounts import UserFactory
from tests.factories.tech_listings import SourceFactory
from tests.tech_listings.imports.files import as_csv, row
from tests.tech_listings.imports.runs import plan, take_in


def test_what_a_person_wrote_after_the_comparison_stands_and_is_named():
    source = SourceFactory()
    take_in(source, as_csv([row(1), row(2)]))
    run = plan(source, as_csv([row(1, **{"발명의 명칭": "파일의 제목"}), row(2, **{"발명의 명칭": "둘째의 새 제목"})]))
    first, second = Listing.objects.order_by("pk")
    by = UserFactory()
    edit_listing(
        listing=first, content={"title_ko": "사람의 제목"}, rights=None, seen_revision=first.revision, by=by,
        at=timezone.now(),
    )  # fmt: skip

    approve_run(run=run, by=by, at=timezone.now(), wake=False)
    done = work_on(run_id=run.public_id)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.title_ko, second.title_ko) == ("사람의 제목", "둘째의 새 제목")
    assert (done.state, done.changed, done.left_out) == ("applied", 1, 1)
    noted = done.rows.get(action=RowAction.NOTE, subject_id=first.pk)
    assert [p.code for p in problems_of(noted)] == ["edited_meanwhile"]
