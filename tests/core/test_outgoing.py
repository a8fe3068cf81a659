"""Where what strangers name is connected to: nowhere but on the public internet, whatever it is called (SSRF)."""

import socket
import threading
import time

import pytest

from marketplace.core import outgoing
from marketplace.core.outgoing import STRICT, NotOutside, Rules, place_of

PUBLIC = "93.184.216.34"
OTHER_PORTS = Rules(other_ports=True)
NAMES = {
    "good.example": [PUBLIC],
    "good6.example": ["2606:2800:220:1:248:1893:25c8:1946"],
    "inside.example": ["10.0.0.7"],
    "both.example": [PUBLIC, "192.168.1.4"],
    "rebinds.example": [PUBLIC],
}


@pytest.fixture(autouse=True)
def _names(monkeypatch):
    """What the resolver of a machine would say, numbers in all the forms that it takes included."""
    real = socket.getaddrinfo

    def answer(host, port, *args, **kwargs):
        if host in NAMES:
            kind = socket.AF_INET6
            return [
                (kind if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in NAMES[host]
            ]
        if host == "localhost":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        return real(host, port, *args, flags=socket.AI_NUMERICHOST, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize(
    "url",
    ["https://good.example/in", "https://good.example:8443/in?a=1", "https://good6.example/", f"https://{PUBLIC}/x"],
)
def test_public_addresses_are_taken(url):
    assert place_of(url, rules=OTHER_PORTS).ip in {PUBLIC, *NAMES["good6.example"]}


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "localhost", "0.0.0.0", "10.1.2.3",
        "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "2852039166", "100.64.0.1",
        "100.100.100.200", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "[::1]", "[::]",
        "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]",
        "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[2001:db8::1]", "[fec0::1]", "[64:ff9b:1::7f00:1]",
        "inside.example", "both.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("rules", [STRICT, OTHER_PORTS])
def test_networks_that_are_not_public_are_refused(host, rules):
    with pytest.raises(NotOutside):
        place_of(f"https://{host}/in", rules=rules)


@pytest.mark.parametrize(
    "url",
    [
        "http://good.example/", "ftp://good.example/", "//good.example/", "good.example", "", "https://", "https:///x",
        "https://me@good.example/", "https://me:pw@good.example/", "https://good.example/#part",
        "https://good.example:22/", "https://good.example:80/", "https://good.example:99999/",
        "https://good.example\\@inside.example/", "https://good.example/a b", "https://good.example/\r\nHost: x",
        "https://unknown.example/", "https://[::1/", "https://좋은.example/", "file:///etc/passwd", "HTTPS://good.example/",
        "https://" + "a" * 300 + "/", f"https://good.example/{'a' * 1000}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("rules", [STRICT, OTHER_PORTS])
def test_what_is_no_plain_address_is_refused(url, rules):
    with pytest.raises(NotOutside) as refusal:
        place_of(url, rules=rules)
    assert refusal.value.field == "url"


def test_another_port_only_where_it_is_allowed():
    with pytest.raises(NotOutside):
        place_of("https://good.example:8443/")
    assert place_of("https://good.example:8443/", rules=OTHER_PORTS).port == 8443


def test_a_name_of_the_inside_is_refused_as_one_that_nobody_knows():
    """What a stranger reads does not tell which names there are inside."""
    said = set()
    for host in ("inside.example", "unknown.example"):
        with pytest.raises(NotOutside) as refusal:
            place_of(f"https://{host}/")
        said.add(str(refusal.value))
    assert len(said) == 1


def post(url="https://rebinds.example/in"):
    return outgoing.post(url, body=b"{}", headers={})


def test_a_name_that_leads_elsewhere_by_now_is_not_connected_to(monkeypatch):
    assert place_of("https://rebinds.example/").ip == PUBLIC
    monkeypatch.setitem(NAMES, "rebinds.example", ["127.0.0.1"])
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: asked.append(a))
    with pytest.raises(NotOutside):
        post()
    assert not asked


def test_it_is_connected_to_the_address_that_was_looked_at(monkeypatch):
    asked = []

    def connect(address, *args, **kwargs):
        asked.append(address)
        monkeypatch.setitem(NAMES, "rebinds.example", ["127.0.0.1"])
        raise OSError("far away")

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setitem(NAMES, "rebinds.example", [PUBLIC])
    with pytest.raises(OSError, match="far away"):
        post()
    assert asked == [(PUBLIC, 443)]


@pytest.fixture
def silent(monkeypatch):
    """A server that takes the connection, whatever address is asked for, and says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    real = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda _address, seconds: real(server.getsockname(), seconds))
    yield
    server.close()


def test_who_dawdles_over_the_handshake_is_cut_off(silent, monkeypatch):
    monkeypatch.setattr(outgoing, "LONGEST_SECONDS", 0.3)
    begun = time.monotonic()
    with pytest.raises(OSError):
        post()
    assert time.monotonic() - begun < outgoing.SECONDS


def test_a_body_that_does_not_end_is_not_waited_for():
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            taken, _address = server.accept()
            with taken:
                taken.recv(4096)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nH")
                stop.wait(2 * outgoing.SECONDS)

        thread = threading.Thread(target=drip)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        begun = time.monotonic()
        assert outgoing.post(address, body=b"{}", headers={}, rules=Rules(inside=True)) == 200
        assert time.monotonic() - begun < outgoing.SECONDS
        stop.set()
        thread.join()
