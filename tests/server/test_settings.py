"""Settings: where they come from, and the one line that a wrong one gets."""

import ipaddress
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """An environment without any setting, in an empty folder."""
    for name in [name for name in os.environ if name.startswith("POLYMARK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_anything_the_defaults_stand():
    settings = load_settings()

    assert ("127.0.0.1", 3000) == (settings.host, settings.port)
    assert "FULL" == settings.sqlite_synchronous
    assert 16 * 1024 * 1024 == settings.max_body_size
    assert settings.max_asset_size is None
    assert ("*",) == settings.cors_origins


def test_the_database_is_a_file_in_the_data_directory_unless_set(monkeypatch, tmp_path):
    assert f"sqlite://{tmp_path}/data/polymark.db" == load_settings().database
    assert f"sqlite://{tmp_path}/other/polymark.db" == load_settings(data_dir=tmp_path / "other").database

    monkeypatch.setenv("POLYMARK_DATABASE_URL", "postgres://u:p@localhost:5432/polymark")

    assert "postgres://u:p@localhost:5432/polymark" == load_settings().database


def test_the_data_directory_may_be_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("POLYMARK_DATA_DIR", "~/marks")

    assert tmp_path / "home" / "marks" == load_settings().data_path


def test_a_command_line_goes_before_the_environment_and_that_before_the_file(monkeypatch):
    """None on the command line means that it was silent."""
    Path(".env").write_text("POLYMARK_PORT=4001\nPOLYMARK_HOST=file.example\nSOMETHING=else\n")
    monkeypatch.setenv("POLYMARK_PORT", "4002")

    assert 4003 == load_settings(port=4003).port
    assert 4002 == load_settings(port=None).port
    assert "file.example" == load_settings().host
    assert "127.0.0.1" == load_settings(env_file=None).host


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("POLYMARK_MAX_ASSET_SIZE", "")

    assert load_settings().max_asset_size is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        (
            "TRUSTED_PROXIES",
            "10.0.0.0/8, ::1",
            (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1")),
        ),
        ("CORS_ORIGINS", "https://a.example,moz-extension://id", ("https://a.example", "moz-extension://id")),
        ("BASE_URL", "https://marks.example/sub/", "https://marks.example/sub"),
        ("SQLITE_SYNCHRONOUS", "normal", "NORMAL"),
        ("LOG_LEVEL", "DEBUG", "debug"),
        ("MAX_ASSET_SIZE", "2MiB", 2 * 1024 * 1024),
        ("FETCH_TIMEOUT", "0", 0.0),
        ("ALLOW_PRIVATE_FETCH", "yes", True),
        ("PORT", "0", 0),
    ],
)
def test_a_variable_becomes_its_value(monkeypatch, name, text, value):
    monkeypatch.setenv(f"POLYMARK_{name}", text)

    assert value == getattr(load_settings(), name.lower())


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("PORT", "abc", "a whole number from 0 to 65535"),
        ("PORT", "65536", "a whole number from 0 to 65535"),
        ("WORKERS", "0", "a whole number from 1 to 64"),
        ("SQLITE_SYNCHRONOUS", "OFF", "FULL or NORMAL"),
        ("DATABASE_URL", "mysql://somewhere/else", "sqlite://PATH"),
        ("DATABASE_URL", "sqlite://", "sqlite://PATH"),
        ("REDIS_URL", "127.0.0.1:6379", "redis://HOST:PORT/NUMBER"),
        ("REDIS_URL", "http://127.0.0.1", "redis://HOST:PORT/NUMBER"),
        ("REDIS_URL", "redis://", "redis://HOST:PORT/NUMBER"),
        ("REDIS_URL", "redis://127.0.0.1:99999", "redis://HOST:PORT/NUMBER"),
        ("REDIS_URL", "redis://127.0.0.1:x", "redis://HOST:PORT/NUMBER"),
        ("REDIS_URL", "redis://127.0.0.1/name", "redis://HOST:PORT/NUMBER"),
        ("REDIS_URL", "redis://127.0.0.1?db=1", "redis://HOST:PORT/NUMBER"),
        ("BKMARK_RATE_LIMIT", "-1", "a whole number from 0"),
        ("BASE_URL", "marks.example", "http:// or https://"),
        ("BASE_URL", "https://[", "http:// or https://"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,nginx", "networks"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "networks"),
        ("CORS_ORIGINS", "a.example", "origins"),
        ("CORS_ORIGINS", "*,https://a.example", "origins"),
        ("CORS_ORIGINS", "https://a.example/path", "origins"),
        ("ADMIN_USERNAME", "two words", "letters"),
        ("ADMIN_USERNAME", "a:b", "letters"),
        ("FETCH_TIMEOUT", "-1", "seconds from 0 to 120"),
        ("FETCH_TIMEOUT", "nan", "seconds from 0 to 120"),
        ("ALLOW_PRIVATE_FETCH", "perhaps", "true or false"),
        ("MAX_BODY_SIZE", "10 bananas", "bytes"),
        ("MAX_BODY_SIZE", "1", "at least 1KiB"),
        ("TRASH_DAYS", "1.5", "a whole number"),
        ("CHANGE_DAYS", "99999", "a whole number"),
        ("ARGON2_MEMORY", "1", "KiB from 8"),
        ("LOG_FORMAT", "xml", "console or json"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
    ],
)
def test_a_wrong_value_gets_one_line_with_its_variable_and_what_it_takes(monkeypatch, name, text, takes):
    monkeypatch.setenv(f"POLYMARK_{name}", text)
    with pytest.raises(SettingsError) as caught:
        load_settings()

    line = str(caught.value)
    assert line.startswith(f"POLYMARK_{name} takes ")
    assert takes in line
    assert "\n" not in line


def test_the_line_shows_what_was_set_but_no_secret_and_no_novel(monkeypatch):
    monkeypatch.setenv("POLYMARK_PORT", "eighty")
    with pytest.raises(SettingsError, match="'eighty'"):
        load_settings()
    monkeypatch.setenv("POLYMARK_PORT", "8" * 5000)
    with pytest.raises(SettingsError) as long:
        load_settings()
    monkeypatch.delenv("POLYMARK_PORT")
    monkeypatch.setenv("POLYMARK_DATABASE_URL", "mysql://root:hunter2hunter2@localhost/marks")
    with pytest.raises(SettingsError) as secret:
        load_settings()

    assert len(str(long.value)) < 200
    assert "hunter2hunter2" not in str(secret.value)


def test_secrets_are_not_shown_with_the_settings(monkeypatch):
    monkeypatch.setenv("POLYMARK_ADMIN_PASSWORD", "hunter2hunter2")
    monkeypatch.setenv("POLYMARK_DATABASE_URL", "postgres://root:hunter2hunter2@localhost/marks")
    settings = load_settings()

    assert "hunter2hunter2" not in repr(settings)
    assert "hunter2hunter2" == settings.admin_password.get_secret_value()


def test_a_file_that_is_no_text_gets_one_line():
    Path(".env").write_bytes(b"POLYMARK_PORT=\xff\xfe\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert str(caught.value).startswith(".env: cannot be read")
    assert "\n" not in str(caught.value)


def test_settings_do_not_change():
    settings = load_settings()

    with pytest.raises(ValidationError):
        settings.port = 1


def test_every_setting_says_what_it_takes_and_means():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.json_schema_extra["takes"], name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLYMARK_DATABASE_URL", "postgres://h:abc/db"),
        ("POLYMARK_DATABASE_URL", "postgres://h/db?maxsize=5x"),
        ("POLYMARK_ADMIN_USERNAME", "müller"),
    ],
)
def test_a_value_that_would_fail_later_is_refused_at_once(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load_settings()

    assert str(refusal.value).startswith(name)
    assert "\n" not in str(refusal.value)
