"""The published clients work against the sandbox as they come."""

import json
import uuid

import httpx
import pytest
import pywa
import pywa.errors
import pywa.utils
from linebot.v3 import WebhookParser
from linebot.v3.messaging import (
    ApiClient,
    ApiException,
    Configuration,
    ImageMessage,
    MessagingApi,
    MessagingApiBlob,
    MulticastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    TextMessage,
)
from pywa.types.templates import (
    BodyText,
    FooterText,
    ParamFormat,
    Template,
    TemplateCategory,
    TemplateLanguage,
    TemplateStatus,
)

MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"


@pytest.fixture
def line(http, sandbox):
    with ApiClient(Configuration(host=sandbox, access_token="line-token")) as client:
        yield client


def test_the_line_sdk_sends_and_repeats(http, line):
    api = MessagingApi(line)
    key = str(uuid.uuid4())
    request = PushMessageRequest(
        to=MEI,
        messages=[
            TextMessage(text="春季特賣 🌸"),
            ImageMessage(originalContentUrl="https://s.test/a.jpg", previewImageUrl="https://s.test/b.jpg"),
        ],
    )
    sent = api.push_message(request, x_line_retry_key=key).sent_messages
    rows = http.get(f"/_sandbox/journal?recipient={MEI}").json()["results"]
    assert [row["id"] for row in rows] == [message.id for message in sent]
    assert rows[0]["body"]["text"] == "春季特賣 🌸"

    with pytest.raises(ApiException) as repeated:
        api.push_message(request, x_line_retry_key=key)
    assert repeated.value.status == 409
    assert json.loads(repeated.value.body)["sentMessages"][0]["id"] == sent[0].id


def test_the_line_sdk_multicasts_and_asks(http, line):
    api = MessagingApi(line)
    people = [f"U{i:032x}" for i in range(500)]
    api.multicast(MulticastRequest(to=people, messages=[TextMessage(text="Hello")]))
    assert http.get("/_sandbox/summary").json()["people"] == 500
    assert api.get_bot_info().user_id == "Ub0c1d2e3f405162738495a6b7c8d9e0f"
    assert api.get_profile(people[3]).user_id == people[3]
    assert api.get_message_quota().type == "none"
    assert api.get_message_quota_consumption().total_usage >= 500
    with pytest.raises(ApiException) as refused:
        api.multicast(MulticastRequest(to=["U" + "z" * 32], messages=[TextMessage(text="Hello")]))
    assert refused.value.status == 400


def test_the_line_sdk_takes_our_webhooks_and_fetches_content(http, sandbox, line, line_webhooks):
    picture = {"mime": "image/png", "base64": "iVBORw0KGgo=", "name": "a.png"}
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "text": "有貨嗎？"})
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "media": picture})
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "action": "unfollow"})

    parser = WebhookParser("line-secret")

    def parse(calls):
        found = [
            event
            for call in calls
            for event in parser.parse(call.body.decode(), call.headers["x-line-signature"])
        ]
        return found if len(found) == 3 else None

    found = {event.type: event for event in line_webhooks.wait(parse) if event.type != "message"}
    messages = {e.message.type: e for e in parse(line_webhooks.calls) if e.type == "message"}
    assert messages["text"].message.text == "有貨嗎？"
    assert messages["text"].source.user_id == MEI
    assert "unfollow" in found
    with ApiClient(Configuration(host=sandbox, access_token="line-token")) as data:
        content = MessagingApiBlob(data).get_message_content(messages["image"].message.id)
    assert bytes(content) == b"\x89PNG\r\n\x1a\n"
    api = MessagingApi(line)
    token = messages["text"].reply_token
    api.reply_message(ReplyMessageRequest(replyToken=token, messages=[TextMessage(text="有的")]))
    with pytest.raises(ApiException) as used:
        api.reply_message(ReplyMessageRequest(replyToken=token, messages=[TextMessage(text="有的")]))
    assert json.loads(used.value.body)["message"] == "Invalid reply token"


class Redirected(httpx.HTTPTransport):
    """pywa always calls graph.facebook.com; this carries its calls to the sandbox, otherwise unchanged."""

    def __init__(self, base):
        super().__init__()
        self._base = httpx.URL(base)

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host=self._base.host, port=self._base.port)
        return super().handle_request(request)


@pytest.fixture
def whatsapp(http, sandbox):
    with httpx.Client(transport=Redirected(sandbox)) as session:
        yield pywa.WhatsApp(
            phone_id="106500700800900",
            token="whatsapp-token",
            session=session,
            waba_id="104511220033445",
        )


