"""What a request's fields may be (LD section 3): a resource is a table of names to fields, read in one go.

    TAG = {"name": Text(required=True, blank=False, max_length=64)}
    values, faults = read_json(TAG, body)

``values`` holds what was sent and is sound, by name; ``faults`` all that is wrong, in the order of the table. A field
that was left out is in neither, unless it is required. Nothing here raises; ``Reading.sound`` does, for callers that
have nothing to add to the faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from multidict import MultiMapping

from models.text import find_surrogate, mend_text
from rest_compat.linkding import moments
from schema.errors import Fault, Invalid

Path = tuple[str | int, ...]

DEFAULT_LIMIT = 100

_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_WHOLE_NUMBER = re.compile(r"\s*(?P<digits>[+-]?[0-9]{1,100})\s*")
_INTEGER = re.compile(r"\s*(?P<digits>[+-]?[0-9]{1,100})(?:\.0*)?\s*")
_LARGEST = 2**63 - 1  # what a column of either database can hold


class Missing:
    """The type of ``MISSING``, which stands for a field that was not sent."""


MISSING = Missing()


class Reading(NamedTuple):
    """What was read: sound values by field name, and the faults in the order of the fields."""

    values: dict[str, Any]
    faults: list[Fault]

    def sound(self) -> dict[str, Any]:
        """Return the values, or raise Invalid with all faults when there are any."""
        if self.faults:
            raise Invalid(*self.faults)
        return self.values


class Outcome(NamedTuple):
    """One field's value (meaningless when there are faults) and what is wrong with it."""

    value: Any
    faults: tuple[Fault, ...] = ()


class Field(Protocol):
    """How one field is read."""

    @property
    def required(self) -> bool:
        """Whether leaving the field out is a fault."""
        ...

    def read(self, value: object, path: Path) -> Outcome:
        """Judge a decoded JSON value, never null, or a form's text or file."""
        ...

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Take the field's raw value out of a form, or MISSING."""
        ...


Resource = Mapping[str, Field]


def read_json(resource: Resource, body: object, *, partial: bool = False) -> Reading:
    """Read a decoded JSON body; with ``partial`` (PATCH) nothing is required.

    A body that is no object is one fault with an empty path: ``no_data`` for null (LD-ERR-19), else ``object`` with
    the name of its type in ``given`` (LD-ERR-18).
    """
    if body is None:
        return Reading({}, [Fault((), "no_data")])
    if not isinstance(body, dict):
        return Reading({}, [Fault((), "object", given=_type_name(body))])
    return _read(resource, {name: body.get(name, MISSING) for name in resource}, partial=partial)


def read_form(
    resource: Resource, form: MultiMapping[Any], *, partial: bool = False, fill_booleans: bool = False
) -> Reading:
    """Read a form or multipart body; of several values for one field the last counts, lists aside.

    With ``fill_booleans`` (POST) a boolean that is absent or empty is false (LD-NEW-8); without it (PUT and PATCH, for
    LD-UPD-4 is dropped) it is not sent. An empty number, choice or date is not sent either: forms have no other way
    to leave one out.
    """
    raw = {name: field.pick(form, name) for name, field in resource.items()}
    if fill_booleans:
        for name, field in resource.items():
            if isinstance(field, Boolean) and raw[name] is MISSING:
                raw[name] = False
    return _read(resource, raw, partial=partial)


