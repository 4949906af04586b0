"""Our primitives look like the real ones, and go away without a trace."""

from __future__ import annotations

import _thread
import concurrent.futures
import copy
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
import types
from typing import TYPE_CHECKING, Any

import pytest
from pytest_sensei.primitives import locks, patching, runtime

if TYPE_CHECKING:
    from collections.abc import Callable

BOTH = pytest.mark.parametrize(
    ("ours", "real"),
    [(locks.Lock, _thread.allocate_lock), (locks.RLock, _thread.RLock)],
    ids=["Lock", "RLock"],
)


@BOTH
def test_repr_is_that_of_the_real_one(ours: Callable[[], Any], real: Callable[[], Any]) -> None:
    one, other = ours(), real()
    for action in ("acquire", "release"):
        getattr(one, action)()
        getattr(other, action)()
        assert repr(one).partition(" at ")[0] == repr(other).partition(" at ")[0]
        assert f"{id(one):#x}" in repr(one)


@BOTH
def test_it_is_an_instance_of_the_real_type(ours: Callable[[], Any], real: Callable[[], Any]) -> None:
    assert isinstance(ours(), type(real()))
    assert isinstance(ours(), type(ours()))
    assert isinstance(ours(), (threading.Lock, threading.RLock))  # type: ignore[arg-type]
    assert not isinstance(ours(), threading.Event)


@BOTH
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_it_cannot_be_copied(
    ours: Callable[[], Any], real: Callable[[], Any], how: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError) as mine:
        how(ours())
    with pytest.raises(TypeError) as theirs:
        how(real())
    assert str(mine.value) == str(theirs.value)


def test_a_lock_type_can_stand_in_a_union_and_cannot_be_a_base() -> None:
    assert isinstance(threading.Lock | None, types.UnionType)  # type: ignore[operator]
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (threading.Lock,), {})


def test_an_rlock_type_can_be_a_base() -> None:
    class Mine(type(threading.RLock())):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    lock = Mine("mine")
    with lock, lock:
        assert (lock.name, lock._recursion_count(), isinstance(lock, Mine)) == ("mine", 2, True)


def test_releasing_a_free_lock_raises_what_the_real_one_raises() -> None:
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        locks.Lock().release()


NAMES = [(patch.owner, patch.name) for patch in patching.PATCHES]


def test_every_name_is_as_before_after_uninstalling() -> None:
    code = """
from pytest_sensei.primitives import patching
import queue, threading, time
before = [(patch.owner, patch.name, vars(patch.owner)[patch.name]) for patch in patching.PATCHES]
patching.install(); patching.install()
assert patching.installed()
assert all(vars(owner)[name] is not value for owner, name, value in before)
patching.uninstall()
assert patching.installed()
patching.uninstall()
assert not patching.installed()
assert all(vars(owner)[name] is value for owner, name, value in before)
print("as before")
"""
    assert _python(code) == ("as before", "")


def test_what_somebody_else_put_in_place_meanwhile_stays() -> None:
    code = """
from pytest_sensei.primitives import patching
import time
patching.install()
theirs = lambda seconds: None
time.sleep = theirs
patching.uninstall()
print(time.sleep is theirs)
"""
    assert _python(code) == ("True", "")


def test_locks_made_while_installed_work_afterwards() -> None:
    code = """
from pytest_sensei.primitives import patching
import queue, threading
patching.install()
items, lock, event = queue.Queue(), threading.RLock(), threading.Event()
patching.uninstall()
thread = threading.Thread(target=lambda: (event.wait(), items.put(1)))
thread.start()
with lock, lock:
    event.set()
    print(items.get())
thread.join()
"""
    assert _python(code) == ("1", "")


def test_a_daemon_thread_in_a_wait_does_not_disturb_the_end() -> None:
    code = """
from pytest_sensei.primitives import patching
patching.install()
import queue, threading
lock = threading.Lock()
lock.acquire()
for wait in (lock.acquire, queue.Queue().get, queue.SimpleQueue().get, threading.Event().wait):
    threading.Thread(target=wait, daemon=True).start()
class Late:
    def __init__(self):
        self.lock = threading.Lock()
        self.rlock = threading.RLock()
    def __del__(self, print=print):
        with self.lock, self.rlock:
            print("late")
late = Late()
late.me = late
import builtins
builtins.late = late
"""
    assert _python(code) == ("late", "")


def test_the_standard_library_works_on_them() -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda n: n * n, range(100))) == [n * n for n in range(100)]
    fired = threading.Event()
    threading.Timer(0, fired.set).start()
    assert fired.wait(20)
    semaphore, barrier = threading.BoundedSemaphore(2), threading.Barrier(2)
    with semaphore, semaphore:
        assert not semaphore.acquire(blocking=False)
    other = threading.Thread(target=barrier.wait)
    other.start()
    barrier.wait(20)
    other.join(20)


def test_an_identifier_and_a_name_are_all_that_a_start_needs() -> None:
    class Unready(threading.Thread):
        def __init__(self) -> None:  # says no super().__init__()
            pass

    for act in ("start", "join"):
        with pytest.raises(RuntimeError, match=r"__init__\(\) not called"):
            getattr(Unready(), act)()
    with pytest.raises(RuntimeError, match="before it is started"):
        threading.Thread().join()
    with pytest.raises(RuntimeError, match="current thread"):
        threading.current_thread().join()


def test_everything_patched_is_a_name_of_the_standard_library() -> None:
    assert all(hasattr(owner, name) for owner, name in NAMES)
    assert time.sleep is not runtime.real_sleep
    assert queue.SimpleQueue.__module__ == "_queue"


def _python(code: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip(), done.stderr.strip()


MANAGERS = """
import multiprocessing.managers, pickle, threading
from pytest_sensei.primitives import patching

registry = multiprocessing.managers.SyncManager._registry
before = registry["RLock"][0]
with patching.installation():
    assert registry["RLock"][0] is threading.RLock is not before
    pickle.dumps(registry)  # what a manager does that is started by spawn
assert registry["RLock"][0] is threading.RLock is before
pickle.dumps(registry)
"""


def test_managers_that_were_imported_before_can_still_be_sent_to_their_server() -> None:
    done = subprocess.run([sys.executable, "-c", MANAGERS], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


BUILT_IN = [time.sleep, os.read, os.write, os.pipe, *([os.waitpid, os.wait] if hasattr(os, "wait") else [])]


class Names:
    """Keeps built-in functions as attributes, as classes do that can be told to use others."""

    sleep = time.sleep
    pipe = os.pipe
    write = os.write
    read = os.read


def test_a_built_in_function_is_no_method() -> None:
    class Late:
        sleep = time.sleep

    Names().sleep(0)
    Late().sleep(0)  # type: ignore[call-arg,arg-type]
    reading, writing = Names().pipe()
    Names().write(writing, b"!")
    assert Names().read(reading, 1) == b"!"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("function", [pytest.param(each, id=each.__name__) for each in BUILT_IN])
def test_a_built_in_function_is_known_by_its_name(function: Callable[..., object]) -> None:
    name = function.__name__
    ours = getattr(time if name == "sleep" else os, name)
    assert pickle.loads(pickle.dumps(ours)) is ours
    assert b"pytest_sensei" not in pickle.dumps(ours)
    assert repr(ours) == f"<built-in function {name}>"
    assert ours.__doc__ == function.__doc__
