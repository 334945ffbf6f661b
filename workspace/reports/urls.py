"""Addresses of the reports, under `/reports/`."""

from __future__ import annotations

from django.urls import path

from workspace.reports import files, links

app_name = "reports"
urlpatterns = [
    path("links/", links.links, name="links"),
    path("links.csv", files.links_file, {"form": "csv"}, name="links_csv"),
    path("links.xlsx", files.links_file, {"form": "xlsx"}, name="links_xlsx"),
]
