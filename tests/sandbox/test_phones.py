"""The phones page: what arrived is shown, and a customer can answer from it."""

import re

import pytest

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, InboundMessage
from tests.sandbox.conftest import WHATSAPP

MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"
NUMBER = "106500700800900"


def push(http, *messages):
    return http.post("/v2/bot/message/push", {"to": MEI, "messages": list(messages)}, token="line-token")


def page(http, path, **headers):
    answer = http.get(path, **headers)
    assert answer.status == 200, answer
    return answer.body.decode()


def number_of(http, address):
    found = http.get(f"/_sandbox/people?q={address}").json()["results"]
    return found[0]["number"]


def form(http, path, **fields):
    boundary = "b0undary"
    body = b""
    for name, value in fields.items():
        extra, data = "", value
        if isinstance(value, tuple):
            extra, data = f'; filename="a"\r\ncontent-type: {value[0]}', value[1]
        data = data.encode() if isinstance(data, str) else data
        body += (
            f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode()
            + data
            + b"\r\n"
        )
    body += f"--{boundary}--\r\n".encode()
    return http.post(path, body, Content_Type=f"multipart/form-data; boundary={boundary}")


def test_an_empty_sandbox_says_what_to_do(http):
    assert "It appears with the first message" in page(http, "/")


def test_a_phone_shows_what_arrived_escaped(http):
    picture = "https://shop.test/a.jpg"
    push(
        http,
        {"type": "text", "text": "<script>alert(1)</script> 春季特賣"},
        {"type": "image", "originalContentUrl": picture, "previewImageUrl": picture},
    )
    shown = page(http, f"/phones/{number_of(http, MEI)}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 春季特賣" in shown
    assert "<script>alert" not in shown
    assert f'<img src="{picture}"' in shown


def test_a_line_phone_shows_a_video_behind_its_preview(http):
    film, still = "https://shop.test/spring.mp4", "https://shop.test/preview.jpg"
    push(http, {"type": "video", "originalContentUrl": film, "previewImageUrl": still})
    assert f'<video src="{film}" poster="{still}"' in page(http, f"/phones/{number_of(http, MEI)}")


def test_a_whatsapp_phone_shows_videos_and_documents_by_name(http):
    for kind, content in (
        ("video", {"link": "https://shop.test/spring.mp4"}),
        ("document", {"link": "https://shop.test/1.pdf", "filename": "價目表.pdf"}),
    ):
        sent = {"messaging_product": "whatsapp", "to": "+886912000111", "type": kind, kind: content}
        assert http.post(f"/v25.0/{NUMBER}/messages", sent, token="whatsapp-token").status == 200
    shown = page(http, f"/phones/{number_of(http, '886912000111')}")
    assert '<video src="https://shop.test/spring.mp4"' in shown
    assert "<strong>價目表.pdf</strong>" in shown


def test_a_whatsapp_phone_shows_templates_filled_in(http):
    body = {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "美玲"}]}
    template = {"name": "order_ready", "language": {"code": "zh_TW"}, "components": [body]}
    sent = {"messaging_product": "whatsapp", "to": "+886912000111", "type": "template", "template": template}
    assert http.post(f"/v25.0/{NUMBER}/messages", sent, token="whatsapp-token").status == 200
    assert "親愛的 美玲，您的訂單已可取貨。" in page(http, f"/phones/{number_of(http, '886912000111')}")


