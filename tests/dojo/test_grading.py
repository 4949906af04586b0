"""`kata grade` and `kata verify` with real runs, also of answers that misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time

import psutil
import pytest
from kata_folders import RIGHT, STUB, make_clone, write
from pytest_sensei.diagnosis import Light
from pytest_sensei.dojo.jobs import job_for, run_job
from pytest_sensei.dojo.katas import katas_under
from pytest_sensei.dojo.spread import SpreadError, spread
from pytest_sensei.dojo.warden import Limits

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and guards are those of POSIX")

SOON = Limits(seconds=30, megabytes=400, processes=20)


@pytest.fixture
def kata(tmp_path):
    return katas_under(make_clone(tmp_path, "03_adding") / "katas")[0]


def kata_command(*args, cwd=None, code=0):
    command = [sys.executable, "-c", "from pytest_sensei.dojo.cli import main; main(prog_name='kata')"]
    done = subprocess.run(
        [*command, *map(str, args)], capture_output=True, text=True, check=False, timeout=300, cwd=cwd
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def judged(kata, source, limits=SOON):
    return run_job(job_for("somebody/03_adding", kata, source.encode(), limits))


def test_right_and_wrong_answers_get_their_lights(kata):
    assert judged(kata, RIGHT).light is Light.GREEN
    wrong = judged(kata, STUB)
    assert (wrong.light, wrong.says) == (Light.RED, "adds two numbers fails")


CHILDREN = """
import os, time
for _ in range(100):
    if os.fork() == 0:
        time.sleep(300)
time.sleep(300)
"""
HOSTILE = {
    "leaves": ("import os\nos._exit(0)\n", "left pytest by itself, exit code 0"),
    "kills itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "killed by signal 9"),
    "kills its parent": ("import os\nos.kill(os.getppid(), 9)\n", "may signal its own processes only"),
    "writes elsewhere": ("open('../../kata-was-here', 'w')\n", "may write below its own folder only"),
    "starts a shell": ("import os\nos.system('true')\n", "may start no program but Python"),
    "crashes": ("import ctypes\nctypes.string_at(0)\n", "killed by signal 11"),
    "eats memory": ("x = []\nwhile True: x.append(bytearray(10**7))\n", "more than 400 MB of memory"),
    "has many children": (CHILDREN, "stopped: more than 20 processes"),
}


@pytest.mark.parametrize(("source", "says"), HOSTILE.values(), ids=HOSTILE)
def test_answer_that_misbehaves_is_told_and_harms_nobody(kata, source, says):
    found = judged(kata, source)
    assert found.light is Light.AMBER
    assert says in found.says


def test_answer_that_never_ends_is_stopped(kata):
    assert judged(kata, "while True: pass\n", Limits(seconds=3)).says == "stopped after 3 s"


DETACHED = """
import os
import time

def add(a, b):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open("pid", "w").write(str(os.getpid()))
            time.sleep(300)
        os._exit(0)
    while not os.path.exists("pid") or not open("pid").read():
        pass
    raise ValueError("pid " + open("pid").read())
"""


def test_process_that_detached_itself_is_ended(kata):
    found = judged(kata, DETACHED)
    assert found.outcome is not None
    pid = int(found.outcome.failure.partition("ValueError: pid ")[2].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


ORPHAN = """
import json, os, subprocess, sys
command = [sys.executable, "-c", SLEEPER]
job = {"command": command, "cwd": ".", "env": dict(os.environ), "output": "out.txt", "limits": {}}
json.dump(job, open("job.json", "w"))
warden = subprocess.Popen([sys.executable, "-m", "pytest_sensei.dojo.warden", "job.json"])
while not os.path.exists("pid"):
    pass
