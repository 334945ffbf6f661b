"""Addresses of the template screens, under `/templates/`."""

from __future__ import annotations

from django.urls import path

from workspace.templates import actions, building, detail, listing, starting

app_name = "templates"
urlpatterns = [
    path("", listing.template_list, name="list"),
    path("sync/", actions.sync, name="sync"),
    path("new/", starting.new, name="new"),
    path("<int:template>/", detail.detail, name="detail"),
    path("<int:template>/edit/", building.edit, name="edit"),
    path("<int:template>/save/", building.save, name="save"),
    path("<int:template>/example/", building.example, name="example"),
    path("<int:template>/submit/", building.submit, name="submit"),
    path("<int:template>/discard/", actions.discard, name="discard"),
    path("<int:template>/delete/", actions.delete, name="delete"),
]
