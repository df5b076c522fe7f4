"""Who may do what: bearer tokens (RFC 6750), and the loopback address."""

from __future__ import annotations

import hmac
import re
from ipaddress import ip_address

from .http import HttpError, Request, Route


class Access:
    """Decides whether a request may go on.

    Args:
        admin_token: allows changes of models; None: only callers on loopback may change them.
        score_token: needed by every other route but health; None: anybody may score.
    """

    def __init__(self, admin_token: str | None = None, score_token: str | None = None) -> None:
        self._admin, self._score = admin_token, score_token

    def check(self, request: Request, route: Route) -> None:
        """Let a request pass.

        Raises:
            HttpError: 401 without the right token, 403 if no token could help.
        """
        if route.admin:
            self._check_admin(request)
        elif self._score is not None and not route.open:
            if not (_carries(request, self._score) or _carries(request, self._admin)):
                raise _unauthorized("this server needs a token")

    def _check_admin(self, request: Request) -> None:
        if _carries(request, self._admin) or is_local(request):
            return
        if self._admin is None:
            raise HttpError(
                403, "models are changed from this machine alone: start with --admin-token-file"
            )
        raise _unauthorized("changing models needs the admin token")


def is_local(request: Request) -> bool:
    """Whether the caller is a program of this machine that speaks for nobody else.

    A proxy on this machine speaks for others (it says so in a header), and so does a browser:
    its pages come from elsewhere (Origin), or reach us under a foreign name (Host).
    """
    try:
        if not ip_address(request.client).is_loopback:
            return False
    except ValueError:
        return False
    if any(request.header(name) is not None for name in FORWARDED):
        return False
    host = HOST.fullmatch(request.header(b"host") or "localhost")
    try:
        return host is not None and (
            host[1].lower() == "localhost" or ip_address(host[1].strip("[]")).is_loopback
        )
    except ValueError:
        return False


HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d*)?")
"""A name or an address, and a port."""
FORWARDED = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via", b"origin")


def _carries(request: Request, token: str | None) -> bool:
    if token is None:
        return False
    scheme, _, value = (request.header(b"authorization") or "").partition(" ")
    given = value.strip().encode("latin-1", "replace")
    return scheme.lower() == "bearer" and hmac.compare_digest(given, token.encode())


def _unauthorized(message: str) -> HttpError:
    return HttpError(401, message, www_authenticate="Bearer")
