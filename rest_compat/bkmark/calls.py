"""What surrounds every handler of this door: gate, counter, decoding, encoding, and the facts for the OpenAPI document.

A handler says with ``@handles`` what it takes and gives, as types. Those decode the request, encode the answer, and are
what ``/api/v1/openapi.json`` shows: there is no second description. The order of checks is that of BK section 4.1: the
credential (the frame's), the scope, the counter, the request.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from rest_compat import wire
from rest_compat.bkmark.counting import count_user
from rest_compat.bkmark.errors import JSON_UTF8
from rest_compat.bkmark.ids import read_uid, wants_ulids, write_ulid
from rest_compat.house import context_of
from rest_compat.refusals import Malformed
from schema.context import SCOPES, Context
from schema.errors import Conflict, Fault, Invalid, NotFound
from schema.ports import Allowance
from schema.resolvers import uids

LARGEST = 1024 * 1024  # of a body in bytes, imports apart (section 1.6)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Record(msgspec.Struct, rename="camel", kw_only=True):
    """Base of all that goes over the wire: camelCase there, snake_case here; unknown members are ignored."""


class Nothing(Record):
    """No parameters, or no body."""


Q = TypeVar("Q", bound=Record)
B = TypeVar("B", bound=Record)
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One decoded request."""

    request: web.Request
    ctx: Context
    query: Q
    body: B

    @property
    def ulids(self) -> bool:
        """Whether ids are to be written with 26 characters."""
        return wants_ulids(self.request)

    def id(self, uid: str) -> str:
        """An id as the caller wants it written."""
        return write_ulid(uid) if self.ulids else uid

    def path_id(self, name: str = "id") -> str:
        """The path's id as the caller wants it written; ``target`` has seen that it is one."""
        return self.id(str(read_uid(self.request.match_info[name])))

    async def target(self, entity: str, name: str = "id") -> int:
        """The row that the path names. Raises NotFound, for whatever is no id too (BK section 1.8)."""
        uid = read_uid(self.request.match_info[name])
        (id,) = await uids.resolve(self.ctx, entity, [uid]) if uid else (None,)
        if id is None:
            raise NotFound(entity)
        return id


async def target_ids(ctx: Context, entity: str, texts: list[str], field: str) -> list[int]:
    """The live rows that a body names to be written to, in their order. Raises Invalid for what names none."""
    wanted = [read_uid(text) for text in texts]
    ids = await uids.resolve(ctx, entity, [uid or UUID(int=0) for uid in wanted], live=True)
    faults = [Fault((field, place), "unknown") for place, id in enumerate(ids) if id is None]
    if faults:
        raise Invalid(*faults)
    return [id for id in ids if id is not None]


async def target_id(ctx: Context, entity: str, text: str, field: str) -> int:
    """The one live row that a body or the address names to be written to. Raises Invalid when it names none."""
    uid = read_uid(text)
    (id,) = await uids.resolve(ctx, entity, [uid], live=True) if uid else (None,)
    if id is None:
        raise Invalid(Fault((field,), "unknown"))
    return id


@dataclass(frozen=True, slots=True)
class Shape:
    """What a handler takes and gives.

    Any one of ``scopes`` opens it. ``answer`` is None where it is not JSON; ``media`` then names its types.
    ``takes_file``: the body is a file, as a part called ``file`` or bare. ``allowance`` is what is counted beside the
    ceiling.
    """

    summary: str
    scopes: tuple[str, ...]
    query: type[Record]
    body: type[Record] | None
    answer: Any
    status: int
    allowance: Allowance | None
    media: tuple[str, ...]
    takes_file: bool


SHAPES: dict[Handler, Shape] = {}


def handles(
    *,
    scopes: tuple[str, ...] = SCOPES,
    query: type[Q] = Nothing,  # type: ignore[assignment]  # the default binds Q
    body: type[B] = Nothing,  # type: ignore[assignment]  # the default binds B
    answer: Any = None,
    status: int = 200,
    allowance: Allowance | None = None,
    media: tuple[str, ...] = (),
    takes_file: bool = False,
) -> Callable[[Callable[[Call[Q, B]], Awaitable[A]]], Handler]:
    """Make an aiohttp handler of a function from Call to answer; a StreamResponse passes as it is.

    ``body`` is decoded from JSON; left out, the function may read the body itself.
    """

    def decorate(function: Callable[[Call[Q, B]], Awaitable[A]]) -> Handler:
        numbers = whole_numbers(query)

        async def handle(request: web.Request) -> web.StreamResponse:
            ctx = context_of(request)
            ctx.allow(*scopes)
            await count_user(request, ctx, allowance)
            asked = decode_query(wire.read_query(request), query, numbers)
            sent = cast("B", Nothing()) if body is Nothing else await read_json(request, body)
            call = Call(request, ctx, asked, sent)
            try:
                made = await function(call)
            except Conflict as problem:
                problem.uid = problem.uid and call.id(problem.uid)
                raise
            return made if isinstance(made, web.StreamResponse) else respond(made, status)

        SHAPES[handle] = Shape(
            summary=(function.__doc__ or "").strip().partition("\n")[0],
            scopes=scopes,
            query=query,
            body=None if body is Nothing else body,
            answer=answer,
            status=status,
            allowance=allowance,
            media=media,
            takes_file=takes_file,
        )
        return handle

    return decorate


def respond(answer: Any, status: int = 200) -> web.Response:
    """An answer in JSON."""
    return web.Response(status=status, body=msgspec.json.encode(answer), headers={hdrs.CONTENT_TYPE: JSON_UTF8})


async def read_json(request: web.Request, type: type[B]) -> B:
    """The body as this type. Raises Malformed and TooLarge, and Invalid for an object that is not of the type."""
    value = wire.parse_json(await wire.read_body(request))
    if not isinstance(value, dict):
        raise Malformed("json", "the body is not an object")
    return decode(value, type)


def decode_query(pairs: Mapping[str, str], type: type[Q], numbers: Container[str]) -> Q:
    """The parameters of the address as this type; ``numbers`` names those that are whole ones. Raises Invalid."""
    values = {name: int(text) if name in numbers and _WHOLE.fullmatch(text) else text for name, text in pairs.items()}
    return decode(values, type)


def whole_numbers(type: type[Record]) -> frozenset[str]:
    """The members of a type that are whole numbers, as they are spelt on the wire."""
    fields = msgspec.inspect.type_info(type).fields  # type: ignore[attr-defined]  # it is that of a struct
    return frozenset(one.encode_name for one in fields if isinstance(one.type, msgspec.inspect.IntType))


def decode(value: Any, type: type[B]) -> B:
    """JSON values as this type. Raises Invalid, with place and words."""
    try:
        return msgspec.convert(value, type)
    except UnicodeEncodeError:  # a member's name
        raise Invalid(Fault((), "surrogate")) from None
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at `$")
        steps = [int(step) if step.isdecimal() else step for step in re.findall(r"[^.\[\]`]+", place)]
        if missing := _MISSING.fullmatch(words):
            raise Invalid(Fault((*steps, missing[1]), "required")) from None
        named = place.rstrip("`").removeprefix(".") or "body"
        raise Invalid(Fault(tuple(steps), "shape", given=f"{named}: {words}")) from None
