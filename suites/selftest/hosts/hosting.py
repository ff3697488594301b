"""Starts a host on loopback and describes it as a target; ends it by its own process."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from service import BODY_LIMIT

from relaycheck.reference.accounts import demo_auth
from relaycheck.reference.embedded import Embedded
from relaycheck.target import Content, Limits, Relay, Target, Url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.witness import Witness

HERE = Path(__file__).parent
SMTP_TIMEOUT = 1.0
STOP_DEADLINE = 10.0

NGINX = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 20m;
    large_client_header_buffers 4 64k;
    server {{
        listen {address};
        location / {{
            proxy_pass http://{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


@contextmanager
def hosted(name: str, witness: Witness, folder: Path) -> Iterator[Target]:
    """The target that `name` offers: one of `run.HOSTS`, or nginx in front of the reference."""
    with ExitStack() as stack:
        # It listens before the host runs, so that nobody need wait for the host.
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        port = listener.getsockname()[1]
        command = _nginx(stack, witness, folder, port) if name == "nginx" else _python(name, listener, witness)
        environment = {**os.environ, "NGINX": f"{listener.fileno()};"} if name == "nginx" else None
        process = subprocess.Popen(
            command,
            pass_fds=[listener.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stack.enter_context((folder / "errors").open("wb")),
        )
        listener.close()
        stack.callback(_stop, process)
        yield replace(
            Target(Url("http", "127.0.0.1", port)),
            name=name,
            auth=demo_auth(),
            content=Content(declared=frozenset({"xml", "form", "patch", "property_case", "charset"})),
            relay=Relay(smtp_timeout=SMTP_TIMEOUT),
            limits=Limits(body_bytes=BODY_LIMIT),
            http2=False,
        )


def _python(name: str, listener: socket.socket, witness: Witness) -> list[str]:
    main = witness.main
    place = [str(listener.fileno()), main.host, str(main.port), str(SMTP_TIMEOUT)]
    return [sys.executable, str(HERE / "run.py"), name, *place]


def _nginx(stack: ExitStack, witness: Witness, folder: Path, port: int) -> list[str]:
    behind = Embedded(default_smtp=(witness.main.host, witness.main.port), smtp_timeout=SMTP_TIMEOUT)
    upstream = stack.enter_context(behind).target.url.authority
    config = folder / "nginx.conf"
    config.write_text(
        NGINX.format(folder=folder, user=getpass.getuser(), address=f"127.0.0.1:{port}", upstream=upstream)
    )
    return ["nginx", "-p", str(folder), "-c", str(config)]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
