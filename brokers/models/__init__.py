from brokers.models.mandates import BrokeredDeal, Mandate, MandateListing, MandatePartner
from brokers.models.quotes import BandRequest, Quote, QuoteShare
from brokers.models.ratings import Rating, RatingReport, RatingText
from brokers.models.registration import Application, ApplicationDocument, CareerEntry, Registration, TrainingEntry
from brokers.models.requirements import Requirement, RequirementVersion
from brokers.models.schedules import FeeSchedule, FeeTier, ScheduleWriting
from brokers.models.staff import Qualification, StaffEntry

__all__ = [
    "Application",
    "ApplicationDocument",
    "BandRequest",
    "BrokeredDeal",
    "CareerEntry",
    "FeeSchedule",
    "FeeTier",
    "Mandate",
    "MandateListing",
    "MandatePartner",
    "Qualification",
    "Quote",
    "QuoteShare",
    "Rating",
    "RatingReport",
    "RatingText",
    "Registration",
    "Requirement",
    "RequirementVersion",
    "ScheduleWriting",
    "StaffEntry",
    "TrainingEntry",
]
