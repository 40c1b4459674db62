"""Contacts are listed newest first and found by name or address, whatever the capitals and accents."""

import sqlalchemy as sa
from alembic import op

from surveys.folding import search_key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SUPPRESSED = sa.text("suppressed_at IS NOT NULL")


def upgrade():
    # Added with a default and filled afterwards: on SQLite anything else would copy the table, and take along by
    # cascade whatever points to it.
    op.add_column("contact", sa.Column("search_key", sa.String(length=600), nullable=False, server_default=""))
    _fill()
    op.create_index("ix_contact_workspace_newest", "contact", ["workspace_id", "id"], unique=False)
    op.create_index(
        "ix_contact_workspace_suppressed",
        "contact",
        ["workspace_id", "id"],
        unique=False,
        sqlite_where=SUPPRESSED,
        postgresql_where=SUPPRESSED,
    )


def _fill():
    columns = (sa.column("id"), sa.column("name"), sa.column("email"), sa.column("search_key"))
    contact = sa.table("contact", *columns)
    connection = op.get_bind()
    people = connection.execute(sa.select(contact.c.id, contact.c.name, contact.c.email)).all()
    rows = [{"ident": ident, "key": search_key(name, email)} for ident, name, email in people]
    if rows:
        found = sa.update(contact).where(contact.c.id == sa.bindparam("ident"))
        connection.execute(found.values(search_key=sa.bindparam("key")), rows)


def downgrade():
    op.drop_index("ix_contact_workspace_suppressed", table_name="contact")
    op.drop_index("ix_contact_workspace_newest", table_name="contact")
    op.drop_column("contact", "search_key")
