"""Guards look at towns that were put back, so those are held to what was built."""

import pytest

from base.db import db, transaction
from feedback.note import Note
from surveys import importer
from tests import databases
from tests.town import rows
from tests.town_again import standing


@pytest.mark.web
def test_a_town_stands_again_as_it_was_whatever_became_of_it(app, cast, outbox):
    with standing(app, cast, 1) as (town,):
        first, table, mails = rows(), importer.file_of(town.upload_id), len(outbox())
        content = table.read_bytes()
        with transaction() as session:
            session.delete(session.get_one(Note, town.note_id))
        table.write_text("something else")
        assert rows() != first
    databases.clean(db.engine)
    with standing(app, cast, 1) as (town,):
        assert rows() == first
        assert table.read_bytes() == content
        assert len(outbox()) == mails > 0
        assert town.admin is cast.ana
        assert town.workspace is cast.workspace
