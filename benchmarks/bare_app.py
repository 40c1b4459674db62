"""The bare Flask app that ours is compared with: one Jinja page, a signed token checked, one row inserted durably.

DBKIND=sqlite|pg, DBPATH, PGDSN. `python bare_app.py links N` prints N addresses.
"""

import os
import sqlite3
import sys
import threading
import time

from flask import Flask, request
from itsdangerous import BadSignature, URLSafeSerializer

KIND = os.environ.get("DBKIND", "sqlite")
PATH = os.environ.get("DBPATH", "bare.db")
PGDSN = os.environ.get("PGDSN", "dbname=bare")
POOL = int(os.environ.get("POOL", "8"))

app = Flask(__name__)
signer = URLSafeSerializer("secret-key-of-32-bytes-for-bench!", salt="link")
PAGE = app.jinja_env.from_string(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>'
    "<style>body{font:16px sans-serif;max-width:40em;margin:2em auto}</style></head>\n"
    '<body><h1>{{ title }}</h1><form method="post" action="/s/{{ token }}">'
    '<input type="hidden" name="token" value="{{ token }}">\n'
    "<fieldset><legend>How likely are you to recommend us to a friend or colleague?</legend>"
    '{% for n in range(11) %}<label><input type="radio" name="score" value="{{ n }}">{{ n }}</label>{% endfor %}'
    "</fieldset>\n<label>What is the main reason for your score?"
    '<textarea name="comment" maxlength="2000"></textarea></label><button>Send</button></form></body></html>'
)
DONE = app.jinja_env.from_string("<!doctype html><title>Thanks</title><h1>THANKS-STORED {{ who }}</h1>")

if KIND == "sqlite":
    local = threading.local()

    def store(*row):
        connection = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = sqlite3.connect(PATH, timeout=30, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        # One statement is one durable transaction.
        connection.execute("INSERT INTO answer(recipient,score,comment,created) VALUES (?,?,?,?)", row)

else:
    from psycopg_pool import ConnectionPool

    opening = threading.Lock()
    pools = []

    def store(*row):
        with opening:
            if not pools:
                options = {"autocommit": True, "prepare_threshold": 1}
                pools.append(ConnectionPool(PGDSN, min_size=POOL, max_size=POOL, kwargs=options, open=True))
        with pools[0].connection() as connection:
            connection.execute("INSERT INTO answer(recipient,score,comment,created) VALUES (%s,%s,%s,%s)", row)


@app.get("/s/<token>")
def page(token):
    return PAGE.render(title="Customer feedback", token=token)


@app.post("/s/<token>")
def answer(token):  # noqa: ARG001 - the form carries it too
    try:
        who = signer.loads(request.form["token"])
    except BadSignature:
        return "bad token", 400
    score = int(request.form["score"])
    if not 0 <= score <= 10:
        return "bad score", 400
    store(who, score, request.form.get("comment", "")[:2000], time.time())
    return DONE.render(who=who)


if __name__ == "__main__" and sys.argv[1:2] == ["links"]:
    print("\n".join("/s/" + signer.dumps(number) for number in range(int(sys.argv[2]))))
