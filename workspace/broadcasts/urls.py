"""Addresses of the broadcast screens, under `/campaigns/`."""

from __future__ import annotations

from django.urls import path

from workspace.broadcasts import (
    actions,
    bound,
    by_chats,
    campaign,
    checking,
    composing,
    evidence,
    export,
    held,
    people,
    picking,
    recipients,
    retries,
    status,
    trying,
    uploads,
)

app_name = "campaigns"
urlpatterns = [
    path("", status.campaign_list, name="list"),
    path("new/", composing.new, name="new"),
    path("by-chats/", by_chats.overview, name="by_chats"),
    path("by-chats/new/", by_chats.begin, name="by_chats_new"),
    path("bound/", bound.choose, name="bound"),
    path("<int:number>/by-chats/", by_chats.write, name="by_chats_write"),
    path("<int:number>/by-chats/save/", by_chats.save, name="by_chats_save"),
    path("<int:number>/by-chats/send/", by_chats.send, name="by_chats_send"),
    path("<int:number>/", campaign.detail, name="detail"),
    path("<int:number>/template/", picking.pick, name="template"),
    path("<int:number>/test/", trying.test, name="test"),
    path("<int:number>/edit/", composing.edit, name="edit"),
    path("<int:number>/save/", composing.save, name="save"),
    path("<int:number>/instead/", composing.instead, name="instead"),
    path("<int:number>/send/", composing.send, name="send"),
    path("<int:number>/schedule/", composing.schedule, name="schedule"),
    path("<int:number>/upload/", uploads.upload, name="upload"),
    path("<int:number>/people/", people.behind, name="people"),
    path("<int:number>/evidence.csv", evidence.evidence_file, {"form": "csv"}, name="evidence_csv"),
    path("<int:number>/evidence.xlsx", evidence.evidence_file, {"form": "xlsx"}, name="evidence_xlsx"),
    path("<int:number>/people.csv", export.people_file, {"form": "csv"}, name="people_csv"),
    path("<int:number>/people.xlsx", export.people_file, {"form": "xlsx"}, name="people_xlsx"),
    path("<int:number>/recipients/<int:pk>/", recipients.recipient, name="recipient"),
    path("<int:number>/check/", checking.check, name="check"),
    path("<int:number>/check/parts.csv", checking.download, name="check_csv"),
    path("<int:number>/held/<int:channel>/continue/", held.go_on, name="continue_held"),
    path("<int:number>/held/<int:channel>/leave-out/", held.leave_out, name="leave_out_held"),
    path("<int:number>/pause/", actions.pause, name="pause"),
    path("<int:number>/resume/", actions.resume, name="resume"),
    path("<int:number>/cancel/", actions.cancel, name="cancel"),
    path("<int:number>/at-any-hour/", actions.at_any_hour, name="at_any_hour"),
    path("<int:number>/reschedule/", actions.reschedule, name="reschedule"),
    path("<int:number>/change/", actions.change, name="change"),
    path("<int:number>/retry/", retries.retry, name="retry"),
    path("<int:number>/again/", retries.again, name="again"),
    path("<int:number>/duplicate/", actions.duplicate, name="duplicate"),
]
