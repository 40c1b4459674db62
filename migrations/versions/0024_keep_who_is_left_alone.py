"""Who is left alone, recognised after they are forgotten; who was forgotten, and who became one with whom."""

import hashlib
import hmac
import secrets
import unicodedata
import uuid

import sqlalchemy as sa
from alembic import op

from base.db import Moment, new_id

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

EVERYTHING = uuid.UUID(int=0)


def upgrade():
    # With a default, because a table that others refer to must not be built anew.
    op.add_column("workspace", sa.Column("address_salt", sa.String(length=64), server_default="", nullable=False))
    workspaces = sa.table("workspace", sa.column("id", sa.Uuid()), sa.column("address_salt", sa.String()))
    for (ident,) in op.get_bind().execute(sa.select(workspaces.c.id)).all():
        salted = sa.update(workspaces).where(workspaces.c.id == ident).values(address_salt=secrets.token_hex(32))
        op.get_bind().execute(salted)
    op.create_table(
        "suppression",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.String(length=300), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=True),
        sa.Column("lifted_at", Moment(), nullable=True),
        sa.Column("lifted_by", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_suppression_contact_id_contact"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_suppression_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint(
            "workspace_id", "address_hash", "scope", name=op.f("uq_suppression_workspace_id_address_hash_scope")
        ),
    )
    op.create_index("ix_suppression_workspace_newest", "suppression", ["workspace_id", "id"], unique=False)
    op.create_index("ix_suppression_contact_id", "suppression", ["contact_id"], unique=False)
    op.create_table(
        "contact_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_merge_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_merge")),
    )
    op.create_index("ix_contact_merge_contact_id", "contact_merge", ["contact_id"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=True),
        sa.Column("answers_too", sa.Boolean(), nullable=False),
        sa.Column("never_again", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_erasure_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_workspace_at", "erasure", ["workspace_id", "at"], unique=False)
    op.create_index("ix_mail_to_address", "mail", ["to_address"], unique=False)
    _carry_over()


def _carry_over():
    """Everybody who is left alone by now gets a row."""
    connection = op.get_bind()
    names = ("id", "workspace_id", "email_key", "suppressed_at", "suppressed_reason")
    types = (sa.Uuid(), sa.Uuid(), sa.String(), Moment(), sa.String())
    contacts = sa.table("contact", *(sa.column(name, kind) for name, kind in zip(names, types, strict=True)))
    workspaces = sa.table("workspace", sa.column("id", sa.Uuid()), sa.column("address_salt", sa.String()))
    columns = {"id": sa.Uuid(), "workspace_id": sa.Uuid(), "address_hash": sa.String(), "scope": sa.Uuid()}
    columns |= {"contact_id": sa.Uuid(), "reason": sa.String(), "at": Moment()}
    kept = sa.table("suppression", *(sa.column(name, kind) for name, kind in columns.items()))
    salts = dict(connection.execute(sa.select(workspaces.c.id, workspaces.c.address_salt)).all())
    last = EVERYTHING
    while True:
        wanted = sa.select(contacts).where(contacts.c.suppressed_at.is_not(None), contacts.c.id > last)
        rows = connection.execute(wanted.order_by(contacts.c.id).limit(1000)).all()
        if not rows:
            return
        last = rows[-1].id
        connection.execute(sa.insert(kept), [_row(row, salts[row.workspace_id]) for row in rows])


def _row(contact, salt):
    address = unicodedata.normalize("NFC", contact.email_key).strip().lower()
    return {
        "id": new_id(),
        "workspace_id": contact.workspace_id,
        "address_hash": hmac.new(salt.encode(), address.encode(), hashlib.sha256).hexdigest(),
        "scope": EVERYTHING,
        "contact_id": contact.id,
        "reason": contact.suppressed_reason or "by hand",
        "at": contact.suppressed_at,
    }


def downgrade():
    op.drop_index("ix_mail_to_address", table_name="mail")
    op.drop_table("erasure")
    op.drop_table("contact_merge")
    op.drop_table("suppression")
    op.drop_column("workspace", "address_salt")
