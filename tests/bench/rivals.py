# Proxies side by side in one network namespace: tielined and Kamailio, each with the same SIPp scripts, the same phones.
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time

import config
from namespace import Namespace, wait_for
from stage import fill

HERE = os.path.dirname(os.path.abspath(__file__))
SIPP = os.path.join(HERE, "sipp")
TABLES = "/usr/share/kamailio/db_sqlite"
CALLER, CALLED = "127.0.0.11", "127.0.0.12"
PHONE = "201"
PHONES = 1000  # that register over and over
LINGER = 34  # seconds after which both have forgotten every transaction
NANOSECONDS = 1e9


class Rival:
    """One proxy under measurement. Subclasses say how it is started."""

    def __init__(self, ring, name, number):
        self.ring, self.name = ring, name
        self.address, self.port = "127.0.1.%d" % number, 5060
        self.process = None
        self.idle = 0.0  # CPU a second with nothing to do

    def path(self, name):
        return self.ring.path("%s-%s" % (self.name.replace(" ", "-"), name))

    def open(self):
        self.process = self.ring.namespace.start(self.name, self.command(), self.path("log"))
        if not wait_for(lambda: self.ring.listens(self.address, self.port) or self.process.status is not None, 15):
            raise RuntimeError("%s does not start: %s" % (self.name, self.process.tail()))

    def command(self):
        raise NotImplementedError

    def pids(self):
        """The process and all that it has begotten."""
        out = [self.process.popen.pid]
        for pid in out:
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/children" % (pid, task), encoding="ascii") as file:
                    out += [int(word) for word in file.read().split()]
        return out

    def cpu(self):
        """Seconds of CPU until now, all processes and threads."""
        used = 0
        for pid in self.pids():
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, task), encoding="ascii") as file:
                    used += int(file.read().split()[0])
        return used / NANOSECONDS

    def memory_kib(self):
        """What it has in memory, shared pages in parts: 1 KiB is 1 KiB of RAM."""
        kib = 0
        for pid in self.pids():
            with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
                kib += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        return kib


class Ours(Rival):
    """tielined without a line, as the proxy of phones that register."""

    def __init__(self, ring, name, number, store):
        super().__init__(ring, name, number)
        self.store = store

    def command(self):
        settings = {
            "system": {"control": self.path("control"), "log-level": "warning"},
            "sip": {"listen": "%s:%d" % (self.address, self.port)},
            "media": {"ports": "20000-20199"},
            "proxy": {"mode": "standby"},
            "registrar": {"store": self.path("db") if self.store else "none", "max-bindings": "20000"},
        }
        with open(self.path("conf"), "w", encoding="ascii") as file:
            file.write(config.text(settings))
        return [os.path.join(self.ring.build, "tielined"), "-c", self.path("conf")]


class Kamailio(Rival):
    """Kamailio 5.6 with one worker and its fast allocators; with a STORE it writes every registration to SQLite at once."""

    def __init__(self, ring, name, number, store):
        super().__init__(ring, name, number)
        self.store = store

    def command(self):
        database = ""
        if self.store:
            with sqlite3.connect(self.path("db")) as book:
                for name in ("standard", "usrloc"):
                    with open("%s/%s-create.sql" % (TABLES, name), encoding="ascii") as file:
                        book.executescript(file.read())
            database = ('loadmodule "db_sqlite.so"\nmodparam("usrloc", "db_url", "sqlite:///%s")\n'
                        'modparam("db_sqlite", "db_set_journal_mode", "%s=WAL;")' % (self.path("db"), self.path("db")))
        values = {"listen": "%s:%d" % (self.address, self.port), "arch": multiarch(), "database": database,
                  "db-mode": 1 if self.store else 0}
        with open(os.path.join(HERE, "kamailio.cfg"), encoding="ascii") as file:
            text = fill(file.read(), values, "kamailio.cfg")
        with open(self.path("cfg"), "w", encoding="ascii") as file:
            file.write(text)
        os.mkdir(self.path("run"))
        return ["kamailio", "-f", self.path("cfg"), "-DD", "-E", "-m", "512", "-M", "32", "-x", "fm", "-X", "fm",
                "-Y", self.path("run"), "-w", self.path("run")]


