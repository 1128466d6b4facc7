"""The first tables."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes Delivery."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.CharField(max_length=255, unique=True)),
                ("type", models.CharField(max_length=255)),
                ("conversation_id", models.TextField(blank=True)),
                ("data", models.JSONField()),
            ],
        ),
    ]
