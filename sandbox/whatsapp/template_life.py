"""A template's life: made, changed, deleted; judged a little later, as its name or a control call wants it.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates

A name that ends in `_reject`, `_pause`, `_disable` or `_pending` chooses the verdict; any other is approved.
"""

import asyncio
import time
import zlib
from typing import Any

import orjson

from sandbox import ids
from sandbox.graph.errors import GraphError, no_such_object
from sandbox.http import Request, Response, json_response
from sandbox.whatsapp.bodies import read_body
from sandbox.whatsapp.statuses import AccountChange
from sandbox.whatsapp.template_rules import check_components, check_identity, refused, shown_category
from sandbox.whatsapp.templates import MOST_TEMPLATES, find, of_business
from sandbox.world import World

VERDICT_STEPS = 8  # of `webhook_delay_ms`, until a template is judged
VERDICTS = {"_reject": "REJECTED", "_pause": "PAUSED", "_disable": "DISABLED", "_pending": ""}
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
A_DAY = 24 * 3600.0
Template = dict[str, Any]


class BadVerdict(ValueError):
    """A control call named no template, or said nothing about it."""


def create(world: World, waba_id: str, request: Request) -> Response:
    body = _unpacked(read_body(request))
    name, language, category = body.get("name"), body.get("language"), str(body.get("category", "")).upper()
    check_identity(name, language, category)
    named = str(body.get("parameter_format", "")).upper() == "NAMED"
    check_components(world, body.get("components"), named)
    if len(of_business(world, waba_id)) >= MOST_TEMPLATES:
        raise refused(2388019, "Message template limit exceeded", "Delete templates you no longer use.")
    if find(world, waba_id, str(name), str(language)) is not None:
        words = f"There is already {language} content for this template."
        raise refused(2388024, "Content in this language already exists", words)
    if (waba_id, str(name), str(language)) in world.resting_names:
        words = "Content can't be added while the existing content is being deleted. Try again in 4 weeks."
        raise refused(2388023, "Message template language is being deleted", words)
    template: Template = {
        "id": ids.graph_id(),
        "name": name,
        "language": language,
        "status": "PENDING",
        "category": shown_category(category, body["components"]),
        "parameter_format": "NAMED" if named else "POSITIONAL",
        "components": _kept(body["components"]),
    }
    world.accounts.numbers_of(waba_id)[0].templates.append(template)
    world.changed()
    _review(world, waba_id, template)
    return json_response({key: template[key] for key in ("id", "status", "category")})


def edit(world: World, found: tuple[str, Template], request: Request) -> Response:
    waba_id, template = found
    body = _unpacked(read_body(request))
    if template["status"] not in EDITABLE:
        raise refused(
            2388003, "This template cannot be edited", "Only approved, rejected and paused ones can."
        )
    if template["status"] == "APPROVED":
        _count_edit(world, template, body)
    if "components" in body:
        named = str(body.get("parameter_format", template["parameter_format"])).upper() == "NAMED"
        check_components(world, body["components"], named)
        template["components"] = _kept(body["components"])
        template["parameter_format"] = "NAMED" if named else "POSITIONAL"
    if body.get("category"):
        template["category"] = shown_category(str(body["category"]).upper(), template["components"])
    template["status"], template["rejected_reason"] = "PENDING", "NONE"
    world.changed()
    _review(world, waba_id, template)
    return json_response({"success": True} | {key: template[key] for key in ("id", "name", "category")})


def _count_edit(world: World, template: Template, body: Template) -> None:
    if body.get("category") not in (None, template["category"]):
        raise refused(2388003, "The category cannot be changed", "It is fixed once a template is approved.")
    edits = world.template_edits.setdefault(template["id"], [])
    if any(at > world.now() - A_DAY for at in edits):
        raise refused(2388003, "Edited too often", "An approved template can be edited once in 24 hours.")
    edits.append(world.now())


def delete(world: World, waba_id: str, request: Request) -> Response:
    """One language by `hsm_id`, or every language of `name`."""
    name, template_id = request.query.get("name", ""), request.query.get("hsm_id", "")
    doomed = [
        template
        for template in of_business(world, waba_id)
        if (template["id"] == template_id if template_id else template["name"] == name)
    ]
    if not doomed:
        raise no_such_object(template_id or name, "DELETE")
    for template in doomed:
        if template["status"] == "DISABLED":
            raise refused(2388003, "This template cannot be deleted", "Disabled templates stay.")
        if template["status"] in ("APPROVED", "PAUSED"):
            world.resting_names.add((waba_id, template["name"], template["language"]))
        for number in world.accounts.numbers_of(waba_id):
            number.templates = [one for one in number.templates if one.get("id") != template["id"]]
        _tell(world, waba_id, "message_template_status_update", _named(template) | {"event": "DELETED"})
    world.changed()
    return json_response({"success": True})


def unpause(world: World, found: tuple[str, Template], request: Request) -> Response:
    waba_id, template = found
    if template["status"] != "PAUSED":
        return json_response({"success": False, "reason": "The template is not paused."})
    judge(world, waba_id, template, "APPROVED")
    return json_response({"success": True})


# --- Verdicts -------------------------------------------------------------------------------------------------


