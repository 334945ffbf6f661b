"""Control calls, webhooks in disorder, faults, and the journal as the oracle of duplicates."""

import http.client
import json
import subprocess
import sys
import uuid

import pytest

from .conftest import LINE, ROOT, WHATSAPP, Http

MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"
NUMBER = WHATSAPP["phone_number_id"]


def push(http, words="Hello", key="", to=MEI):
    headers = {"X_Line_Retry_Key": key} if key else {}
    body = {"to": to, "messages": [{"type": "text", "text": words}]}
    return http.post("/v2/bot/message/push", body, token="line-token", **headers)


def send(http, words="Hello", opaque="", to="+886912000111", number=NUMBER, **more):
    body = {
        "messaging_product": "whatsapp",
        "to": to,
        "text": {"body": words},
        "biz_opaque_callback_data": opaque,
    }
    return http.post(f"/v25.0/{number}/messages", body, token="whatsapp-token", **more)


def summary(http):
    return http.get("/_sandbox/summary").json()


def test_an_outage_begins_after_so_many_requests_of_its_account_and_spares_the_others(http):
    http.post("/_sandbox/scenario", {"accounts": {NUMBER: {"outage_ms": 3_600_000, "outage_after": 2}}})
    assert [send(http).status for _ in range(4)] == [200, 200, 500, 500]
    assert push(http, key=str(uuid.uuid4())).status == 200
    http.post("/_sandbox/scenario", {"accounts": {NUMBER: {"outage_ms": 1, "outage_after": 0}}})
    assert send(http).status == 500
    while send(http).status != 200:
        pass


def test_the_same_part_twice_is_a_duplicate(http):
    push(http, key=str(uuid.uuid4()))
    push(http, key=str(uuid.uuid4()))
    assert summary(http)["duplicates"] == 1


def test_different_people_parts_and_words_are_no_duplicates(http):
    send(http, "A", "5.1.1")
    send(http, "A", "5.2.1")
    send(http, "B", "6.1.1")
    send(http, "A", "7.1.1", to="+886912000112")
    assert summary(http)["duplicates"] == 0


@pytest.mark.parametrize(("words", "opaque"), [("A", "5.1.2"), ("other words", "5.1.2"), ("A", "8.1.1")])
def test_another_attempt_at_a_part_is_a_duplicate(http, words, opaque):
    send(http, "A", "5.1.1")
    send(http, words, opaque)
    assert summary(http)["duplicates"] == 1


def test_what_failed_before_is_no_duplicate(http):
    send(http, "A", "5.1.1", to="+886912000126")
    http.post("/_sandbox/scenario", {"magic_numbers": False})
    send(http, "A", "5.1.2", to="+886912000126")
    assert (summary(http)["duplicates"], summary(http)["people"]) == (0, 1)


def test_the_summary_counts_requests_answers_and_people(http):
    push(http)
    send(http)
    http.get("/v2/bot/profile/nobody", token="line-token")
    found = summary(http)
    assert (found["requests"], found["accepted"], found["people"]) == (3, 2, 2)
    assert found["by_answer"] == {"200": 2, "404": 1}


def test_the_journal_is_exported_by_page(http):
    for i in range(25):
        push(http, f"message {i}")
    rows, after = [], -1
    while after is not None:
        page = http.get(
            f"/_sandbox/journal?limit=10&after={after}" if after >= 0 else "/_sandbox/journal?limit=10"
        )
        assert len(page.json()["results"]) <= 10
        rows += page.json()["results"]
        after = page.json()["next"]
    assert [row["body"]["text"] for row in rows] == [f"message {i}" for i in range(25)]
    assert {row["recipient"] for row in rows} == {MEI}