def multiarch():
    done = subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, check=False)
    return done.stdout.decode().strip() or "x86_64-linux-gnu"


def store_of_kamailio():
    """Can Kamailio keep its registrations in SQLite here?"""
    return os.path.exists(os.path.join(TABLES, "usrloc-create.sql"))


class Load:
    """What a SIPp has done."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            lines = file.read().splitlines()
        last = dict(zip(lines[0].split(";"), lines[-1].split(";")))
        self.done, self.failed = int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])
        self.sent_again = int(last["Retransmissions(C)"])
        self.rate = float(last["CallRate(C)"])

    @property
    def clean(self):
        return not self.failed and not self.sent_again


class Ring:
    """The namespace, and what drives the rivals in it. Use as a context."""

    def __init__(self, build):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="tieline-bench-")
        self.namespace = Namespace("tl%d-ring" % os.getpid())
        self.loads = 0

    def __enter__(self):
        self.namespace.__enter__()
        with open(self.path("phones.csv"), "w", encoding="ascii") as file:
            file.write("SEQUENTIAL\n")
            file.writelines("%d\n" % (3000 + n) for n in range(PHONES))
        with open(self.path("phone.csv"), "w", encoding="ascii") as file:
            file.write("SEQUENTIAL\n%s\n" % PHONE)
        return self

    def __exit__(self, kind, *_):
        self.namespace.__exit__()
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def listens(self, address, port):
        quad = "".join("%02X" % int(part) for part in reversed(address.split(".")))
        sockets = subprocess.run(["ip", "netns", "exec", self.namespace.name, "cat", "/proc/net/udp"], stdout=subprocess.PIPE,
                                 check=False).stdout.decode()
        return "%s:%04X" % (quad, port) in sockets

    def answerer(self, ring_ms=0):
        """The called phone, for whoever calls; the process."""
        name = "called-%d" % self.loads
        with open(os.path.join(SIPP, "called.xml"), encoding="ascii") as file:
            text = fill(file.read(), {"ring": ring_ms}, "called.xml")
        with open(self.path(name + ".xml"), "w", encoding="ascii") as file:
            file.write(text)
        process = self.namespace.start(name, ["sipp", "-nostdin", "-sf", self.path(name + ".xml"), "-i", CALLED, "-p", "5060",
                                              "-default_behaviors", "none"], self.path(name + ".log"), environment={"TERM": "dumb"})
        if not wait_for(lambda: self.listens(CALLED, 5060), 10):
            raise RuntimeError("the called phone does not start: " + process.tail())
        return process

    def start_load(self, rival, scenario, rate, count, talk_ms=0, phones="phone.csv", at=CALLER):
        """(SIPp, which does SCENARIO with RIVAL COUNT times at RATE a second; the file of its figures)."""
        self.loads += 1
        name = "%s-%d" % (scenario, self.loads)
        path = self.path(name + ".csv")
        command = ["sipp", "-nostdin", "-sf", os.path.join(SIPP, scenario + ".xml"), "-i", at, "-p", "5060",
                   "-s", PHONE, "-r", str(rate), "-m", str(count), "-l", str(count), "-d", str(talk_ms), "-inf", self.path(phones),
                   "-trace_stat", "-stf", path, "-fd", "1", "-timeout", "%d" % (count / rate + talk_ms / 1000 + 20),
                   "%s:%d" % (rival.address, rival.port)]
        return self.namespace.start(name, command, self.path(name + ".log"), environment={"TERM": "dumb"}), path

    def load(self, *words, **more):
        """Drives RIVAL to the end; the Load."""
        process, path = self.start_load(*words, **more)
        if process.wait(time.monotonic() + 120) is None:
            raise RuntimeError("SIPp does not end: " + process.tail())
        return Load(path)

    def register(self, rival):
        """The called phone registers with RIVAL, before it is there to be called."""
        load = self.load(rival, "register", 10, 1, at=CALLED)
        if load.failed or not load.done:
            raise RuntimeError("%s does not take a registration" % rival.name)
