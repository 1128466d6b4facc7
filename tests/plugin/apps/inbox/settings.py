"""The settings; they read the signing secret when they are imported, as settings do."""

import os

ADA_SECRET = os.environ["ADA_WEBHOOK_SECRET"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "inbox.sqlite3"}}
INSTALLED_APPS = ["inbox"]
ROOT_URLCONF = "inbox.urls"
SECRET_KEY = "-"
