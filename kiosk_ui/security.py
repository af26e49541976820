"""Who may talk to these pages, and what a page of ours may load.

1. A page loads from its own origin only; no inline script, no inline style.
2. A Host is ours when it is a plain IP address, localhost, or configured; a name that a stranger's DNS points at us
   is none of these, so rebinding reaches nothing.
3. A browser names its page's origin with every POST. It has to be ours. A program that names none is no page.
4. A frame may hold us only where the settings say so, and only on this machine.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request

from kiosk_ui.errors import SettingsError
from kiosk_ui.problems import problem
from kiosk_ui.settings import UiSettings
from kiosk_ui.words import Words

__all__ = ["BODY_LIMIT", "install_security", "is_loopback"]

BODY_LIMIT = 16 * 1024  # bytes; the biggest body of ours, a resolved payment, is below 1 KiB
_PICTURE_POLICY = "default-src 'none'; sandbox"  # a drawing runs nothing and loads nothing, opened by itself or not


def install_security(app: Flask, settings: UiSettings, words: Words) -> None:
    """Check who asks before every request, and set the headers after it.

    Raises:
        SettingsError: A frame ancestor that is not on this machine, or a public URL that is none.
    """
    hosts = frozenset(_host_of(url) for url in settings.public_urls)
    ancestors = " ".join(_loopback_origin(origin) for origin in settings.frame_ancestors) or "'none'"
    policy = (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        f"frame-src 'none'; frame-ancestors {ancestors}"
    )
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT

    @app.before_request
    def refuse_strangers() -> Response | None:
        if not _is_own_host(request.host, hosts):
            return problem(403, words("problem.foreign_host"))
        if request.method not in {"GET", "HEAD", "OPTIONS"} and not _is_own_page(request):
            return problem(403, words("problem.foreign_origin"))
        return None

    @app.after_request
    def guard(response: Response) -> Response:
        is_picture = response.mimetype == "image/svg+xml"
        response.headers["Content-Security-Policy"] = _PICTURE_POLICY if is_picture else policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Not no-referrer: that would make browsers send "Origin: null" with a plain form (Fetch, 3.2).
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-site"  # the demo's floor is on another port
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if not settings.frame_ancestors:
            response.headers["X-Frame-Options"] = "DENY"
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def is_loopback(address: str | None) -> bool:
    """Say whether a peer's ``address`` is of this machine."""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _is_own_host(host: str, public_hosts: Collection[str]) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or name in public_hosts or _is_address(name)


def _is_own_page(asked: Request) -> bool:
    origin = asked.headers.get("Origin")
    if origin is None:
        return asked.headers.get("Sec-Fetch-Site") in {None, "same-origin", "none"}
    return urlsplit(origin).netloc == asked.host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"a public URL is http(s)://host[:port], not {url!r}")
    return parts.hostname


def _loopback_origin(origin: str) -> str:
    parts = urlsplit(origin)
    name = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or (name != "localhost" and not is_loopback(name)):
        raise SettingsError(f"only a page of this machine may show ours in a frame, not {origin!r}")
    return f"{parts.scheme}://{parts.netloc}"
