"""Message templates: the list, one of them, and what a send must fill in.

Templates come with the account's registration as the Graph API lists them, or are made by its calls
(`template_life`).
https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
"""

import re
import zlib
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import GraphError, missing
from sandbox.http import Request, Response, json_response
from sandbox.whatsapp import media
from sandbox.world import World

MAX_RENDERED = 1024
PAGE = 25
MOST_TEMPLATES = 6000
SENDABLE = ("APPROVED", "FLAGGED", "REINSTATED", "UNARCHIVED")
MEDIA_FORMATS = ("IMAGE", "VIDEO", "DOCUMENT")
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_FORBIDDEN = re.compile(r"[\n\t]| {5,}")


def of_business(world: World, waba_id: str) -> list[dict[str, Any]]:
    """The templates of a WhatsApp account, as they are kept; each of its numbers may have brought some."""
    found = {}
    for number in world.accounts.numbers_of(waba_id):
        for template in number.templates:
            found[template.get("name"), template.get("language")] = _complete(waba_id, template)
    return list(found.values())


def _complete(waba_id: str, template: dict[str, Any]) -> dict[str, Any]:
    """The template, to which is added what the Graph API always tells."""
    identity = f"{waba_id}/{template.get('name')}/{template.get('language')}"
    usual = {
        "id": str(10**14 + zlib.crc32(identity.encode())),
        "status": "APPROVED",
        "category": "MARKETING",
        "parameter_format": "POSITIONAL",
        "rejected_reason": "NONE",
        "quality_score": {"score": "UNKNOWN", "date": 1_794_000_000},
        "components": [],
    }
    for key, value in usual.items():
        template.setdefault(key, value)
    return template


def listing(world: World, waba_id: str, request: Request) -> Response:
    query = request.query
    found = of_business(world, waba_id)
    for name in ("status", "category", "language"):
        if wanted := query.get(name):
            found = [t for t in found if str(t.get(name, "")).upper() == wanted.upper()]
    if wanted := query.get("name"):
        found = [t for t in found if wanted in str(t.get("name"))]
    start = _after(query.get("after", ""))
    limit = max(1, int(query["limit"])) if query.get("limit", "").isdigit() else PAGE
    page = found[start : start + limit]
    paging: dict[str, Any] = {"cursors": {"before": f"MA{start}", "after": f"MA{start + len(page)}"}}
    if start + limit < len(found):
        rest = "&".join(f"{k}={v}" for k, v in query.items() if k not in ("after", "access_token"))
        paging["next"] = f"{request.base_url}{request.path}?{rest}&after=MA{start + limit}"
    answer: dict[str, Any] = {"data": [_shown(t, query.get("fields")) for t in page], "paging": paging}
    if "summary" in query:
        answer["summary"] = {
            "total_count": len(found),
            "message_template_count": len(of_business(world, waba_id)),
            "message_template_limit": MOST_TEMPLATES,
            "are_translations_complete": True,
        }
    return json_response(answer)


def _after(cursor: str) -> int:
    if not cursor:
        return 0
    if not cursor.startswith("MA") or not cursor[2:].isdigit():
        raise GraphError(131059, "The cursor is not valid any more; start from the first page.")
    return int(cursor[2:])


def _shown(template: dict[str, Any], fields: str | None) -> dict[str, Any]:
    names = [*fields.split(","), "id"] if fields else list(template)
    return {name: template[name] for name in names if name in template}


def one(world: World, found: tuple[str, dict[str, Any]], request: Request) -> Response:
    return json_response(_shown(found[1], request.query.get("fields")))


def check(world: World, number: WhatsAppNumber, content: dict[str, Any]) -> str:
    """The category of the template that is sent, where everything fits. Raises GraphError."""
    name, language = content.get("name"), content.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    if not isinstance(name, str) or not name:
        raise missing("template['name']")
    if not isinstance(code, str) or not code:
        raise missing("template['language']['code']")
    template = find(world, number.waba_id, name, code)
    if template is None:
        raise GraphError(132001, f"template name ({name}) does not exist in {code}")
    status = template["status"]
    if status == "PAUSED":
        raise GraphError(132015)
    if status == "DISABLED":
        raise GraphError(132016)
    if status not in SENDABLE:
        raise GraphError(132001, f"template name ({name}) is not approved in {code}")
    given = _parameters(content)
    for part in template["components"]:
        kind = str(part.get("type", "")).lower()
        if kind in ("header", "body"):
            _check_part(world, number, template, part, kind, given.get(kind, []))
        elif kind == "buttons":
            _check_buttons(part.get("buttons") or [], content)
    return str(template["category"])


