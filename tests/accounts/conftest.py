import re

import pytest

from accounts import hashing
from accounts.user import User
from base.db import db, transaction

PASSWORD = "lizard tower seven"
KEPT = hashing.keep(PASSWORD)


@pytest.fixture
def ana(cast):
    """Ana, who can sign in with PASSWORD."""
    with transaction():
        db.session.get_one(User, cast.ana.id).password_hash = KEPT
    return cast.ana


@pytest.fixture
def sign_in():
    """`sign_in(client, email, password=…, next=…)` posts the form."""

    def post(client, email, password=PASSWORD, **more):
        headers = more.pop("headers", None)
        environ = {"REMOTE_ADDR": more.pop("address", "127.0.0.1")}
        values = {"email": email, "password": password, **more}
        return client.post("/sign-in", data=values, headers=headers, environ_base=environ)

    return post


@pytest.fixture
def mailed_link(run_jobs, settings):
    """The link in the newest mail, after the jobs ran; None when no mail was made."""

    def find(path):
        run_jobs()
        run_jobs()
        found = None
        for file in sorted((settings.data_dir / "outbox").glob("*.eml")):
            match = re.search(rf"{path}[\w-]+", file.read_text())
            found = match.group(0) if match else found
        return found

    return find
