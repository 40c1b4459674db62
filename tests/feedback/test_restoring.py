"""A backup is put back, and whoever was erased since is forgotten again."""

import subprocess
import sys
from datetime import timedelta

import config
from accounts.workspace import Workspace
from base import clock
from base.db import db, transaction
from feedback.app import create_app
from surveys.contact import Contact
from surveys.erasure import Erasure
from tests.cast import a_contact, a_workspace
from tests.databases import SqliteFiles, settings_for


def afterword(url, data_dir, *words):
    known = {"AFTERWORD_DATABASE_URL": url, "AFTERWORD_DATA_DIR": str(data_dir), "PATH": "/usr/bin:/bin"}
    known["AFTERWORD_SECRET_KEY"] = "a key that only tests ever use, 0123456789"
    command = [sys.executable, "-m", "feedback", *words]
    done = subprocess.run(command, cwd=config.ROOT, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_restored_backup_forgets_again_who_was_erased_since(tmp_path):
    url = SqliteFiles(tmp_path, tmp_path).fresh()
    backup = tmp_path / "backup.db"
    app = create_app(settings_for(url, tmp_path))
    with app.app_context():
        acme = a_workspace("Acme")
        before = clock.now() - timedelta(days=1)
        gone = a_contact(acme, "gone@customer.example", at=before)
        a_contact(acme, "stays@customer.example", at=before)
        afterword(url, tmp_path, "backup", str(backup))
        with transaction():
            Erasure.of(gone, at=clock.now())
        db.session.remove()
        db.engine.dispose()
        assert "Erased again, as before: 1." in afterword(url, tmp_path, "restore", "--yes", str(backup))
        assert [one.email for one in db.session.query(Contact)] == ["stays@customer.example"]
        assert a_contact(db.session.query(Workspace).one(), "gone@customer.example").suppressed_reason == "by hand"
        db.session.remove()
        db.engine.dispose()
