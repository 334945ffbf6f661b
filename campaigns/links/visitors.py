"""Who opens a link: a person, or a program that looks ahead for one. Programs are led on, and counted apart."""

from __future__ import annotations

import re

from django.http import HttpRequest

# How programs name themselves, and who says so.
ROBOTS = (
    r"facebookexternalhit|facebot|meta-external",  # developers.facebook.com/docs/sharing/webmasters/web-crawlers
    r"^whatsapp/",  # the preview WhatsApp makes, the same page
    r"line-poker|linespider",  # developers.line.biz/en/faq (link previews), lin.ee/4dwXkTH
    r"twitterbot",  # developer.x.com/en/docs/x-for-websites/cards/guides/getting-started
    r"telegrambot",  # names itself so; telegram.org/blog/instant-view
    r"slackbot|slack-imgproxy",  # api.slack.com/robots
    r"discordbot",  # names itself so, with discordapp.com
    r"linkedinbot|skypeuripreview|kakaotalk-scrap|snap url preview",  # name themselves so
    r"googlebot|google-|googleother|apis-google|adsbot",  # developers.google.com/crawling/docs/crawlers-fetchers
    r"bingbot|bingpreview|adidxbot",  # bing.com/webmasters/help/which-crawlers-does-bing-use-8c184ec0
    r"applebot",  # support.apple.com/en-us/119829
    r"yandex|baiduspider|bytespider|petalbot",  # yandex.com/support/webmaster, help.baidu.com, …
    r"(?<!cu)bot\b|crawler|spider|preview",  # what others call themselves; CUBOT makes telephones
    r"^(?:curl|wget|python-|go-http-client|java/|okhttp|axios|node-fetch|apache-httpclient|libwww)",  # no browser
)
_ROBOT = re.compile("|".join(ROBOTS), re.IGNORECASE)
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")  # w3c.github.io/resource-hints; older browsers


def is_person(request: HttpRequest) -> bool:
    """Whether somebody tapped: a browser that shows them the page, now."""
    agent = request.headers.get("User-Agent", "").strip()
    ahead = any(
        word in request.headers.get(name, "").lower() for name in _AHEAD for word in ("prefetch", "preview")
    )
    return request.method == "GET" and not ahead and bool(agent) and not _ROBOT.search(agent)


def is_staff(request: HttpRequest) -> bool:
    """Whether the link was followed from a page of ours, which only members see: browsers say so of themselves."""
    return request.headers.get("Sec-Fetch-Site", "") == "same-origin"
