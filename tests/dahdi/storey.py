# The storey over the real DAHDI driver: one guest plays every flow and every story, the judge sits outside of it.
import concurrent.futures
import os
import pickle
import re
import shutil
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.insert(0, HERE)

import build  # noqa: E402
import flow  # noqa: E402
import guest  # noqa: E402
import sounds  # noqa: E402
from guest_house import judge  # noqa: E402

CRASH = re.compile(r"Sanitizer|runtime error:|left with status -(4|6|7|8|11)(?!\d)")  # SIGILL ABRT BUS FPE SEGV
SECONDS = 480  # for all that happens in a guest
AGAIN = 12  # so many flows and stories at most have a second guest, where each is alone: an emulator loses moments
# Flows of several spans stay in the house: a line here is one pair of spans, and a card has no span without a D channel yet.
# What phones and their proxy do is the same over any line, and so are transfers and calls for help beyond D-07 and D-04.
ANY_LINE = """
D-14 D-15 D-16 D-22
B-06 B-07 B-08 BX-01 D-10 D-17 D-20 R-4.1 T-11 T-6.1 T-6.3.1 T-6.3.2 T-7.3 emergency-service one-law
Q-A.2.1 Q-A.2.2 Q-A.2.3 Q-A.3.1 Q-A.3.2 Q-A.3.3 O-2.1 O-2.2 O-3.2 O-3.3 O-3.4 O-3.5 overlap-behind dial-tone
diversion history-info user-info subaddress late-name hold-from-pbx hold-by-silence pseudowire
R-2.5 R-2.7 R-3.4 R-3.6 R-3.7 R-3.8 M-7.1.3 M-7.1.4 M-7.1.6 M-8.1.3 M-8.1.4 next-target server-failover disconnect-tones
M-9.2 M-10.2.2 M-8.1.6 diverting-181 rerouting-302
upstream tcp listens nat mwi-direct
""".split()
BACK_END = "dahdi"  # flows are remembered as ID SWITCHTYPE/dahdi


class Entry:
    """One case of one flow on one switch type."""

    def __init__(self, one, switch, number):
        self.flow, self.switch, self.number = one, switch, number
        self.case = flow.on_switch(one.cases[number], switch)
        self.case.ladder = False  # the house storey compares it
        self.name = "%s %s/%s" % (one.id, switch, BACK_END) + (" " + self.case.name if self.case.name else "")
        self.id = "-".join(filter(None, (one.id, switch, self.case.name)))


# Those that flows are played beside; and those whose samples count, which want the machine to themselves, two at once.
CROWD = "missing_device bad_input alarm_short alarm_long removal".split()
SOUND = ("thirty_calls clock_steps".split(), "clear_channel echo transit loop_check".split())


