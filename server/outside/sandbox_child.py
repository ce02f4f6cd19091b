"""The program that ``sandbox.py`` starts: jobs in on standard input, replies out on standard output.

``python -m server.outside.sandbox_child ALARM_SECONDS MEMORY_BYTES``. It ends at the end of its input, and a signal
ends it when a job takes longer than the alarm.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from server.outside import pictures, reading
from server.outside.sandbox import LENGTH, Job, PageJob, PictureJob, Reply
from server.outside.snapshots.pieces import CleanJob, Unclean


def work(job: Job) -> Iterator[Reply]:
    """Do the job; a page comes part by part, so that one is there when the next is not. Raises nothing."""
    match job:
        case PageJob():
            yield from _read(job)
        case PictureJob():
            try:
                yield Reply(picture=pictures.shrink(job.data, job.max_side))
            except pictures.BadPicture as error:
                yield Reply(failure=str(error))
        case CleanJob():
            yield _clean(job)


def _clean(job: CleanJob) -> Reply:
    """A document without what runs."""
    from server.outside.snapshots import html  # late: children that read pages start quicker without

    try:
        return Reply(document=html.clean(job))
    except Unclean as error:
        return Reply(failure=str(error))
    except Exception as error:  # noqa: BLE001 - libraries raise anything on such input; it is the document's own fault
        return Reply(failure=f"the document cannot be read: {type(error).__name__}")


def _read(job: PageJob) -> Iterator[Reply]:
    """The head at once, then more and more."""
    try:
        for page in reading.read_parts(job.html, job.charset, job.url, job.requested_url):
            yield Reply(page=page, last=False)
        yield Reply()
    except Exception as error:  # noqa: BLE001 - libraries raise anything on such input; the parent logs it
        yield Reply(failure=type(error).__name__)


def main(alarm_seconds: int, memory_bytes: int) -> None:
    """Serve jobs until the input ends."""
    _limit(memory_bytes)
    logging.disable()  # trafilatura logs every page that it cannot read
    jobs, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    decoder: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)
    while (job := _receive(jobs)) is not None:
        signal.alarm(alarm_seconds)
        for reply in work(decoder.decode(job)):
            body = msgspec.msgpack.encode(reply)
            replies.write(LENGTH.pack(len(body)) + body)
            replies.flush()
        signal.alarm(0)


def _receive(stream: BinaryIO) -> bytes | None:
    """The next frame's content, None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    return stream.read(size)


def _limit(memory_bytes: int) -> None:
    """No more memory than this, and no core files of other people's pages."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere the limit is refused or means something else
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
