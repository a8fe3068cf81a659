"""What the web server lets through, with its own parser and the configuration that is served with."""

import runpy
import socket
import time
from urllib.parse import urlencode

import pytest
from gunicorn.config import Config
from gunicorn.http import message
from gunicorn.http.errors import LimitRequestLine
from gunicorn.http.parser import RequestParser
from gunicorn.workers import gthread

from ops.paths import ROOT
from tech_listings.filters import MOST_TYPED


@pytest.fixture
def config(monkeypatch):
    # As they were, afterwards.
    monkeypatch.setattr(message, "MAX_REQUEST_LINE", message.MAX_REQUEST_LINE)
    monkeypatch.setattr(gthread, "DEFAULT_WORKER_DATA_TIMEOUT", gthread.DEFAULT_WORKER_DATA_TIMEOUT)
    config = Config()
    for name, value in runpy.run_path(str(ROOT / "ops" / "gunicorn.py")).items():
        if name in config.settings:
            config.set(name, value)
    return config


def parsed(config, address):
    head = f"GET {address} HTTP/1.1\r\nHost: localhost\r\nReferer: http://localhost{address}\r\n"
    raw = f"{head}HX-Current-URL: http://localhost{address}\r\n\r\n".encode()
    return next(RequestParser(config, [raw[n : n + 8192] for n in range(0, len(raw), 8192)], ("127.0.0.1", 1)))


def test_the_longest_text_in_korean_fits_into_the_address_and_into_the_headers_that_repeat_it(config):
    search = f"/technologies/?{urlencode({'q': ('가' * 49 + chr(10)) * (MOST_TYPED // 50)})}"
    assert parsed(config, search).uri == search
    sign_in = f"/accounts/login/?{urlencode({'next': search})}"
    assert len(parsed(config, sign_in).uri) > 250_000


def test_an_address_without_end_is_refused(config):
    with pytest.raises(LimitRequestLine):
        parsed(config, f"/technologies/?q={'a' * 330_000}")


def test_connections_opened_in_advance_hold_no_thread(config):
    server, browser = socket.socketpair()
    with server, browser:
        idle = gthread.TConn(config, server, ("127.0.0.1", 1), ("127.0.0.1", 2))
        began = time.monotonic()
        assert gthread.ThreadWorker.handle(None, idle) is gthread._DEFER
        assert time.monotonic() - began < 1
