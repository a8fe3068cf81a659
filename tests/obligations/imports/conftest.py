import pytest

from tests.factories.accounts import OrganizationFactory
from tests.factories.obligations import rules
from tests.factories.tech_listings import SourceFactory


class Sources:
    """An institute with a source of projects and one of results, and an office with the same for all."""

    def __init__(self):
        rules()
        self.institute = OrganizationFactory(institute=True, name="가온 연구원")
        self.office = OrganizationFactory(government=True)
        self.projects = SourceFactory(organization=self.institute, target="projects", name="NTIS")
        self.results = SourceFactory(organization=self.institute, target="results", name="NTIS")
        self.all_projects = SourceFactory(organization=self.office, target="projects", name="NTIS")
        self.all_results = SourceFactory(organization=self.office, target="results", name="NTIS")


@pytest.fixture
def sources():
    return Sources()
