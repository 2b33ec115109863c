# Sets the stage of one case: a network namespace with a capture, tielined, tieline-pbx, a proxy
# and phones.
import itertools
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time

import config
import credentials
import digits
import phones
import primary
import softphones
import sound
from capture import Capture
from desk import Desk
from namespace import Namespace, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "..", "house", "peers")
PLACEHOLDER = re.compile(r"@([a-z-]+)(?::([^@]*))?@")
NUMBERS = itertools.count(1)
RTP_PORT = 7000
FIRST_HOST = {"phone": 10, "proxy": 20, "silent": 30}
# Packets of 5 ms: where sound is compared, a machine that stands still for a moment is no fault.
DEEP_BUFFER = 12
REAL_TIME = not subprocess.run(
    ["chrt", "--rr", "1", "true"],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    check=False,
).returncode


class Outcome:
    """failures: texts, empty when it passed; among them verdict, what the checker said of the
    evidence, and broken, what nothing excuses: the house did not stand, or the daemon did not end
    well. report: for people, when it failed. messages and marks: the evidence. untold: where the
    daemon's ladder differs from it. relayed: for relay_judge."""

    def __init__(self, name):
        self.name, self.failures, self.verdict, self.broken = name, [], [], []
        self.report, self.messages, self.marks, self.untold = "", [], {}, []
        self.relayed = []

    @property
    def noticed(self):
        """Of a run in which something was turned wrong: the checker says so, and nothing else went
        wrong."""
        return bool(self.verdict) and not self.broken


def fill(text, values, place):
    """Replaces @name@ and @name:default@."""

    def value(match):
        if match[1] in values:
            return str(values[match[1]])
        if match[2] is None:
            raise RuntimeError("%s: @%s@ has no value" % (place, match[1]))
        return match[2]

    return PLACEHOLDER.sub(value, text)


def bracketed(address):
    return "[%s]" % address if ":" in address else address


def way(values):
    """What the scenario of a phone that speaks TCP says of it."""
    return {"params": ";transport=tcp"} if values.get("transport") == "tcp" else {}


