"""Files on pipes, those of a program's standard streams and of `os.fdopen`, that wait in slices.

The standard library reads and writes them in C, in one call that may never return. Below its buffers stands
a file object of ours.
"""

from __future__ import annotations

import io
import subprocess
import types
import warnings
import weakref
from sys import _getframe
from typing import IO, TYPE_CHECKING, Any

from pytest_sensei.primitives import pipes, runtime

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_open = io.open
_PIECE = 1 << 16  # bytes read at once when all is wanted
_MODES = {"r": "r", "rb": "r", "rt": "r", "w": "w", "wb": "w", "wt": "w"}
_STREAMS = ("stdin", "stdout", "stderr")


class PipeFile(io.FileIO):
    """A file on a pipe."""

    program: weakref.ReferenceType[Any] | None = None
    """The program whose standard stream it is."""

    @property
    def target(self) -> object:
        """Return the file that the user's code has; None when that cannot be told."""
        program = self.program() if self.program is not None else None
        files = (getattr(program, name, None) for name in _STREAMS)
        return next((file for file in files if file is not None and _raw_of(file) is self), None)

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read into a buffer; see `io.FileIO.readinto`."""
        if not _waits(self, "r"):
            return super().readinto(buffer)
        space = memoryview(buffer).cast("B")
        chunk = pipes.read_for(self.target, self.fileno(), space)
        if isinstance(chunk, bytes):  # it was read without RWF_NOWAIT
            space[: len(chunk)] = chunk
        return len(chunk)

    def read(self, size: int | None = -1) -> bytes | None:  # type: ignore[override]
        """Read what is there; see `io.FileIO.read`."""
        if size is None or size < 0:
            return self.readall()
        if not size or not _waits(self, "r"):
            return super().read(size)
        return bytes(pipes.read_for(self.target, self.fileno(), memoryview(bytearray(size))))

    def readall(self) -> bytes | None:  # type: ignore[override]
        """Read to the end; see `io.FileIO.readall`."""
        if not _waits(self, "r"):
            return super().readall()
        parts = []
        while part := self.read(_PIECE):
            parts.append(part)
        return b"".join(parts)

    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]
        """Write all of it; see `io.FileIO.write`."""
        if not _waits(self, "w"):
            return super().write(data)
        whole = memoryview(data).cast("B")
        pipes.write_for(self.target, self.fileno(), whole)
        return len(whole)


def _waits(file: PipeFile, mode: str) -> bool:
    fits = file.readable() if mode == "r" else file.writable()
    return fits and runtime.watcher is not None and pipes.blocks_as_a_pipe(file.fileno())


def _raw_of(file: Any) -> object:
    buffered = getattr(file, "buffer", file)
    return getattr(buffered, "raw", buffered)


def _binary(fd: int, way: str, buffering: int, *, closefd: bool = True) -> Any:
    """Return a binary file on a pipe, as `io.open` does."""
    raw = PipeFile(fd, way, closefd)
    if buffering == 0:
        return raw
    if buffering == 1:
        text = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used"
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    size = buffering if buffering > 1 else max(getattr(raw, "_blksize", 0), io.DEFAULT_BUFFER_SIZE)
    return io.BufferedReader(raw, size) if way == "r" else io.BufferedWriter(raw, size)


class SubprocessIO(types.ModuleType):
    """Stands for the module `io` inside of `subprocess`."""

    def __init__(self) -> None:
        super().__init__(io.__name__, io.__doc__)

    def __getattr__(self, name: str) -> Any:
        return getattr(io, name)

    @staticmethod
    def open(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **options: Any) -> IO[Any]:
        """Open the parent's end of a standard stream; see `io.open`."""
        if mode not in ("rb", "wb") or not isinstance(file, int) or args or options:
            return _open(file, mode, buffering, *args, **options)
        made = _binary(file, mode[0], buffering)
        program = _getframe(1).f_locals.get("self")
        if isinstance(program, subprocess.Popen):
            raw: Any = _raw_of(made)
            raw.program = weakref.ref(program)
        return made  # type: ignore[no-any-return]


def fdopen(
    fd: int, mode: str = "r", buffering: int = -1, encoding: str | None = None, *args: Any, **options: Any
) -> IO[Any]:
    """Make a file of a descriptor; see `os.fdopen`."""
    if not isinstance(fd, int):
        raise TypeError(f"invalid fd type ({type(fd)}, expected integer)")
    if "b" not in mode:
        encoding = io.text_encoding(encoding)  # type: ignore[attr-defined]
    way = _MODES.get(mode)
    if way is None or args or options.keys() - {"closefd"} or not _is_pipe(fd):
        return _open(fd, mode, buffering, encoding, *args, **options)
    if "b" in mode and encoding is None:
        return _binary(fd, way, buffering, **options)  # type: ignore[no-any-return]
    if "b" in mode or buffering == 0:
        return _open(fd, mode, buffering, encoding, **options)  # it raises
    size = -1 if buffering == 1 else buffering
    text = io.TextIOWrapper(_binary(fd, way, size, **options), encoding, line_buffering=buffering == 1)
    text.mode = mode  # type: ignore[misc]
    return text


def _is_pipe(fd: int) -> bool:
    try:
        return pipes.blocks_as_a_pipe(fd)
    except OSError:
        return False
