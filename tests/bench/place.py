# The place a measurement runs in: a network namespace with tielined, tieline-pbx on some spans, and SIPp.
import json
import os
import signal
import subprocess
import tempfile
import threading
import time

import config
from desk import Desk
from namespace import Namespace, wait_for
from stage import REAL_TIME

TICKS = os.sysconf("SC_CLK_TCK")
PHONE = "127.0.0.11"
AT_REST = ("idle",)


def span_addresses(index):
    return "127.0.0.1:%d" % (41000 + index), "127.0.0.2:%d" % (42000 + index)


class Place:
    def __init__(self, build, spans, packet="1ms", buffer=4):
        self.build, self.spans, self.packet, self.buffer = build, spans, packet, buffer
        self.folder = tempfile.mkdtemp(prefix="tieline-bench-")
        self.namespace = Namespace("tlbench-%d" % os.getpid())
        self.desk = Desk(os.path.join(build, "tielinectl"), self.path("control"))
        self.gateway = self.pbx = None
        self.news = []  # JSON objects the PBX reported

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        self.namespace.__enter__()
        settings = config.base(self.folder, "euroisdn", PHONE)
        del settings["span e1"]
        for index in range(self.spans):
            local, remote = span_addresses(index)
            settings["span e%d" % index] = {"type": "e1", "local": local, "remote": remote, "packet": self.packet,
                                            "buffer": str(self.buffer), "clock": "master"}
        settings["trunk pbx"]["span"] = ", ".join("e%d" % index for index in range(self.spans))
        settings["trunk pbx"]["hunting"] = "round-robin-spans"
        settings["trunk pbx"]["restart"] = "yes"
        settings["media"]["ports"] = "20000-20999"
        settings["system"]["log-level"] = "warning"
        with open(self.path("tieline.conf"), "w", encoding="ascii") as file:
            file.write(config.text(settings))
        self.gateway = self.namespace.start("tielined", [os.path.join(self.build, "tielined"), "-c", self.path("tieline.conf")],
                                            self.path("tielined.log"))
        return self

    def __exit__(self, *_):
        for process in (self.pbx, self.gateway):
            if process:
                process.end(signal.SIGTERM, 10)
        self.namespace.__exit__()

    def start_pbx(self, script):
        """SCRIPT begins when the spans are up and every channel has had its RESTART: one that crosses a SETUP ends that call at
        the PBX, as it must (Q.931 5.5.2). The PBX is not what is measured: it keeps time as well as it can, and says little."""
        command = (["chrt", "--rr", "1"] if REAL_TIME else []) + [os.path.join(self.build, "tieline-pbx"), "--quiet"]
        for index in range(self.spans):
            remote, local = span_addresses(index)
            command += ["--span", "local=%s,remote=%s,packet=%s,buffer=%d,clock=slave" % (local, remote, self.packet.removesuffix("ms"),
                                                                                                        self.buffer)]
        self.pbx = self.namespace.start("tieline-pbx", command, self.path("pbx.log"), subprocess.PIPE, piped=True)
        threading.Thread(target=self._listen, daemon=True).start()
        if not wait_for(self.is_ready, 30):
            raise RuntimeError("the spans do not come up: " + self.gateway.tail())
        self.pbx.popen.stdin.write("".join(line + "\n" for line in ["expect up within 20s"] + script).encode())
        self.pbx.popen.stdin.close()

    def is_ready(self):
        """A link that is established anew between the two answers, and begins its RESTARTs again, is told by the third."""
        return self.desk.lines_up() and not self.desk.loose_ends(AT_REST) and self.desk.lines_up()

    def _listen(self):
        for line in self.pbx.popen.stdout:
            if b'"event":"load"' in line:  # the rest is a line an event: too many to keep
                self.news.append(json.loads(line))

    def start_sipp(self, name, *options):
        return self.namespace.start(name, ["sipp", "-nostdin", "-i", PHONE, *options], self.path(name + ".log"))

    def buffer_ms(self):
        """How long the gateway's packet buffer holds what comes from the line: it plays when half its depth is there
        (src/span/cesopsn_buffer.h)."""
        return max(self.buffer // 2, 1) * int(self.packet.removesuffix("ms"))

    # ---- what the kernel says of tielined ------------------------------------------------------------

    def cpu_seconds(self):
        """{thread name: seconds of CPU}, summed over threads of one name."""
        used = {}
        root = "/proc/%d/task" % self.gateway.popen.pid
        for task in os.listdir(root):
            with open("%s/%s/stat" % (root, task), encoding="ascii") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            fields = rest.split()
            used[name] = used.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICKS
        return used

    def rss_kib(self):
        with open("/proc/%d/status" % self.gateway.popen.pid, encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.gateway.popen.pid))

    def slips(self):
        """Packets the gateway's buffers made up or dropped: many of them say that the machine, not the daemon, was late."""
        return sum(span["slips"] for span in self.desk.ask("show", "spans") or [])

    def leftovers(self, patience=40):
        """The calls, channels and port pairs still held when the last call has had its time to end, as texts."""
        wait_for(lambda: not self.desk.loose_ends(AT_REST), patience)
        return self.desk.loose_ends(AT_REST)


def wait_process(process, seconds):
    """Its exit status; raises when it does not end."""
    status = process.wait(time.monotonic() + seconds)
    if status is None:
        raise RuntimeError("%s still runs after %d s: %s" % (process.name, seconds, process.tail()))
    return status