def test_a_reset_empties_journal_and_scenario_and_never_reuses_ids(http):
    before = send(http).json()["messages"][0]["id"]
    http.post("/_sandbox/scenario", {"error_rate": 1})
    assert http.post("/_sandbox/reset").json()["requests"] == 0
    assert http.get("/_sandbox/journal").json() == {"results": [], "next": None}
    assert send(http).json()["messages"][0]["id"] != before


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("scenario", {"latency": 3}, "unknown key 'latency'"),
        ("scenario", {"latency_ms": "3"}, "latency_ms must be"),
        ("scenario", {"rate_limits": 0}, "rate_limits must be"),
        ("scenario", {"recipients": {"886912000111": "vanish"}}, "'vanish' is no outcome"),
        ("accounts", {"kind": "fax"}, "kind must be one of"),
        ("accounts", {"kind": "line", "channel_id": "1"}, "missing"),
        ("accounts", {**LINE, "colour": "red"}, "unknown: colour"),
        ("inbound", {"channel": "line"}, "channel and from are needed"),
        ("inbound", {"channel": "fax", "from": "x", "text": "hi"}, "no fax account"),
        ("inbound", {"channel": "whatsapp", "from": "Mei", "text": "hi"}, "from must be a phone number"),
        ("people", {"account": LINE["channel_id"], "people": [{"name": "no address"}]}, "address"),
    ],
)
def test_a_wrong_control_call_says_what_is_wrong(http, path, body, words):
    answer = http.post(f"/_sandbox/{path}", body)
    assert answer.status == 400
    assert words in answer.json()["error"]


def test_accounts_are_listed_without_their_secrets(http):
    text = http.get("/_sandbox/accounts").body.decode()
    assert LINE["channel_id"] in text
    assert "line-secret" not in text
    assert "whatsapp-token" not in text


def test_errors_may_come_before_or_after_acceptance(http):
    http.post("/_sandbox/scenario", {"error_rate": 1, "accepted_share": 0})
    assert push(http).status == 500
    assert summary(http)["accepted"] == 0
    http.post("/_sandbox/scenario", {"error_rate": 1, "accepted_share": 1})
    key = str(uuid.uuid4())
    assert push(http, key=key).status == 500
    assert summary(http)["accepted"] == 1
    http.post("/_sandbox/scenario", {"error_rate": 0})
    assert push(http, key=key).status == 409


def test_a_cut_connection_may_have_accepted(http):
    http.post("/_sandbox/scenario", {"cut_rate": 1, "accepted_share": 1})
    with pytest.raises((ConnectionError, http_client_errors())):
        send(http, opaque="3.1.1")
    http.post("/_sandbox/scenario", {"cut_rate": 0})
    rows = http.get("/_sandbox/journal?attempt=3.1.1").json()["results"]
    assert len(rows) == 1
    assert summary(http)["by_answer"] == {"cut": 1}


def http_client_errors():
    return http.client.RemoteDisconnected


def test_throttling_accepts_nothing(http):
    http.post("/_sandbox/scenario", {"throttle_rate": 1})
    assert (push(http).status, send(http).status) == (429, 429)
    assert summary(http)["accepted"] == 0


def test_an_account_can_have_a_scenario_of_its_own(http):
    http.post("/_sandbox/scenario", {"accounts": {NUMBER: {"throttle_rate": 1}}})
    assert (push(http).status, send(http).status) == (200, 429)


def line_events(calls):
    return [event for call in calls for event in call.json()["events"]]


def test_a_refused_webhook_comes_again_and_says_so(http, line_webhooks):
    line_webhooks.statuses = [500, 503]
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "text": "hi"})
    line_webhooks.wait(lambda calls: len(calls) >= 3)
    events = line_events(line_webhooks.calls)
    assert len({event["webhookEventId"] for event in events}) == 1
    assert [event["deliveryContext"]["isRedelivery"] for event in events] == [False, True, True]


