"""Time and memory of `dagster asset materialize --select '*'`, and what loading the code location costs.

Ours, the same five assets the plain way (`naive.py`) and five empty assets (`empty.py`), in turns, each in a folder of
its own, against a server on loopback: the recorded answers for Friends where TVMAZE_RECORDINGS names them, else a
made-up show.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tv_appearances_tests.quickchart_server import QuickChartServer, Reply
from tv_appearances_tests.tvmaze_server import TVMazeServer, World

ROUNDS = 5
# As on a user's machine, where a module is compiled once.
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ROOT = Path(__file__).parent.parent
MODULES = {"ours": "tv_appearances.definitions", "plain": "benchmarks.naive", "five empty assets": "benchmarks.empty"}


def main() -> None:
    recordings = os.environ.get("TVMAZE_RECORDINGS")
    world = World.from_folder(Path(recordings)) if recordings else World.made_up()
    show = "friends" if recordings else "lighthouse"
    with TVMazeServer(world) as tvmaze, QuickChartServer(Reply()) as quickchart:
        environ = {
            **ENVIRON,
            "TVMAZE_URL": tvmaze.url,
            "QUICKCHART_URL": quickchart.url,
            "TV_APPEARANCES_SHOW": show,
            "PYTHONPATH": str(ROOT),
        }
        seconds: dict[str, list[float]] = {name: [] for name in MODULES}
        memory: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, module in MODULES.items():
                took, peak = _materialize(module, environ)
                seconds[name].append(took)
                memory[name] = max(peak, memory.get(name, 0.0))
    plain, floor = statistics.median(seconds["plain"]), memory["five empty assets"]
    print(f"\n### The command, {show}, median of {ROUNDS}\n")
    print("| | seconds | of the plain way | peak memory, MB | of five empty assets |\n|---|---|---|---|---|")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.1f} | {median / plain:.2f} | {memory[name]:.0f} | {memory[name] / floor:.2f} |")
    bare, loaded = (_import(code) for code in ("import dagster", "import dagster; import tv_appearances.definitions"))
    print(f"\nLoading the code location: {1000 * (loaded - bare):.0f} ms over `import dagster` ({1000 * bare:.0f} ms).")


def _materialize(module: str, environ: dict[str, str]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "dagster.yaml", folder)
        command = [
            str(Path(sys.executable).with_name("dagster")),
            "asset",
            "materialize",
            "--select",
            "*",
            "-m",
            module,
        ]
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr  # noqa: S101  # it is a pipe
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        if process.returncode:
            raise RuntimeError(f"{module} failed: {said[-2000:]}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return took, usage.ru_maxrss / unit


def _import(code: str) -> float:
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=ENVIRON)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(ROUNDS))


if __name__ == "__main__":
    main()
