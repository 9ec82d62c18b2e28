"""Functions that mean harm, and places that nobody thought of."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud
from tools.processes import ROOT
from tools.soak.kills import ROLE, WORK, make_role, package
from tools.soak.trials import Try

#: What a handler does -> what Lambda says of it: the answer, or a part of its error.
FUNCTIONS = {
    "while True: pass": "Task timed out",
    "import re; re.match('(a+)+$', 'a' * 64 + 'b')": "Task timed out",
    "os._exit(0)": "Runtime exited without providing a reason",
    "os.kill(os.getpid(), 9)": "signal: killed",
    "os.kill(os.getpid(), 19)": "Task timed out",
    "os.killpg(0, 15)": "signal: terminated",
    "import ctypes; ctypes.string_at(0)": "signal: segmentation fault",
    "sys.exit(3)": "exit status 3",
    "def f(): f()\n    f()": "RecursionError",
    "raise SystemExit": "Runtime exited",
    "raise KeyboardInterrupt": "Runtime exited",
    "return 'x' * (7 << 20)": "Function.ResponseSizeTooLarge",
    "return '\\ud800'": "\\ud800",
    "return {1, 2}": "Runtime.MarshalError",
    "return float('nan')": "NaN",
    "print('x' * (100 << 20)); return 1": "1",
    "sys.stdout.buffer.write(bytes(range(256)) * 1000); return 1": "1",
    "[os.close(n) for n in range(3)]; return 1": "1",
    "os.closerange(3, 64); return 1": "Runtime",
    "[os.write(n, b'HTTP/1.1 200') for n in range(3, 12)]": "",
    "import shutil; shutil.rmtree(os.environ['LAMBDA_TASK_ROOT']); return 1": "1",
    "os.environ.clear(); os.chdir('/'); return 1": "1",
    "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(60)": "Task timed out",
    "[threading.Thread(target=time.sleep, args=(60,)).start() for _ in range(50)]; return 1": "1",
    "subprocess.Popen(['sleep', '600'], start_new_session=True); return 1": "1",
    "[subprocess.Popen(['sleep', '600']) for _ in range(20)]; time.sleep(60)": "Task timed out",
    "import resource as r; r.setrlimit(r.RLIMIT_AS, (1 << 28,) * 2); return len('x' * (1 << 29))": "MemoryError",
    "return sorted(n for n in os.environ if 'SECRET_OF' in n or 'TOKEN_OF' in n or 'SSH' in n)": "[]",
}
_SOURCE = "import os, subprocess, sys, threading, time\ndef handler(event, context):\n    "


def functions(chance: random.Random) -> Generator[Try]:
    """Each harms itself: the answer is Lambda's, and the next function answers as ever."""
    os.environ |= dict.fromkeys(("SECRET_OF_MINE", "TOKEN_OF_MINE", "SSH_AUTH_SOCK"), "x")
    while True:
        with closing(Cloud()) as cloud:
            make_role(cloud.client)
            client = cloud.client("lambda")
            client.meta.config.read_timeout = 60
            kinds = chance.sample(sorted(FUNCTIONS.items()), len(FUNCTIONS))
            for number, (does, says) in enumerate([*kinds, ("at import", "Task timed out")]):
                source = _SOURCE + does if does != "at import" else "while True: pass\n" + _SOURCE + "return 1"
                for name, code in ((f"harm{number}", source), (f"well{number}", _SOURCE + "return 'well'")):
                    what: dict[str, Any] = {"Role": ROLE, "Runtime": "python3.12", "Handler": "m.handler"}
                    what["Timeout"] = 2 if "timed out" in says else 30
                    client.create_function(FunctionName=name, Code={"ZipFile": package(code)}, **what)
                harm, well = (
                    client.invoke(FunctionName=f"{name}{number}")["Payload"].read() for name in ("harm", "well")
                )
                right = harm == says.encode() if says in ("1", "NaN", "[]") else says.encode() in harm
                lost = [] if right else [f"{does}: {harm[:300]!r}, not {says}"]
                lost += [] if well == b'"well"' else [f"after {does}: {well[:300]!r}"]
                yield Try(lost=tuple(lost))


PLACES = (
    *("with space", "ünïcödé 日本 😀", 'it\'s "quoted"', "per%20cent #1 &", "$HOME", "-rf", "a" * 120, "new\nline"),
    *("a link", "read-only"),
)


def places(chance: random.Random) -> Generator[Try]:
    """The kit, its temporary folder and the reader's home stand in an odd place: it works, and leaves nothing there."""
    program = WORK.replace("while True:", "for _ in range(1):").replace("    execute(", "    found = execute(")
    program += "print(found['status'], found['output'])\n"
    while True:
        for name in chance.sample(PLACES, len(PLACES)):
            place = Path(tempfile.gettempdir(), name)
            place.mkdir()
            for folder in ("helpers", "localcloud", "draw", "tools", "tests"):
                shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
            temporary = place / "tmp"
            temporary.mkdir()
            if name == "a link":
                place = place.rename(f"{place} leads here")
                Path(tempfile.gettempdir(), name).symlink_to(place)
            elif name == "read-only":
                for each in [*place.rglob("*"), place]:
                    each.chmod(each.stat().st_mode & 0o7555 | (0o200 if each == temporary else 0))
            home = Path(tempfile.gettempdir(), name)
            environment = {**os.environ, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
            command = [sys.executable, "-c", program]
            ran = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
            expected = f"SUCCEEDED {json.dumps([n**2 for n in range(6)], separators=(',', ':'))}"
            lost = () if ran.stdout.strip() == expected else (f"{name!r}: {ran.stdout} {ran.stderr[-1500:]}",)
            here = tuple(f"{name}: {each}" for each in temporary.iterdir()) if name != "a link" else ()
            yield Try(lost=lost, left=here)
            for each in [place, *place.rglob("*")]:
                each.chmod(each.stat().st_mode | 0o200)
            shutil.rmtree(place)
            home.unlink(missing_ok=True)
