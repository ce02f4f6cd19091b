"""Which addresses a Nextcloud client may bookmark, and what one without a scheme stands for (NC-5.4)."""

from __future__ import annotations

import re

import ada_url

from models import url as urls
from schema.errors import Fault, Invalid

SCHEMES = frozenset({"http:", "https:", "ftp:", "sftp:", "file:"})

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST_AND_PORT = re.compile(r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\.?):[0-9]{1,5}(?:[/?#].*)?", re.DOTALL)


def accept(text: str) -> str:
    """The address itself, stripped, which must have a scheme. Raises Invalid (rule ``url``) for any other text.

    Schemes are http, https, ftp, sftp, file and ``javascript:``, whose text is nobody's to judge.
    """
    address = urls.clean(text)
    if urls.is_script(address):
        return address
    try:
        parsed = ada_url.URL(address)
    except ValueError:
        raise Invalid(Fault(("url",), "url")) from None
    if parsed.protocol not in SCHEMES or not (parsed.hostname or parsed.protocol == "file:"):
        raise Invalid(Fault(("url",), "url"))
    return address


def candidates(text: str) -> tuple[str, ...]:
    """The addresses that the text may stand for; the last is what it becomes when none is bookmarked yet.

    That is the text itself, or for one without a scheme ``https://…`` and then ``http://…``. Raises Invalid as
    ``accept``.
    """
    address = urls.clean(text)
    if urls.is_script(address) or (_SCHEME.match(address) and not _HOST_AND_PORT.fullmatch(address)):
        return (accept(address),)
    return accept(f"https://{address}"), accept(f"http://{address}")
