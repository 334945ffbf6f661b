"""The demo's message templates, in every state."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.models import Media, WhatsAppAccount
from templates_app.content import Button, ButtonKind, Content, Header, HeaderKind, write_components
from templates_app.lifecycle import LOCAL, SENDABLE, Quality, Status
from templates_app.models import HistoryEntry, HistoryKind, Template
from tenants.models import Member

STOP = Button(ButtonKind.QUICK_REPLY, "Stop promotions")
STOP_ZH = Button(ButtonKind.QUICK_REPLY, "不再接收推廣")
MEI, MEI_ZH = {"first_name": "Mei"}, {"first_name": "小美"}
ENDING = "mei-7731"


@dataclass(frozen=True)
class DemoTemplate:
    """`account` is the name of its WhatsApp account; `picture` a shape whose picture is the header's example."""

    account: str
    name: str
    language: str
    content: Content
    category: str = "UTILITY"
    status: Status = Status.APPROVED
    quality: Quality = Quality.UNKNOWN
    reason: str = ""
    explanation: str = ""
    picture: str = ""


HONG_KONG, TAIWAN, HARBOUR = "Lumi Hong Kong Ltd.", "樂覓台灣有限公司", "Harbour Coffee"


def _order_ready(language: str, account: str) -> DemoTemplate:
    chinese = language.startswith("zh")
    content = Content(
        header=Header(
            HeaderKind.TEXT,
            "訂單 {{order_no}} 可以取貨了" if chinese else "Order {{order_no}} is ready",
            {"order_no": "A1029"},
        ),
        body="親愛的 {{first_name}}，您訂購的商品已送達門市，請於三天內前來取貨。"
        if chinese
        else "Hello {{first_name}}, your order has arrived at our shop. Please collect it within three days.",
        body_examples=MEI_ZH if chinese else MEI,
        footer="請攜帶訂單編號" if chinese else "Please bring your order number",
        buttons=(Button(ButtonKind.PHONE, "聯絡門市" if chinese else "Call the shop", phone="+85227718800"),),
    )
    return DemoTemplate(account, "order_ready", language, content, quality=Quality.HIGH)


def _season_launch(language: str, account: str) -> DemoTemplate:
    chinese = language.startswith("zh")
    content = Content(
        header=Header(HeaderKind.IMAGE),
        body="您好 {{first_name}}，秋季新品上架了！會員本週享 *{{discount}}* 優惠，歡迎到店看看。"
        if chinese
        else "Hello {{first_name}}, our autumn collection is here."
        " Members enjoy *{{discount}}* this week, online and in the shop.",
        body_examples=MEI_ZH | {"discount": "九折"} if chinese else MEI | {"discount": "10% off"},
        footer="按下「不再接收推廣」即可停止" if chinese else "Tap “Stop promotions” to opt out",
        buttons=(
            Button(
                ButtonKind.URL,
                "看看新品" if chinese else "See what is new",
                url="https://shop.lumiselect.example/new/{{1}}",
                example=ENDING,
            ),
            STOP_ZH if chinese else STOP,
        ),
    )
    return DemoTemplate(
        account, "season_launch", language, content, "MARKETING", quality=Quality.MEDIUM, picture="lamp"
    )


def _chat_follow_up(language: str, account: str) -> DemoTemplate:
    chinese = language.startswith("zh")
    content = Content(
        body="您好 {{first_name}}，關於您先前的詢問，我們已有答覆。請回覆此訊息，我們將繼續為您服務。"
        if chinese
        else "Hello {{first_name}}, we have an answer to your question."
        " Reply to this message and we will continue our chat.",
        body_examples=MEI_ZH if chinese else MEI,
        buttons=(Button(ButtonKind.QUICK_REPLY, "繼續對話" if chinese else "Continue"),),
    )
    return DemoTemplate(account, "chat_follow_up", language, content, quality=Quality.HIGH)


