# The storey over the real DAHDI driver: one guest plays every flow and every story, the judge sits outside of it.
import concurrent.futures
import os
import pickle
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.insert(0, HERE)

import flow  # noqa: E402
import guest  # noqa: E402
from place import judge  # noqa: E402

SECONDS = 300  # for all that happens in a guest
BACK_END = "dahdi"  # flows are remembered as ID SWITCHTYPE/dahdi


class Entry:
    """One case of one flow on one switch type."""

    def __init__(self, one, switch, number):
        self.flow, self.switch, self.number = one, switch, number
        self.case = flow.on_switch(one.cases[number], switch)
        self.case.ladder = False  # the house storey compares it
        self.name = "%s %s/%s" % (one.id, switch, BACK_END) + (" " + self.case.name if self.case.name else "")
        self.id = "-".join(filter(None, (one.id, switch, self.case.name)))


class Storey:
    def __init__(self, build, results):
        self.build, self.results = build, results
        self.work = tempfile.mkdtemp(prefix="tieline-dahdi-")
        self.kept, self.judging = False, {}
        self.pool = concurrent.futures.ThreadPoolExecutor(2)

    def close(self):
        self.pool.shutdown(wait=True)
        if not self.kept:
            shutil.rmtree(self.work, ignore_errors=True)

    def boot(self, command, on_line):
        """Runs COMMAND in a guest. None, or what went wrong."""
        with guest.Guest() as one:
            status = one.run(command, self.work, on_line, SECONDS)
            if status == 0:
                return None
            return "the guest ended with %s in %d s: %s" % (status, SECONDS, "\n".join(one.console().splitlines()[-10:]))

    # ---- flows -----------------------------------------------------------------------------------

    def play_flows(self, flows):
        entries = [
            Entry(one, switch, number) for one in flows for switch in one.switches for number in range(len(one.cases))
        ]
        self.entries = {entry.id: entry for entry in entries}
        with open(os.path.join(self.work, "list"), "wb") as file:
            pickle.dump([(entry.id, entry.switch, entry.case) for entry in entries], file)
        command = "python3 %s %s /mnt/list /mnt/plays" % (os.path.join(HERE, "play.py"), self.build)
        trouble = self.boot(command, self._on_line)
        if trouble:
            self.results.tell("fail", "the guest plays to its end", trouble)
        self._remember(entries)

    def _on_line(self, line):
        words = line.split()
        if words[:1] == ["played"] and len(words) == 3 and words[1] in self.entries:
            entry = self.entries[words[1]]
            self.judging[entry.id] = self.pool.submit(self._judge, entry, float(words[2]))
        elif line.strip():
            print("        guest: " + line, flush=True)

    def _judge(self, entry, seconds):
        folder = os.path.join(self.work, "plays", entry.id)
        outcome = judge(entry.case, entry.switch, self.build, entry.id, folder)
        faults = outcome.failures
        text = "%s: %s (%.1f s)" % (entry.name, entry.flow.title, seconds)
        self.kept = self.kept or bool(faults)
        return self.results.tell("fail" if faults else "pass", text, "\n".join(faults) + outcome.report)

    def _remember(self, entries):
        good = {}
        for entry in entries:
            if entry.id not in self.judging:
                self.results.tell("fail", "%s: it was not played" % entry.name)
            try:
                passed = entry.id in self.judging and self.judging[entry.id].result()
            except Exception as error:  # a judge that breaks is a flow that failed
                passed = self.results.tell("fail", "%s: the test itself broke: %r" % (entry.name, error))
            key = (entry.flow.id, "%s/%s" % (entry.switch, BACK_END))
            good[key] = good.get(key, True) and passed
        for key, passed in good.items():
            self.results.remember(*key, "pass" if passed else "fail")


def run(build, results, flows):
    start = time.monotonic()
    try:
        guest.prepare()
    except (guest.Unavailable, OSError) as error:
        return skip(results, flows, str(error))
    storey = Storey(build, results)
    try:
        storey.play_flows(flows)
    finally:
        storey.close()
    print("        dahdi: %.0f s" % (time.monotonic() - start))


def skip(results, flows, why):
    """The guest cannot be had."""
    results.tell("skip", "the dahdi storey cannot stand here: %s" % why)
    for one in flows:
        for switch in one.switches:
            results.remember(one.id, "%s/%s" % (switch, BACK_END), "skip")