def test_a_whatsapp_phone_shows_a_templates_header_and_what_its_buttons_lead_to(http):
    made = {
        "name": "price_list",
        "language": "en",
        "components": [
            {"type": "HEADER", "format": "DOCUMENT"},
            {"type": "BODY", "text": "Our prices."},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Thanks"},
                    {"type": "URL", "text": "Order", "url": "https://shop.test/o/{{1}}"},
                    {"type": "COPY_CODE", "example": "SAVE"},
                ],
            },
        ],
    }
    assert http.post("/_sandbox/accounts", {**WHATSAPP, "webhook_url": "", "templates": [made]}).status == 200
    file = {"link": "https://shop.test/1.pdf", "filename": "Prices 2026.pdf"}
    components = [
        {"type": "header", "parameters": [{"type": "document", "document": file}]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "77"}]},
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "2",
            "parameters": [{"type": "coupon_code", "coupon_code": "SAVE20"}],
        },
    ]
    template = {"name": "price_list", "language": {"code": "en"}, "components": components}
    sent = {"messaging_product": "whatsapp", "to": "+886912000111", "type": "template", "template": template}
    assert http.post(f"/v25.0/{NUMBER}/messages", sent, token="whatsapp-token").status == 200
    shown = page(http, f"/phones/{number_of(http, '886912000111')}")
    for piece in ("Prices 2026.pdf", "Our prices.", "Thanks", 'href="https://shop.test/o/77"', "SAVE20"):
        assert piece in shown


def test_an_answer_goes_to_the_business(http, line_webhooks):
    push(http, {"type": "text", "text": "Hello"})
    number = number_of(http, MEI)
    assert "有貨嗎？" in form(http, f"/phones/{number}/reply", text="有貨嗎？").body.decode()
    event = line_webhooks.wait(lambda calls: [e for call in calls for e in call.json()["events"]])[0]
    assert event["message"]["text"] == "有貨嗎？"


def test_a_picture_can_be_answered_and_seen(http):
    push(http, {"type": "text", "text": "Hello"})
    number = number_of(http, MEI)
    shown = form(http, f"/phones/{number}/reply", text="", file=("image/png", b"\x89PNG...")).body.decode()
    path = re.search(r'src="(/phones/media/\d+)"', shown)[1]
    answer = http.get(path)
    assert (answer.body, answer.headers["content-type"]) == (b"\x89PNG...", "image/png")


@pytest.mark.parametrize(
    ("mime", "shown"),
    [
        ("video/mp4", '<video src="/phones/media/'),
        ("audio/mpeg", '<audio src="/phones/media/'),
        ("application/pdf", 'class="file" href="/phones/media/'),
        ("image/svg+xml", 'class="file" href="/phones/media/'),
    ],
)
def test_films_sound_and_files_are_sent_and_shown(http, mime, shown):
    push(http, {"type": "text", "text": "Hello"})
    answer = form(http, f"/phones/{number_of(http, MEI)}/reply", text="", file=(mime, b"something"))
    assert shown in answer.body.decode()


def test_an_empty_answer_is_refused(http):
    push(http, {"type": "text", "text": "Hello"})
    assert form(http, f"/phones/{number_of(http, MEI)}/reply", text=" ").status == 400


# What a customer of each channel sends beside texts and files, as the product's adapter reads it.
OTHERS = [
    ("line", "sticker", "sticker", "happy, smile"),
    ("line", "location", "location", "Taipei 101"),
    ("whatsapp", "sticker", "sticker", ""),
    ("whatsapp", "location", "location", "Taipei 101"),
    ("facebook", "sticker", "sticker", ""),
    ("instagram", "sticker", "unsupported", ""),
]


@pytest.mark.parametrize(("kind", "action", "read", "text"), OTHERS)
def test_stickers_and_places_are_told_as_the_provider_tells_them(request, http, kind, action, read, text):
    hook = {"facebook": "page"}.get(kind, kind)
    webhooks = request.getfixturevalue(f"{hook}_webhooks")
    sender = "+886912000222" if kind == "whatsapp" else "Mei"
    http.post("/_sandbox/inbound", {"channel": kind, "from": sender, "action": action})
    payload = webhooks.wait(lambda calls: calls)[0].json()
    (event,) = [e for e in ADAPTERS[ChannelKind(kind)].events(payload) if isinstance(e, InboundMessage)]
    assert event.kind == read
    assert text in event.text
    assert (event.media is not None) == (kind in ("whatsapp", "facebook") and read == "sticker")


