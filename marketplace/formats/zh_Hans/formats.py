"""Days with leading zeros, so that they stand in columns: 2026-12-08."""

SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