print(warden.pid, open("pid").read())
os._exit(0)
"""
SLEEPER = (
    "import os, time; open('.pid', 'w').write(str(os.getpid())); os.rename('.pid', 'pid'); time.sleep(300)"
)


def test_run_ends_when_whoever_asked_for_it_is_gone(tmp_path):
    code = ORPHAN.replace("SLEEPER", repr(SLEEPER))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True
    )
    for pid in map(int, done.stdout.split()):
        with contextlib.suppress(psutil.NoSuchProcess):
            while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # where nobody collects orphans
                time.sleep(0.05)  # a poll, with the test's time limit as its deadline


def test_answers_may_write_and_signal_at_home(kata):
    busy = "import os, tempfile\nopen('notes', 'w').close()\ntempfile.mkdtemp()\nos.kill(os.getpid(), 0)\n"
    assert judged(kata, busy + RIGHT).light is Light.GREEN


def test_grade_is_the_same_every_time_and_with_any_number_of_workers(tmp_path, kata):
    answers = {"good": RIGHT, "stub": STUB, "gone": "import os\nos._exit(3)\n", "[é] <b>": RIGHT}
    answers["odd"] = "raise ValueError('\\udce9')\n"
    everybody = tmp_path / (os.fsdecode(b"\xe9all") if sys.platform == "linux" else "all")
    for person, source in answers.items():
        write(everybody / person / "adding.py", source)
    write(everybody / "big" / "adding.py", "#" * 1_000_001)
    (everybody / "absent").mkdir()
    texts = []
    for workers in ("2", "0"):
        files = [tmp_path / f"{workers}.{kind}" for kind in ("json", "csv", "junit")]
        options = [f"--{file.suffix[1:]}={file}" for file in files]
        out = kata_command("grade", everybody, f"--katas={kata.folder.parent}", "-n", workers, *options)
        texts.append([out, *(file.read_text() for file in files)])
    assert texts[0] == texts[1]
    assert [(each["person"], each["light"]) for each in json.loads(texts[0][1])] == [
        ("[é] <b>", "G"),
        ("big", "A"),
        ("gone", "A"),
        ("good", "G"),
        ("odd", "A"),
        ("stub", "R"),
    ]
    assert "gone      A      0" in texts[0][0]
    assert "absent    -      0" in texts[0][0]


def test_where_it_cannot_run_is_told_in_one_line(kata):
    jobs = [job_for("somebody/03_adding", kata, RIGHT.encode(), SOON)]
    with pytest.raises(SpreadError, match=r"made: ValueError: no gateway type found for '.*nowhere=3'$"):
        spread(jobs, ["--dist=load", "--tx=nowhere=3"], lambda judged: None)
    assert spread([], ["-n2"], lambda judged: None) == {}


def test_verify_runs_everything_and_names_what_is_wrong(tmp_path, kata):
    kept = tmp_path / "tests"
    announced = '"""A mistake.\n\nexpect: failure\n"""\n'
    write(kept / "answers" / "03_adding" / "summed.py", "def add(*all): return sum(all)\n")
    write(kept / "answers" / "03_adding" / "odd.py", "def add(a, b): return 4\n")
    write(kept / "mistakes" / "03_adding" / "zero.py", announced + "def add(a, b): return 0\n")
    write(kept / "mistakes" / "03_adding" / "fine.py", announced + RIGHT)
    kata.hints.write_text(
        kata.hints.read_text() + '\n[[hint]]\nwhen = { kind = "race" }\nsteps = ["a", "b", "c"]\n'
    )
    out = kata_command("verify", "-n", "2", cwd=tmp_path, code=1)
    assert out.splitlines() == [
        "       kata                      stub  right  mistakes  complaints",
        "wrong  03_adding                    1      3         2           2",
        "",
        "03_adding  right odd",
        "    must pass, but: adds two numbers fails",
        "",
        "03_adding  mistake fine",
        "    passes: no test catches it",
        "",
        "katas: 1, runs: 6, complaints: 2",
    ]
    for wrong in (kept / "answers" / "03_adding" / "odd.py", kept / "mistakes" / "03_adding" / "fine.py"):
        wrong.unlink()
    assert "ok     03_adding" in kata_command("verify", "3", "-n", "2", cwd=tmp_path)
