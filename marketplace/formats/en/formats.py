"""12/08/2026 is read in two ways, 8 Dec 2026 in one."""

SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y H:i"
