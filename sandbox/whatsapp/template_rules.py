"""What Meta refuses in a new or edited template, with the words it has for people.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
"""

import itertools
import re
from typing import Any

from sandbox.graph.errors import GraphError
from sandbox.whatsapp.templates import variables
from sandbox.whatsapp.uploads import is_handle
from sandbox.world import World

NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
HEADERS = (*MEDIA, "TEXT", "LOCATION")
LIMITS = {"HEADER": 60, "BODY": 1024, "FOOTER": 60}
MOST_BUTTONS = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "FLOW": 1}
PROMOTES = re.compile(r"\bsale\b|\boff\b|discount|promo|折扣|優惠|特價|特賣", re.IGNORECASE)
_VARIABLE = re.compile(r"\{\{[^{}]+\}\}")
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7a3]|[^\W_\u2e80-\u9fff\uac00-\ud7a3]+")

Json = dict[str, Any]


def refused(subcode: int, title: str, text: str) -> GraphError:
    return GraphError(100, message="Invalid parameter", subcode=subcode, for_people=(title, text))


def check_identity(name: Any, language: Any, category: Any) -> None:
    """Raises GraphError."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise GraphError(100, message="(#100) Param name must be lowercase letters, digits and underscores.")
    if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
        raise GraphError(100, message="(#100) Param language must be a supported locale.")
    if category not in CATEGORIES:
        raise GraphError(100, message=f"(#100) Param category must be one of {{{', '.join(CATEGORIES)}}}")


def check_components(world: World, components: Any, named: bool) -> None:
    """Raises GraphError."""
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise GraphError(100, message="(#100) Param components must be an array.")
    kinds = [str(one.get("type", "")).upper() for one in components]
    if len(set(kinds)) != len(kinds) or "BODY" not in kinds:
        raise refused(2388072, "Body is missing", "A template has one body and each other part at most once.")
    for kind, component in zip(kinds, components, strict=True):
        if kind == "HEADER":
            _check_header(world, component, named)
        elif kind == "BODY":
            _check_text(component, "BODY", named)
        elif kind == "FOOTER":
            _check_length(component, "FOOTER")
            if _VARIABLE.search(str(component.get("text"))):
                raise refused(2388073, "Footer has a variable", "Footers take no variables.")
        elif kind == "BUTTONS":
            _check_buttons(component.get("buttons"))


def _check_header(world: World, component: Json, named: bool) -> None:
    shape = str(component.get("format", "")).upper()
    if shape not in HEADERS:
        raise refused(2388047, "Header is incorrect", f"The format must be one of {', '.join(HEADERS)}.")
    if shape == "TEXT":
        if len(variables(str(component.get("text", "")))) > 1:
            raise refused(2388047, "Header is incorrect", "A header takes one variable.")
        _check_text(component, "HEADER", named)
    elif shape in MEDIA:
        example = component.get("example")
        handles = example.get("header_handle") if isinstance(example, dict) else None
        if not isinstance(handles, list) or not handles or not is_handle(world, handles[0]):
            raise refused(2388047, "Header sample is missing", "Upload a sample of the media in the header.")


def _check_length(component: Json, kind: str) -> str:
    text = component.get("text")
    if not isinstance(text, str) or not text.strip():
        raise refused(2388072, f"{kind.title()} is empty", "Write a text.")
    if len(text) > LIMITS[kind]:
        words = f"The {kind.lower()} may have {LIMITS[kind]} characters at most."
        raise refused(2388040, "Character limit exceeded", words)
    return text


def _check_text(component: Json, kind: str, named: bool) -> None:
    text = _check_length(component, kind)
    names = variables(text)
    if not names:
        return
    numbered = all(name.isdigit() for name in names)
    if numbered == named or (not named and sorted(map(int, names)) != list(range(1, len(names) + 1))):
        raise refused(2388072, "Variables are incorrect", "Number them without gaps, or name them all.")
    plain = text.strip()
    if _VARIABLE.match(plain) or plain.endswith("}}"):
        raise refused(
            2388299,
            "Variables can't be at the start or end",
            f"Add text before or after the variable in the {kind.lower()}.",
        )
    if re.search(r"\}\}\s*\{\{", text):
        raise refused(2388072, "Variables are adjacent", "Add text between the variables.")
    if kind == "BODY" and len(_WORD.findall(_VARIABLE.sub(" ", text))) < 2 * len(names) + 1:
        raise refused(
            2388293,
            "Too many variables for the length",
            "Reduce the number of variables or increase the message length.",
        )
    _check_examples(component, kind, names, named)


def _check_examples(component: Json, kind: str, names: list[str], named: bool) -> None:
    example, key = component.get("example"), f"{kind.lower()}_text"
    example = example if isinstance(example, dict) else {}
    if named:
        pairs = example.get(f"{key}_named_params")
        given = (
            {one.get("param_name") for one in pairs if one.get("example")}
            if isinstance(pairs, list)
            else set()
        )
        complete = given >= set(names)
    else:
        values = example.get(key)
        values = values[0] if kind == "BODY" and isinstance(values, list) and values else values
        complete = isinstance(values, list) and len(values) == len(names) and all(values)
    if not complete:
        code = 2388047 if kind == "HEADER" else 2388072
        raise refused(code, "Sample is missing", f"Give an example for every variable of the {kind.lower()}.")


def _check_buttons(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 0 < len(buttons) <= 10:
        raise refused(2388042, "Buttons are incorrect", "A template takes one to ten buttons.")
    kinds = [str(one.get("type", "")).upper() for one in buttons if isinstance(one, dict)]
    for kind in kinds:
        if kinds.count(kind) > MOST_BUTTONS.get(kind, 1):
            raise refused(
                2388042, "Too many buttons", f"{kind} buttons: {MOST_BUTTONS.get(kind, 1)} at most."
            )
    quick = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(a != b for a, b in itertools.pairwise(quick)) > 1:
        raise refused(2388042, "Buttons are mixed", "Quick replies must stand together.")
    for kind, button in zip(kinds, buttons, strict=True):
        if kind != "COPY_CODE" and not 0 < len(str(button.get("text") or "")) <= 25:
            raise refused(2388042, "Button text is incorrect", "A button says up to 25 characters.")
        url = str(button.get("url", ""))
        if kind == "URL" and "{{" in url and (not url.endswith("{{1}}") or not button.get("example")):
            raise refused(2388042, "URL is incorrect", "One variable at the end, with an example.")
        if kind == "COPY_CODE" and not button.get("example"):
            raise refused(2388042, "Sample is missing", "Give an example of the code.")


def shown_category(category: str, components: list[Json]) -> str:
    """What Meta makes of the category: a utility template that promotes is marketing."""
    said = " ".join(str(component.get("text", "")) for component in components)
    return "MARKETING" if category == "UTILITY" and PROMOTES.search(said) else category
