"""What an operator may set: ``POLYMARK_*`` from the environment or ``.env``, as docs/settings.md lists it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "POLYMARK_"
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
SECRETS = frozenset(  # their values are never repeated in an error
    {"admin_password", "database_url", "redis_url", "summary_key"}
)
REDIS_SCHEMES = ("redis", "rediss")
DATABASE_FILE = "polymark.db"
MIB = 1024 * 1024
# Where a proxy may show us: segments as they stand in an address (RFC 3986, section 3.3), no dots alone among them.
PATH = r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting that cannot be used; the message is one line that names the variable and what it takes."""


def _setting(default: object, takes: str, meaning: str, **limits: Any) -> Any:
    """Make a field; ``takes`` and ``meaning`` are the words of docs/settings.md and of SettingsError."""
    return Field(default, validate_default=True, description=meaning, json_schema_extra={"takes": takes}, **limits)


def _words(value: object) -> object:
    """Split what an environment variable holds at its commas; anything else passes."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _database(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in DATABASE_SCHEMES or not rest.strip("/"):
        raise ValueError(value)
    from server.database import database_config  # late: it loads the ORM, which not every command needs

    database_config(value)  # ValueError for a port or an option that is none
    return value


def _redis(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    number = parts.path.strip("/")
    if parts.scheme not in REDIS_SCHEMES or not parts.hostname or parts.query or parts.fragment or parts.port == 0:
        raise ValueError(parts.scheme)
    if number and not re.fullmatch(r"\d{1,5}", number, re.ASCII):
        raise ValueError(number)
    return value


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(value)
    if not re.fullmatch(PATH, parts.path.rstrip("/")):
        raise ValueError(value)
    return value.rstrip("/")


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(value)
    return value


def _origin(value: str) -> str:
    """Check one origin; not only http schemes, since extensions have ``chrome-extension://…`` as theirs."""
    parts = urlsplit(value)
    if value != "*" and (not parts.scheme or not parts.netloc or parts.path or parts.query or parts.fragment):
        raise ValueError(value)
    return value


def _star_alone(value: tuple[str, ...]) -> tuple[str, ...]:
    if "*" in value and len(value) > 1:
        raise ValueError(value)
    return value


def _username(value: str) -> str:
    if not re.fullmatch(r"[\w.@+-]{1,150}", value, re.ASCII):
        raise ValueError(value)
    return value


