"""Runs one host as a process of its own: `run.py NAME FD SMTP_HOST SMTP_PORT SMTP_TIMEOUT`. FD is a socket that listens already."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any

from service import thin_service

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.service import Service

THREADS = 8


def hypercorn(service: Service, listener: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from starlette_app import application

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None
    asyncio.run(serve(application(service), config))  # type: ignore[arg-type]


def gunicorn(service: Service, listener: socket.socket) -> None:
    from gunicorn.app.base import BaseApplication
    from wsgi_app import application

    class Host(BaseApplication):
        def load_config(self) -> None:
            options = {
                "bind": f"fd://{listener.detach()}",
                "worker_class": "gthread",
                "threads": THREADS,
                "keepalive": 60,
                "loglevel": "critical",
            }
            assert self.cfg is not None
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return application(service)

    host: Any = Host
    host().run()


def waitress(service: Service, listener: socket.socket) -> None:
    import waitress
    from wsgi_app import application

    waitress.serve(application(service), sockets=[listener], threads=THREADS)


def aiohttp(service: Service, listener: socket.socket) -> None:
    from aiohttp import web
    from aiohttp_app import application

    web.run_app(application(service), sock=listener, print=None, access_log=None)


HOSTS: dict[str, Callable[[Service, socket.socket], None]] = {
    host.__name__: host for host in (hypercorn, gunicorn, waitress, aiohttp)
}

if __name__ == "__main__":
    name, descriptor, smtp_host, smtp_port, smtp_timeout = sys.argv[1:]
    HOSTS[name](thin_service((smtp_host, int(smtp_port)), float(smtp_timeout)), socket.socket(fileno=int(descriptor)))
