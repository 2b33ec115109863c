# Runs one case of a flow in a house of its own: a network namespace with tielined, tieline-pbx, phones, a proxy, a capture.
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import audio
import config
import ladder as told
from capture import Capture
from check import check_flow, ladder
from evidence import Evidence, Layout
from namespace import Namespace, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "..", "house", "peers")
PLACEHOLDER = re.compile(r"@([a-z-]+)(?::([^@]*))?@")
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")
NUMBERS = itertools.count(1)
RTP_PORT = 7000
DEEP_BUFFER = 12  # packets of 5 ms: where sound is compared, a machine that stands still for a moment is no fault
REAL_TIME = not subprocess.run(["chrt", "--rr", "1", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               check=False).returncode


class Outcome:
    """failures: texts, empty when it passed. report: for people, when it failed. messages: the evidence. untold: where the daemon's ladder
    differs from it."""

    def __init__(self, name):
        self.name, self.failures, self.report, self.messages, self.untold = name, [], "", [], []


def fill(text, values, place):
    """Replaces @name@ and @name:default@."""
    def value(match):
        if match[1] in values:
            return str(values[match[1]])
        if match[2] is None:
            raise RuntimeError("%s: @%s@ has no value" % (place, match[1]))
        return match[2]
    return PLACEHOLDER.sub(value, text)


class House:
    """Everything that runs for one case. Use as a context; then run()."""

    AT_REST = ("idle",)  # states of a channel that nobody uses

    def __init__(self, case, switch, build, name, overrides=()):
        self.case, self.switch, self.build, self.name = case, switch, build, name
        self.overrides = list(overrides)
        self.line = config.LINES[switch]
        self.folder = tempfile.mkdtemp(prefix="tieline-%s-" % name.replace(" ", "-").replace("/", "-"))
        self.namespace = Namespace("tl%d-%d" % (os.getpid(), next(NUMBERS)))
        self.outcome = Outcome(name)
        self.addresses = self._addresses()
        self.capture = self.daemon = self.pbx = self.kamailio = None
        self.phones, self.preludes, self.rtp, self.ladder = [], [], {}, ""

    def __enter__(self):
        self.namespace.__enter__()
        return self

    def __exit__(self, *_):
        self.namespace.__exit__()
        if not self.outcome.failures:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        return os.path.join(self.build, name)

    def fail(self, text):
        self.outcome.failures.append(text)

    def _addresses(self):
        out, phones, proxies = {}, 0, 0
        for party, role in self.case.parties.items():
            if role == "gateway":
                out[party] = (config.GATEWAY, config.SIP_PORT)
            elif role == "phone":
                phones += 1
                out[party] = ("127.0.0.%d" % (10 + phones), config.SIP_PORT)
            elif role == "proxy":
                proxies += 1
                out[party] = ("127.0.0.%d" % (20 + proxies), config.SIP_PORT)
        return out

    def party(self, role):
        return next((name for name, its in self.case.parties.items() if its == role), None)

    # ---- opening ---------------------------------------------------------------------------------

    def open(self):
        """Capture, daemon, proxy, phones that are called, PBX: in this order, so that nobody calls into the void."""
        if not self.case.preludes:
            self.capture = Capture(self.namespace, self.path("all.pcap"), self.path("dumpcap.log"))
        self._open_daemon()
        if self.party("proxy"):
            self._open_proxy()
        if self.case.audio:
            self._open_audio()
        for party, scenario, values in self.case.peers:
            if scenario.startswith("uas"):
                self.phones.append(self._open_phone(party, scenario, values))
        if self.case.span_up:
            self._finish_script(self._open_pbx())
        for party, scenario, values in self.case.preludes:
            self._open_prelude(party, scenario, values)
        if self.capture is None:
            self.capture = Capture(self.namespace, self.path("all.pcap"), self.path("dumpcap.log"))
        for party, scenario, values in self.case.peers:
            if scenario.startswith("uac"):
                self.phones.append(self._open_phone(party, scenario, values))

    def configuration(self):
        """{group: {key: value}}: the house's own, changed by the flow, then by the mutation under test."""
        proxy, phone = self.party("proxy"), self.party("phone")
        target = self.addresses[proxy or phone][0] if proxy or phone else "127.0.0.11"
        settings = config.base(self.folder, self.switch, target)
        if self.case.audio:
            config.apply(settings, ["[span e1] buffer = %d" % DEEP_BUFFER, "[media] jitter = 60ms"])
        config.apply(settings, self.case.settings)
        return config.apply(settings, self.overrides)

    def _open_daemon(self):
        settings = self.configuration()
        with open(self.path("tieline.conf"), "w", encoding="utf-8") as file:
            file.write(config.text(settings))
        self.daemon = self.namespace.start("tielined", self._in_time() + [self.program("tielined"), "-c", self.path("tieline.conf")],
                                           self.path("tielined.log"))
        if not wait_for(lambda: self.daemon.status is not None or self.ask("show", "spans") is not None, 15):
            raise RuntimeError("tielined does not answer tielinectl")
        if self.daemon.status is not None:
            raise RuntimeError("tielined ended with %d at its start" % self.daemon.status)

    @staticmethod
    def _in_time():
        """Both ends of the span keep time in software: a compiler beside them must not look like a broken line."""
        return ["chrt", "--rr", "1"] if REAL_TIME else []

    def _open_proxy(self):
        address = self.addresses[self.party("proxy")][0]
        arch = subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, check=False).stdout.decode().strip()
        values = {"listen": "%s:%d" % (address, config.SIP_PORT), "gateway": config.GATEWAY,
                  "phone": self.addresses[self.party("phone")][0], "arch": arch or "x86_64-linux-gnu"}
        with open(os.path.join(PEERS, "kamailio.cfg"), encoding="utf-8") as file:
            text = fill(file.read(), values, "kamailio.cfg")
        with open(self.path("kamailio.cfg"), "w", encoding="utf-8") as file:
            file.write(text)
        self.kamailio = self.namespace.start("kamailio", [
            "kamailio", "-f", self.path("kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "8", "-Y", self.folder,
            "-w", self.folder], self.path("kamailio.log"))
        if not wait_for(lambda: self._listening(address, config.SIP_PORT) or self.kamailio.status is not None, 10) \
                or self.kamailio.status is not None:
            raise RuntimeError("kamailio does not start: " + self.kamailio.tail())

    def _listening(self, address, port):
        done = subprocess.run(["ip", "netns", "exec", self.namespace.name, "cat", "/proc/net/udp"],
                              stdout=subprocess.PIPE, check=False).stdout.decode()
        quad = "".join("%02X" % int(part) for part in reversed(address.split(".")))
        return "%s:%04X" % (quad, port) in done

    def _open_audio(self):
        party, law = self.case.audio
        self.pattern = {"phone": audio.pattern("the phone says"), "pbx": audio.pattern("the PBX says")}
        for who, octets in self.pattern.items():
            with open(self.path(who + ".say"), "wb") as file:
                file.write(octets)
        self.rtp[party] = self.namespace.start("rtp", [
            "python3", os.path.join(HERE, "rtp_peer.py"), self.addresses[party][0], str(RTP_PORT),
            "8" if law == "alaw" else "0", self.path("phone.say"), self.path("phone.heard")], self.path("rtp.log"))
        if not wait_for(lambda: self._listening(self.addresses[party][0], RTP_PORT), 5):
            raise RuntimeError("rtp_peer does not start: " + self.rtp[party].tail())

    def _sipp(self, party, scenario, values, port, calls=1, more=()):
        """A SIPp that plays SCENARIO as PARTY, CALLS times; MORE arguments last, where they outrank ours."""
        with open(os.path.join(PEERS, scenario + ".xml"), encoding="utf-8") as file:
            text = fill(file.read(), {"rtp": RTP_PORT, **values}, scenario)
        name = "%s-%s-%d" % (party, scenario, port)
        with open(self.path(name + ".xml"), "w", encoding="utf-8") as file:
            file.write(text)
        calling = scenario.startswith("uac")
        first_hop = self.addresses[self.party("proxy") or self.party("gateway")]
        command = ["sipp", "-sf", self.path(name + ".xml"), "-i", self.addresses[party][0], "-p", str(port),
                   "-m", str(calls), "-nostdin", "-trace_err", "-error_file", self.path(name + ".err"),
                   "-timeout", "%ds" % (self.case.timeout + 10), "-default_behaviors", "none"]
        command += [] if calling else more
        if calling:
            command += ["-s", values.get("number", "200"), "-r", "20", "-l", str(calls), *more, "%s:%d" % first_hop]
        log = self.path(name + ".log")
        process = self.namespace.start(name, command, log, environment={"TERM": "dumb"})
        if not calling:
            wait_for(lambda: self._listening(self.addresses[party][0], port) or process.status is not None, 10)
        if process.status:
            raise RuntimeError("SIPp does not start: " + self._why(process))
        return process

    def _open_phone(self, party, scenario, values):
        return self._sipp(party, scenario, values, config.SIP_PORT)

    def _open_prelude(self, party, scenario, values):
        """Calls that stand before the capture: one on every channel when calls=channels."""
        calls = config.CHANNELS[self.line] if values.get("calls") == "channels" else int(values.get("calls", 1))
        self.preludes.append(self._sipp(party, scenario, values, int(values.get("port", 5080)), calls))
        if not wait_for(lambda: self.busy_channels() == calls and self.all_answered(calls), 15):
            raise RuntimeError("only %s of %d calls of the prelude stand" % (self.busy_channels(), calls))
        time.sleep(0.3)

    def _open_pbx(self):
        """The script goes in by standard input: up to "expect up" at once, the rest when the gateway says that the line is up as well, as a
        SETUP that arrives before layer 2 stands on both sides is lost."""
        script = [fill(line, {"record": self.path("pbx.heard"), "play": self.path("pbx.say")}, "pbx") for line in self.case.pbx]
        first = next((n + 1 for n, line in enumerate(script) if line.startswith("expect up")), len(script))
        self.pbx = self.namespace.start("tieline-pbx", self._in_time() + self.pbx_command(), self.path("pbx.log"), subprocess.PIPE)
        self._tell_pbx(script[:first])
        self._await_line()
        return script[first:]

    def _tell_pbx(self, lines):
        try:
            self.pbx.popen.stdin.write("".join(line + "\n" for line in lines).encode())
            self.pbx.popen.stdin.flush()
        except BrokenPipeError as error:
            raise RuntimeError("tieline-pbx ended early: " + self.pbx.tail(5)) from error

    def _finish_script(self, rest):
        self._tell_pbx(rest)
        self.pbx.popen.stdin.close()

    def pbx_command(self):
        """tieline-pbx at the other end of the span, user side, clocked by the gateway."""
        return [self.program("tieline-pbx"), "--local", "%s:%d" % config.SPAN_REMOTE, "--remote", "%s:%d" % config.SPAN_LOCAL,
                "--type", self.line, "--switchtype", self.switch, "--side", "cpe", "--packet", "5", "--clock", "slave",
                "--buffer", str(DEEP_BUFFER if self.case.audio else 4)]

    def _await_line(self):
        """Until the gateway could place a call."""
        def up():
            spans = self.ask("show", "spans")
            return spans and self.d_channel_up(spans)
        if not wait_for(lambda: up() or self.pbx.status is not None, 15) or self.pbx.status is not None:
            raise RuntimeError("the D channel does not come up")

    # ---- bookkeeping: what tielinectl says, never evidence of a message ------------------------------

    def tielinectl(self, *words):
        return subprocess.run([self.program("tielinectl"), "-s", self.path("control"), *words],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)

    def ask(self, *words):
        """tielinectl's JSON answer, or None."""
        done = self.tielinectl("--json", *words)
        try:
            return json.loads(done.stdout) if done.returncode == 0 else None
        except ValueError:
            return None

    @staticmethod
    def d_channel_up(spans):
        return all(span["d_channel"] == "up" for span in spans)

    def busy_channels(self):
        channels = self.ask("show", "channels")
        return None if channels is None else sum(channel["state"] == "busy" for channel in channels)

    def all_answered(self, calls):
        live = self.ask("show", "calls")
        return live is not None and sum(call["sip"] == "UP" for call in live) >= calls

    def check_books(self):
        """Afterwards: no call, every channel idle, no RTP port booked."""
        def loose():
            calls, channels = self.ask("show", "calls"), self.ask("show", "channels")
            counters = self.ask("show", "counters")
            if calls is None or channels is None or counters is None:
                return ["tielinectl does not answer"]
            return (["call %d still lives (%s, %s)" % (call["call"], call["sip"], call["isdn"]) for call in calls] +
                    ["channel %s is %s" % (channel["channel"], channel["state"]) for channel in channels
                     if channel["state"] not in self.AT_REST] +
                    ["%d %s" % (row["value"], row["counter"]) for row in counters
                     if row["counter"] in ("port pairs in use", "calls live") and row["value"]])
        if self.case.out_of_service:
            return
        wait_for(lambda: not loose(), 6, 0.2)
        for text in loose():
            self.fail("afterwards: " + text)

    def check_out_of_service(self):
        number = self.case.out_of_service
        def seen():
            channels = self.ask("show", "channels") or []
            return any(channel["channel"] == "e1/%d" % number and channel["state"] == "out of service" for channel in channels)
        if number and not wait_for(seen, 3):
            self.fail("channel %d is not said to be out of service" % number)

    # ---- the run -----------------------------------------------------------------------------------

    def run(self):
        """Plays the case and judges it; the Outcome."""
        try:
            self.open()
            self._await_peers()
        except RuntimeError as error:
            self.fail(str(error))
        if self.capture:
            self.capture.stop()
        self.check_out_of_service()
        if not self.outcome.failures:
            self._end_preludes()
            self.ladder = self.tielinectl("ladder", "last").stdout.decode(errors="replace")
            self.check_books()
        self._close()
        self._judge()
        if self.outcome.failures:
            self.outcome.report = self._report()
        return self.outcome

    def _await_peers(self):
        """Every phone and the PBX's script come to their end, well."""
        until = time.monotonic() + self.case.timeout
        waiting = list(self.phones)
        if self.pbx and "serve" not in self.case.pbx:
            waiting.append(self.pbx)
        for process in waiting:
            status = process.wait(until)
            if status is None:
                self.fail("%s did not come to its end in %g s" % (process.name, self.case.timeout))
            elif status:
                self.fail("%s ended with status %d: %s" % (process.name, status, self._why(process)))
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
        for process in self.preludes:
            if process.wait(time.monotonic() + 25) != 0:
                self.fail("%s of the prelude did not end well: %s" % (process.name, self._why(process)))

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
                self.fail("tielined ended with status %d during the flow" % self.daemon.status)
            else:
                status = self.daemon.end(signal.SIGTERM, 15)
                if status:
                    self.fail("tielined left with status %d" % status)
        for process in (self.daemon, self.pbx):
            if process and SANITIZER.search(process.tail(100000)):
                self.fail("a sanitizer speaks in the log of %s" % process.name)

    def _judge(self):
        if not self.capture:
            return
        layout = Layout(self.addresses, self.party("gateway"), self.party("pbx"), config.SPAN_LOCAL, config.SPAN_REMOTE, self.line)
        evidence = Evidence(self.path("all.pcap"), self.folder, layout)
        self.outcome.messages = evidence.messages
        if self.case.ladder:
            self.outcome.untold = told.compare(self.ladder, evidence.messages, self.party("gateway"))
        verdict = check_flow(self.case, evidence.messages)
        self.outcome.failures += verdict.failures + evidence.complaints
        if not verdict.failures:
            self._judge_rtp(evidence, verdict)

    def _judge_rtp(self, evidence, verdict):
        if self.case.no_rtp:
            first, last = (verdict.matched[number].end for number in self.case.no_rtp)
            phone = self.addresses[self.party("phone")][0]
            times = audio.rtp_times(evidence.rtp, config.GATEWAY, phone)
            held = [at for at in times if first + 0.1 < at < last]
            if held:
                self.fail("%d RTP packets went to the holder" % len(held))
            if not [at for at in times if at < first] or not [at for at in times if at > last]:
                self.fail("no RTP went to the phone while the call was not held")
        if self.case.audio:
            self._judge_audio(evidence)

    def _judge_audio(self, evidence):
        """Each direction at its own far end: what crossed the wire to it, and what it wrote down itself."""
        party, law = self.case.audio
        line_law = "alaw" if self.line == "e1" else "ulaw"
        channel = next(m.channel for m in evidence.q931 if m.channel)
        to_line = audio.convert(self.pattern["phone"], law, line_law)
        to_phone = audio.convert(self.pattern["pbx"], line_law, law)
        failures, heard = audio.rtp_payload(evidence.rtp, config.GATEWAY, (self.addresses[party][0], RTP_PORT))
        self.outcome.failures += failures
        self.outcome.failures += audio.sample_exact("wire, PBX to phone", to_phone, heard)
        self.outcome.failures += audio.sample_exact("wire, phone to PBX", to_line, evidence.sent.slot(channel))
        with open(self.path("pbx.heard"), "rb") as file:
            self.outcome.failures += audio.sample_exact("the PBX's recording", to_line, file.read())
        with open(self.path("phone.heard"), encoding="ascii") as file:
            phone = b"".join(bytes.fromhex(line.split()[4]) for line in file)
        self.outcome.failures += audio.sample_exact("the phone's recording", to_phone, phone)

    def _report(self):
        """For people: what was listed, what was seen, how the logs end."""
        lines = ["", "    listed:"] + ["      " + str(step) for step in self.case.steps]
        lines += ["    causality: " + ", ".join("%d<%d" % edge for edge in self.case.causality), "    seen:"]
        lines += ["      " + line for line in ladder(self.outcome.messages, self.case.parties).splitlines()]
        for process in [self.daemon, self.pbx] + self.phones:
            if process:
                lines += ["    %s says at last:" % process.name] + ["      " + line for line in process.tail(15).splitlines()]
        lines.append("    kept: " + self.folder)
        return "\n".join(lines)


def run_case(case, switch, build, name, overrides=()):
    """One case of a flow in its own house."""
    with House(case, switch, build, name, overrides) as house:
        return house.run()
