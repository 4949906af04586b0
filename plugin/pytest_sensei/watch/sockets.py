"""The other end of a socket pair, as the kernel knows it (NETLINK_SOCK_DIAG)."""

from __future__ import annotations

import contextlib
import socket
import struct

_Socket = socket.socket  # tests and plugins put others in its place
_SOCK_DIAG = 4  # the netlink family
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_REQUEST = 1  # NLM_F_REQUEST
_SHOW_PEER = 4  # UDIAG_SHOW_PEER
_PEER = 2  # the attribute UNIX_DIAG_PEER
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBHIIIII")
_ANSWER_SIZE = 16


def peer_of(inode: int) -> int | None:
    """Return the inode at the other end of a Unix socket; None when there is none or it cannot be seen."""
    if not hasattr(socket, "AF_NETLINK"):
        return None
    with (
        contextlib.suppress(OSError),
        _Socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asking,
    ):
        asking.settimeout(0.2)
        question = _QUESTION.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, inode, _SHOW_PEER, 0xFFFFFFFF, 0xFFFFFFFF)
        header = _HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST, 1, 0)
        asking.send(header + question)
        return _peer_in(asking.recv(8192))
    return None


def _peer_in(answer: bytes) -> int | None:
    length, kind = struct.unpack_from("=IH", answer)
    if kind != _BY_FAMILY:
        return None
    at = _HEADER.size + _ANSWER_SIZE
    while at + 4 <= length:
        size, attribute = struct.unpack_from("=HH", answer, at)
        if attribute == _PEER:
            peer: int = struct.unpack_from("=I", answer, at + 4)[0]
            return peer or None
        at += max(4, (size + 3) & ~3)
    return None
