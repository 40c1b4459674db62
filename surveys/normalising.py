"""Values as people and helpdesks write them, brought into one form: address, language, zone, moment. No clock here."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import available_timezones

import idna
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from email_validator import EmailNotValidError, validate_email

_EMAIL_LIMIT = 254
_DOMAIN_LIMIT = 253  # as it goes over the wire
_AROUND = " \t\r\n\u00a0\u200b\ufeff\"'“”„‘’‚«»`"
_BEHIND = " \t.,;:"
_BRACKETED = re.compile(r"[^<>@]{0,200}<([^<>]{1,300})>[ .,;]*")
_ADDRESSES = re.compile(r"[^@\s,;|/]+@[^@\s,;|/]+")
_LOCALE_LIMIT = 12
_ZONE_LIMIT = 60
# Local parts that need no closer look; the whole address then costs one cached look at its domain.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_EUROPEAN = re.compile(
    r"(?P<day>\d{1,2})\s?[./-]\s?(?P<month>\d{1,2})\s?[./-]\s?(?P<year>\d{4})"
    r"(?:[ T,]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?)?"
)
# ISO 8601 as spreadsheets loosen it: single digits, a blank before the zone, "UTC" spelled out.
_LOOSE_ISO = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"(?:[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
)
_UTC_SPELLED = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
_OLDEST_YEAR = 1970
_NEAR = timedelta(days=1)  # clocks and zones disagree by hours, never by more than a day


class UnfitError(ValueError):
    """A value that cannot be what its field needs; `key` names the reason: email, foreign, several, locale, zone,
    moment or future.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def email_address(text: str) -> str:
    """The address in the form that mail is sent to (domain in small letters, IDN as Unicode). Raises UnfitError.

    What programs put around an address is taken away: `mailto:`, a name and angle brackets, quotes, a full stop or
    separator behind it. Keys: "email" for no address, "several" for more than one, "foreign" for letters before the @
    that only some mail servers carry.
    """
    text = _bare(text)
    if text.isprintable() and text.count("@") > 1 and len(_ADDRESSES.findall(text)) > 1:
        raise UnfitError("several")
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or len(text) > _EMAIL_LIMIT or not _PLAIN_LOCAL.fullmatch(local):
        raise UnfitError("foreign" if _is_foreign(local) and _domain(domain) else "email")
    known = _domain(domain)
    if known is None:
        raise UnfitError("email")
    return f"{local}@{known}"


def _bare(text: str) -> str:
    text = text.strip(_AROUND)
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        text = bracketed[1]
    text = text.strip(_AROUND)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return text.strip(_AROUND).rstrip(_BEHIND)


def _is_foreign(local: str) -> bool:
    return 0 < len(local) <= 64 and not local.isascii() and all(part.isprintable() and part for part in local.split())


@lru_cache(maxsize=20_000)
def _domain(domain: str) -> str | None:
    """The domain as it is kept, if it is one that mail can be sent to."""
    try:
        found = validate_email(f"a@{domain}", check_deliverability=False).domain
        wired = idna.encode(found, uts46=True)
    except (EmailNotValidError, idna.IDNAError):
        return None
    return found if len(wired) <= _DOMAIN_LIMIT else None


def locale_tag(text: str) -> str:
    """The BCP 47 tag of a language as people write it: "sl_SI", "SL", "slv", "slovenščina". Raises UnfitError."""
    tag = _locale_tag(text.strip())
    if tag is None:
        raise UnfitError("locale")
    return tag


@lru_cache(maxsize=2_000)
def _locale_tag(text: str) -> str | None:
    named = _language_names().get(text.casefold())
    if named:
        return named
    subtags = re.split(r"[-_]", text.split(".", maxsplit=1)[0].split("@", maxsplit=1)[0])
    subtags[0] = get_global("language_aliases").get(subtags[0].lower(), subtags[0]).lower()
    try:
        locale = Locale.parse("_".join(subtags))
    except (ValueError, TypeError, UnknownLocaleError):
        return None
    tag = "-".join(part for part in (locale.language, locale.script, locale.territory) if part)
    # Babel fills a script in where it is the usual one; people's tags stay as short as they were written.
    if locale.script and locale.script.lower() not in {subtag.lower() for subtag in subtags}:
        tag = "-".join(part for part in (locale.language, locale.territory) if part)
    return tag if len(tag) <= _LOCALE_LIMIT else None


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    """Names of languages in English, in our own languages and in themselves → tag."""
    names: dict[str, str] = {}
    for speaker in ("en", "sl", "pl", "el", "ru", "de", "fr", "es", "it", "hr", "cs", "sk", "nl", "pt", "sr"):
        known = Locale(speaker).languages
        names.setdefault(known[speaker].casefold(), speaker)
        if speaker in {"en", "sl", "pl", "el", "ru"}:
            for tag, name in known.items():
                if tag.isalpha() and len(tag) == 2:
                    names.setdefault(name.casefold(), tag)
    return names


def zone_name(text: str) -> str:
    """The name of a time zone, "Europe/Ljubljana" however it is capitalised, or as Windows calls it. UnfitError."""
    found = _zone_names().get(text.strip().casefold().replace(" ", "_"))
    if found is None:
        raise UnfitError("zone")
    return found


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    """The zones of the world in small letters, and the names that Windows has for them."""
    names = {
        str(name).casefold().replace(" ", "_"): str(zone) for name, zone in get_global("windows_zone_mapping").items()
    }
    names |= {name.casefold(): name for name in available_timezones() if len(name) <= _ZONE_LIMIT}
    return names


def moment(text: str, *, zone: tzinfo, now: datetime) -> datetime:
    """The UTC moment written in ISO 8601 or day first (`22.11.2026 08:15`); `zone` where none is written.

    Raises UnfitError: "moment" for no date, one before 1970 or with the month first; "future" for after tomorrow.
    """
    try:
        local = _written(_UTC_SPELLED.sub("+00:00", text.strip()))
        found = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnfitError("moment") from error
    if found.year < _OLDEST_YEAR:
        raise UnfitError("moment")
    if found > now + _NEAR:
        raise UnfitError("future")
    return found


def _written(text: str) -> datetime:
    if "-" in text:  # not a bare number, which ISO 8601 would take for a date
        try:
            return datetime.fromisoformat(text.replace(" +", "+"))
        except ValueError:
            pass
    parts = _EUROPEAN.fullmatch(text) or _LOOSE_ISO.fullmatch(text)
    if not parts:
        raise ValueError(text)
    found = {name: int(value) for name, value in parts.groupdict(default="0").items()}
    return datetime(**found)  # type: ignore[arg-type] # noqa: DTZ001 — the zone follows in moment()
