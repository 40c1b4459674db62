"""Every setting of Afterword, typed. Values come from AFTERWORD_NAME or from the file named by AFTERWORD_NAME_FILE.

A value that cannot be right stops the start with a `SettingError` that names the setting and says what to do.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent

_MAILBOX = re.compile(r"[A-Za-z0-9_.-]{1,15}")
"""What may stand before the `+` and the signed id of a mail (48 characters): a local part ends at 64."""
_DOMAIN = re.compile(r"(?=.{1,190}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+")


class SettingError(Exception):
    """A setting has a value that Afterword cannot start with."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the operator decided. Paths are absolute, URLs have no trailing slash."""

    data_dir: Path
    database_url: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...] = ()
    public_url: str = "http://127.0.0.1:8000"
    smtp_url: str | None = None
    mail_from: str = "Afterword <afterword@localhost>"
    mail_per_minute: int | None = None
    """Mails that all workers together hand over in a minute."""
    mail_per_domain: int | None = None
    """The same, to addresses of one domain."""
    bounce_address: str | None = None
    dkim_key: str | None = None
    """A private key in PEM, RSA or Ed25519, that signs mails for the domain of `mail_from`."""
    dkim_selector: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 8
    trusted_proxies: int = 0
    fetch_private: bool = False
    export_folder: Path | None = None
    """Where scheduled exports put files; None: below the data directory."""
    testing: bool = False

    @property
    def export_dir(self) -> Path:
        return self.export_folder or self.data_dir / "scheduled"

    @property
    def on_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def secure(self) -> bool:
        """Whether people reach us by https, so that cookies may insist on it."""
        return self.public_url.startswith("https://")

    @property
    def trusted_hosts(self) -> list[str]:
        """Host names that a request may carry: the public one, and loopback for the operator on the machine."""
        return sorted({urlsplit(self.public_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"})


class _Source:
    """Reads one setting after the other and remembers nothing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str) -> str | None:
        """The value of AFTERWORD_`name`, or the stripped content of the file AFTERWORD_`name`_FILE points to."""
        full = f"AFTERWORD_{name}"
        if self.environ.get(full):
            return self.environ[full]
        path = self.environ.get(f"{full}_FILE")
        if not path:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{full}_FILE", f"cannot read {path} ({error.strerror}).") from error

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        raw = self.text(name)
        if raw is None:
            return default
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            raise SettingError(f"AFTERWORD_{name}", f"must be a whole number from {low} to {high}, not {raw!r}.")
        return int(raw)


def _secret_key(source: _Source, data_dir: Path) -> str:
    """The key that signs links; made once and kept in the data directory when the operator gave none."""
    given = source.text("SECRET_KEY")
    if given is not None:
        if len(given) < 32:
            raise SettingError(
                "AFTERWORD_SECRET_KEY", "must have at least 32 characters; `openssl rand -hex 32` makes one."
            )
        return given
    path = data_dir / "secret_key"
    if not path.exists():
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(fresh, path)  # of two processes starting together, the first one's key stays
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()


def _database_url(source: _Source, data_dir: Path) -> str:
    url = source.text("DATABASE_URL") or f"sqlite:///{data_dir / 'afterword.db'}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingError("AFTERWORD_DATABASE_URL", "must begin with sqlite:/// or postgresql://.")
    if url.startswith("sqlite:///") and url.removeprefix("sqlite:///") in {"", ":memory:"}:
        raise SettingError("AFTERWORD_DATABASE_URL", "must name a file: answers kept in memory would be lost.")
    return url


def _public_url(source: _Source, host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    url = (source.text("PUBLIC_URL") or f"http://{shown}:{port}").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.path:
        raise SettingError("AFTERWORD_PUBLIC_URL", f"must look like https://surveys.example.com, not {url!r}.")
    return url


def _smtp_url(source: _Source) -> str | None:
    url = source.text("SMTP_URL")
    if url is None:
        return None
    parts = urlsplit(url)
    try:
        complete = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        complete = False
    if not complete:
        raise SettingError(
            "AFTERWORD_SMTP_URL", "must look like smtp://user:password@mail.example.com:587 or smtps://…."
        )
    return url


def _mail_from(source: _Source, public_url: str) -> str:
    host = urlsplit(public_url).hostname
    value = source.text("MAIL_FROM") or f"Afterword <afterword@{host}>"
    if "@" not in parseaddr(value)[1]:
        raise SettingError("AFTERWORD_MAIL_FROM", f"must look like Acme Support <support@acme.example>, not {value!r}.")
    return value


def _bounce_address(source: _Source) -> str | None:
    value = source.text("BOUNCE_ADDRESS")
    if value is None:
        return None
    local, _, domain = value.partition("@")
    if not _MAILBOX.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise SettingError(
            "AFTERWORD_BOUNCE_ADDRESS",
            f"must look like bounces@surveys.example.com, with at most 15 characters before the @, not {value!r}.",
        )
    return f"{local}@{domain.lower()}"


def _dkim(source: _Source) -> tuple[str | None, str | None]:
    """The key that signs mails and its name in the DNS: both, or neither."""
    key, selector = source.text("DKIM_KEY"), source.text("DKIM_SELECTOR")
    if key is None and selector is None:
        return None, None
    if key is None or selector is None:
        missing, given = ("DKIM_KEY", "DKIM_SELECTOR") if key is None else ("DKIM_SELECTOR", "DKIM_KEY")
        raise SettingError(f"AFTERWORD_{missing}", f"is missing; AFTERWORD_{given} means nothing without it.")
    if not _DOMAIN.fullmatch(f"{selector}.example"):
        raise SettingError(
            "AFTERWORD_DKIM_SELECTOR", f"must be letters, digits and hyphens, like s2026, not {selector!r}."
        )
    if "-----BEGIN" not in key:
        raise SettingError(
            "AFTERWORD_DKIM_KEY",
            "must be a private key in PEM; AFTERWORD_DKIM_KEY_FILE takes the name of a file that holds it.",
        )
    return key, selector


def _export_dir(source: _Source) -> Path | None:
    value = source.text("EXPORT_DIR")
    if value is None:
        return None
    path = Path(value).expanduser()
    if not path.is_absolute() or not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
        raise SettingError(
            "AFTERWORD_EXPORT_DIR", f"must be the whole path of a directory that this user may write to, not {value!r}."
        )
    return path


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read all settings, or raise `SettingError` for the first one that cannot be right. Makes the data directory."""
    source = _Source(os.environ if environ is None else environ)
    data_dir = Path(source.text("DATA_DIR") or ROOT / "data").expanduser().absolute()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds people and keys
    except OSError as error:
        raise SettingError("AFTERWORD_DATA_DIR", f"cannot make {data_dir} ({error.strerror}).") from error
    if not os.access(data_dir, os.W_OK):
        raise SettingError("AFTERWORD_DATA_DIR", f"{data_dir} is not writable by this user.")
    host = source.text("HOST") or "127.0.0.1"
    port = source.number("PORT", 8000, low=1, high=65535)
    public_url = _public_url(source, host, port)
    database_url = _database_url(source, data_dir)
    on_sqlite = database_url.startswith("sqlite")
    workers = source.number("WORKERS", 1 if on_sqlite else os.cpu_count() or 1, low=1, high=64)
    if on_sqlite and workers != 1:
        raise SettingError("AFTERWORD_WORKERS", "must be 1 on SQLite; use PostgreSQL for more.")
    dkim_key, dkim_selector = _dkim(source)
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        secret_key=_secret_key(source, data_dir),
        secret_key_fallbacks=tuple((source.text("SECRET_KEY_FALLBACKS") or "").split()),
        public_url=public_url,
        smtp_url=_smtp_url(source),
        mail_from=_mail_from(source, public_url),
        mail_per_minute=source.number("MAIL_PER_MINUTE", 0, low=1, high=1_000_000) or None,
        mail_per_domain=source.number("MAIL_PER_DOMAIN", 0, low=1, high=1_000_000) or None,
        bounce_address=_bounce_address(source),
        dkim_key=dkim_key,
        dkim_selector=dkim_selector,
        host=host,
        port=port,
        workers=workers,
        threads=8 if on_sqlite else 4,
        trusted_proxies=source.number("TRUSTED_PROXIES", 0, low=0, high=10),
        fetch_private=bool(source.number("FETCH_PRIVATE", 0, low=0, high=1)),
        export_folder=_export_dir(source),
    )
