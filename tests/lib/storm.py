# A thousand phones register within a few seconds while calls go on: all are served, whoever else is dead.
#
# usage: python3 tests/lib/storm.py BUILD [STORY ...]
import csv
import glob
import json
import os
import sys
import time

import config
import flow
import phones
from namespace import wait_for
from stage import Stage

HERE = os.path.dirname(os.path.abspath(__file__))
PHONES, SECONDS = 1000, 8
SOURCE = "127.0.0.21"
PHONE, GROUP, GONE, ABROAD = "201", "202", "401", "300"  # ABROAD is on the PBX
T1_MS = 200
TALK_MS = 300


class Storm(Stage):
    """A phone that is called, a PBX, callers of both; a primary and a phone that are silent."""

    def __init__(self, build, name, changes=()):
        case = flow.Case()
        case.parties = {"A": "phone", "B": "phone", "C": "phone", "S": "pbx", "G": "gateway", "D": "silent", "P": "silent"}
        case.timeout, case.settings = 60.0, list(changes)
        super().__init__(case, "euroisdn", build, name)
        self.callers = []

    def configuration(self):
        settings = super().configuration()
        contact = "sip:%s@%s:%d"
        alive, dead = self.addresses["B"], self.addresses["D"]
        settings.setdefault("proxy", {}).setdefault("mode", "standby")
        settings["phone " + PHONE] = {"contact": contact % (PHONE, *alive)}
        settings["phone " + GROUP] = {"contact": contact % (GROUP, *dead) + ", " + contact % (GROUP, *alive)}
        settings["phone " + GONE] = {"contact": contact % (GONE, *dead)}
        settings["system"]["log-level"] = "notice"
        settings["sip"]["t1"] = "%dms" % T1_MS
        return settings

    def open(self):
        self._open_daemon()
        phones.open_silent(self)
        self._sipp("B", "uas-wait", {"ring": 0}, config.SIP_PORT, 1000)
        with open(self.path("script"), "w", encoding="ascii") as file:
            file.write("always answer\nexpect up within 15s\nserve\n")
        command = self._in_time() + self.pbx_command() + ["--quiet", "-s", self.path("script")]
        self.pbx = self.namespace.start("tieline-pbx", command, self.path("pbx.log"))
        self._await_line()

    def call(self, party, port, number, count, rate=1):
        """COUNT calls to NUMBER, RATE a second; they are judged by judge_calls() unless they go to the dead."""
        process = self._sipp(party, "uac-bye", {"number": number, "talk": TALK_MS}, port, count,
                             ["-r", str(rate), "-trace_rtt", "-rtt_freq", "1"])
        if number != GONE:
            self.callers.append((number, process))

    def storm(self):
        """What storm_phones.py tells."""
        address = self.addresses["G"]
        command = ["python3", os.path.join(HERE, "storm_phones.py"), SOURCE, address[0], str(address[1]), str(PHONES), str(SECONDS)]
        process = self.namespace.start("storm", command, self.path("storm.json"))
        if process.wait(time.monotonic() + SECONDS + 40) != 0:
            raise RuntimeError("the storm does not end: " + process.tail())
        with open(self.path("storm.json"), encoding="ascii") as file:
            return json.load(file)

    def judge_calls(self):
        """Every call has come to its end, and as it should; {number: [ms from INVITE to 200]}."""
        delays = {}
        for number, process in self.callers:
            status = process.wait(time.monotonic() + 15)
            if status != 0:
                self.fail("calls to %s: SIPp ended with %s" % (number, status))
            for path in glob.glob(self.path("*_%d_rtt.csv" % process.popen.pid)):
                with open(path, encoding="ascii") as file:
                    delays.setdefault(number, []).extend(float(row[1]) for row in list(csv.reader(file, delimiter=";"))[1:])
        return delays

    def judge_phones(self, told):
        """All were accepted, and the registrar knows them."""
        refused = [status for status in told["statuses"] if status != 200]
        if refused:
            self.fail("%d of %d registrations have no 200 (%s)" % (len(refused), PHONES, refused[:5]))
        known = [row for row in self.desk.ask("show", "registrations") or [] if SOURCE in row["contact"]]
        if len(known) != PHONES:
            self.fail("the registrar knows %d of %d" % (len(known), PHONES))

    def left(self):
        return self.desk.loose_ends(None)

    def close(self):
        self.pbx.end()
        # The dead are waited for, 64 times T1, by transactions that hold up nobody.
        if not wait_for(lambda: not self.left(), 5 + 64 * T1_MS / 1000):
            self.fail("left over: %s" % self.left())
        if self.daemon.end(patience=10) != 0:
            self.fail("the daemon ended with %s: %s" % (self.daemon.status, self.daemon.tail()))


def play(build, name, changes=(), stormy=True, dead=False):
    """(the stage with its failures, what the phones tell, the delays of the calls)."""
    told, delays = None, {}
    with Storm(build, name, changes) as stage:
        try:
            stage.open()
            stage.call("A", 5070, PHONE, SECONDS)
            stage.call("A", 5072, GROUP, SECONDS)
            stage.call("A", 5074, ABROAD, SECONDS)
            if dead:
                stage.call("C", 5076, GONE, SECONDS * 5, 5)
            if stormy:
                told = stage.storm()
                stage.judge_phones(told)
            delays = stage.judge_calls()
            stage.close()
        except (RuntimeError, OSError, ValueError) as error:
            stage.fail(repr(error))
        return stage, told, delays


def all_served(build):
    """A thousand phones register within 8 s, and every call comes through."""
    return play(build, "storm")


def among_the_dead(build):
    """The same with a primary that is silent, and calls to a phone that is."""
    return play(build, "storm among the dead", OUTAGE, dead=True)


OUTAGE = ["[proxy] mode = outbound", "[proxy] primary = 127.0.0.32:5060", "[proxy] fail-over-after = 300ms",
          "[proxy] check-down = 1s"]
STORIES = (all_served, among_the_dead)


def title(story):
    return "storm: " + " ".join(story.__doc__.split()).rstrip(".")


def main():
    bad = 0
    for story in STORIES:
        if len(sys.argv) > 2 and story.__name__ not in sys.argv[2:]:
            continue
        began = time.monotonic()
        failures = story(os.path.abspath(sys.argv[1]))[0].outcome.failures
        bad += bool(failures)
        print("FAIL" if failures else "pass", title(story), "(%.0f s)" % (time.monotonic() - began), *failures, sep="\n    ")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
