"""`rules` of the apps are found by this name."""

from royalties.rules import income  # noqa: F401 - registers permissions
