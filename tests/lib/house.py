# Runs one case of a flow in a house of its own and judges it by the capture.
import re
import signal
import time

import config
import digits
import ladder as told
import primary
import relay_judge
import rtp_judge
import softphones
import sound
from check import check_flow, ladder
from evidence import Evidence, Layout
from namespace import wait_for
from stage import RTP_PORT, Stage

SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")


class House(Stage):
    """A stage on which the case is played. Use as a context; then run()."""

    AT_REST = ("idle",)  # states of a channel that nobody uses

    def check_books(self):
        """Afterwards: no call, no RTP port booked, and every channel idle unless the flow leaves
        one out of service."""
        at_rest = None if self.case.out_of_service else self.AT_REST
        aside = "e1/%d" % self.case.aside
        wait_for(lambda: not self.desk.loose_ends(at_rest, aside), 6, 0.2)
        for text in self.desk.loose_ends(at_rest, aside):
            self.fail("afterwards: " + text)

    def check_out_of_service(self):
        number = self.case.out_of_service
        if number and not wait_for(lambda: self.desk.out_of_service("e1/%d" % number), 3):
            self.fail("channel %d is not said to be out of service" % number)
        number = self.case.aside
        if number and not wait_for(lambda: self.desk.channel_is("e1/%d" % number, "aside"), 3):
            self.fail("channel %d is not put aside" % number)

    def run(self):
        """Plays the case and judges it; the Outcome."""
        self.play()
        self.judge()
        return self.outcome

    def play(self):
        """Everything that happens; afterwards its evidence lies in the folder."""
        try:
            self.open()
            self._await_peers()
        except RuntimeError as error:
            self.fail_badly(str(error))
        self.stop_capture()
        self.check_out_of_service()
        if not self.outcome.failures:
            self._end_preludes()
            self.ladder = self._tell_ladder()
            self.check_books()
        self._close()

    def judge(self):
        """By nothing but the evidence."""
        self._judge()
        if self.outcome.failures:
            self.outcome.report = self._report()

    def _tell_ladder(self):
        """The ladders of all calls of the case, one after another."""
        calls = max((int(step.rules.get("call", 1)) for step in self.case.steps), default=1)
        names = ["last"] if calls == 1 else [str(number + 1) for number in range(calls)]
        return "".join(self.desk.tell("ladder", name) for name in names)

    def _await_peers(self):
        """Every phone and the PBX's script come to their end, well."""
        number = self.case.back_in_service
        if number and not wait_for(lambda: self.desk.out_of_service("e1/%d" % number), 15, 0.2):
            self.fail("channel %d is never said to be out of service" % number)
        # Whom a wrong setting keeps a message from waits for it in vain.
        patience = self.case.timeout / (3 if self.overrides else 1)
        until = time.monotonic() + patience
        waiting = list(self.phones)
        if self.pbx and "serve" not in self.case.pbx:
            waiting.append(self.pbx)
        for process in waiting:
            status = process.wait(until)
            if status is None:
                self.fail("%s did not come to its end in %g s" % (process.name, patience))
            elif status:
                self.fail(
                    "%s ended with status %d: %s" % (process.name, status, self._why(process))
                )
        time.sleep(0.2)

    def _why(self, process):
        text = process.tail(6)
        try:
            with open(self.path(process.name + ".err"), encoding="utf-8", errors="replace") as file:
                text = file.read()[:600]
        except OSError:
            pass
        return text

    def _end_preludes(self):
        """The PBX that served them clears what stands, and the callers go."""
        if self.preludes and self.pbx and self.pbx.end(patience=10) != 0:
            self.fail("tieline-pbx did not leave well: " + self.pbx.tail(3))
        for process in self.preludes:
            if process.wait(time.monotonic() + 25) != 0:
                self.fail(
                    "%s of the prelude did not end well: %s" % (process.name, self._why(process))
                )

    def _close(self):
        """Ends what runs; the daemon must leave cleanly, and no sanitizer may have spoken."""
        for process in self.rtp.values():
            process.end()
        if self.pbx and self.pbx.status is None:
            self.pbx.end()
        if self.kamailio:
            self.kamailio.end()
        if self.daemon:
            if self.daemon.status is not None:
                self.fail_badly(
                    "tielined ended with status %d during the flow" % self.daemon.status
                )
            else:
                status = self.daemon.end(signal.SIGTERM, 15)
                if status:
                    self.fail_badly("tielined left with status %d" % status)
        for process in (self.daemon, self.pbx):
            if process and SANITIZER.search(process.tail(100000)):
                self.fail_badly("a sanitizer speaks in the log of %s" % process.name)

    def _judge(self):
        if not self.capture:
            return
        layout = Layout(
            self.addresses,
            self.party("gateway"),
            self.party("pbx"),
            config.SPAN_LOCAL,
            config.SPAN_REMOTE,
            self.line,
            self.we_are_network(),
        )
        layout.spans = self.case.spans
        layout.more = self.case.at.get(self.party("gateway"), [])
        evidence = self.take_evidence(layout)
        self.outcome.messages, self.outcome.marks = evidence.messages, evidence.marks
        if self.case.ladder:
            self.outcome.untold = told.compare(
                self.ladder, evidence.messages, self.party("gateway")
            )
        if self.settings["span e1"].get("rtp-header") == "yes" and not (
            evidence.sent.with_rtp and evidence.received.with_rtp
        ):
            self.fail("the line's packets have no RTP headers")
        verdict = check_flow(self.case, evidence.messages, evidence.marks)
        in_clear = not softphones.uses_tls(self.case)
        if self.case.numbers and in_clear:
            self.outcome.relayed = evidence.relayed
            verdict.failures += relay_judge.judge(evidence.relayed, self.party("gateway"))
        self.outcome.verdict = verdict.failures
        self.outcome.failures += verdict.failures + evidence.complaints
        if not verdict.failures and in_clear:
            heard = self.case.audio[0] if self.case.audio else self.party("phone")
            phone = (self.addresses[heard][0], RTP_PORT) if heard else None
            self.outcome.failures += rtp_judge.judge(
                rtp_judge.dissect(
                    softphones.at_home(self, evidence.rtp),
                    {config.GATEWAY, *layout.more},
                    self.folder,
                ),
                evidence.messages,
                self.party("gateway"),
                bool(self.case.preludes),
            )
            self.outcome.failures += sound.judge_hold(
                self.case, evidence, verdict, phone, self.path
            )
            faults = digits.judge(self.case, evidence, self.party("gateway"), phone)
            self.outcome.verdict += faults
            self.outcome.failures += faults
            self.outcome.failures += sound.judge_tone(self.case, evidence, verdict)
            self.outcome.failures += sound.judge_silence(self.case, evidence, verdict)
            self.outcome.failures += sound.judge_audio(self.case, evidence, phone, self.path)

    def take_evidence(self, layout):
        evidence = Evidence(self.path("all.pcap"), self.folder, layout)
        if self.case.primary:
            for name in ("messages", "sip", "relayed"):
                kept = [one for one in getattr(evidence, name) if not primary.is_watching(one)]
                setattr(evidence, name, kept)
        return evidence

    def logs(self):
        """[(who, the end of what it wrote)]"""
        return [
            (process.name, process.tail(15))
            for process in [self.daemon, self.pbx] + self.phones
            if process
        ]

    def _report(self):
        """For people: what was listed, what was seen, how the logs end."""
        lines = ["", "    listed:"] + ["      " + str(step) for step in self.case.steps]
        lines += [
            "    causality: " + ", ".join("%d<%d" % edge for edge in self.case.causality),
            "    seen:",
        ]
        lines += [
            "      " + line
            for line in ladder(self.outcome.messages, self.case.parties).splitlines()
        ]
        for name, text in self.logs():
            lines += ["    %s says at last:" % name]
            lines += ["      " + line for line in text.splitlines()]
        lines.append("    kept: " + self.folder)
        return "\n".join(lines)


def run_case(case, switch, build, name, overrides=()):
    """One case of a flow in its own house."""
    with House(case, switch, build, name, overrides) as house:
        return house.run()
