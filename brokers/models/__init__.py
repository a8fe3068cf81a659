from brokers.models.quotes import BandRequest, Quote, QuoteShare
from brokers.models.schedules import FeeSchedule, FeeTier, ScheduleWriting

__all__ = ["BandRequest", "FeeSchedule", "FeeTier", "Quote", "QuoteShare", "ScheduleWriting"]
