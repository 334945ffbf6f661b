"""Addresses of the inbox, under `/inbox/`."""

from __future__ import annotations

from django.urls import path

from workspace.inbox import actions, customer, templates, views

app_name = "inbox"
urlpatterns = [
    path("", views.conversation_list, name="list"),
    path("matches/", views.matches, name="matches"),
    path("<int:number>/", views.conversation, name="conversation"),
    path("<int:number>/history/", customer.history, name="history"),
    path("<int:number>/tag/", customer.tag, name="tag"),
    path("<int:number>/bind/", customer.bind, name="bind"),
    path("<int:number>/reply/", actions.reply, name="reply"),
    path("<int:number>/template/", templates.template, name="template"),
    path("<int:number>/template/shown/", templates.template_shown, name="template_shown"),
    path("<int:number>/attach/", actions.attach, name="attach"),
    path("<int:number>/messages/<int:message>/again/", actions.again, name="again"),
    path("<int:number>/join/", actions.join, name="join"),
    path("<int:number>/assign/", actions.assign, name="assign"),
    path("<int:number>/end/", actions.end, name="end"),
    path("<int:number>/reopen/", actions.reopen, name="reopen"),
]
