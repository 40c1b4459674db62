"""No value, however odd, breaks a page: it is kept as text, refused with a sentence, or names nothing."""

import io
import itertools
import re
from urllib.parse import quote_from_bytes

import pytest

from base.db import db
from surveys.upload import Upload
from tests.town import permission_of, routes

ODD = ("a\0b", "\ud800", "9" * 30, "-1", " ", "\u2028", "%", "'\"--", "NaN", "9999-12-31", "\U0010ffff", "../..")
NAMES = re.findall(
    r"\w+",
    "after agent band before by channel cursor editing flagged from invited lang language limit next order period q "
    "score sentiment show since state survey tag team theme time to until version zone day cadence weekday email "
    "color logo name call phrase topic words preview",
)


def written(value):
    return quote_from_bytes(value.encode("utf-8", "surrogatepass"), safe="")


def query_of(start):
    """Every name with another odd value, without NUL from the second start on: with it the whole address is refused."""
    values = ODD if start == 0 else ODD[1:]
    return "&".join(f"{name}={written(values[(start + n) % len(values)])}" for n, name in enumerate(NAMES))


@pytest.fixture
def ask(app, town, browser_of, monkeypatch):
    """`ask(method, address, …)`: the status, 500 for what nobody caught."""
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    admin = browser_of(town.admin)
    headers = {"Authorization": f"Bearer {town.key}"}
    return lambda method, address, **more: admin.open(address, method=method, headers=headers, **more).status_code


@pytest.mark.long
def test_odd_values_in_an_address_break_no_page(app, town, ask):
    broken = {}
    for rule in routes(app):
        if rule.endpoint == "static":
            continue
        known = {name: str(value) for name, value in town.values_of(rule).items()}
        path = town.path(app, rule)
        if permission_of(app, rule).startswith("public") and not known:
            continue
        asked = [f"{path}?{query_of(start)}" for start in (0, 5, 9)]
        for name, value in itertools.product(known, ODD[:4]):
            odd = known | {name: written(value)}
            asked.append(re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda part, odd=odd: odd[part[1]], rule.rule))
        broken |= {address: status for address in asked if (status := ask("GET", address)) >= 500}
    assert broken == {}


def test_nul_in_a_form_is_left_out(town, ask):
    order = {"email": "x@acme.example", "name": "X\0Y", "cadence": "daily", "time": "08:00", "zone": "UTC"}
    order |= {"locale": "en", "which": "all", "when_empty": "short"}
    forms = {
        "/sign-in": {"email": "a\0b@acme.example", "password": "x\0y", "next": "/\0"},
        "/forgot-password": {"email": "a\0b@acme.example"},
        "/account": {"name": "A\0na", "locale": "en", "zone": ""},
        "/w/acme/settings": {"name": "Ac\0me", "default_locale": "en", "zone": "UTC", "reply_to": ""},
        "/w/acme/settings/keys": {"name": "Help\0desk"},
        "/w/acme/settings/people": {"email": "n\0ew@acme.example", "role": "viewer"},
        "/w/acme/digests/new": order,
        f"/w/acme/contacts/{town.contact_id}": {"name": "Ma\0ja", "locale": "sl"},
        f"/s/{town.waiting.token}": {"score": "3", "comment": "wh\0y", "form_id": "f\0", "lang": "e\0n"},
        f"/u/{town.waiting.token}": {"undo\0": "1"},
    }
    broken = {path: status for path, data in forms.items() if (status := ask("POST", path, data=data)) >= 500}
    assert broken == {}


def test_a_file_may_have_any_name_and_none_reaches_the_disk(app, town, ask):
    folder = app.config["DATA_DIR"] / "uploads"
    folder.mkdir(exist_ok=True)
    before = set(folder.iterdir())  # what other tests left there
    for name in ("a\0b.csv", "../../../etc/passwd", "\u202egpj.csv", "x" * 900, "<b>.csv"):
        data = {"file": (io.BytesIO(b"Ticket,E-mail\r\nT-1,a@b.example\r\n"), name), "survey": ""}
        assert ask("POST", "/w/acme/import", data=data, content_type="multipart/form-data") == 303, name
        db.session.rollback()
        upload = db.session.scalars(db.select(Upload).order_by(Upload.id.desc())).first()
        assert "\0" not in upload.filename
        assert "\n" not in upload.filename
        new = set(folder.iterdir()) - before
        assert new, name
        assert all(re.fullmatch(r"[0-9a-f-]{36}\.csv", path.name) for path in new), name


NO_JSON = (
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"survey": "\\ud800", "email": "a@b.example", "interaction": {"external_id": "1"}}',
    b'{"survey": "x", "email": "\\u0000", "interaction": {"external_id": "\\udfff"}}',
    b'{"survey": NaN}',
    b'{"survey": 1e999999}',
    b'{"survey": ' + b"9" * 20_000 + b"}",
    b'{"survey": -Infinity, "survey": "x"}',
    b"\xff\xfe{\x00}\x00",
    b"\x00",
    b"",
    b"null",
    b'"x"',
)


def test_json_that_is_none_is_refused_with_a_problem(app, town, client):
    let_in = {}
    for body in NO_JSON:
        for path in ("/api/v1/invitations", "/api/v1/invitations/batch"):
            for kind in ("application/json", "application/json; charset=utf-7"):
                headers = {"Authorization": f"Bearer {town.key}", "Content-Type": kind}
                reply = client.post(path, data=body, headers=headers)
                refused = reply.status_code in {400, 413, 415, 422}
                if not refused or reply.content_type != "application/problem+json":
                    let_in[body[:80], path, kind] = reply.status
    assert let_in == {}


def test_properties_of_any_number_are_kept_or_refused(town, client):
    headers = {"Authorization": f"Bearer {town.key}", "Content-Type": "application/json"}
    for place, number in enumerate(("1e308", "-0.0", "9" * 400, "1" + "0" * 4400, "1e400", "9007199254740993")):
        asked = (
            f'{{"survey": "{town.survey.slug}", "email": "p@b.example", "interaction": {{"external_id": "n{place}", '
        )
        body = asked + f'"properties": {{"n": {number}}}}}}}'
        assert client.post("/api/v1/invitations", data=body, headers=headers).status_code in {200, 201, 400, 422}


@pytest.mark.web
def test_no_method_breaks_a_page(app, town, ask):
    ranges = {"Range": "bytes=0-10,5-", "Content-Range": "bytes 0-1/2"}
    broken = {
        (method, path): status
        for rule in routes(app)
        if rule.endpoint != "static"
        for path in [town.path(app, rule)]
        for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "PATCH", "PUT", "DELETE", "GET ")
        if (status := ask(method, path, environ_base={f"HTTP_{n.upper()}": v for n, v in ranges.items()})) >= 500
        and path != "/readyz"
    }
    assert broken == {}
