"""Every address of the API. Without a slash at the end, as in `docs/api.md`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from workspace.api import (
    bill,
    campaigns,
    channels,
    conversations,
    links,
    payers,
    people,
    rehearsing,
    reports,
    saved_replies,
    schema,
    templates,
    trying,
    wallet,
)
from workspace.api.base import UnknownAddress
from workspace.api.me import Me
from workspace.api.media import Uploads
from workspace.api.quiet_hours import QuietHoursView

app_name = "api"

v1: list[URLPattern | URLResolver] = [
    path("me", Me.as_view(), name="me"),
    path("quiet-hours", QuietHoursView.as_view(), name="quiet_hours"),
    path("conversations", conversations.Conversations.as_view(), name="conversations"),
    path("conversations/<int:number>", conversations.ConversationDetail.as_view(), name="conversation"),
    path("conversations/<int:number>/messages", conversations.Messages.as_view(), name="messages"),
    path("media", Uploads.as_view(), name="media"),
    path("capabilities", campaigns.Capabilities.as_view(), name="capabilities"),
    path("campaigns", campaigns.Campaigns.as_view(), name="campaigns"),
    path("campaigns/preflight", campaigns.Preflight.as_view(), name="preflight"),
    path("campaigns/test", trying.Test.as_view(), name="test_campaign"),
    path("campaigns/summary", campaigns.CampaignSummary.as_view(), name="campaign_summary"),
    path("campaigns/<int:campaign>", campaigns.CampaignDetail.as_view(), name="campaign"),
    path("campaigns/<int:campaign>/recipients", campaigns.Recipients.as_view(), name="recipients"),
    path(
        "campaigns/<int:campaign>/recipients/<int:recipient>/timeline",
        campaigns.RecipientTimeline.as_view(),
        name="timeline",
    ),
    *(
        path(f"campaigns/<int:campaign>/{name.replace('_', '-')}", view.as_view(), name=f"campaign_{name}")
        for name, view in campaigns.ACTION_VIEWS.items()
    ),
    path("campaigns/<int:campaign>/links", links.Links.as_view(), name="links"),
    path("campaigns/<int:campaign>/schedule", campaigns.Schedule.as_view(), name="campaign_schedule"),
    path("campaigns/<int:campaign>/rehearse", rehearsing.Rehearse.as_view(), name="campaign_rehearse"),
    path("campaigns/<int:campaign>/rehearsals", rehearsing.Rehearsals.as_view(), name="campaign_rehearsals"),
    path("campaigns/<int:campaign>/send-again", campaigns.SendAgain.as_view(), name="campaign_send_again"),
    path("templates", templates.Templates.as_view(), name="templates"),
    path("templates/sync", templates.TemplateSync.as_view(), name="template_sync"),
    path("templates/<int:template>", templates.TemplateDetail.as_view(), name="template"),
    path("templates/<int:template>/submit", templates.TemplateSubmit.as_view(), name="template_submit"),
    path("channels", channels.Channels.as_view(), name="channels"),
    path("channels/<int:channel>", channels.ChannelDetail.as_view(), name="channel"),
    path("channels/<int:channel>/health", channels.ChannelHealth.as_view(), name="channel_health"),
    path("channels/<int:channel>/metrics", channels.ChannelMetrics.as_view(), name="channel_metrics"),
    path("saved-replies", saved_replies.SavedReplies.as_view(), name="saved_replies"),
    path("saved-replies/<int:saved_reply>", saved_replies.SavedReplyDetail.as_view(), name="saved_reply"),
    path("members", people.Members.as_view(), name="members"),
    path("customers", people.Customers.as_view(), name="customers"),
    path("wallet", wallet.Wallet.as_view(), name="wallet"),
    path("wallet/entries", wallet.WalletEntries.as_view(), name="wallet_entries"),
    path("wallet/statement", wallet.WalletStatement.as_view(), name="wallet_statement"),
    path("wallet/alert", wallet.WalletAlert.as_view(), name="wallet_alert"),
    path("wallet/recharge", wallet.WalletRecharge.as_view(), name="wallet_recharge"),
    path("wallet/top-ups", wallet.TopUps.as_view(), name="top_ups"),
    path("payers", payers.Payers.as_view(), name="payers"),
    path("payers/<int:whatsapp_account>", payers.PayerDetail.as_view(), name="payer"),
    path("bill", bill.Bill.as_view(), name="bill"),
    path("bill/compare", bill.BillComparison.as_view(), name="bill_compare"),
    path("bill/<int:line>", bill.BillLineDetail.as_view(), name="bill_line"),
    path("reports/links", reports.Links.as_view(), name="link_report"),
    path("tags", people.Tags.as_view(), name="tags"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema.Document.as_view(), name="schema"),
    path("docs/", schema.DocumentPage.as_view(), name="docs"),
    path("v1/", include(v1)),
    re_path(r"^.*$", UnknownAddress.as_view(), name="unknown"),
]
