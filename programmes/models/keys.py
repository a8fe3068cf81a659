from django.db import models

from accounts.models import User


class KeyedAnswer(models.Model):
    """What a program was answered under an `Idempotency-Key`, kept for whoever got no answer and sends again.

    `digest` is the SHA-256 of address and body, `answer` what came back. Kept as long as `KEPT` says.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="keyed_answer_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