def _review(world: World, waba_id: str, template: Template) -> None:
    """The verdict, a little later; what is paused or disabled was approved before."""
    ending = next((end for end in VERDICTS if str(template["name"]).endswith(end)), None)
    if ending == "_pending":
        return
    number = world.accounts.numbers_of(waba_id)[0]
    step = VERDICT_STEPS * world.scenarios.of(number.id).webhook_delay_ms / 1000
    verdict = VERDICTS[ending] if ending else "APPROVED"
    first = "APPROVED" if verdict in ("PAUSED", "DISABLED") else verdict
    _later(world, step, waba_id, template["id"], first)
    if first != verdict:
        _later(world, step * 2 + 1.0, waba_id, template["id"], verdict)


def _later(world: World, after_s: float, waba_id: str, template_id: str, event: str) -> None:
    def decide() -> None:
        template = next((one for one in of_business(world, waba_id) if one["id"] == template_id), None)
        if template is not None:
            judge(world, waba_id, template, event)

    asyncio.get_running_loop().call_later(after_s, decide)


def judge(
    world: World, waba_id: str, template: Template, event: str, reason: str = "", title: str = ""
) -> None:
    """Decide on the template and tell whoever listens."""
    template["status"] = event
    template["rejected_reason"] = (reason or "INVALID_FORMAT") if event == "REJECTED" else "NONE"
    value = _named(template) | {
        "event": event,
        "reason": template["rejected_reason"],
        "message_template_category": template["category"],
    }
    if event == "REJECTED":
        value["rejection_info"] = {
            "reason": "The sandbox rejects templates whose name ends in _reject.",
            "recommendation": "Choose another name.",
        }
    if event in ("PAUSED", "UNPAUSED", "LOCKED", "DISABLED"):
        value["other_info"] = {"title": title or _TITLES[event], "description": "Decided by the sandbox."}
    if event == "DISABLED":
        value["disable_info"] = {"disable_date": time.strftime("%Y-%m-%d", time.gmtime(world.now()))}
    world.changed()
    _tell(world, waba_id, "message_template_status_update", value)


_TITLES = {"PAUSED": "FIRST_PAUSE", "UNPAUSED": "UNPAUSED", "LOCKED": "LOCKED", "DISABLED": "DISABLED"}


def steer(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """`POST /_sandbox/templates`: `{"account": waba or number id, "name", "language"}` with `event` (and `reason`,
    `title`), `quality`, or `category` (with `notice` only announced). Raises BadVerdict."""
    number = world.accounts.whatsapp(str(body.get("account")))
    waba_id = number.waba_id if number else str(body.get("account"))
    template = find(world, waba_id, str(body.get("name")), str(body.get("language")))
    if template is None:
        raise BadVerdict("account, name and language must name a template")
    if event := body.get("event"):
        judge(
            world, waba_id, template, str(event), str(body.get("reason") or ""), str(body.get("title") or "")
        )
    elif quality := body.get("quality"):
        _rate(world, waba_id, template, str(quality))
    elif category := body.get("category"):
        _recategorise(world, waba_id, template, str(category), notice=body.get("notice") is True)
    else:
        raise BadVerdict("say event, quality or category")
    return {"id": template["id"], "status": template["status"], "category": template["category"]}


def _rate(world: World, waba_id: str, template: Template, quality: str) -> None:
    former = template["quality_score"]["score"]
    template["quality_score"] = {"score": quality, "date": int(world.now())}
    value = _named(template) | {"previous_quality_score": former, "new_quality_score": quality}
    world.changed()
    _tell(world, waba_id, "message_template_quality_update", value)


def _recategorise(world: World, waba_id: str, template: Template, category: str, *, notice: bool) -> None:
    former = template["category"]
    if notice:
        template["correct_category"] = category
        change = {"new_category": former, "correct_category": category}
        change["category_update_timestamp"] = str(int(world.now() + A_DAY))
    else:
        template["category"], template["previous_category"] = category, former
        template.pop("correct_category", None)
        change = {"previous_category": former, "new_category": category}
    world.changed()
    _tell(world, waba_id, "template_category_update", _named(template) | change)


def _named(template: Template) -> dict[str, Any]:
    return {
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
    }


def _tell(world: World, waba_id: str, field: str, value: dict[str, Any]) -> None:
    number = world.accounts.numbers_of(waba_id)[0]
    world.webhooks.put(number, AccountChange(field, value, int(world.now())))


# --- Bodies ---------------------------------------------------------------------------------------------------


def _unpacked(body: dict[str, Any]) -> dict[str, Any]:
    """A form carries its components as JSON text."""
    if isinstance(body.get("components"), str):
        try:
            return body | {"components": orjson.loads(body["components"])}
        except orjson.JSONDecodeError:
            raise GraphError(100, message="(#100) Param components must be an array.") from None
    return body


def _kept(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As Meta shows them afterwards: capital types, and an address in place of an upload's handle."""
    kept = []
    for component in components:
        one = component | {"type": str(component["type"]).upper()}
        if isinstance(example := one.get("example"), dict) and "header_handle" in example:
            name = f"{zlib.crc32(str(example['header_handle']).encode()):x}"
            one["example"] = {"header_handle": [f"https://scontent.example.test/{name}"]}
        kept.append(one)
    return kept
