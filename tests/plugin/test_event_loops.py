"""Event loops: those that nothing can wake any more, and those that somebody will, from inside or outside."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="who could wake a loop is read from /proc"
)

AN_EVENT = """
    import asyncio

    async def worker(done):
        await done.wait()

    async def main():
        done = asyncio.Event()
        task = asyncio.create_task(worker(done))
        await task

    def test_it():
        asyncio.run(main())

    def test_next():
        async def fine():
            await asyncio.sleep(0)
        asyncio.run(fine())
    """

STALLED = {
    "an event that nobody sets": AN_EVENT,
    "a lock taken twice": """
        import asyncio
        def test_it():
            async def main():
                lock = asyncio.Lock()
                async with lock, lock:
                    pass
            asyncio.run(main())
        """,
    "a queue whose items nobody calls done": """
        import asyncio
        def test_it():
            async def worker(queue):
                while True:
                    await queue.get()
            async def main():
                queue = asyncio.Queue()
                queue.put_nowait(1)
                workers = [asyncio.ensure_future(worker(queue)) for _ in range(2)]
                await queue.join()
            asyncio.run(main())
        """,
    "a loop in a thread": """
        import asyncio, threading
        def test_it():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever)
            thread.start()
            async def never():
                await loop.create_future()
            asyncio.run_coroutine_threadsafe(never(), loop).result()
        """,
    "a loop that waits for a thread that waits for the loop": """
        import asyncio
        def test_it():
            async def answer():
                return 42
            async def main():
                loop = asyncio.get_running_loop()
                def ask():
                    lock.acquire()
                    return asyncio.run_coroutine_threadsafe(answer(), loop).result()
                import threading
                lock = threading.Lock()
                with lock:
                    await loop.run_in_executor(None, ask)
            asyncio.run(main())
        """,
    "a peer in the same loop that never answers": """
        import asyncio, socket
        def test_it():
            async def main():
                mine, yours = socket.socketpair()
                mine.setblocking(False)
                yours.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_recv(mine, 1)
            asyncio.run(main())
        """,
    "a plain selector": """
        import selectors, socket
        def test_it():
            mine, yours = socket.socketpair()
            with mine, yours, selectors.DefaultSelector() as selector:
                selector.register(mine, selectors.EVENT_READ)
                selector.select()
        """,
    "a loop in a child": """
        import asyncio, multiprocessing
        def work():
            async def main():
                await asyncio.Event().wait()
            asyncio.run(main())
        def test_it():
            process = multiprocessing.get_context("fork").Process(target=work)
            process.start()
            process.join()
        """,
}


FULL = """
    import asyncio, sys

    def test_it():
        async def main():
            pipe = asyncio.subprocess.PIPE
            much = "print('x' * 1_000_000)"
            program = await asyncio.create_subprocess_exec(sys.executable, "-c", much, stdout=pipe)
            await program.wait()
        asyncio.run(main())
    """


def test_a_program_whose_output_nobody_reads_is_waited_for_in_vain(project: Project) -> None:
    run = project.run(textwrap.dedent(FULL))
    assert "full-pipe" in run.kinds, run.output
    assert "timeout" not in run.kinds, run.output


@pytest.mark.parametrize("source", STALLED.values(), ids=STALLED)
def test_is_proved(project: Project, source: str) -> None:
    run = project.run(textwrap.dedent(source))
    assert "stalled" in run.kinds, run.output
    assert "timeout" not in run.kinds, run.output


def test_each_task_is_told_with_the_line_at_which_it_waits(project: Project) -> None:
    run = project.run(textwrap.dedent(AN_EVENT))
    finding = run.only()
    (loop,) = finding["resources"]
    assert (loop["type"], loop["name"]) == ("event loop", "the event loop")
    assert loop["state"] == (
        "main() waits at test_it.py:9: await task; worker() waits at test_it.py:4: await done.wait()"
    )
    assert finding["summary"].startswith("nothing will happen in the event loop any more")
    assert finding["hints"][0].startswith("Every task of the event loop waits.")
    assert run.result.parseoutcomes() == {"failed": 1, "passed": 1}


NOT_WOKEN = """
    import asyncio, sys, threading, time

    def test_it():
        async def main():
            done, waits = asyncio.Event(), threading.Event()
            asyncio.get_running_loop().call_soon(waits.set)
            thread = threading.Thread(target=lambda: (waits.wait(), asleep(), done.set()))
            thread.start()
            await done.wait()
        asyncio.run(main())

    def asleep():
        main = threading.main_thread()
        while sys._current_frames()[main.ident].f_globals["__name__"] != "selectors":
            time.sleep(0.001)
    """


def test_a_loop_that_was_not_woken_says_so(project: Project) -> None:
    finding = project.run(textwrap.dedent(NOT_WOKEN)).only()
    assert finding["resources"][0]["state"].startswith(
        "another thread has scheduled something, but not by call_soon_threadsafe(), which wakes the loop; main()"
    )


def test_the_traceback_ends_where_the_first_task_waits(project: Project) -> None:
    run = project.run(textwrap.dedent(AN_EVENT))
    run.result.stdout.fnmatch_lines([">       asyncio.run(main())", ">       await task", "E *Deadlock: *"])
    assert "selectors.py" not in run.output
    assert "base_events.py" not in run.output


NO_PROOF = """
    import asyncio, socket

    def test_it():
        async def main():
            listening = socket.create_server(("127.0.0.1", 0))
            listening.setblocking(False)
            with listening:
                await asyncio.get_running_loop().sock_accept(listening)
        asyncio.run(main())
    """


def test_at_the_time_limit_each_task_is_told_too(project: Project) -> None:
    finding = project.run(textwrap.dedent(NO_PROOF), "--timeout=1").only()
    assert finding["kind"] == "timeout"
    assert (
        "the event loop: main() waits at test_it.py:8: await asyncio.get_running_loop().sock_accept(listening)"
        in finding["details"]
    )


# Everybody waits longer than a proof takes.
WAKERS = """
    import asyncio, os, selectors, signal, socket, subprocess, sys, threading, time
    LONG = 0.4

    def from_outside(text):
        return subprocess.Popen([sys.executable, "-c", f"import os, socket, time; time.sleep({LONG}); {text}"])
    """

HEALTHY = {
    "a thread": """
        def test_it():
            async def main():
                done, loop = asyncio.Event(), asyncio.get_running_loop()
                def wake():
                    time.sleep(LONG)
                    loop.call_soon_threadsafe(done.set)
                thread = threading.Thread(target=wake)
                thread.start()
                await done.wait()
                thread.join()
            asyncio.run(main())
        """,
    "a timer": """
        def test_it():
            async def main():
                done = asyncio.Event()
                asyncio.get_running_loop().call_later(LONG, done.set)
                await done.wait()
            asyncio.run(main())
        """,
    "a signal": """
        def test_it():
            async def main():
                done = asyncio.Event()
                asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, done.set)
                program = from_outside(f"os.kill({os.getpid()}, {int(signal.SIGUSR1)})")
                await done.wait()
                program.wait()
            asyncio.run(main())
        """,
    "a client in another program": """
        def test_it(tmp_path):
            path = str(tmp_path / "socket")
            async def main():
                heard = asyncio.Event()
                async def hear(reader, writer):
                    assert await reader.read() == b"x"
                    writer.close()
                    heard.set()
                server = await asyncio.start_unix_server(hear, path)
                connect = f"s = socket.socket(socket.AF_UNIX); s.connect({path!r})"
                program = from_outside(f"{connect}; time.sleep({LONG}); s.send(b'x')")
                async with server:
                    await heard.wait()
                program.wait()
            asyncio.run(main())
        """,
    "a client over the network": """
        def test_it():
            async def main():
                heard = asyncio.Event()
                async def hear(reader, writer):
                    assert await reader.read() == b"x"
                    writer.close()
                    heard.set()
                server = await asyncio.start_server(hear, "127.0.0.1", 0)
                address = server.sockets[0].getsockname()
                connect = f"s = socket.create_connection({address!r})"
                program = from_outside(f"{connect}; time.sleep({LONG}); s.send(b'x')")
                async with server:
                    await heard.wait()
                program.wait()
            asyncio.run(main())
        """,
    "a program's output, and its end": """
        def test_it():
            async def main():
                text = f"import time; time.sleep({LONG}); print(1)"
                pipe = asyncio.subprocess.PIPE
                program = await asyncio.create_subprocess_exec(sys.executable, "-c", text, stdout=pipe)
                assert (await program.communicate())[0] == b"1\\n"
            asyncio.run(main())
        """,
    "a forked child": """
        def test_it():
            async def main():
                mine, yours = socket.socketpair()
                pid = os.fork()
                if pid == 0:
                    time.sleep(LONG)
                    yours.send(b"x")
                    os._exit(0)
                yours.close()
                mine.setblocking(False)
                assert await asyncio.get_running_loop().sock_recv(mine, 1) == b"x"
                mine.close()
                os.waitpid(pid, 0)
            asyncio.run(main())
        """,
    "a device": """
        def test_it():
            async def main():
                master, slave = os.openpty()
                heard, loop = asyncio.Event(), asyncio.get_running_loop()
                loop.add_reader(master, lambda: (os.read(master, 9), heard.set()))
                def wake():
                    time.sleep(LONG)
                    os.write(slave, b"x")
                thread = threading.Thread(target=wake)
                thread.start()
                await heard.wait()
                loop.remove_reader(master)
                thread.join()
                os.close(master)
                os.close(slave)
            asyncio.run(main())
        """,
    "a job of an executor's": """
        def test_it():
            async def main():
                await asyncio.get_running_loop().run_in_executor(None, time.sleep, LONG)
            asyncio.run(main())
        """,
    "another loop": """
        def test_it():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever)
            thread.start()
            async def slow():
                await asyncio.sleep(LONG)
                return 2
            async def main():
                return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(slow(), loop))
            assert asyncio.run(main()) == 2
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
        """,
    "what is registered later": """
        def test_it():
            mine, yours = socket.socketpair()
            with mine, yours, selectors.DefaultSelector() as selector:
                selector.register(mine, selectors.EVENT_READ)
                found = []
                thread = threading.Thread(target=lambda: found.extend(selector.select()))
                thread.start()
                text = f"import time; time.sleep({LONG}); print(1)"
                with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE) as program:
                    selector.register(program.stdout, selectors.EVENT_READ)
                    thread.join()
                    assert [key.fileobj for key, _ in found] == [program.stdout]
                    assert program.stdout.read() == b"1\\n"
        """,
    "the errors of a program beside its output": """
        def test_it():
            text = f"import sys, time; time.sleep({LONG}); print(1, file=sys.stderr)"
            run = subprocess.run([sys.executable, "-c", text], capture_output=True)
            assert (run.stdout, run.stderr) == (b"", b"1\\n")
        """,
}


@pytest.mark.parametrize("source", HEALTHY.values(), ids=HEALTHY)
def test_who_is_woken_is_left_alone(project: Project, source: str) -> None:
    run = project.run(textwrap.dedent(WAKERS) + textwrap.dedent(source), "--sensei-leaks=error")
    assert run.kinds == [], run.output
    assert run.result.parseoutcomes() == {"passed": 1}, run.output
