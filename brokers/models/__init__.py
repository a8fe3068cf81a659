from brokers.models.cases import CancellationCase, CaseDocument, CaseStatement, Hearing
from brokers.models.duties import BrokerWarning, ChangeNotice, DealReport, DealReportLine
from brokers.models.hand_overs import HandOver
from brokers.models.mandates import BrokeredDeal, Mandate, MandateConsent, MandateListing, MandatePartner
from brokers.models.office import ApplicationStep
from brokers.models.quotes import BandRequest, Quote, QuoteShare
from brokers.models.ratings import Rating, RatingReport, RatingText
from brokers.models.registration import Application, ApplicationDocument, CareerEntry, Registration, TrainingEntry
from brokers.models.requirements import Requirement, RequirementVersion
from brokers.models.schedules import FeeSchedule, FeeTier, ScheduleWriting
from brokers.models.staff import Qualification, StaffEntry

__all__ = [
    "Application",
    "ApplicationDocument",
    "ApplicationStep",
    "BandRequest",
    "BrokerWarning",
    "BrokeredDeal",
    "CancellationCase",
    "CareerEntry",
    "CaseDocument",
    "CaseStatement",
    "ChangeNotice",
    "DealReport",
    "DealReportLine",
    "FeeSchedule",
    "FeeTier",
    "HandOver",
    "Hearing",
    "Mandate",
    "MandateConsent",
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
