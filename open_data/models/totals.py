"""What is said of the vouchers of a call, and of which firms it was counted."""

from django.db import models

from programmes.models import Call


class CallTotal(models.Model):
    """`said`: the number that everybody reads, None until it may be said. `firms`: of each number what every firm
    had in it when it was said, by the firm's key; nobody is shown that, the next count is compared with it.
    """

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="+")
    said = models.JSONField(default=dict)
    firms = models.JSONField(default=dict)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.call)
