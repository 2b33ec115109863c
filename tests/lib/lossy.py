# Calls both ways over a network that loses, doubles and overtakes datagrams: each ends in a defined
# state, with matching causes on both legs, and nothing is left of it.
#
# usage: python3 tests/lib/lossy.py BUILD
import json
import os
import sys
import time

import config
import flow
from evidence import Evidence, Layout
from house import SANITIZER
from namespace import wait_for
from stage import HERE, Stage

PLAYER = os.path.join(HERE, "lossy_phones.py")
RATE, SEED = 0.3, 4711
COUNT, SPACING = 40, 0.15  # each way; seconds from call to call
SECONDS = 45
T1_MS = 100
# What becomes of a call where nothing is lost, by the last digit of its number: who ends it, how.
OUTWARD = {  # the phone calls 310 to 349: (what the phone does, how the PBX answers)
    0: ("bye", "answer after 200ms"), 1: ("bye", "answer after 200ms"), 2: ("bye", "alert progress 8 then answer after 300ms"),
    3: ("wait", "answer after 100ms then disconnect 16 after 1s"), 4: ("wait", "answer then disconnect 27 after 1s"),
    5: ("bye", "busy"), 6: ("cancel", "ring"), 7: ("bye", "reject 21"), 8: ("cancel", "answer after 600ms"), 9: ("bye", "progress 8 cause 1 then disconnect 1 after 500ms"),
}
INWARD = {  # the PBX calls 210 to 249: what the phone does; it is cleared from there after a while
    0: "bye", 1: "bye", 2: "bye", 3: "wait", 4: "wait", 5: "busy", 6: "ring", 7: "bye", 8: "wait", 9: "bye",
}
# Reached by calls that no loss could keep from it, of 80 (the same luck each time, but not the same timing).
ANSWERED_LEAST = 30
TIMEOUTS = (102,)  # a phone that was never heard (Timer B), or whose ACK never came
CLEARING = ("DISCONNECT", "RELEASE", "RELEASE COMPLETE")


class Lossy(Stage):
    """A phone in a bad network, a PBX."""

    def __init__(self, build, name):
        case = flow.Case()
        case.parties = {"A": "phone", "S": "pbx", "G": "gateway"}
        case.timeout = 60.0
        super().__init__(case, "euroisdn", build, name)
        self.told, self.missed = {}, []

    def configuration(self):
        settings = super().configuration()
        settings["sip"]["t1"] = "%dms" % T1_MS
        settings["system"]["log-level"] = "notice"
        return settings

    def plan(self):
        calls = [(str(310 + n), OUTWARD[n % 10][0], n * SPACING + 0.1) for n in range(COUNT)]
        called = [(str(210 + n), INWARD[n % 10], None) for n in range(COUNT)]
        return {"rate": RATE, "seed": SEED, "seconds": SECONDS, "calls": calls, "called": called}

    def script(self):
        """The PBX answers by the called number, calls, and clears what it called two seconds later."""
        lines = ["for 3X%d %s" % (digit, steps) for digit, (_, steps) in OUTWARD.items()]
        lines += ["expect up within 15s"]
        behind = int(2.5 / SPACING)
        for n in range(COUNT + behind):
            if n < COUNT:
                lines.append("call %d from 100 as c%d" % (210 + n, n))
            if n >= behind:
                lines.append("call c%d disconnect 16" % (n - behind))
            lines.append("wait %dms" % (1000 * SPACING))
        return lines + ["serve"]

    def open(self):
        self.start_capture()
        self._open_daemon()
        with open(self.path("plan"), "w", encoding="ascii") as file:
            json.dump(self.plan(), file)
        with open(self.path("script"), "w", encoding="ascii") as file:
            file.write("\n".join(self.script()) + "\n")
        command = [sys.executable, PLAYER, self.addresses["A"][0], config.GATEWAY, self.path("plan"), self.path("told"), self.path("go")]
        phone = self.namespace.start("phone", command, self.path("phone.log"))
        # -k: a call that is over already cannot be cleared.
        pbx = self._in_time() + self.pbx_command() + ["--quiet", "-k", "-s", self.path("script")]
        self.pbx = self.namespace.start("tieline-pbx", pbx, self.path("pbx.log"))
        self._await_line()
        with open(self.path("go"), "w", encoding="ascii"):
            pass
        if phone.wait(time.monotonic() + SECONDS + 15) != 0:
            raise RuntimeError("lossy_phones ended with %s: %s" % (phone.status, phone.tail(8)))
        with open(self.path("told"), encoding="ascii") as file:
            self.told = json.load(file)

    def close(self):
        if not wait_for(lambda: not self.desk.loose_ends(("idle",)), 64 * T1_MS / 1000 + 8, 0.2):
            self.fail("left over: %s" % self.desk.loose_ends(("idle",)))
        self.stop_capture()
        self.pbx.end()
        if self.daemon.status is not None or self.daemon.end(patience=15) != 0:
            self.fail_badly("the daemon ended with %s: %s" % (self.daemon.status, self.daemon.tail()))
        text = self.daemon.tail(100000)
        if SANITIZER.search(text):
            self.fail("a sanitizer speaks in its log")
        for line in text.splitlines():
            if " error " in line[:60]:
                self.fail("it says: " + line)

    # -- the judge

    def evidence(self):
        layout = Layout(self.addresses, "G", "S", config.SPAN_LOCAL, config.SPAN_REMOTE, self.line, self.we_are_network())
        return Evidence(self.path("all.pcap"), self.folder, layout)

    def judge(self):
        network = self.told["network"]
        if not all(network[what] > network["all"] * RATE / 2 for what in ("lost", "doubled")) or not network["delayed"]:
            self.fail("the network was too good: %s" % network)
        evidence = self.evidence()
        answered = 0
        for number, result in self.told["calls"].items():
            legs = Legs(number, evidence)
            answered += "answered" in result
            self.missed += [] if any(legs.faults(result)) else legs.survivors(result)
            for fault in legs.faults(result):
                self.fail("%s (%s): %s; %s" % (number, ", ".join(result) or "nothing heard", fault, legs))
        for text in self.missed:
            self.fail("the judge does not notice: " + text)
        if answered < ANSWERED_LEAST:
            self.fail("only %d calls were answered" % answered)
        return evidence


