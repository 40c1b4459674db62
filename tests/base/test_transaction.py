"""What a transaction promises about what was read before it."""

from base.db import db, reading, transaction
from surveys.contact import Contact
from tests.cast import a_contact


def test_what_was_read_before_a_transaction_is_read_again_inside_it(cast):
    ident = a_contact(cast.workspace).id
    with reading() as session:
        contact = session.get(Contact, ident)
        assert contact.suppressed_at is None

    with db.engine.begin() as elsewhere:
        elsewhere.execute(Contact.__table__.update().values(suppressed_reason="unsubscribed"))
    with transaction():
        assert contact.suppressed_reason == "unsubscribed"
