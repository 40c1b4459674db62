"""The server ends threads that have nothing to do; that must not end the server."""

import http.client
import subprocess
import sys
import threading
import time

import config
from base.db import db
from tests.crash.conftest import invite
from tests.crash.test_kill import post

SERVER = """
from granian import Granian
from granian.constants import Interfaces
Granian(target="feedback.app:create_serving_app", factory=True, port={port}, interface=Interfaces.WSGI,
        blocking_threads=8, blocking_threads_idle_timeout=5).serve()
"""


def test_a_burst_and_then_silence_leave_the_same_worker(house, inside):
    tokens = invite(200)
    db.session.remove()
    db.engine.dispose()
    log = house.settings.data_dir / "serve.log"
    with log.open("wb") as file:
        house.process = subprocess.Popen(
            [sys.executable, "-c", SERVER.format(port=house.settings.port)],
            cwd=config.ROOT,
            env=house.environment | {"AFTERWORD_EMBEDDED_RUNNER": "1" if house.settings.on_sqlite else ""},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    house.wait_until_it_answers()

    def burst(tokens):
        connection = http.client.HTTPConnection("127.0.0.1", house.settings.port, timeout=30)
        for token in tokens:
            assert post(connection, token, 3) == 303
            connection.request("GET", f"/s/{token}/thanks")
            connection.getresponse().read()

    clients = [threading.Thread(target=burst, args=(tokens[n::40],)) for n in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    time.sleep(12)
    house.wait_until_it_answers()
    said = log.read_text()
    assert "Fatal Python error" not in said
    assert "Unexpected exit" not in said
