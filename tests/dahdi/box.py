# In the guest: a daemon and a PBX on spans of the driver, for the stories that are no flows.
import os
import re
import shutil
import subprocess
import time

import config
from namespace import wait_for
from guest_house import QuickDesk, Room

HERE = os.path.dirname(os.path.abspath(__file__))
PHONE = "127.0.0.11"


class Told(Exception):
    """The story went wrong; the text says how."""


def check(condition, text):
    if not condition:
        raise Told(text)


class Box:
    """tielined on PAIRS, one trunk each: pbx, pbx2 ... IN_TIME: in real time, where samples are counted and nothing is played
    beside. BEFORE: words before the daemon's command. Use as a context."""

    def __init__(self, build, pairs, changes=(), settings_of=None, in_time=False, before=()):
        self.before = before
        self.priority = ["chrt", "--rr", "1"] if in_time else []
        self.build, self.pairs, self.changes = build, pairs, list(changes)
        self.settings_of = settings_of or {}
        self.room = Room("box")
        self.folder = self.room.folder
        self.desk = QuickDesk(os.path.join(build, "tielinectl"), self.path("control"))
        self.daemon, self.pbxes = None, []

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        self.room.__enter__()
        self.start()
        return self

    def __exit__(self, *_):
        for pbx in self.pbxes:
            pbx.end()
        if self.daemon and self.daemon.status is None:
            self.daemon.end(patience=15)
        self.room.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self):
        settings = config.base(self.folder, "euroisdn", PHONE)
        del settings["span e1"], settings["trunk pbx"]
        for number, pair in enumerate(self.pairs, 1):
            span, trunk = "e%d" % number, "pbx%s" % ("" if number == 1 else number)
            settings["span " + span] = {**pair.settings(), **self.settings_of.get(number, {})}
            settings["trunk " + trunk] = {
                "span": span,
                "switch-type": "euroisdn" if pair.kind == "e1" else "ni2",
                "side": "network",
                "restart": "no",
                "settle": "100ms",
            }
        settings["media"]["jitter"] = "200ms"
        settings["system"]["log-level"] = "info"
        settings["system"]["grace"] = "1s"
        return config.apply(settings, self.changes)

    def start(self):
        with open(self.path("tieline.conf"), "w", encoding="ascii") as file:
            file.write(config.text(self.settings()))
        command = [*self.before, *self.priority, os.path.join(self.build, "tielined"), "-c", self.path("tieline.conf")]
        self.daemon = self.room.start("tielined", command, self.path("tielined.log"))
        wait_for(lambda: self.daemon.status is not None or self.desk.ask("show", "spans") is not None, 20, 0.1)
        check(self.daemon.status is None, "tielined ended at its start: " + self.daemon.tail(3))

    def pbx(self, script, number=1, *options):
        """tieline-pbx with SCRIPT on the other end of pair NUMBER."""
        pair, name = self.pairs[number - 1], "pbx%d-%d" % (number, len(self.pbxes))
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write("\n".join(script) + "\n")
        command = [*self.priority, os.path.join(self.build, "tieline-pbx"), "-s", self.path(name)]
        command += ["--type", pair.kind, "--switchtype", "euroisdn" if pair.kind == "e1" else "ni2", *pair.options(), *options]
        process = self.room.start(name, command, self.path(name + ".log"))
        self.pbxes.append(process)
        return process

    def await_line(self, *numbers):
        """Until the spans of these NUMBERS (all) are up."""
        names = {"e%d" % number for number in numbers or range(1, len(self.pairs) + 1)}
        up = wait_for(
            lambda: names <= {row["span"] for row in self.desk.ask("show", "spans") or [] if row["d_channel"] == "up"}, 20, 0.1
        )
        check(up, "the line does not come up: " + self.daemon.tail(4))

    def spans(self):
        return {row["span"]: row for row in self.desk.ask("show", "spans") or []}

    def slips(self):
        return sum(row["slips"] for row in self.spans().values())

    def calls(self, *numbers, port=7000):
        """SIPp calls each of NUMBERS with RTP at PORT, PORT + 2 ..."""
        with open(self.path("calls.csv"), "w", encoding="ascii") as file:
            file.write("SEQUENTIAL\n" + "".join("%s;%d\n" % (one, port + 2 * i) for i, one in enumerate(numbers)))
        count = str(len(numbers))
        command = ["sipp", "-sf", os.path.join(HERE, "uac-port.xml"), "-inf", self.path("calls.csv"), "-i", PHONE, "-p", "5060"]
        command += ["-m", count, "-l", count, "-r", "10", "-nostdin", "-default_behaviors", "none", "127.0.0.1:5060"]
        process = self.room.start("sipp", command, self.path("sipp.log"), environment={"TERM": "dumb"})
        up = wait_for(lambda: self.desk.calls_up() == len(numbers), 30, 0.2)
        check(up, "only %d of %s calls are up: %s" % (self.desk.calls_up(), count, self.daemon.tail(3)))
        return process

    def phones(self, count, say, heard):
        command = [os.path.join(self.build, "tests", "dahdi", "phones"), PHONE, "7000", str(count), "8", say, heard]
        process = self.room.start("phones", command, self.path("phones.log"))
        check(wait_for(lambda: "listening" in process.tail(), 10, 0.05), "the phones do not start")
        return process

    def logged(self, pattern):
        """Lines of the daemon's log in which PATTERN is found."""
        with open(self.path("tielined.log"), encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file if re.search(pattern, line)]

    def await_logged(self, pattern, seconds=10):
        check(wait_for(lambda: self.logged(pattern), seconds, 0.1), "the log never says %s: %s" % (pattern, self.daemon.tail(4)))

    def tell(self, *words):
        command = [os.path.join(self.build, "tielinectl"), "-s", self.path("control"), *words]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode(errors="replace")


def await_end(process, seconds):
    """PROCESS ends well."""
    status = process.wait(time.monotonic() + seconds)
    check(status == 0, "%s ended with %s: %s" % (process.name, status, process.tail(4)))