@dataclass(frozen=True, slots=True)
class Text:
    """A string, stripped of Unicode white space; numbers are taken as their text.

    ``blank`` allows the empty string, ``max_length`` is in characters after stripping, ``is_address`` is the rule that
    a sound address keeps (LD-URL-1), reported as ``url`` before the length (LD-ERR-16).
    """

    required: bool = False
    blank: bool = True
    max_length: int | None = None
    is_address: Callable[[str], bool] | None = None

    def read(self, value: object, path: Path) -> Outcome:
        """Return the stripped text; faults: ``string``, ``blank``, ``url``, ``too_long``, ``nul``, ``surrogate``."""
        written = None if isinstance(value, bool) else _write(value)
        if written is None:
            return _refused(path, "string")
        text = written.strip()
        if not text:
            return Outcome(text) if self.blank else _refused(path, "blank")
        faults = []
        if self.is_address is not None and not self.is_address(text):
            faults.append(Fault(path, "url"))
        if self.max_length is not None and len(text) > self.max_length:
            faults.append(Fault(path, "too_long", limit=self.max_length))
        if "\0" in text:
            faults.append(Fault(path, "nul"))
        if (surrogate := find_surrogate(text)) is not None:
            faults.append(Fault(path, "surrogate", given=f"U+{ord(surrogate):X}"))
        return Outcome(text, tuple(faults))

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Return the last value of that name; an empty one is a value (LD-NEW-8)."""
        return _last(form, name)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false, or one of the numbers and words that linkding takes for it."""

    required: bool = False

    def read(self, value: object, path: Path) -> Outcome:
        """Return a bool; fault: ``boolean``."""
        if isinstance(value, bool | int | float) and value in {0, 1}:
            return Outcome(bool(value))
        if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
            return Outcome(value.lower() in _TRUE)
        return _refused(path, "boolean")

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Return the last value of that name that is not empty."""
        return _last_filled(form, name)


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number that fits 64 bits with a sign."""

    required: bool = False

    def read(self, value: object, path: Path) -> Outcome:
        """Return an int; fault: ``integer``, also for numbers that no column can hold."""
        number = _integer(value)
        return _refused(path, "integer") if number is None else Outcome(number)

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Return the last value of that name that is not empty."""
        return _last_filled(form, name)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words, compared exactly."""

    choices: tuple[str, ...]
    required: bool = False

    def read(self, value: object, path: Path) -> Outcome:
        """Return the word; fault: ``choice``, with the choices and what was given (LD-ERR-10 shows it again)."""
        if isinstance(value, str) and value in self.choices:
            return Outcome(value)
        return Outcome(None, (Fault(path, "choice", limit=self.choices, given=_shown(value)),))

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Return the last value of that name that is not empty."""
        return _last_filled(form, name)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time (LD-BM-2)."""

    required: bool = False

    def read(self, value: object, path: Path) -> Outcome:
        """Return an aware datetime in UTC; faults: ``datetime``, ``datetime_range``."""
        if not isinstance(value, str):
            return _refused(path, "datetime")
        try:
            return Outcome(moments.read(value))
        except moments.NotAMoment:
            return _refused(path, "datetime")
        except moments.OutOfRange:
            return _refused(path, "datetime_range")

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Return the last value of that name that is not empty."""
        return _last_filled(form, name)


@dataclass(frozen=True, slots=True)
class TagList:
    """A list of strings that are not blank, each holding one tag name or several between commas (LD-TAGN-1, -2).

    ``max_length`` is that of a single name, in characters, after splitting and stripping (LD-TAGN-7, softened).
    """

    required: bool = False
    max_length: int | None = None

    def read(self, value: object, path: Path) -> Outcome:
        """Return the stripped items, unsplit; faults: ``list``, and those of Text at the item's position."""
        if not isinstance(value, list):
            return _refused(path, "list", given=_type_name(value))
        items: list[str] = []
        faults: list[Fault] = []
        for position, item in enumerate(value):
            outcome = self._read_item(item, (*path, position))
            items.append(outcome.value)
            faults.extend(outcome.faults)
        return Outcome(items, tuple(faults))

    def pick(self, form: MultiMapping[Any], name: str) -> object:
        """Return all values of that name, else those of ``name[0]``, ``name[1]`` ... by their number (LD-NEW-8)."""
        repeated = form.getall(name, [])
        if repeated:
            return list(repeated)
        indexed = re.compile(re.escape(name) + r"\[([0-9]{1,9})\]")
        numbered = {int(found[1]): form.getall(key)[-1] for key in form if (found := indexed.fullmatch(key))}
        return [numbered[number] for number in sorted(numbered)] or MISSING

    def _read_item(self, item: object, path: Path) -> Outcome:
        if item is None:
            return _refused(path, "null")
        outcome = Text(blank=False).read(item, path)
        if self.max_length is None or not isinstance(outcome.value, str):
            return outcome
        if all(len(name.strip()) <= self.max_length for name in outcome.value.split(",")):
            return outcome
        return Outcome(outcome.value, (Fault(path, "too_long", limit=self.max_length), *outcome.faults))


def read_limit(text: str | None) -> int:
    """Return the page size that a query's ``limit`` asks for, or 100 when it asks for none (LD-PAGE-2, -4).

    Nothing, zero, less, what is no whole number and what exceeds 64 bits all ask for none.
    """
    number = _whole_number(text)
    return number if number is not None and number > 0 else DEFAULT_LIMIT


def read_offset(text: str | None) -> int:
    """Return how many rows a query's ``offset`` passes over, 0 when it names no number of rows (LD-PAGE-3, -4)."""
    number = _whole_number(text)
    return number if number is not None and number > 0 else 0


def _read(resource: Resource, raw: Mapping[str, object], *, partial: bool) -> Reading:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, field in resource.items():
        value = raw[name]
        if value is MISSING:
            if field.required and not partial:
                faults.append(Fault((name,), "required"))
            continue
        outcome = _refused((name,), "null") if value is None else field.read(value, (name,))
        if outcome.faults:
            faults.extend(outcome.faults)
        else:
            values[name] = outcome.value
    return Reading(values, faults)


def _refused(path: Path, rule: str, given: str | None = None) -> Outcome:
    return Outcome(None, (Fault(path, rule, given=given),))


def _last(form: MultiMapping[Any], name: str) -> object:
    found = form.getall(name, [])
    return found[-1] if found else MISSING


def _last_filled(form: MultiMapping[Any], name: str) -> object:
    value = _last(form, name)
    return MISSING if value == "" else value


def _write(value: object) -> str | None:
    """Return a string or number as text; None for what is neither and for numbers that Python will not write."""
    if not isinstance(value, str | int | float):
        return None
    try:
        return str(value)
    except ValueError:  # an integer of more than 4,300 digits
        return None


def _shown(value: object) -> str:
    """Return a value as an answer may show it again: without lone surrogates, and of a list its type only."""
    written = _write(value)
    return _type_name(value) if written is None else mend_text(written)


def _type_name(value: object) -> str:
    return type(value).__name__  # linkding's messages show Python's own names: str, dict, int


def _integer(value: object) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return _in_range(value)
        case float():
            return _in_range(int(value)) if value.is_integer() else None
        case str():
            found = _INTEGER.fullmatch(value)
            return None if found is None else _in_range(int(found["digits"]))
        case _:
            return None


def _whole_number(text: str | None) -> int | None:
    found = None if text is None else _WHOLE_NUMBER.fullmatch(text)
    return None if found is None else _in_range(int(found["digits"]))


def _in_range(number: int) -> int | None:
    return number if -_LARGEST - 1 <= number <= _LARGEST else None
