"""The tables."""

from django.db import models


class Delivery(models.Model):
    """One event; the id of its delivery keeps it from being handled twice."""

    message_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=255)
    conversation_id = models.TextField(blank=True)
    data = models.JSONField()

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"
