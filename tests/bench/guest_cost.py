# In the guest of tests/dahdi: what 30 standing calls cost on the DAHDI driver's span, and on a CESoPSN span beside it.
#
# usage: guest_cost.py BUILD      a line of JSON
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "dahdi")]

from box import Box  # noqa: E402
from driver import Pair, keep_time  # noqa: E402
from guest_house import Room  # noqa: E402

import config  # noqa: E402
from namespace import wait_for  # noqa: E402

CALLS, SECONDS = 30, 15
TICKS = os.sysconf("SC_CLK_TCK")


class Wire(Pair):
    """A CESoPSN span in a DAHDI pair's place."""

    def __init__(self):
        self.kind = "e1"

    def settings(self):
        return {**config.span("euroisdn"), "buffer": "12"}

    def options(self):
        ends = ["--local", "%s:%d" % config.SPAN_REMOTE, "--remote", "%s:%d" % config.SPAN_LOCAL]
        return ends + ["--packet", "5", "--clock", "slave", "--buffer", "12"]


def used(pid):
    """(seconds of CPU, wakeups) of all threads until now: a thread that slept, and was woken, gave up its processor by itself."""
    cpu, wakeups = 0, 0
    for task in os.listdir("/proc/%d/task" % pid):
        root = "/proc/%d/task/%s/" % (pid, task)
        with open(root + "stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        with open(root + "status", encoding="ascii") as file:
            wakeups += next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
        cpu += (int(fields[11]) + int(fields[12])) / TICKS
    return cpu, wakeups


def over(box):
    """CPU and wakeups a second."""
    before = used(box.daemon.popen.pid)
    time.sleep(SECONDS)
    return [(b - a) / SECONDS for a, b in zip(before, used(box.daemon.popen.pid))]


def measure(build, line):
    with Box(build, [line], ["[system] log-level = warning"], in_time=True) as box:
        box.pbx(["always answer then play pattern 1", "expect up within 20s", "serve"], 1, "--quiet")
        box.await_line()
        time.sleep(2)
        idle = over(box)
        command = ["sipp", "-sn", "uac", "-rtp_echo", "-s", "200", "-i", "127.0.0.11", "-p", "5060", "-m", str(CALLS), "-r", "10"]
        command += ["-d", "120000", "-nostdin", "127.0.0.1:5060"]
        box.room.start("sipp", command, box.path("sipp.log"), environment={"TERM": "dumb"})
        wait_for(lambda: box.desk.calls_up() == CALLS, 30, 0.2)
        time.sleep(3)
        up, slips = box.desk.calls_up(), box.slips()
        busy = over(box)
        slips = box.slips() - slips
        box.pbxes[0].end(patience=20)
    return {"calls": up, "cpu_percent_per_channel": 100 * (busy[0] - idle[0]) / CALLS, "cpu_percent_idle_span": 100 * idle[0],
            "wakeups_per_second": busy[1], "wakeups_per_second_idle": idle[1], "slips": slips}


def main():
    keep_time()
    os.makedirs("/run/netns", exist_ok=True)
    Room("bench").inhabit()
    pair = Pair("0", "e1")
    pair.create(pair.OURS, pair.THEIRS)
    print(json.dumps({"dahdi": measure(sys.argv[1], pair), "cesopsn": measure(sys.argv[1], Wire())}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