def _parameters(content: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The parameters by component type. Raises GraphError."""
    found = {}
    for component in _objects(content.get("components"), "template['components']"):
        kind = str(component.get("type", "")).lower()
        found[kind] = _objects(component.get("parameters"), f"{kind}['parameters']")
    return found


def _check_buttons(buttons: list[dict[str, Any]], content: dict[str, Any]) -> None:
    """Every button with a variable is filled in, by its position among all of them, and no other."""
    sent = {
        str(one.get("index")): _objects(one.get("parameters"), "button['parameters']")
        for one in _objects(content.get("components"), "template['components']")
        if str(one.get("type", "")).lower() == "button"
    }
    for index, button in enumerate(buttons):
        kind = str(button.get("type", "")).upper()
        wanted = (
            "coupon_code" if kind == "COPY_CODE" else "text" if "{{" in str(button.get("url", "")) else ""
        )
        if not wanted:
            continue
        given = sent.get(str(index), [])
        if len(given) != 1:
            raise GraphError(132000, f"buttons: Button at index {index} of type {kind} requires a parameter")
        if given[0].get("type") != wanted or not given[0].get(wanted):
            raise GraphError(132012, f"buttons: Format mismatch at index {index}, expected {wanted.upper()}")


def _objects(value: Any, name: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise GraphError(100, f"Param {name} must be an array of objects.")
    return value


def find(world: World, waba_id: str, name: str, language: str) -> dict[str, Any] | None:
    return next(
        (t for t in of_business(world, waba_id) if t.get("name") == name and t.get("language") == language),
        None,
    )


def _check_part(
    world: World,
    number: WhatsAppNumber,
    template: dict[str, Any],
    part: dict[str, Any],
    kind: str,
    given: list[dict[str, Any]],
) -> None:
    wanted_format = str(part.get("format", "TEXT")).upper()
    if kind == "header" and wanted_format in MEDIA_FORMATS:
        _check_media(world, number, wanted_format.lower(), given)
        return
    if kind == "header" and wanted_format == "LOCATION":
        _check_location(given)
        return
    wanted = variables(str(part.get("text", "")))
    if len(given) != len(wanted):
        raise GraphError(
            132000,
            f"{kind}: number of localizable_params ({len(given)}) does not match the expected number of "
            f"params ({len(wanted)})",
        )
    named = str(template["parameter_format"]).upper() == "NAMED"
    if named and {p.get("parameter_name") for p in given} != set(wanted):
        raise GraphError(100, f"{kind}: parameter names do not match the template.")
    for position, parameter in enumerate(given):
        _check_parameter(kind, position, parameter)
    if len(render(str(part.get("text", "")), given)) > MAX_RENDERED:
        raise GraphError(132005)


def _check_media(world: World, number: WhatsAppNumber, kind: str, given: list[dict[str, Any]]) -> None:
    if len(given) != 1:
        raise GraphError(132012, f"header: Format mismatch, expected {kind.upper()}, received UNKNOWN")
    sent = given[0].get("type")
    file = given[0].get(kind)
    if sent != kind or not isinstance(file, dict):
        raise GraphError(
            132012, f"header: Format mismatch, expected {kind.upper()}, received {str(sent).upper()}"
        )
    if (file.get("id") is None) == (file.get("link") is None):
        raise GraphError(100, f"Param {kind} must have exactly one of id and link.")
    if file.get("id") is not None:
        media.usable(world, number, str(file["id"]))


def _check_location(given: list[dict[str, Any]]) -> None:
    place = given[0].get("location") if len(given) == 1 else None
    if not isinstance(place, dict) or not all(
        place.get(key) for key in ("latitude", "longitude", "name", "address")
    ):
        raise GraphError(132012, "header: Format mismatch, expected LOCATION, received UNKNOWN")


def _check_parameter(kind: str, position: int, parameter: dict[str, Any]) -> None:
    sort = parameter.get("type")
    if sort in ("currency", "date_time"):
        return
    if sort != "text":
        raise GraphError(
            132012, f"{kind}: Format mismatch at {position}, expected TEXT, received {str(sort).upper()}"
        )
    text = parameter.get("text")
    if not isinstance(text, str) or not text:
        raise missing(f"{kind}['parameters'][{position}]['text']")
    if _FORBIDDEN.search(text):
        raise GraphError(
            132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        )


def variables(text: str) -> list[str]:
    """The different variables of a component's text, in order."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def render(text: str, given: list[dict[str, Any]]) -> str:
    """The text with its variables filled, by name or by position."""
    values = {}
    for position, parameter in enumerate(given, start=1):
        value = parameter.get("text")
        if value is None:
            special = parameter.get(str(parameter.get("type")))
            value = special.get("fallback_value", "") if isinstance(special, dict) else ""
        values[str(parameter.get("parameter_name") or position)] = str(value)
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)