def test_a_channel_without_places_refuses_one(http):
    answer = http.post("/_sandbox/inbound", {"channel": "instagram", "from": "Mei", "action": "location"})
    assert answer.status == 400


def test_the_phone_offers_what_its_channel_has(http):
    push(http, {"type": "text", "text": "Hello"})
    number = number_of(http, MEI)
    shown = page(http, f"/phones/{number}")
    assert "Send a sticker" in shown
    assert "Send where I am" in shown
    assert "Taipei 101" in form(http, f"/phones/{number}/act", action="location").body.decode()
    assert "/phones/media/" in form(http, f"/phones/{number}/act", action="sticker").body.decode()


def test_a_new_customer_can_write(http, whatsapp_webhooks):
    shown = form(http, "/phones/new", account=NUMBER, **{"from": "+886 912 000 777"}, text="Hi there")
    assert "Hi there" in shown.body.decode()
    assert b"886912000777" in whatsapp_webhooks.wait(lambda calls: calls)[0].body


def test_a_button_can_be_tapped(http, whatsapp_webhooks):
    action = {"buttons": [{"type": "reply", "reply": {"id": "keep", "title": "Keep it"}}]}
    interactive = {"type": "button", "body": {"text": "Keep it?"}, "action": action}
    body = {
        "messaging_product": "whatsapp",
        "to": "+886912000111",
        "type": "interactive",
        "interactive": interactive,
    }
    wamid = http.post(f"/v25.0/{NUMBER}/messages", body, token="whatsapp-token").json()["messages"][0]["id"]
    number = number_of(http, "886912000111")
    form(http, f"/phones/{number}/act", title="Keep it", payload="keep", context=wamid)

    def replies(calls):
        changes = [change for call in calls for entry in call.json()["entry"] for change in entry["changes"]]
        return [message for change in changes for message in change["value"].get("messages", [])]

    message = whatsapp_webhooks.wait(replies)[0]
    assert message["interactive"]["button_reply"] == {"id": "keep", "title": "Keep it"}
    assert message["context"]["id"] == wamid


def test_blocking_ends_what_arrives(http):
    push(http, {"type": "text", "text": "before"})
    number = number_of(http, MEI)
    assert "Add as a friend" in form(http, f"/phones/{number}/act", action="unfollow").body.decode()
    push(http, {"type": "text", "text": "after"})
    assert "after" not in page(http, f"/phones/{number}")


def test_only_what_changed_is_fetched_again(http):
    push(http, {"type": "text", "text": "Hello"})
    number = number_of(http, MEI)
    first = http.get(f"/phones/{number}?part=phone")
    version = first.headers["x-version"]
    assert http.get(f"/phones/{number}?part=phone&since={version}").status == 204
    push(http, {"type": "text", "text": "news"})
    assert "news" in page(http, f"/phones/{number}?part=phone&since={version}")


def test_the_list_is_searched_and_filtered(http):
    people = [{"phone": "+886912000321", "name": "林美玲"}, {"phone": "+886912000322", "name": "Grace"}]
    http.post("/_sandbox/people", {"account": NUMBER, "people": people})
    assert "Grace" not in page(http, "/phones?part=list&q=%E7%BE%8E")
    assert "林美玲" in page(http, "/phones?part=list&q=%E7%BE%8E")
    assert "Grace" in page(http, "/phones?part=list&q=000322&kind=whatsapp")
    assert "Grace" not in page(http, "/phones?part=list&kind=line")


THREADS = pytest.mark.parametrize(
    ("kind", "account", "token"),
    [
        ("facebook", "104857600012345", "page-token"),
        ("instagram", "17841400123456789", "instagram-token"),
    ],
)
PSID = "7412589630147853"


def write_in_thread(http, account, token, message):
    body = {"recipient": {"id": PSID}, "message": message}
    answer = http.post(f"/v25.0/{account}/messages", body, token=token)
    assert answer.status == 200, answer.body
    return answer.json()["message_id"]


