"""A form that was sent to us: small, from a page of our own, and by somebody who had that page before them."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import compare_digest, token_urlsafe
from urllib.parse import parse_qsl

from fastapi import Request

from notifier.errors import Refused
from notifier.locale import N_
from notifier.web.browsers import SECURE, Site

__all__ = ["FORM_COOKIE", "FormRefused", "form_token", "posted_form"]

FORM_COOKIE = "notifier_form"
LARGEST_BODY = 16 * 1024
MOST_FIELDS = 20
KIND = "application/x-www-form-urlencoded"


class FormRefused(Refused):
    """The form is answered with this status, whatever is in it."""

    code = "form_refused"

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def form_token(request: Request) -> str:
    """What a form carries twice, in a field and in a cookie that no other site can read or set."""
    return request.cookies.get(SECURE + FORM_COOKIE) or request.cookies.get(FORM_COOKIE) or token_urlsafe(32)


async def posted_form(request: Request, site: Site) -> Mapping[str, str]:
    """The fields. Raises FormRefused: 403 not from our own page, 413 too large, 400 no form."""
    if not site.is_from_own_page(request):
        raise FormRefused(403, N_("This was sent from another site's page and is refused. Open the page here again."))
    fields = _fields(request, await _body(request))
    kept = request.cookies.get(SECURE + FORM_COOKIE) or request.cookies.get(FORM_COOKIE, "")
    if not kept or not compare_digest(kept.encode(), fields.get("form", "").encode()):
        raise FormRefused(
            403, N_("This page was open for too long, or the browser keeps no cookies for it. Please try once more.")
        )
    return fields


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise FormRefused(413, N_("That is too long."))
    return bytes(body)


def _fields(request: Request, body: bytes) -> Mapping[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise FormRefused(400, N_("That is no form of ours."))
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise FormRefused(400, N_("That is no form of ours.")) from None
    return {name: value.replace("\x00", "") for name, value in pairs}