DEMO_TEMPLATES = (
    _order_ready("en", HONG_KONG),
    _order_ready("zh_HK", HONG_KONG),
    _season_launch("en", HONG_KONG),
    _season_launch("zh_HK", HONG_KONG),
    _chat_follow_up("en", HONG_KONG),
    _chat_follow_up("zh_HK", HONG_KONG),
    DemoTemplate(
        HONG_KONG,
        "member_day",
        "zh_HK",
        Content(
            body="您好 {{first_name}}，會員日將於 {{date}} 舉行，誠邀您到店參加手沖咖啡工作坊。",
            body_examples=MEI_ZH | {"date": "12月5日"},
            buttons=(Button(ButtonKind.QUICK_REPLY, "我要參加"), STOP_ZH),
        ),
        "MARKETING",
        Status.PENDING,
    ),
    DemoTemplate(
        HONG_KONG,
        "flash_sale",
        "en",
        Content(body="Everything in the shop is 30% off until Sunday. Come early, the best pieces go first."),
        "UTILITY",
        Status.REJECTED,
        reason="INCORRECT_CATEGORY",
        explanation="The content of this template promotes an offer.",
    ),
    DemoTemplate(
        HONG_KONG,
        "weekend_market",
        "en",
        Content(
            body="Hello {{first_name}}, our weekend market opens on Saturday at ten."
            " Taste coffee from three roasters.",
            body_examples=MEI,
            buttons=(STOP,),
        ),
        "MARKETING",
        Status.PAUSED,
        Quality.LOW,
        reason="FIRST_PAUSE",
        explanation="Paused for 3 hours.",
    ),
    DemoTemplate(
        HONG_KONG,
        "autumn_care",
        "en",
        Content(
            header=Header(HeaderKind.TEXT, "Caring for linen"),
            body="Hello {{first_name}}, thank you for your order. Here is how your linen stays soft for years.",
            body_examples=MEI,
        ),
        status=Status.DRAFT,
    ),
    _order_ready("zh_TW", TAIWAN),
    _season_launch("zh_TW", TAIWAN),
    _chat_follow_up("zh_TW", TAIWAN),
    DemoTemplate(
        TAIWAN,
        "birthday_coupon",
        "zh_TW",
        Content(
            body="祝 {{first_name}} 生日快樂！憑下方折扣碼，本月在樂覓購物享九折。",
            body_examples=MEI_ZH,
            buttons=(Button(ButtonKind.COPY_CODE, example="LUMI-BDAY"), STOP_ZH),
        ),
        "MARKETING",
        quality=Quality.HIGH,
    ),
    DemoTemplate(
        TAIWAN,
        "visit_us",
        "en",
        Content(
            header=Header(HeaderKind.LOCATION),
            body="Hello {{first_name}}, this is where you find our shop. We look forward to your visit.",
            body_examples=MEI,
        ),
    ),
    _order_ready("en", HARBOUR),
)


def store_templates(
    account: WhatsAppAccount, by: Member, pictures: Mapping[str, Media], now: datetime
) -> None:
    """Write the templates of an account that has none yet, inside the tenant's scope."""
    if Template.objects.filter(account=account).exists():
        return
    for days, template in enumerate(one for one in DEMO_TEMPLATES if one.account == account.name):
        _store(account, template, by, pictures, now - timedelta(days=40 - 2 * days))


def _store(
    account: WhatsAppAccount, template: DemoTemplate, by: Member, pictures: Mapping[str, Media], at: datetime
) -> None:
    draft = template.status in LOCAL
    components = write_components(template.content)
    row = Template.objects.create(
        tenant=account.tenant,
        account=account,
        name=template.name,
        language=template.language,
        category=template.category,
        status=template.status,
        quality=template.quality,
        named=template.content.named,
        components=[] if draft else components,
        edited={"category": template.category, "named": True, "components": components} if draft else None,
        header_media=pictures.get(template.picture),
        meta_id="" if draft else _meta_id(account, template),
        reason=template.reason,
        explanation=template.explanation,
        approved_once=template.status in {*SENDABLE, Status.PAUSED},
        created_by=by,
        created_at=at,
        updated_at=at,
    )
    HistoryEntry.objects.bulk_create(_history(row, by, at))


def _history(row: Template, by: Member, at: datetime) -> list[HistoryEntry]:
    of = {"tenant": row.tenant, "template": row}
    entries = [HistoryEntry(**of, kind=HistoryKind.CREATED, member=by, at=at)]
    if not row.meta_id:
        return entries
    entries.append(HistoryEntry(**of, kind=HistoryKind.SUBMITTED, member=by, at=at + timedelta(minutes=9)))
    steps = [Status.PENDING]
    if row.status != Status.PENDING:
        steps += [Status.APPROVED, Status.PAUSED] if row.status == Status.PAUSED else [Status(row.status)]
    before = Status.DRAFT
    for minutes, after in zip((9, 24, 2900), steps, strict=False):
        last = after == row.status
        entries.append(
            HistoryEntry(
                **of,
                kind=HistoryKind.STATUS,
                before=before,
                after=after,
                reason=row.reason if last else "",
                explanation=row.explanation if last else "",
                at=at + timedelta(minutes=minutes),
            )
        )
        before = after
    return entries


def _meta_id(account: WhatsAppAccount, template: DemoTemplate) -> str:
    seed = f"{account.waba_id} {template.name} {template.language}"
    return str(10**14 + int.from_bytes(hashlib.sha256(seed.encode()).digest()) % (9 * 10**14))
