"""What waits for what in the search: counting all terms takes minutes, and nobody else is to wait for it."""

import pytest
from django.db import connections
from django.utils import timezone

from tech_listings.models import SynonymGroup
from tech_listings.services import refresh_terms
from tech_listings.services.synonyms import create_group
from tests.factories.accounts import MembershipFactory


@pytest.mark.django_db(transaction=True)
def test_an_officer_changes_synonyms_while_the_terms_are_counted():
    officer = MembershipFactory(government=True, user__second_factor=True).user
    counting = connections["default"].copy()
    try:
        with counting.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [refresh_terms.LOCK])

        create_group(words=["수소", "hydrogen"], by=officer, at=timezone.now())
    finally:
        counting.close()
    assert SynonymGroup.objects.filter(words=["수소", "hydrogen"]).exists()