class Legs:
    """Both legs of the calls to NUMBER, as they were on the wire."""

    def __init__(self, number, evidence):
        self.number, self.outward = number, number.startswith("3")
        setups = [one for one in evidence.q931 if one.message == "SETUP" and one.called == number and not one.repeat]
        self.setups = setups
        self.q931 = [one for one in evidence.q931 if setups and one.call() == setups[0].call() and not one.repeat]
        ids = {one.call_id for one in evidence.sip if one.method == "INVITE" and one.uri.startswith("sip:%s@" % number)}
        self.ids = ids
        self.sip = [one for one in evidence.sip if one.call_id in ids and not one.repeat]
        self.heard = [one for one in self.sip if one.dst == "G"]
        self.said = [one for one in self.sip if one.src == "G"]

    def __str__(self):
        words = ["%s %s" % (one.src, one.name()) + ("/%d" % one.cause if one.cause else "") for one in self.q931]
        words += ["|"] + ["%s %s" % (one.src, one.name()) + "".join("/%d" % cause for cause in one.reason().values()) for one in self.sip]
        return " ".join(words)

    def clearing(self):
        """The message that began to clear the Q.931 call."""
        return next((one for one in self.q931 if one.message in CLEARING), None)

    def find(self, messages, *names):
        return next((one for one in messages if one.name() in names), None)

    def final(self, messages):
        """The first final response to INVITE."""
        return next((one for one in messages if one.status and one.status >= 200 and one.cseq[1] == "INVITE"), None)

    def faults(self, result):
        if not result:
            yield "it has no end for the phone"
        if "no end" in result:
            yield "the phone waits for ever"
        if "called twice" in result or len(self.ids) > 1:
            yield "it was called twice"
        if len(self.setups) > 1:
            yield "%d SETUPs" % len(self.setups)
        if not self.setups:
            if self.outward and any(one.method == "INVITE" for one in self.heard):
                yield "an INVITE that led nowhere"
            elif not self.outward:
                yield "the PBX never called"
            return
        crossed = {one.src for one in self.q931 if one.message == "RELEASE"} == {"G", "S"}
        if self.q931[-1].message != "RELEASE COMPLETE" and not crossed:  # Q.931 5.3.5
            yield "the Q.931 call does not end"
            return
        yield from self.unequal(self.clearing())

    def unequal(self, clearing):
        """Does what SIP said of the end match CLEARING?"""
        cause = clearing.cause
        for one in self.said:
            told = one.reason().get("Q.850")
            if told is not None and one.name() in ("BYE", "CANCEL") and told != cause:
                yield "%s says %d, the clearing %d" % (one.name(), told, cause)
            if told is not None and one.status and one.status >= 300 and one.status != 487 and one.cseq[1] == "INVITE" and told != cause:
                yield "%d says %d, the clearing %d" % (one.status, told, cause)
        if clearing.src == "G":
            yield from self.ours(clearing, cause)
        elif not self.find(self.said, "BYE", "CANCEL") and not self.final(self.said) and not (self.final(self.heard) or self.find(self.heard, "BYE")):
            yield "the phone is told nothing"

    def survivors(self, result):
        """Ways to spoil this evidence that are not noticed, as texts."""
        out, q931, setups, clearing = [], self.q931, self.setups, self.clearing()
        if not clearing:
            return out
        self.setups = setups * 2
        out += [] if any(self.faults(result)) else ["%s called twice" % self.number]
        self.setups, self.q931 = setups, q931[: q931.index(clearing) + 1]
        out += [] if any(self.faults(result)) or len(q931) == len(self.q931) else ["%s without an end" % self.number]
        self.q931, cause = q931, clearing.cause
        clearing.cause = 99
        told = [one for one in self.said if one.reason() and one.name() != "487"]
        out += [] if any(self.faults(result)) or clearing.src != "G" and not told else ["%s with another cause" % self.number]
        clearing.cause = cause
        return out

    def ours(self, clearing, cause):
        """We cleared toward the PBX: why?"""
        before = [one for one in self.heard if one.end <= clearing.end]
        refusal = self.final(before)
        if self.find(before, "BYE", "CANCEL"):
            wanted = (16,)
        elif not self.outward and refusal and refusal.status >= 300:
            wanted = {486: (17,)}.get(refusal.status, ())
        elif self.find(self.said, "BYE"):
            wanted = tuple(self.find(self.said, "BYE").reason().values())
        else:
            wanted = TIMEOUTS
        if cause not in wanted:
            yield "we clear with %d, where %s is due" % (cause, wanted)


def run(build):
    """80 calls both ways end well where a third of all datagrams is lost, doubled or overtaken"""
    with Lossy(build, "lossy") as stage:
        try:
            stage.open()
            stage.close()
            stage.judge()
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            stage.fail_badly(repr(error))
        return stage


def title():
    return "lossy: " + " ".join(run.__doc__.split())


def main():
    began = time.monotonic()
    stage = run(os.path.abspath(sys.argv[1]))
    failures = stage.outcome.failures
    print("FAIL" if failures else "pass", title(), "(%.0f s)" % (time.monotonic() - began), stage.told.get("network"), *failures, sep="\n    ")
    if failures:
        print("kept:", stage.folder)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