def stand_back():
    """The judge has time: the guest goes first."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


class Storey:
    """BUILD: without sanitizers, which an emulator has no time for; SANITIZED: for the stories of trouble with the driver.
    The house storey plays the flows with it."""

    def __init__(self, build, sanitized, results):
        self.build, self.sanitized, self.results = build, sanitized, results
        self.entries, self.stories = {}, set()
        self.last, self.again = False, set()  # AGAIN: the ids and names that failed in the first guest
        self.work = tempfile.mkdtemp(prefix="tieline-dahdi-")
        self.kept, self.judging, self.told = False, {}, []
        self.pool = concurrent.futures.ThreadPoolExecutor(2, initializer=stand_back)

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

    def play(self, flows, stories=True):
        entries = [
            Entry(one, switch, number)
            for one in flows
            for switch in one.switches
            for number in range(len(one.cases))
            if not one.cases[number].numbers and one.cases[number].spans.count == 1 and one.id not in ANY_LINE
        ]
        self.entries = {entry.id: entry for entry in entries}
        crowd = self._play([entry for entry in entries if not entry.case.counts_samples()], "crowd")
        quiet = self._play([entry for entry in entries if entry.case.counts_samples()], "quiet")
        if stories:
            self.stories = set(CROWD).union(*SOUND)
            crowd += " & " + self._tell(CROWD) + "; wait"
            quiet += "; " + self._tell([" , ".join(" ".join(one) for one in SOUND)])
        command = crowd + "; " + quiet
        trouble = self.boot(command, self._on_line)
        self._wait()
        self.again |= self.stories | (set(self.entries) - set(self.judging))
        if not trouble and self.again and len(self.again) <= AGAIN:
            trouble = self._play_again()
        if trouble:
            self.results.tell("fail", "the guest plays to its end", trouble)
        self._remember(entries)
        for name in sorted(self.again if not self.last else self.stories):
            self.results.tell("fail", "dahdi: %s failed or was not told" % name)

    def _play_again(self):
        """What failed, one after another, in a second guest. None, or what went wrong."""
        print("        dahdi: once more, one after another: %s" % " ".join(sorted(self.again)), flush=True)
        self.last = True
        ids, self.stories = self.again & set(self.entries), self.again - set(self.entries)
        commands = []
        for number, one in enumerate(sorted(ids)):
            self.judging.pop(one, None)
            shutil.rmtree(os.path.join(self.work, "plays", one), ignore_errors=True)
            commands.append(self._play([self.entries[one]], "again-%d" % number))
        if self.stories:
            commands.append(self._tell(sorted(self.stories)))
        trouble = self.boot("; ".join(commands), self._on_line)
        self._wait()
        return trouble

    def _tell(self, words):
        """The command that tells the stories WORDS in the guest; what a comma parts goes on at once."""
        script = os.path.join(HERE, "stories.py")
        return "python3 %s %s %s /mnt/stories %s" % (script, self.build, self.sanitized, " ".join(words))

    def _wait(self):
        """For the judge."""
        concurrent.futures.wait(list(self.judging.values()) + self.told)

    def _fault(self, name, text, report):
        """NAME failed: told at once, and counted if it was the second time. No slow machine excuses a crash."""
        if self.last or CRASH.search(report):
            return self.results.tell("fail", text, report)
        self.again.add(name)
        print("        the first time it failed: %s\n%s" % (text, "\n".join("        " + line for line in report.splitlines())), flush=True)
        return False

    def _play(self, entries, name):
        """The command that plays ENTRIES in the guest."""
        if not entries:
            return "true"
        with open(os.path.join(self.work, name), "wb") as file:
            pickle.dump([(entry.id, entry.switch, entry.case) for entry in entries], file)
        return "python3 %s %s /mnt/%s /mnt/plays" % (os.path.join(HERE, "play.py"), self.build, name)

    def _on_line(self, line):
        words = line.split()
        if words[:1] == ["played"] and len(words) == 3 and words[1] in self.entries:
            entry = self.entries[words[1]]
            self.judging[entry.id] = self.pool.submit(self._judge, entry, float(words[2]))
        elif words[:1] == ["story"] and len(words) > 2:
            self.stories.discard(words[2])
            rest = line.partition(words[1])[2].strip().partition("\t")
            self.told.append(self.pool.submit(self._judge_story, words[1], rest[0], rest[2]))
        elif line.strip():
            print("        guest: " + line, flush=True)

    def _judge_story(self, outcome, text, detail):
        name, _, text = text.partition(" ")
        faults = [detail.replace("\\n", "\n")] if outcome == "fail" else []
        if outcome == "judge":
            try:
                folder, judge_sound = sounds.JUDGES[name]
                faults = judge_sound(self.build, os.path.join(self.work, "stories", folder))
            except Exception as error:  # a judge that breaks is a story that failed
                faults = ["the evidence: %r" % error]
        self.kept = self.kept or (bool(faults) and outcome == "judge")
        if faults:
            return self._fault(name, "dahdi: " + text, "\n".join(faults))
        return self.results.tell("pass", "dahdi: " + text)

    def _judge(self, entry, seconds):
        folder = os.path.join(self.work, "plays", entry.id)
        outcome = judge(entry.case, entry.switch, self.build, entry.id, folder)
        faults = outcome.failures
        text = "%s: %s (%.1f s)" % (entry.name, entry.flow.title, seconds)
        self.kept = self.kept or bool(faults)
        if faults:
            return self._fault(entry.id, text, "\n".join(faults) + outcome.report)
        return self.results.tell("pass", text)

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


def run(results, flows, stories=True):
    """The flows and, but for chosen flows alone, the stories."""
    start = time.monotonic()
    try:
        build.need_dahdi()
        guest.prepare()
    except (guest.Unavailable, build.BuildError, OSError) as error:
        return skip(results, flows, str(error))
    storey = Storey(build.plain(*build.GUEST_PROGRAMS), build.BUILD, results)
    ready = time.monotonic()
    try:
        storey.play(flows, stories)
    finally:
        storey.close()
    took = time.monotonic() - ready
    print("        dahdi: %.0f s to prepare guest and build, %.0f s to play and judge" % (ready - start, took), flush=True)


def skip(results, flows, why):
    """The guest cannot be had."""
    results.tell("skip", "the dahdi storey cannot stand here: %s" % why.splitlines()[0])
    for one in flows:
        for switch in one.switches:
            results.remember(one.id, "%s/%s" % (switch, BACK_END), "skip")
