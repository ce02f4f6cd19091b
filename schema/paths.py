"""Faults in GraphQL's words: operations name a value as Python does, a caller knows it by its argument's name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from strawberry.utils.str_converters import to_camel_case

from schema.errors import Invalid


@contextmanager
def under(*argument: str, apart: Collection[str] = ()) -> Iterator[None]:
    """Inside the block, an Invalid about ``tag_names`` becomes one about ``tagNames`` beneath the argument.

    ``apart`` are names of what is not in the argument but beside it.
    """
    try:
        yield
    except Invalid as problem:
        faults = (
            replace(
                fault,
                path=(
                    *(() if fault.path[:1] and fault.path[0] in apart else argument),
                    *(to_camel_case(s) if isinstance(s, str) else s for s in fault.path),
                ),
            )
            for fault in problem.faults
        )
        raise Invalid(*faults) from None