class Stage:
    """Everything that runs for one case. Use as a context."""

    def __init__(self, case, switch, build, name, overrides=()):
        self.case, self.switch, self.build, self.name = case, switch, build, name
        self.overrides = list(overrides)
        self.settings = {}  # tieline.conf as it is played
        self.line = config.line(switch)
        self.folder = self.make_folder()
        self.namespace = self.make_namespace()
        self.outcome = Outcome(name)
        self.desk = self.make_desk()
        self.addresses = self._addresses()
        self.capture = self.daemon = self.pbx = self.kamailio = None
        self.phones, self.preludes, self.rtp, self.ladder = [], [], {}, ""

    def __enter__(self):
        self.namespace.__enter__()
        for addresses in self.case.at.values():
            for address in addresses:
                self.namespace.have(address)
        return self

    def __exit__(self, *_):
        self.namespace.__exit__()
        if not self.worth_keeping():
            shutil.rmtree(self.folder, ignore_errors=True)

    def make_folder(self):
        return tempfile.mkdtemp(
            prefix="tieline-%s-" % self.name.replace(" ", "-").replace("/", "-")
        )

    def make_namespace(self):
        return Namespace("tl%d-%d" % (os.getpid(), next(NUMBERS)))

    def make_desk(self):
        return Desk(self.program("tielinectl"), self.path("control"))

    def worth_keeping(self):
        """Is there something in the folder that people will want to see?"""
        if self.overrides:
            return not self.outcome.noticed
        return bool(self.outcome.failures)

    def case_id(self):
        """A word that names the case in Call-IDs."""
        return re.sub(r"[^A-Za-z0-9.-]", "-", self.name)

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        return os.path.join(self.build, name)

    def fail(self, text):
        self.outcome.failures.append(text)

    def fail_badly(self, text):
        """Something that no wrong setting excuses."""
        self.fail(text)
        self.outcome.broken.append(text)

    def _addresses(self):
        out, count = {}, dict.fromkeys(self.case.parties.values(), 0)
        for party, role in self.case.parties.items():
            if role == "gateway":
                out[party] = (config.GATEWAY, config.SIP_PORT)
            elif role in FIRST_HOST:
                count[role] += 1
                host = "127.0.0.%d" % (FIRST_HOST[role] + count[role])
                out[party] = (self.case.at.get(party, [host])[0], config.SIP_PORT)
        return out

    def party(self, role):
        return next((name for name, its in self.case.parties.items() if its == role), None)

    def open(self):
        """Capture, daemon, proxy, phones that are called, PBX: in this order, so that nobody calls
        into the void."""
        if not self.case.preludes:
            self.start_capture()
        early = self.case.proxy[0] == "kamailio-registrar"  # the gateway turns to it at once
        if early:
            self._open_proxy()
        self._open_daemon()
        if self.party("proxy") and not early:
            self._open_proxy()
        if self.case.audio or self.case.no_rtp or self.case.digits:
            self._open_audio()
        phones.open_silent(self)
        primary.open_name_server(self)
        for party, scenario, values in self.case.peers:
            if scenario.startswith("uas"):
                self.phones.append(self._open_phone(party, scenario, values))
        phones.open_called(self)
        watched = primary.Primary(self) if self.case.primary else None
        if watched:
            watched.open()
        rest = self._open_pbx() if self.case.span_up else None
        softphones.open_softphones(self)
        if self.case.span_up:
            self._finish_script(rest)
        for party, scenario, values in self.case.preludes:
            self._open_prelude(party, scenario, values)
        if self.capture is None:
            self.start_capture()
        callers = [peer for peer in self.case.peers if peer[1].startswith("uac")]
        for party, scenario, values in sorted(callers, key=lambda peer: "when" in peer[2]):
            self._await(values.get("when"))
            self.phones.append(self._open_phone(party, scenario, values))
        phones.open_callers(self)
        if watched:
            watched.go_on()
        for when, words in self.case.desk:
            self._await(when)
            self.desk.tell(*words)

    def await_moment(self, when):
        """Until the line is down, or so many calls are up."""
        self._await(when)

    def start_capture(self):
        self.capture = Capture(self.namespace, self.path("all.pcap"), self.path("dumpcap.log"))

    def stop_capture(self):
        if self.capture:
            self.capture.stop()

    def _await(self, when):
        """For a phone that does not call at once: until the gateway knows the line to be down, or
        that so many calls are up."""
        if when and not wait_for(
            lambda: self.desk.lines_down()
            if when == "down"
            else self.desk.calls_up() == int(when.removeprefix("up:")),
            15,
        ):
            raise RuntimeError("when=%s never was" % when)

    def configuration(self):
        """{group: {key: value}}: the house's own, changed by the flow, then by the mutation under
        test."""
        proxy = None if self.case.primary else self.party("proxy")
        phone = self.party("phone")
        target = self.addresses[proxy or phone][0] if proxy or phone else "127.0.0.11"
        settings = config.base(self.folder, self.switch, bracketed(target))
        config.apply(settings, self.line_settings())
        config.apply(settings, phones.settings(self.case, self.addresses))
        config.apply(settings, primary.settings(self.case, self.addresses))
        config.apply(settings, softphones.settings(self))
        config.apply(settings, credentials.settings(self.case, self.path("users")))
        config.apply(settings, self.case.settings)
        return config.apply(settings, self.overrides)

    def line_settings(self):
        """What the line of this case needs beyond config.base()."""
        out = self.case.spans.settings(self.switch)
        if self.case.counts_samples():
            out += [("span e%d" % span, "buffer", "%d" % DEEP_BUFFER) for span in self.case.spans]
            out.append(("media", "jitter", "60ms"))
        return out

    def _open_daemon(self):
        settings = self.settings = self.configuration()
        with open(self.path("tieline.conf"), "w", encoding="utf-8") as file:
            file.write(config.text(settings))
        self.daemon = self.namespace.start(
            "tielined",
            self._in_time() + [self.program("tielined"), "-c", self.path("tieline.conf")],
            self.path("tielined.log"),
        )
        if not wait_for(
            lambda: self.daemon.status is not None or self.desk.ask("show", "spans") is not None, 15
        ):
            raise RuntimeError("tielined does not answer tielinectl")
        if self.daemon.status is not None:
            raise RuntimeError("tielined ended with %d at its start" % self.daemon.status)

    def _in_time(self):
        """Both ends of the span keep time in software: a compiler beside them must not look like a
        broken line."""
        return ["chrt", "--rr", "1"] if REAL_TIME else []

    def _open_proxy(self):
        address = self.addresses[self.party("proxy")][0]
        arch = (
            subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, check=False)
            .stdout.decode()
            .strip()
        )
        values = {
            "listen": "%s:%d" % (address, config.SIP_PORT),
            "host": address,
            "gateway": config.GATEWAY,
            "phone": self.addresses[self.party("phone") or self.party("gateway")][0],
            "password": self.case.asks.get(self.party("proxy"), "none"),
            "arch": arch or "x86_64-linux-gnu",
            **primary.config_values(self.case),
        }
        name, more = self.case.proxy
        values.update(more)
        if "refuses" in more:
            values["refusal"] = 'sl_send_reply("%s", "Refused"); exit;' % more["refuses"]
        with open(os.path.join(PEERS, name + ".cfg"), encoding="utf-8") as file:
            text = fill(file.read(), values, name + ".cfg")
        with open(self.path("kamailio.cfg"), "w", encoding="utf-8") as file:
            file.write(text)
        self.kamailio = self.namespace.start(
            "kamailio",
            [
                "kamailio",
                "-f",
                self.path("kamailio.cfg"),
                "-DD",
                "-E",
                "-m",
                "32",
                "-M",
                "8",
                "-Y",
                self.folder,
                "-w",
                self.folder,
            ],
            self.path("kamailio.log"),
        )
        if (
            not wait_for(
                lambda: self.listening(address, config.SIP_PORT)
                or self.kamailio.status is not None,
                10,
            )
            or self.kamailio.status is not None
        ):
            raise RuntimeError("kamailio does not start: " + self.kamailio.tail())

    def listening(self, address, port, transport="udp"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        words = struct.unpack("<%dI" % (4 if ":" in address else 1), socket.inet_pton(family, address))
        table = transport + ("6" if ":" in address else "")
        place = "".join("%08X" % word for word in words) + ":%04X " % port
        try:
            someone = self.daemon or self.kamailio
            with open("/proc/%d/net/%s" % (someone.popen.pid, table), encoding="ascii") as file:
                return any(line.split(": ")[-1].startswith(place) for line in file)
        except OSError:
            return False

    def _open_audio(self):
        party, law = self.case.audio or (self.party("phone"), "alaw")
        sound.write_patterns(self.path)
        pressed = self._prepare_digits()
        self.rtp[party] = self.namespace.start(
            "rtp",
            [
                "python3",
                os.path.join(HERE, "rtp_peer.py"),
                self.addresses[party][0],
                str(RTP_PORT),
                "8" if law == "alaw" else "0",
                self.path("phone.say"),
                self.path("phone.heard"),
                *pressed,
            ],
            self.path("rtp.log"),
        )
        if not wait_for(lambda: self.listening(self.addresses[party][0], RTP_PORT), 20):
            raise RuntimeError("rtp_peer does not start: " + self.rtp[party].tail())

    def _prepare_digits(self):
        """What the PBX plays where it says digits as tones; what rtp_peer.py is told where the phone says them as events."""
        spec = self.case.digits
        if spec and spec.source == "tones":
            law = "alaw" if self.line == "e1" else "ulaw"
            with open(self.path("pbx.say"), "wb") as file:
                file.write(digits.made(law, spec.digits, spec.on, spec.off))
        if spec and spec.source == "events":
            return [spec.digits, str(spec.on), str(spec.off), spec.lose or ""]
        return []

    def _sipp(self, party, scenario, values, port, calls=1, more=()):
        """A SIPp that plays SCENARIO as PARTY, CALLS times; MORE arguments last, where they outrank
        ours."""
        with open(os.path.join(PEERS, scenario + ".xml"), encoding="utf-8") as file:
            text = fill(file.read(), {"rtp": RTP_PORT, **way(values), **values}, scenario)
        name = "%s-%s-%d" % (party, scenario, port)
        proxy = None if self.case.primary else self.party("proxy")
        first_hop = self.addresses[proxy or self.party("gateway")]
        if "to" in values:
            first_hop = (values["to"], config.SIP_PORT)
        calling = first_hop if scenario.startswith("uac") else None
        return self.run_sipp(name, text, party, calling, values, port, calls, more)

    def run_sipp(
        self, name, text, party, first_hop, values, port=config.SIP_PORT, calls=1, more=()
    ):
        """A SIPp that plays the scenario TEXT as PARTY; FIRST_HOP: where its calls go, None when it
        waits for one."""
        with open(self.path(name + ".xml"), "w", encoding="utf-8") as file:
            file.write(text)
        command = [
            "sipp",
            "-sf",
            self.path(name + ".xml"),
            "-i",
            self.addresses[party][0],
            "-t",
            "t1" if values.get("transport") == "tcp" else "u1",
            "-p",
            str(port),
            "-m",
            str(calls),
            "-nostdin",
            "-trace_err",
            "-error_file",
            self.path(name + ".err"),
            "-timeout",
            "%ds" % (self.case.timeout + 10),
            "-default_behaviors",
            "none",
        ]
        command += [] if first_hop else more
        if first_hop:
            command += [
                "-s",
                values.get("number", "200"),
                "-r",
                "20",
                "-l",
                str(calls),
                *more,
                "%s:%d" % (bracketed(first_hop[0]), first_hop[1]),
            ]
        log = self.path(name + ".log")
        process = self.namespace.start(
            name, command, log, environment={"TERM": "dumb"}, folder=self.folder
        )
        if not first_hop:
            wait_for(
                lambda: self.listening(
                    self.addresses[party][0], port, values.get("transport", "udp")
                )
                or process.status is not None,
                10,
            )
        if process.status:
            raise RuntimeError("SIPp does not start: " + self._why(process))
        return process

    def _open_phone(self, party, scenario, values):
        port = int(values.get("port", config.SIP_PORT))
        return self._sipp(party, scenario, values, port, int(values.get("calls", 1)))

    def _open_prelude(self, party, scenario, values):
        """Calls that stand before the capture: one on every channel when calls=channels."""
        calls = (
            config.CHANNELS[self.line]
            if values.get("calls") == "channels"
            else int(values.get("calls", 1))
        )
        self.preludes.append(
            self._sipp(party, scenario, values, int(values.get("port", 5080)), calls)
        )
        if not wait_for(
            lambda: self.desk.busy_channels() == calls == self.desk.calls_up(), self.case.timeout
        ):
            raise RuntimeError(
                "only %s of %d calls of the prelude stand" % (self.desk.busy_channels(), calls)
            )
        time.sleep(0.3)

    def _open_pbx(self):
        """The script goes in by standard input: up to "expect up" at once, the rest when the
        gateway says that the line is up as well, as a SETUP that arrives before layer 2 stands on
        both sides is lost."""
        script = [
            fill(line, {"record": self.path("pbx.heard"), "play": self.path("pbx.say")}, "pbx")
            for line in self.case.pbx
        ]
        first = next(
            (n + 1 for n, line in enumerate(script) if line.startswith("expect up")), len(script)
        )
        self.pbx = self.namespace.start(
            "tieline-pbx",
            self._in_time() + self.pbx_command(),
            self.path("pbx.log"),
            subprocess.PIPE,
        )
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
        """tieline-pbx at the other end of the span, of the other side."""
        return [
            self.program("tieline-pbx"),
            "--type",
            self.line,
            "--switchtype",
            config.dialect(self.switch),
            "--side",
            "cpe" if self.we_are_network() else "network",
            *self.line_options(),
        ]

    def line_options(self):
        """Its end of the line, clocked by the gateway."""
        span = self.settings["span e1"]
        return [
            *self.case.spans.options(),
            "--packet",
            span["packet"].removesuffix("ms"),
            *(["--rtp", span.get("rtp-type", "96")] if span.get("rtp-header") == "yes" else []),
            "--clock",
            "slave",
            "--buffer",
            str(DEEP_BUFFER if self.case.counts_samples() else 4),
        ]

    def we_are_network(self):
        """The gateway's side of the line."""
        return self.settings["trunk pbx"]["side"] == "network"

    def lines_stand(self):
        """Could the gateway place a call on every span?"""
        return self.case.spans.stand(self.desk.ask("show", "spans") or [])

    def _await_line(self):
        """Until the gateway could place a call; with several spans until the PBX can, too, as a SABME of either side that found
        nobody comes again and establishes a link once more."""
        self._await_gateway()
        if self.case.spans.count > 1:
            wait_for(self._pbx_is_up, 15)
            self._await_gateway()

    def _pbx_is_up(self):
        return re.search(r'"text":"expect up[^"]*","ok":true', self.pbx.tail(1000)) is not None

    def _await_gateway(self):
        if (
            not wait_for(lambda: self.lines_stand() or self.pbx.status is not None, 15)
            or self.pbx.status is not None
        ):
            raise RuntimeError("the D channel does not come up")