def test_pywa_sends_text_pictures_and_buttons(http, whatsapp):
    sent = whatsapp.send_message(to="+886912000111", text="您好", tracker="8.1.1")
    uploaded = whatsapp.upload_media(media=b"\xff\xd8\xff picture", mime_type="image/jpeg", filename="a.jpg")
    whatsapp.send_image(to="+886912000111", image=uploaded, caption="New in", tracker="8.2.1")
    whatsapp.send_message(
        to="+886912000111", text="Keep it?", buttons=[pywa.types.Button(title="Yes", callback_data="yes")]
    )
    rows = http.get("/_sandbox/journal?recipient=886912000111").json()["results"]
    assert rows[0]["id"] == sent.id
    assert [row["attempt"] for row in rows[:2]] == ["8.1.1", "8.2.1"]
    assert [row["body"]["type"] for row in rows] == ["text", "image", "interactive"]


def test_pywa_reads_numbers_templates_and_errors(http, whatsapp):
    assert whatsapp.get_business_phone_number().id == "106500700800900"
    assert [t.name for t in whatsapp.get_templates()][:2] == ["spring_sale", "paused_one"]
    with pytest.raises(pywa.errors.TemplateNotExists):
        whatsapp.send_template(
            to="+886912000111", name="nobody_knows", language=pywa.types.templates.TemplateLanguage.ENGLISH
        )


def test_pywa_makes_edits_and_deletes_templates(http, whatsapp):
    made = whatsapp.create_template(
        Template(
            name="pywa_pending",
            language=TemplateLanguage.ENGLISH,
            category=TemplateCategory.UTILITY,
            parameter_format=ParamFormat.NAMED,
            components=[
                BodyText("Hello {{first_name}}, your order is ready.", first_name="Mei"),
                FooterText(text="Bye"),
            ],
        ),
        waba_id="104511220033445",
    )
    found = whatsapp.get_template(made.id)
    assert (found.name, found.status) == ("pywa_pending", TemplateStatus.PENDING)
    http.post(
        "/_sandbox/templates",
        {"account": "104511220033445", "name": "pywa_pending", "language": "en", "event": "APPROVED"},
    )
    assert whatsapp.update_template(made.id, new_components=[BodyText("Hello again and welcome")])
    (body,) = whatsapp.get_template(made.id).components
    assert body.text == "Hello again and welcome"
    whatsapp.delete_template("pywa_pending", template_id=made.id, waba_id="104511220033445")
    assert "pywa_pending" not in [one.name for one in whatsapp.get_templates(waba_id="104511220033445")]


def test_pywa_accepts_our_signatures_and_understands_statuses(http, whatsapp, whatsapp_webhooks):
    http.post(
        "/_sandbox/inbound",
        {"channel": "whatsapp", "from": "+886912000111", "name": "林美", "text": "有貨嗎？"},
    )
    whatsapp.send_message(to="+886912000111", text="有的", tracker="8.1.1")

    def updates(calls):
        found = []
        for call in calls:
            signature = call.headers["x-hub-signature-256"]
            assert pywa.utils.webhook_updates_validator("whatsapp-secret", call.body, signature)
            assert call.body.isascii()
            for entry in call.json()["entry"]:
                for change in entry["changes"]:
                    for key, kind in (
                        ("messages", pywa.types.Message),
                        ("statuses", pywa.types.MessageStatus),
                    ):
                        for item in change["value"].get(key, []):
                            value = {**change["value"], key: [item]}
                            raw = {
                                "object": "whatsapp_business_account",
                                "entry": [
                                    {"id": entry["id"], "changes": [{"field": "messages", "value": value}]}
                                ],
                            }
                            found.append(kind.from_update(client=whatsapp, update=raw))
        return found if len(found) >= 3 else None

    found = whatsapp_webhooks.wait(updates)
    message = next(u for u in found if isinstance(u, pywa.types.Message))
    assert (message.text, message.from_user.name) == ("有貨嗎？", "林美")
    sent = [u for u in found if isinstance(u, pywa.types.MessageStatus)]
    assert {u.tracker for u in sent} == {"8.1.1"}


def test_a_wrong_signature_is_noticed(http, whatsapp_webhooks):
    http.post("/_sandbox/scenario", {"webhook_forge_rate": 1})
    http.post("/_sandbox/inbound", {"channel": "whatsapp", "from": "+886912000111", "text": "hi"})
    forged, real = whatsapp_webhooks.wait(lambda calls: calls if len(calls) == 2 else None)
    checks = [
        pywa.utils.webhook_updates_validator(
            "whatsapp-secret", call.body, call.headers["x-hub-signature-256"]
        )
        for call in (forged, real)
    ]
    assert checks == [False, True]
