"""Addresses of saved replies, under `/saved-replies/`."""

from __future__ import annotations

from django.urls import path

from workspace.saved_replies import picking, views

app_name = "saved_replies"
urlpatterns = [
    path("", views.saved_reply_list, name="list"),
    path("new/", views.new, name="new"),
    path("pick/", picking.pick, name="pick"),
    path("<int:saved_reply>/", views.edit, name="edit"),
    path("<int:saved_reply>/delete/", views.delete, name="delete"),
    path("<int:saved_reply>/use/", picking.use, name="use"),
]