@THREADS
def test_a_thread_shows_texts_pictures_and_files(http, kind, account, token):
    picture = {"type": "image", "payload": {"url": "https://shop.test/a.jpg"}}
    for message in (
        {"text": "春季特賣 <b>"},
        {"attachment": picture},
        {"attachments": [picture, {"type": "image", "payload": {"url": "https://shop.test/b.jpg"}}]},
        {"attachment": {"type": "video", "payload": {"url": "https://shop.test/spring.mp4"}}},
        {"attachment": {"type": "file", "payload": {"url": "https://shop.test/prices%202026.pdf"}}},
    ):
        write_in_thread(http, account, token, message)
    shown = page(http, f"/phones/{number_of(http, PSID)}")
    assert "春季特賣 &lt;b&gt;" in shown
    assert shown.count('<img src="https://shop.test/a.jpg"') == 2
    assert shown.count('<img src="https://shop.test/b.jpg"') == 1
    assert '<video src="https://shop.test/spring.mp4"' in shown
    assert 'href="https://shop.test/prices%202026.pdf"' in shown
    assert "<strong>prices 2026.pdf</strong>" in shown
    assert {"facebook": "· Messenger", "instagram": "· Instagram"}[kind] in shown


@THREADS
def test_in_a_thread_the_customer_answers_taps_reacts_and_sees(http, kind, account, token):
    reply = {"content_type": "text", "title": "Red", "payload": "red"}
    mid = write_in_thread(http, account, token, {"text": "Colour?", "quick_replies": [reply]})
    number = number_of(http, PSID)
    assert ">Red</button>" in page(http, f"/phones/{number}")
    before = http.get("/_sandbox/summary").json()["inbound"]
    assert "Blue?" in form(http, f"/phones/{number}/reply", text="Blue?").body.decode()
    form(http, f"/phones/{number}/act", title="Red", payload="red", context=mid)
    assert http.get("/_sandbox/summary").json()["inbound"] == before + 2
    for acts in ({"action": "react", "title": "❤", "context": mid}, {"action": "seen"}):
        assert form(http, f"/phones/{number}/act", **acts).status == 200
    assert http.get(f"/_sandbox/journal?recipient={PSID}").json()["results"][0]["state"] == "read"
    blocked = form(http, f"/phones/{number}/act", action="block").body.decode()
    assert "Let the account in again" in blocked


def test_all_four_kinds_can_be_chosen_and_written_to(http):
    shown = page(http, "/phones")
    for kind, name in (
        ("line", "LINE"),
        ("whatsapp", "WhatsApp"),
        ("facebook", "Messenger"),
        ("instagram", "Instagram"),
    ):
        assert f'href="/phones?kind={kind}">{name}</a>' in shown
    begun = form(http, "/phones/new", account="17841400123456789", **{"from": "林美玲"}, text="Hi there")
    assert "Hi there" in begun.body.decode()


def test_the_page_speaks_chinese(http):
    assert "顧客手機" in page(http, "/phones", Accept_Language="zh-TW,zh;q=0.9")
    chosen = http.get("/phones?lang=zh-Hant")
    assert 'lang="zh-Hant"' in chosen.body.decode()
    assert "顧客手機" in page(http, "/phones", Cookie=chosen.headers["set-cookie"].partition(";")[0])


def test_both_languages_have_the_same_words():
    from sandbox.phones.texts import CHINESE, ENGLISH

    assert CHINESE.keys() == ENGLISH.keys()


def test_other_sites_cannot_write_in_a_customers_name(http):
    push(http, {"type": "text", "text": "Hello"})
    path = f"/phones/{number_of(http, MEI)}/reply"
    assert http.post(path, b"", Sec_Fetch_Site="cross-site").status == 403


@pytest.mark.parametrize(
    "path", ["/phones/99999", "/phones/x", "/phones/media/1", "/phones/files/page.py", "/elsewhere"]
)
def test_what_is_not_there_is_not_found(http, path):
    assert http.get(path).status == 404