class Settings(BaseSettings):
    """All settings, checked and frozen; made by load_settings()."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file_encoding="utf-8", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    host: str = _setting("127.0.0.1", "an address or a host name", "Where the server listens.")
    port: int = _setting(3000, "a whole number from 0 to 65535", "The port; `0` takes any free one.", ge=0, le=65535)
    workers: int = _setting(1, "a whole number from 1 to 64", "Serving processes, as `--workers` says.", ge=1, le=64)
    data_dir: Path = _setting(
        Path("data"), "a folder", "Database, assets and secret key. Made when missing; `~` is the home."
    )
    database_url: Annotated[str, AfterValidator(_database)] | None = _setting(
        None,
        "`sqlite://PATH` or `postgres://USER:PASSWORD@HOST:PORT/NAME`",
        "The database; unset is the SQLite file `polymark.db` in the data directory.",
        repr=False,  # it may hold a password
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis)] | None = _setting(
        None,
        "`redis://HOST:PORT/NUMBER` or `rediss://…`",
        "Count tries and quotas in this Redis, so that several processes or machines count together;"
        " unset counts in memory and in the database.",
    )
    sqlite_synchronous: Annotated[Literal["FULL", "NORMAL"], BeforeValidator(_upper)] = _setting(
        "FULL",
        "`FULL` or `NORMAL`",
        "`FULL`: an acknowledged write survives a power cut; `NORMAL` trades that for speed.",
    )
    base_url: Annotated[str, AfterValidator(_base_url)] | None = _setting(
        None,
        "an `http://` or `https://` address without query",
        "What the outside calls this server, with the path if it has one; unset is taken from each request.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_words)] = _setting(
        (),
        "networks such as `10.0.0.0/8`, with commas between",
        "Proxies whose `X-Forwarded-*` headers are believed.",
    )
    cors_origins: Annotated[
        tuple[Annotated[str, AfterValidator(_origin)], ...],
        NoDecode,
        BeforeValidator(_words),
        AfterValidator(_star_alone),
    ] = _setting(
        ("*",),
        "`*`, or origins such as `https://app.example`, with commas between",
        "Web pages of other origins that may call the APIs, always without cookies.",
    )
    admin_username: Annotated[str, AfterValidator(_username)] = _setting(
        "admin",
        "letters, digits and `_.@+-`, at most 150",
        "The name of the first user, made on the first start.",
    )
    admin_password: SecretStr | None = _setting(
        None,
        "8 characters or more",
        "The first user's password; unset makes one and prints it once.",
        min_length=8,
    )
    fetch_timeout: float = _setting(
        5.0,
        "seconds from 0 to 120",
        "How long a create waits for its page; `0` fetches nothing at all. Webhooks are sent all the same.",
        ge=0,
        le=120,
        allow_inf_nan=False,
    )
    allow_private_fetch: bool = _setting(
        False, "`true` or `false`", "Also fetch pages from private addresses, and send webhooks there and by `http:`."
    )
    disable_asset_upload: bool = _setting(False, "`true` or `false`", "Refuse every upload of assets.")
    disable_url_validation: bool = _setting(False, "`true` or `false`", "Take any text as the address of a bookmark.")
    snapshots: bool = _setting(
        True, "`true` or `false`", "Take snapshots of pages, when somebody asks or has asked for them once and for all."
    )
    max_snapshot_size: ByteSize = _setting(
        ByteSize(50 * MIB), "bytes, or a size such as `50MiB`", "The largest snapshot.", ge=1024
    )
    singlefile: str | None = _setting(
        None,
        "a command such as `single-file`",
        "Take snapshots with this single-file-cli and its Chromium; unset takes them here, without a browser.",
    )
    web_archive: Annotated[str, AfterValidator(_web_address)] = _setting(
        "https://web.archive.org",
        "an `http://` or `https://` address",
        "The Internet Archive, which is asked to keep what people bookmark who have asked for that.",
    )
    summaries: bool = _setting(True, "`true` or `false`", "Make summaries of bookmarks on request.")
    summary_url: Annotated[str, AfterValidator(_web_address)] | None = _setting(
        None,
        "an `http://` or `https://` address",
        "A language model's chat completions (OpenAI's form), to make summaries; unset makes them of the page's own "
        "sentences, here.",
    )
    summary_model: str | None = _setting(None, "a name", "The model to ask for; unset leaves it to the endpoint.")
    summary_key: SecretStr | None = _setting(None, "a text", "The key that the endpoint asks for.")
    nextcloud_ids: Annotated[Literal["auto", "string", "int"], BeforeValidator(_lower)] = _setting(
        "auto",
        "`auto`, `string` or `int`",
        "How Nextcloud's clients are told a bookmark's id; `auto` is a number below `/index.php` and text elsewhere.",
    )
    bkmark_rate_limit: int = _setting(
        600,
        "a whole number from 0 to 1000000",
        "Requests a minute that one user may send to the Bkmark API; `0` is no limit.",
        ge=0,
        le=1_000_000,
    )
    max_body_size: ByteSize = _setting(
        ByteSize(16 * MIB),
        "bytes, or a size such as `16MiB`, at least 1KiB",
        "The largest JSON or form body; larger ones are refused with 413. The Bkmark API takes at most 1 MiB.",
        ge=1024,
    )
    max_asset_size: ByteSize | None = _setting(
        None, "bytes, or a size such as `500MiB`", "The largest asset; unset is no limit.", ge=1
    )
    trash_days: int = _setting(
        30,
        "a whole number from 1 to 36500",
        "Days until the trash is emptied of a bookmark.",
        ge=1,
        le=36_500,
    )
    change_days: int = _setting(
        90, "a whole number from 1 to 36500", "Days that the log of changes is kept.", ge=1, le=36_500
    )
    session_days: int = _setting(
        30,
        "a whole number from 1 to 365",
        "Days that a browser stays signed in without coming back.",
        ge=1,
        le=365,
    )
    graphql_max_depth: int = _setting(
        15, "a whole number from 1 to 100", "How deep a GraphQL selection may nest.", ge=1, le=100
    )
    graphql_max_aliases: int = _setting(
        30, "a whole number from 0 to 1000", "How many aliases a GraphQL document may have.", ge=0, le=1000
    )
    graphql_max_tokens: int = _setting(
        2000,
        "a whole number from 100 to 100000",
        "How many tokens a GraphQL document may have.",
        ge=100,
        le=100_000,
    )
    graphql_max_cost: int = _setting(
        10_000,
        "a whole number of at least 100",
        "What a GraphQL operation may cost, counted before it runs.",
        ge=100,
    )
    argon2_time_cost: int = _setting(
        2, "a whole number from 1 to 100", "Passes over the memory for one password hash.", ge=1, le=100
    )
    argon2_memory: int = _setting(19_456, "KiB from 8 to 4194304", "Memory for one password hash.", ge=8, le=4_194_304)
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = _setting(
        "console", "`console` or `json`", "Logs for people, or one JSON object a line."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = _setting(
        "info", "`debug`, `info`, `warning` or `error`", "The least important log line that is written."
    )

    @property
    def data_path(self) -> Path:
        """The data directory as an absolute path; it need not exist yet."""
        return self.data_dir.expanduser().absolute()

    @property
    def database(self) -> str:
        """The database's address: the one that was set, or the SQLite file in the data directory."""
        return self.database_url or f"sqlite://{self.data_path / DATABASE_FILE}"


def variable(field: str) -> str:
    """Name the environment variable of a field: ``port`` is ``POLYMARK_PORT``."""
    return PREFIX + field.upper()


def takes(field: FieldInfo) -> str:
    """Say in words what a setting takes, for its error line and docs/settings.md."""
    extra = field.json_schema_extra
    return str(extra["takes"]) if isinstance(extra, dict) else ""


def load_settings(env_file: str | Path | None = ".env", **given: object) -> Settings:
    """Read the settings: ``given`` first (None counts as not given), then the environment, then ``env_file``.

    Raises SettingsError with one line when a value is not what its setting takes; it repeats no secret.
    """
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    make: Callable[..., Settings] = Settings  # its signature has no room for _env_file
    try:
        return make(_env_file=env_file, **chosen)
    except ValidationError as error:
        raise SettingsError(_line(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file}: cannot be read ({error})") from None


def _line(error: ValidationError) -> str:
    """Word the first thing wrong: ``POLYMARK_PORT takes a whole number from 0 to 65535, not 'abc'.``."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    known = takes(Settings.model_fields[name]).replace("`", "")
    if name in SECRETS:
        return f"{variable(name)} takes {known}; what it is set to is something else."
    return f"{variable(name)} takes {known}, not {_shown(first['input'])}."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
