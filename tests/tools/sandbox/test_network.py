"""No address of any family can be reached."""

import contextlib
import socket

import pytest

CONNECT = {
    "tcp": "socket.create_connection(('127.0.0.1', port), timeout=0.5).sendall(b'x')",
    "tcp6": "socket.create_connection(('::1', port), timeout=0.5).sendall(b'x')",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "udp6": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('::1', port))",
    "http": "__import__('urllib.request').request.urlopen(f'http://127.0.0.1:{port}/', timeout=0.5)",
    "asyncio": "__import__('asyncio').run(__import__('asyncio').open_connection('127.0.0.1', port))",
}
OPEN = {
    "unix": "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
    "abstract": "socket.socket(socket.AF_UNIX).connect('\\0abstract')",
    "listen": "socket.create_server(('0.0.0.0', 0)).accept",
    "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packet": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "vsock": "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    "bluetooth": "socket.socket(socket.AF_BLUETOOTH, socket.SOCK_STREAM, 3)",
    "alg": "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "name": "socket.gethostbyname('example.org')",
}


@pytest.mark.parametrize("way", CONNECT)
def test_the_loopback_address_is_out_of_reach(way, execute):
    kind = socket.SOCK_DGRAM if "udp" in way else socket.SOCK_STREAM
    family, host = (socket.AF_INET6, "::1") if "6" in way else (socket.AF_INET, "127.0.0.1")
    with contextlib.closing(socket.socket(family, kind)) as server:
        server.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        server.setblocking(False)
        execute(f"import socket\ndef attack(port):\n    {CONNECT[way]}", server.getsockname()[1])
        with pytest.raises(BlockingIOError):
            server.recv(1) if kind == socket.SOCK_DGRAM else server.accept()


@pytest.mark.parametrize("way", OPEN)
def test_no_socket_of_this_kind(way, repulse):
    repulse(f"import socket\ndef attack():\n    {OPEN[way]}\n    return True")
