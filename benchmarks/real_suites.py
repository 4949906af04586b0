"""The libraries that real_code.py tries: versions, which part of each suite, and what it needs to run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    """One library's suite. `part` says which of it is run, and why the rest is not."""

    name: str
    version: str
    tests: tuple[str, ...]
    part: str = "all"
    needs: tuple[str, ...] = ("pytest",)
    options: tuple[str, ...] = ()
    folder: str = "."  # of the source distribution, to run in
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


ASYNCIO = ("pytest", "pytest-asyncio")

SUITES = (
    Suite(
        "anyio",
        "4.16.0",
        (
            "tests/test_from_thread.py",
            "tests/test_to_thread.py",
            "tests/test_to_process.py",
            "tests/test_subprocesses.py",
            "tests/test_synchronization.py",
            "tests/test_fileio.py",
        ),
        part="worker threads and processes, portals, locks; on asyncio and trio",
        needs=(
            "pytest",
            "pytest-mock",
            "trio",
            "hypothesis",
            "psutil",
            "trustme",
            "truststore",
            "blockbuster",
        ),
        options=(
            "-k",
            "not uvloop",
        ),
    ),
    Suite(
        "apscheduler",
        "3.11.3",
        ("tests/test_schedulers.py", "tests/test_executors.py", "tests/test_job.py", "tests/test_util.py"),
        part="schedulers and executors; not the job stores that need servers",
        needs=("pytest", "anyio", "pytz", "tornado", "twisted", "sqlalchemy"),
    ),
    Suite(
        "cheroot",
        "11.1.2",
        (
            "cheroot/test/test_server.py",
            "cheroot/test/test_conn.py",
            "cheroot/test/test_core.py",
            "cheroot/test/test_dispatch.py",
            "cheroot/test/test_wsgi.py",
            "cheroot/workers",
        ),
        part="server, worker threads, connections",
        needs=(
            "pytest",
            "pytest-mock",
            "pytest-cov",
            "pytest-rerunfailures",
            "jaraco.context",
            "jaraco.text",
            "portend",
            "pyopenssl",
            "pypytools",
            "requests[use_chardet_on_py3]",
            "requests-unixsocket",
            "requests_toolbelt",
            "trustme",
        ),
        options=("-p", "cheroot.test._pytest_plugin"),
    ),
    Suite(
        "diskcache",
        "5.6.3",
        (
            "tests/test_core.py",
            "tests/test_fanout.py",
            "tests/test_deque.py",
            "tests/test_recipes.py",
            "tests/test_index.py",
        ),
        part="without Django's and the doctests",
    ),
    Suite("execnet", "2.1.2", ("testing",), part="all, gateways by popen"),
    Suite(
        "fasteners",
        "0.20",
        ("tests",),
        needs=("pytest", "diskcache", "more_itertools"),
        options=("--ignore=tests/test_eventlet.py",),
        part="all but eventlet, which replaces threads",
    ),
    Suite(
        "filelock",
        "3.20.0",
        ("tests",),
        needs=("pytest", "pytest-mock", "pytest-asyncio", "virtualenv"),
    ),
    Suite(
        "huey",
        "3.5.4",
        (
            "huey/tests/test_consumer.py",
            "huey/tests/test_api.py",
            "huey/tests/test_immediate.py",
            "huey/tests/test_mini.py",
            "huey/tests/test_asyncio.py",
        ),
        part="the consumer's threads and processes",
    ),
    Suite(
        "janus",
        "2.0.0",
        ("tests",),
        needs=(*ASYNCIO, "pytest-benchmark"),
        options=("--ignore=tests/test_benchmarks.py",),
        part="all but its benchmarks",
    ),
    Suite(
        "joblib",
        "1.6.0",
        (
            "joblib/test/test_parallel.py",
            "joblib/test/test_dask.py",
            "joblib/test/test_store_backends.py",
            "joblib/test/test_memory_async.py",
        ),
        part="Parallel with all its back ends",
        needs=("pytest", "pytest-asyncio", "pytest-timeout", "threadpoolctl", "numpy"),
    ),
    Suite(
        "loky",
        "3.7.0",
        (
            "tests/test_process_executor_loky.py",
            "tests/test_reusable_executor.py",
            "tests/test_synchronize.py",
            "tests/test_loky_backend.py",
        ),
        part="executors and its own locks, start method loky",
        needs=("pytest", "psutil", "packaging"),
    ),
    Suite(
        "multiprocess",
        "0.70.19",
        (
            "py3.13/multiprocess/tests/test_multiprocessing_fork/test_threads.py",
            "py3.13/multiprocess/tests/test_multiprocessing_fork/test_processes.py",
        ),
        part="a fork of multiprocessing with the standard library's own tests: fork, threads",
        needs=("pytest", "dill"),
    ),
    Suite(
        "pebble",
        "5.2.3",
        (
            "test/test_thread_pool.py",
            "test/test_concurrent_thread.py",
            "test/test_asynchronous_thread.py",
            "test/test_process_pool_fork.py",
            "test/test_concurrent_process_fork.py",
            "test/test_asynchronous_process_fork.py",
        ),
        part="threads, and processes by fork",
    ),
    Suite(
        "persist-queue",
        "1.1.0",
        ("persistqueue/tests",),
        needs=(*ASYNCIO, "mock", "msgpack", "cbor2", "aiofiles", "aiosqlite", "DBUtils<3", "PyMySQL"),
        options=("--ignore=persistqueue/tests/test_mysqlqueue.py",),
        part="all but MySQL's",
    ),
    Suite(
        "portalocker",
        "4.4.2",
        ("portalocker_tests",),
        needs=("pytest", "pytest-rerunfailures", "fakeredis", "redis", "typing_extensions"),
    ),
    Suite(
        "prometheus-client",
        "0.26.0",
        ("tests",),
        needs=("pytest", "pytest-benchmark", "twisted", "asgiref", "aiohttp", "django"),
    ),
    Suite("pykka", "4.5.0", ("tests",), needs=("pytest", "pytest-mock")),
    Suite(
        "pyro5", "5.17", ("tests",), options=("-m", "not network"), part="all but those that need a network"
    ),
    Suite("tenacity", "9.2.1", ("tests",), needs=("pytest", "tornado", "typeguard")),
    Suite("waitress", "3.0.2", ("tests",), needs=("pytest", "pytest-cov")),
    Suite("watchdog", "7.1.0", ("tests",), needs=("pytest", "flaky", "PyYAML")),
    Suite(
        "zict",
        "3.0.0",
        ("zict/tests",),
        needs=(*ASYNCIO, "psutil"),
        options=("-p", "no:legacypath", "-o", "asyncio_mode=auto"),
    ),
)
