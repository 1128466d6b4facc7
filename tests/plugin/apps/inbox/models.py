"""The one table."""

from django.db import models


class Delivery(models.Model):
    message_id = models.CharField(max_length=64, unique=True)
    type = models.TextField()
