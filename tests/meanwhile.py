"""Something that happens while something else is under way: in a thread and a session of its own."""

import threading
from contextlib import contextmanager

from flask import current_app
from sqlalchemy import select, text

from base import clock
from base.db import db, transaction
from surveys.contact import Contact
from surveys.erasure import Erasure


def erase_everybody():
    with transaction() as session:
        for contact in session.scalars(select(Contact).order_by(Contact.id)).all():
            Erasure.of(contact, at=clock.now())


def in_a_thread(verb, faults=None):
    """A thread that has begun to do something; what it raises is put among `faults`."""
    app = current_app._get_current_object()

    def work():
        with app.app_context():
            try:
                verb()
            except Exception as fault:
                if faults is None:
                    raise
                faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def happens_after(monkeypatch, module, name, verb):
    """When `module.name` has done its work for the first time, `verb` happens before anything else. A list that is
    empty until then.
    """
    real, done = getattr(module, name), []

    def wrapped(*args, **more):
        found = real(*args, **more)
        if not done:
            done.append(name)
            in_a_thread(verb).join()
        return found

    monkeypatch.setattr(module, name, wrapped)
    return done


@contextmanager
def held_up(verb, faults):
    """The block is a transaction; before it ends, `verb` has come as far as it gets without its end."""
    with transaction() as session:
        yield session
        session.flush()
        thread = in_a_thread(verb, faults)
        until_it_waits(thread)
    thread.join()


WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def until_it_waits(thread):
    """Until somebody waits for a lock, or the thread has ended. SQLite has one writer, who is waited for anyway."""
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while thread.is_alive() and not connection.scalar(WAITING):
            pass
