"""Files from elsewhere, uploaded by a form: with a script it tells how far it is, without one what became of it.

The file is whole on this server before anything is taken in. From then on the browser is not needed: when it goes
away, the import goes on. An import that ends before its time (the server was stopped) is completed by sending the file
again, and two at once take turns, a batch each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
import structlog
from aiohttp import hdrs, web

from rest_compat.house import begin, house_of
from schema.errors import Invalid, Problem
from schema.formats.entries import Refused
from schema.resolvers.import_run import Tally, Trouble
from schema.resolvers.imports import IMPORT
from schema.resolvers.library_files import take_file
from schema.resolvers.texts import one_line
from server.pages import library
from server.pages.pages import Visit
from server.pages.uploads import Upload

LINES: Final = "application/x-ndjson"
MOST_TROUBLES: Final = 100  # that the answer names
LONGEST_SAID: Final = 200  # characters of an address in them
NO_FILE: Final = "Choose a file."
NO_LIBRARY: Final = "This is no file of bookmarks that can be read."
BROKEN: Final = "The file cannot be read to its end. What stands before that is taken in."
STOPPED: Final = "Something went wrong. What was counted is taken in; sending the file again completes it."

log = structlog.stdlib.get_logger("polymark.pages")


@dataclass(slots=True)
class Outcome:
    """What has become of a file so far; ``problem`` is what ended it too early, ``part`` how much of it was read."""

    tally: Tally = field(default_factory=Tally)
    troubles: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    problem: str = ""
    part: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many links there were, and what became of them."""
        return {name: getattr(self.tally, name) for name in library.COUNTS}

    def hear(self, troubles: Sequence[Trouble]) -> None:
        """Note what was not taken."""
        for trouble in troubles:
            if len(self.troubles) == MOST_TROUBLES:
                self.more += 1
                continue
            self.troubles.append(
                {
                    "line": trouble.position,
                    "refused": isinstance(trouble, Refused),
                    "reason": trouble.reason,
                    "url": one_line(trouble.url[:LONGEST_SAID]),
                }
            )


async def take(visit: Visit, upload: Upload) -> web.StreamResponse:
    """Take the file in: an answer of lines for a script that asks for them, else a page when all is done."""
    if not upload.size:
        return await library.page(visit, library.State(errors={"file": NO_FILE}), 422)
    if LINES in visit.request.headers.get(hdrs.ACCEPT, ""):
        return await _tell(visit, upload)
    outcome = Outcome()
    await _take_in(visit, upload, outcome, asyncio.Event())
    if outcome.problem and not outcome.tally.links:
        return await library.page(visit, library.State(errors={"file": outcome.problem}), 422)
    counts = [(words, outcome.counts[name]) for name, words in library.COUNTS.items()]
    return visit.show("imported.html", 422 if outcome.problem else 200, outcome=outcome, counts=counts)


async def _tell(visit: Visit, upload: Upload) -> web.StreamResponse:
    """A line of JSON after each batch, the last with ``done`` and whatever was not taken.

    ``{"part": 0.25, "links": 500, "created": …, "updated": …, "unchanged": …, "refused": …, "folders": …}``, and then
    ``{…, "done": true, "problem": "", "troubles": [{"line", "refused", "reason", "url"}, …], "more": 0}``. Who stops
    reading stops nothing.
    """
    request = visit.request
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: LINES, "X-Accel-Buffering": "no"})
    outcome, news = Outcome(), asyncio.Event()
    await begin(request, response)
    taking = asyncio.create_task(_take_in(visit, upload, outcome, news))
    try:
        reads = True
        while not taking.done():
            await news.wait()
            news.clear()
            reads = reads and await _send(request, response, {"part": outcome.part} | outcome.counts)
        await taking
    finally:
        taking.cancel()
    rest = {"done": True, "problem": outcome.problem, "troubles": outcome.troubles, "more": outcome.more}
    if reads and await _send(request, response, {"part": 1.0} | outcome.counts | rest):
        await response.write_eof()
    return response


async def _send(request: web.Request, response: web.StreamResponse, line: dict[str, Any]) -> bool:
    """Send a line; False when nobody is there to read it."""
    try:
        await house_of(request).streams.send(response, orjson.dumps(line) + b"\n")
    except ConnectionError:
        return False
    return True


async def _take_in(visit: Visit, upload: Upload, outcome: Outcome, news: asyncio.Event) -> None:
    """Take the file in, and note in ``outcome`` what has become of it, whatever happens."""

    def tell(tally: Tally, troubles: Sequence[Trouble]) -> None:
        outcome.tally = replace(tally)
        outcome.hear(troubles)
        outcome.part = max(outcome.part, min(upload.source.tell() / upload.size, 1.0))
        news.set()

    ctx = replace(visit.ctx(), door=IMPORT)
    fetch = "fetch" in upload.form.fields
    try:
        outcome.tally = await take_file(ctx, upload.source, fetch=fetch, tell=tell, in_thread=True)
    except Invalid:
        outcome.problem = BROKEN if outcome.tally.links else NO_LIBRARY
    except Problem as problem:
        outcome.problem = STOPPED
        log.info("import stopped", code=problem.code)
    except Exception:
        outcome.problem = STOPPED
        log.exception("import stopped")
    finally:
        news.set()
