"""The page of one's exports."""

import uuid

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.accounts import OrganizationFactory
from tests.factories.tech_listings import SynonymGroupFactory
from tests.tech_listings.export_jobs.jobs import MINE, waiting


def asked_by(mine):
    with CaptureQueriesContext(connection) as asked:
        page = mine.get(MINE)
    assert page.status_code == 200
    return page, len(asked)


def test_asks_as_often_for_many_that_name_holders_and_synonyms_as_for_one(mine, person):
    def ordered():
        holder = OrganizationFactory(institute=True, name_en=f"Institute {uuid.uuid4()}")
        group = SynonymGroupFactory()
        waiting(person, query=f"holder={holder.public_id}&q=x&without_synonyms={group.public_id}")
        return holder, group

    named = [ordered()]
    asked_by(mine)
    _page, few = asked_by(mine)
    named += [ordered() for _ in range(4)]
    waiting(person, query=f"holder={uuid.uuid4()}")
    waiting(person, query="holder=nonsense")
    page, many = asked_by(mine)
    assert many == few
    for holder, group in named:
        assert f"Institute: {holder.name_en}" in page.text
        assert str(group) in page.text
