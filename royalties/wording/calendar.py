"""Words for what about a statement is remarkable."""

from django.utils.translation import gettext_lazy

from royalties.sharing.audit import Flag

FLAGS = {
    Flag.ROSE: gettext_lazy("Sales rose by more than 30 percent against the year before."),
    Flag.FELL: gettext_lazy("Sales fell by more than 30 percent against the year before."),
    Flag.STOPPED: gettext_lazy("Nothing was sold, after a year with sales."),
    Flag.DEDUCTED: gettext_lazy("More than 20 percent is deducted."),
    Flag.LINES_DIFFER: gettext_lazy("The lines do not add up to the net sales."),
    Flag.ABOVE_FORECAST: gettext_lazy("More than 30 percent above your forecast. Only your side sees this."),
    Flag.BELOW_FORECAST: gettext_lazy("More than 30 percent below your forecast. Only your side sees this."),
}
