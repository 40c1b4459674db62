"""The body of a call, whatever it was sent as, as one tree of values; and the paths by which its values are named.

A path is a JSON pointer into the body (`/ticket/id`, RFC 6901), the name of a field of a form or of the query (`id`), a
field of the query alone (`?id`), or several of them joined by ` + `, whose texts are put together with blanks.
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

LEAVES = 300
"""Values of a body that can be chosen from; more are there and can be named, but nobody reads a longer list."""
DEPTH = 12
"""Levels that are looked into for values to choose from."""
JOINED = " + "
FIELDS = 1000

_PLACEHOLDER = re.compile(r"\{\$[^{}]*\}|\{\{[^{}]*\}\}|\[\[[^\[\]]*\]\]|#\{[^{}]*\}")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class UnreadableError(ValueError):
    """A body that is nothing that we can read; `key` says why: json, deep, form or shape."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Told:
    """What a call says: the body as JSON values, the fields of its query, and what was looked up about it (`found`)."""

    body: Any
    query: dict[str, Any]
    broken: bool = False
    """Some bytes were no text of the encoding that they claim; a mark stands in their place."""

    def value(self, path: str) -> Any:
        """What stands at `path`; None where nothing does. Joined paths give one text."""
        if JOINED in path:
            parts = [text_of(self.value(part)) for part in path.split(JOINED)]
            return " ".join(part for part in parts if part) or None
        if path.startswith("?"):
            return self.query.get(path[1:])
        if path.startswith("/"):
            return _pointed(self.body, path)
        known = self.body.get(path) if isinstance(self.body, dict) else None
        return self.query.get(path) if known is None else known


def read(body: bytes, content_type: str, query: str, *, found: dict[str, Any] | None = None) -> Told:
    """What a call says. `found` is laid over the body's fields. Raises UnreadableError.

    A body of unknown kind is tried as JSON, then as a form.
    """
    kind, options = parse_options_header(content_type)
    text, broken = _text(body, options.get("charset", ""))
    tree = _tree(body, text, kind.lower(), content_type)
    if found:
        tree = (tree if isinstance(tree, dict) else {}) | found
    return Told(tree, _form(query), broken)


def text_of(value: Any) -> str | None:
    """A single value as text without blanks around it; None for nothing, for a list or object, and for no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return None
    return clean(value).strip() or None


def texts_of(value: Any) -> list[str]:
    """The texts of a list: of single values, or of objects that are called something."""
    if not isinstance(value, list):
        return []
    names = [one.get("tag") or one.get("name") if isinstance(one, dict) else one for one in value]
    return [text for name in names if (text := text_of(name))]


def clean(text: str) -> str:
    """Text that every database takes: no NUL, no half of a pair of surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def unexpanded(text: str, *, wholly: bool = False) -> bool:
    """Whether a placeholder was left as it is, such as {$id}, {{ticket.id}}, [[id]], #{ticket.id}.

    `wholly`: only when nothing else is there, for texts that may speak of such things.
    """
    found = _PLACEHOLDER.search(text)
    return bool(found) and not (wholly and _PLACEHOLDER.sub("", text).strip())


def leaves(told: Told) -> list[tuple[str, str]]:
    """Paths of single values, and of lists of them, with their texts, in the order of the call; names of people who
    stand in two fields are offered as one.
    """
    found: list[tuple[str, str]] = []
    for path, value in _walk(told.body):
        text = ", ".join(texts_of(value)) if isinstance(value, list) else text_of(value)
        if text:
            found.append((path, text))
        if len(found) >= LEAVES:
            break
    found += [(f"?{name}", text) for name, value in told.query.items() if (text := text_of(value))]
    return _with_whole_names(found)


def pointer(*tokens: str) -> str:
    """The JSON pointer of these steps from the top."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def _with_whole_names(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    known = dict(found)
    whole: list[tuple[str, str]] = []
    for path, text in found:
        whole.append((path, text))
        stem, _, last = path.rpartition("/")
        for first, second in (("first_name", "last_name"), ("firstname", "lastname"), ("first", "last")):
            other = f"{stem}/{second}"
            if last == first and other in known:
                whole.append((f"{path}{JOINED}{other}", f"{text} {known[other]}"))
    return whole


def _walk(body: Any) -> Iterator[tuple[str, Any]]:
    """Every value that is no object, with its path, in order. No recursion: bodies nest as they like."""
    waiting: list[tuple[str, Any, int]] = [("", body, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, list) and path:
            yield path, value
        if isinstance(value, dict | list):
            steps = value.items() if isinstance(value, dict) else zip(map(str, range(len(value))), value, strict=False)
            if depth < DEPTH:
                below = [(path + pointer(clean(step)), inner, depth + 1) for step, inner in list(steps)[:LEAVES]]
                waiting.extend(reversed(below))
        elif path:
            yield path, value


def _pointed(body: Any, path: str) -> Any:
    value = body
    for token in path[1:].split("/"):
        step = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _text(body: bytes, charset: str) -> tuple[str, bool]:
    """The body as text, and whether some of it could not be read. No text is written in Punycode, and a quarter of a
    megabyte of it takes seconds.
    """
    named = charset if charset.lower() != "punycode" else ""
    for name in (named or "utf-8-sig", "utf-8-sig"):
        try:
            return body.decode(name), False
        except (LookupError, UnicodeError):
            continue
    return body.decode("utf-8-sig", "replace"), True


def _tree(body: bytes, text: str, kind: str, content_type: str) -> Any:
    if not text.strip():
        return {}
    if kind == "multipart/form-data":
        return _multipart(body, content_type)
    if kind == "application/x-www-form-urlencoded":
        # Some senders call every body a form, also one that is JSON.
        return _json(text) if text.lstrip()[0] == "{" else _form(text)
    if kind.endswith(("/json", "+json")):
        return _json(text)
    try:
        return _json(text)
    except UnreadableError as error:
        if error.key != "json" or "=" not in text or text.lstrip()[0] in "{[":
            raise
        return _form(text)


def _json(text: str) -> Any:
    try:
        found = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise UnreadableError("deep") from None
    except ValueError:
        raise UnreadableError("json") from None
    if not isinstance(found, dict | list):
        raise UnreadableError("shape")
    return found


def _no_number(_name: str) -> None:
    """NaN and the infinities are none."""


def _form(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, errors="replace", max_num_fields=FIELDS)
    except ValueError:
        raise UnreadableError("form") from None
    return _gathered(MultiDict(pairs))


def _multipart(body: bytes, content_type: str) -> dict[str, Any]:
    options = parse_options_header(content_type)[1]
    parser = FormDataParser(silent=False, max_form_memory_size=len(body) + 1, max_form_parts=FIELDS)
    try:
        _, form, _ = parser.parse(io.BytesIO(body), "multipart/form-data", len(body), options)
    except (ValueError, RequestEntityTooLarge):  # the second: too many parts
        raise UnreadableError("form") from None
    return _gathered(form)


def _gathered(pairs: "MultiDict[str, str]") -> dict[str, Any]:
    """One value a name; a name that comes several times has all of them."""
    return {clean(name): values[0] if len(values) == 1 else list(values) for name, values in pairs.lists()}
