"""Saved replies of the demo's shop, in English and Chinese: the team's, and some of its salesperson's own."""

from __future__ import annotations

from collections.abc import Mapping

from channels.models import Media
from conversations.models import SavedReply
from tenants.models import Member, Tenant

# (whose: "" the team's, title, shortcut, text, shape of the product whose picture goes with it)
SAVED_REPLIES = (
    (
        "",
        "Opening hours",
        "hours",
        "Hi {{ name|there }}, we are open every day from 11 am to 9 pm. See you soon!",
        "",
    ),
    ("", "營業時間", "營業", "{{ name|您好 }}，我們每天上午 11 點到晚上 9 點營業，期待您的光臨！", ""),
    (
        "",
        "How to pay",
        "pay",
        "You can pay by card, FPS or LINE Pay. The link I send you is good for 24 hours; the order is kept until then.",
        "",
    ),
    (
        "",
        "付款方式",
        "付款",
        "可以使用信用卡、轉數快或 LINE Pay 付款。付款連結 24 小時內有效，商品會為您保留到那時。",
        "",
    ),
    (
        "",
        "Delivery and returns",
        "delivery",
        "We deliver on Tuesdays and Fridays, free above HK$800. Unused things can come back within 30 days.",
        "",
    ),
    ("", "運送與退換貨", "退換", "每週二、五出貨，滿 NT$3,000 免運。未使用的商品 30 天內可退換。", ""),
    (
        "",
        "This week's favourite",
        "new",
        "Our favourite this week. Shall I keep one for you, {{ name|my friend }}?",
        "lamp",
    ),
    ("", "本週推薦", "推薦", "這是本週的推薦商品，{{ name|您 }}需要我幫您保留一個嗎？", "vase"),
    (
        "sales@demo.test",
        "I'm back tomorrow",
        "away",
        "I am off today. I will answer first thing tomorrow, {{ name|there }}; my colleagues help you meanwhile.",
        "",
    ),
    (
        "sales@demo.test",
        "謝謝光臨",
        "謝謝",
        "{{ name|您好 }}，謝謝您今天過來！有任何問題都可以直接傳訊息給我。",
        "",
    ),
)


def store_saved_replies(tenant: Tenant, members: Mapping[str, Member], pictures: Mapping[str, Media]) -> None:
    """Write those above, inside the tenant's scope."""
    SavedReply.objects.bulk_create(
        SavedReply(
            tenant=tenant,
            owner=members[whose] if whose else None,
            title=title,
            shortcut=shortcut,
            text=text,
            media=pictures[shape] if shape else None,
        )
        for whose, title, shortcut, text, shape in SAVED_REPLIES
        if not whose or whose in members
    )
