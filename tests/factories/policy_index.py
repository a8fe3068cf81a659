"""The capability index, on the ways that officers take."""

from policy.models import IndexWeights
from policy.queries.index import compute
from policy.services.index.publish import publish_ranking
from policy.services.index.weights import load_weights, write_weights
from tests.factories.policy_survey import accepted, officer


def weights(at):
    load_weights(at=at)
    return IndexWeights.objects.in_use().first()


def weights_draft(*, at, by=None):
    return write_weights(scheme=weights(at).plan, source="Expert group", by=by or officer(), at=at)


def published(*, at, year=None, by=None, reason=""):
    """A ranking of the year of an accepted answer; one is made where there is none."""
    if year is None:
        year = accepted(at=at).round.year
    digest = compute(year, weights(at)).digest
    return publish_ranking(year=year, seen=digest, reason=reason, by=by or officer(), at=at)