def test_webhooks_can_be_tripled_and_shuffled(http, whatsapp_webhooks):
    http.post(
        "/_sandbox/scenario",
        {"webhook_duplicates": 2, "webhook_shuffle": True, "read_share": 1, "webhook_batch": 7},
    )
    for i in range(40):
        send(http, opaque=f"{i}.1.1", to=f"+8869120{i:05d}1")

    def statuses(calls):
        return [
            s for call in calls for s in call.json()["entry"][0]["changes"][0]["value"].get("statuses", [])
        ]

    whatsapp_webhooks.wait(lambda calls: len(statuses(calls)) == 40 * 3 * 3)
    seen = statuses(whatsapp_webhooks.calls)
    order = {"sent": 0, "delivered": 1, "read": 2}
    by_message: dict[str, list[int]] = {}
    for status in seen:
        by_message.setdefault(status["id"], []).append(order[status["status"]])
    assert all(sorted(ranks) == [0, 0, 0, 1, 1, 1, 2, 2, 2] for ranks in by_message.values())
    assert any(ranks != sorted(ranks) for ranks in by_message.values())
    assert (
        max(
            len(call.json()["entry"][0]["changes"][0]["value"]["statuses"])
            for call in whatsapp_webhooks.calls
        )
        <= 7
    )


def test_statuses_may_overtake_the_answer(http, whatsapp_webhooks):
    http.post("/_sandbox/scenario", {"webhook_delay_ms": 0, "latency_ms": 60_000})
    with pytest.raises(TimeoutError):
        send(http, opaque="4.1.1", timeout=0.3)
    body = whatsapp_webhooks.wait(lambda calls: calls)[0].body
    assert b'"biz_opaque_callback_data":"4.1.1"' in body


def test_people_can_be_found(http):
    http.post(
        "/_sandbox/people", {"account": NUMBER, "people": [{"phone": "+886 912 000 321", "name": "林美"}]}
    )
    (found,) = http.get("/_sandbox/people?q=%E6%9E%97").json()["results"]
    assert (found["address"], found["name"], found["channel"]) == ("886912000321", "林美", "whatsapp")


def test_a_line_customer_may_be_named_instead_of_numbered(http, line_webhooks):
    told = http.post("/_sandbox/inbound", {"channel": "line", "from": "Mei Lin", "text": "hi"}).json()
    event = line_webhooks.wait(line_events)[0]
    assert event["source"]["userId"] == told["person"]
    assert (
        http.get(f"/v2/bot/profile/{told['person']}", token="line-token").json()["displayName"] == "Mei Lin"
    )


def start(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    url = process.stdout.readline().rpartition(" ")[2].strip()
    return process, Http(url)


def stop(process):
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_accounts_and_people_outlive_a_restart(tmp_path):
    config, state = tmp_path / "accounts.json", tmp_path / "state.json"
    config.write_text(json.dumps([LINE]))
    process, http = start("--config", str(config), "--state", str(state))
    http.post("/_sandbox/accounts", WHATSAPP)
    http.post("/_sandbox/people", {"account": NUMBER, "people": [{"phone": "+886912000321", "name": "林美"}]})
    stop(process)

    process, http = start("--state", str(state))
    accounts = [account["kind"] for account in http.get("/_sandbox/accounts").json()["results"]]
    people = [person["name"] for person in http.get("/_sandbox/people").json()["results"]]
    stop(process)
    assert (accounts, people) == (["line", "whatsapp"], ["林美"])
    assert state.stat().st_mode & 0o077 == 0


def test_a_taken_port_is_a_clear_error(sandbox):
    port = sandbox.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert second.returncode == 1
    assert f"cannot listen on port {port}" in second.stderr


def test_it_stops_at_once_whatever_is_going_on(tmp_path, receiver):
    config = tmp_path / "accounts.json"
    config.write_text(json.dumps([{**WHATSAPP, "webhook_url": f"{receiver.url}/hook"}]))
    process, http = start("--config", str(config))
    receiver.statuses = [500] * 1000
    http.post("/_sandbox/scenario", {"webhook_delay_ms": 0})
    send(http)
    receiver.wait(lambda calls: calls)
    http.post("/_sandbox/scenario", {"hang_rate": 1, "webhook_delay_ms": 60_000})
    with pytest.raises(TimeoutError):
        send(http, timeout=0.2)
    stop(process)
