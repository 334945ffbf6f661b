"""The Celery application. Tasks are doorbells: safe to lose, repeat or reorder."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broadcaster.settings")
app = Celery("broadcaster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
