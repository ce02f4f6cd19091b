"""What a door may refuse before any operation is asked: facts about the wire, worded by each dialect.

They stand beside the Problems of ``schema/errors.py``, which are about bookmarks, tags and people. TooLarge,
Unauthenticated, Forbidden and Unsupported are Problems already and are used for the wire as well.
"""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - named like the Problems
    """Base of all refusals of the wire."""


class UnknownAddress(Refusal):
    """Nothing lives at this path."""


class WrongMethod(Refusal):
    """The path is known, the method is not one of its own; ``method`` is as it was sent."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self.method = method


class NotAcceptable(Refusal):
    """The answer cannot be had in a form that the ``Accept`` header takes."""


class Malformed(Refusal):
    """The body cannot be taken apart; ``form`` is ``json``, ``form``, ``multipart`` or ``body``, ``words`` say why."""

    def __init__(self, form: str, words: str) -> None:
        super().__init__(f"{form}: {words}")
        self.form = form
        self.words = words


class Crash(Refusal):
    """Something unexpected happened. It is in the log under this request id, and the caller learns no more."""

    def __init__(self, request_id: str) -> None:
        super().__init__(request_id)
        self.request_id = request_id
