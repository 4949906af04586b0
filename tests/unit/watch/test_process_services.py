"""Processes that outlive a test by design, recognised in the real ones."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from multiprocessing import forkserver, resource_tracker

import loky
from pytest_sensei.watch.process_services import is_known_service


def test_the_resource_tracker_is_known() -> None:
    resource_tracker.ensure_running()
    assert becomes_known(resource_tracker._resource_tracker._pid)


def test_the_fork_server_is_known() -> None:
    forkserver.ensure_running()
    assert becomes_known(forkserver._forkserver._forkserver_pid)


def becomes_known(pid: int) -> bool:
    """Tell whether a process is known, once it has become the program that it was started for."""
    limit = time.monotonic() + 20
    while not is_known_service(pid) and time.monotonic() < limit:
        time.sleep(0.001)
    return is_known_service(pid)


ASK_A_WORKER = """
import execnet
from pytest_sensei.watch.process_services import is_known_service

gateway = execnet.makegateway("popen")
try:
    pid = gateway.remote_exec("import os; channel.send(os.getpid())").receive(30)
    assert is_known_service(pid)
finally:
    gateway.exit()
    execnet.default_group.terminate(1)
"""


def test_a_worker_of_xdist_is_known() -> None:
    # Asked by a process that is no worker itself: this one may be, and its own kind is no service to it.
    subprocess.run([sys.executable, "-c", ASK_A_WORKER], check=True)


def test_lokys_workers_are_known() -> None:
    executor = loky.get_reusable_executor(max_workers=1)
    try:
        executor.submit(int).result()
        assert all(is_known_service(pid) for pid in executor._processes)
    finally:
        executor.shutdown(wait=True)


def test_any_other_process_is_not() -> None:
    process = multiprocessing.get_context("spawn").Process(target=int)
    process.start()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        assert not is_known_service(program.pid)
        program.communicate()
    assert not is_known_service(process.pid)
    process.join()
