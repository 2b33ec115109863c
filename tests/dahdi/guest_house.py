# A case of a flow on a line of the DAHDI driver: played in the guest, judged outside of it.
import copy
import ctypes
import json
import os
import shutil
import signal
import socket
import struct
import tempfile
import threading
import time

import config
from desk import Desk
from evidence import Evidence
from house import House
from namespace import PLACE, Namespace, Process, run, wait_for
from pcap import packets

CUSHION = 0.1  # seconds from the gateway's writing to the line
OCTET = 8 / 64000
# A frame is stamped when a process reads it, which may be so late after its last bit; the gateway, that read it at the same
# moment, may have answered before. Its first bit was on the line not later than its length before the stamp.
SLACK = 0.03
LATE = 0.5  # no reader is later
LAG = 0.1  # what a timer's length may seem to differ by, as either of its ends is told late


class QuickDesk(Desk):
    """Asks the control socket itself: a process costs a second in the guest."""

    def ask(self, *words):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(5)
                line.connect(self.command[2])
                line.sendall(json.dumps({"command": " ".join(words)}).encode() + b"\n")
                answer = line.makefile("r").readline()
            return json.loads(answer).get("result")
        except (OSError, ValueError):
            return None


class Room(Namespace):
    """The network namespace of a line's thread: what it starts lives there without being put there, and the next case finds
    nobody there but those who listen: PACKETS, and to the LINE."""

    def __init__(self, name):
        super().__init__(name)
        self.folder = tempfile.mkdtemp(prefix=name)
        self.packets, self.line, self.octets = None, None, False

    def __enter__(self):
        self.processes = []
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.end(signal.SIGKILL)

    def inhabit(self):
        """Makes it, and the calling thread its own."""
        run("ip", "netns", "add", self.name)
        run("ip", "-n", self.name, "link", "set", "lo", "up")
        fd = os.open(os.path.join(PLACE, self.name), os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(fd, 0):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)

    def listen(self, build, pair, octets):
        """A case begins that is to be heard."""
        if self.line and octets != self.octets:
            self.deaf()
        for listener in filter(None, (self.packets, self.line)):
            listener.begin()
        if self.packets is None:
            self.packets = listen_to_packets(self)
        if self.line is None:
            self.line, self.octets = listen_to_line(self, build, pair, "lapd-0", octets), octets

    def leave(self):
        """No case comes any more."""
        self.deaf()
        if self.packets:
            self.packets.end()

    def deaf(self):
        if self.line:
            self.line.end()
        self.line = None

    def start(self, name, command, log, stdin=None, environment=None, piped=False, folder=None):
        if os.path.basename(command[0]) != "tielined":  # the house storey looks for the leaks of the others
            environment = {"ASAN_OPTIONS": "detect_leaks=0", **(environment or {})}
        process = Process(name, command, log, stdin, environment, piped, folder)
        self.processes.append(process)
        return process


def whole_packets(path, since):
    """Where the last whole packet of the growing capture at PATH ends, from SINCE on, where one ends."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        while since + 16 <= size:
            file.seek(since)
            after = since + 16 + struct.unpack("=8xI4x", file.read(16))[0]
            if after > size:
                break
            since = after
    return since


class Listener:
    """A program that listens from the moment it is made until end(), case after case. FILES: what it writes."""

    def __init__(self, room, name, command, files, sign):
        log = os.path.join(room.folder, name + ".log")
        self.process = Process(name, command, log, None, None, False)
        self.files = [*files, log]
        if not wait_for(lambda: self.process.status is not None or sign in self.process.tail(), 20):
            raise RuntimeError("%s does not start" % name)
        if self.process.status is not None:
            raise RuntimeError("%s: %s" % (name, self.process.tail()))
        self.since = [0 if path.endswith(".log") else 24 for path in self.files]  # 24: the head of a capture

    def begin(self):
        """What comes from now on is the next case's."""
        self.since = [
            os.path.getsize(path) if path.endswith(".log") else whole_packets(path, since)
            for path, since in zip(self.files, self.since)
        ]

    def copy(self, folder):
        """What came since then, as whole files."""
        for path, since in zip(self.files, self.since):
            with open(path, "rb") as file, open(os.path.join(folder, os.path.basename(path)), "wb") as out:
                if not path.endswith(".log"):
                    out.write(file.read(24))
                file.seek(since)
                shutil.copyfileobj(file, out)

    def end(self):
        self.process.end(signal.SIGINT)


def listen_to_packets(room):
    path = os.path.join(room.folder, "all.pcap")
    return Listener(room, "dumpcap", ["dumpcap", "-q", "-P", "-i", "lo", "-f", "udp", "-s", "0", "-B", "16", "-w", path], [path], "File:")


def listen_to_line(room, build, pair, name, octets=False):
    """sniff on both monitor spans; OCTETS: on our B channels, too."""
    files = [os.path.join(room.folder, name + end) for end in (".pcap", ".octets")[: 1 + octets]]
    command = [os.path.join(build, "tests", "dahdi", "sniff"), files[0]]
    command += [str(pair.d_channel(pair.FROM_US)), str(pair.d_channel(pair.FROM_THEM)), "network"]
    if octets:
        slot = pair.d_channel(pair.FROM_US) - pair.first[pair.FROM_US] + 1
        command += [files[1], str(pair.first[pair.FROM_US]), str(pair.slots), str(slot)]
    return Listener(room, name, command, files, "listening")


class GuestHouse(House):
    """Plays. PAIR: the driver's spans it may have; ROOM: that of the calling thread."""

    def __init__(self, case, switch, build, name, pair, room, overrides=()):
        self.pair, self.room = pair, room
        super().__init__(case, switch, build, name, overrides)
        self.listeners, self.marks = [], {}
        self.watcher, self.over = None, threading.Event()
        self.audible = bool(case.audio or case.no_rtp or case.tone)

    def make_namespace(self):
        return self.room

    def _in_time(self):
        """Only where samples are counted: whatever runs in real time keeps the driver's own work waiting."""
        return super()._in_time() if self.audible else []

    def _tell_ladder(self):
        """The house storey compares it."""
        return ""

    def make_desk(self):
        return QuickDesk(self.program("tielinectl"), self.path("control"))

    def line_settings(self):
        changes = [("span e1", key, "") for key in config.span(self.switch)]
        changes += [("span e1", *pair) for pair in self.pair.settings().items()]
        return changes + (["[media] jitter = 200ms"] if self.case.audio else [])

    def line_options(self):
        return self.pair.options()

    def _await_line(self):
        """A SABME that crossed another on a slow machine establishes the link a second time."""
        super()._await_line()
        time.sleep(0.5)
        super()._await_line()

    def start_capture(self):
        self.room.listen(self.build, self.pair, self.audible)
        self.capture, self.marks["begin"] = self.room.packets, time.time()
        self.listeners = [self.room.packets, self.room.line]

    def stop_capture(self):
        """The kernel hands packets over in batches."""
        self.marks["end"] = time.time()
        time.sleep(0.3)
        if self.audible:
            self.room.deaf()  # what it keeps is written at its end

    # ---- the line goes down ----------------------------------------------------------------------

    def _open_pbx(self):
        rest = super()._open_pbx()
        if "line down" in self.case.pbx:
            self.watcher = threading.Thread(target=self._watch, daemon=True)
            self.watcher.start()
        return rest

    def _said(self, command):
        return '"event":"command"' in self.pbx.tail(1000) and '"text":"%s","ok":true' % command in self.pbx.tail(1000)

    def _watch(self):
        """The PBX has let go of its span: now it goes away, which is what our side takes for a cut cable; the driver tells
        it a second later."""
        pair = self.pair
        if not wait_for(lambda: self.over.is_set() or self._said("line down"), 60, 0.02) or self.over.is_set():
            return
        time.sleep(0.05)
        self.room.line.end()
        self.marks["down"] = time.time()
        pair.destroy(pair.FROM_THEM, pair.FROM_US, pair.THEIRS)
        wait_for(lambda: self.over.is_set() or self._said("line up"), 60, 0.02)
        pair.create(pair.THEIRS, pair.FROM_US, pair.FROM_THEM)
        if not self.over.is_set():
            self.marks["up"] = time.time()
            self.listeners.append(listen_to_line(self.room, self.build, pair, "lapd-1"))

    def end_watch(self):
        """The line is whole for the next case."""
        self.over.set()
        if self.watcher:
            self.watcher.join(20)
            self.room.deaf()
            for listener in self.listeners[2:]:
                listener.end()

    # ---- what is left for the judge --------------------------------------------------------------

    def save(self, folder):
        """Evidence and outcome go to FOLDER."""
        os.makedirs(folder, exist_ok=True)
        for listener in self.listeners:
            listener.copy(folder)
        for name in os.listdir(self.folder):
            if os.path.isfile(self.path(name)):
                shutil.copyfile(self.path(name), os.path.join(folder, name))
        told = {
            "failures": self.outcome.failures,
            "broken": self.outcome.broken,
            "ladder": self.ladder,
            "settings": self.settings,
            "marks": self.marks,
            "logs": [process.name for process in [self.daemon, self.pbx] + self.phones if process],
        }
        with open(os.path.join(folder, "outcome.json"), "w", encoding="utf-8") as file:
            json.dump(told, file)


class Monitor:
    """One direction of a line as a monitor span heard it. OCTETS: [(time, timeslot, octets)]"""

    def __init__(self, octets, marks):
        self.octets, self.marks, self.errors = octets, marks, []

    def slot(self, timeslot, first=None, last=None):
        """What the gateway gave to send on TIMESLOT from time FIRST to LAST."""
        return b"".join(
            octets
            for at, slot, octets in self.octets
            if slot == timeslot and (first is None or at - CUSHION >= first) and (last is None or at - CUSHION <= last)
        )

    def silence(self):
        """(when the alarm came, when the span was there again or None), or None."""
        return (self.marks["down"], self.marks.get("up")) if "down" in self.marks else None


class Heard(Evidence):
    """Evidence whose line was read by monitor spans."""

    def __init__(self, path, folder, layout, marks):
        self.folder, self.line_marks = folder, marks
        layout.since, layout.until = marks["begin"], marks["end"]
        super().__init__(path, folder, layout)

    def _files(self, end):
        names = sorted(name for name in os.listdir(self.folder) if name.startswith("lapd-") and name.endswith(end))
        return [os.path.join(self.folder, name) for name in names]

    def take_wires(self):
        octets = [(at, data[0], data[1:]) for path in self._files(".octets") for at, data in packets(path)]
        wires = [Monitor(octets, self.line_marks), Monitor([], self.line_marks)]
        for path in self._files(".log"):
            with open(path, encoding="utf-8", errors="replace") as file:
                wires[0].errors += [line.strip() for line in file if "bad FCS" in line or "overlong" in line]
        return wires

    def take_frames(self):
        frames = []
        for path in self._files(".pcap"):
            for at, data in packets(path):
                frame = data[16:]
                if not self.line_marks["begin"] <= at <= self.line_marks["end"] + SLACK:
                    continue
                frames.append((at - (len(frame) + 2) * OCTET, at - SLACK, data[1] == 4, frame))
        return in_order(frames)


def acknowledges(one, other):
    """Does ONE, an I frame, say that its sender had heard OTHER, an I frame the other way?"""
    if one[2] == other[2] or len(one[3]) < 4 or len(other[3]) < 4 or (one[3][2] | other[3][2]) & 1:
        return False
    return 1 <= (one[3][3] >> 1) - (other[3][2] >> 1) & 127 <= 7  # N(R), N(S): Q.921 3.5.2


def in_order(frames):
    """FRAMES by their ends; where a reader came late to both directions, N(R) tells which one was first."""
    out = []
    for frame in sorted(frames, key=lambda frame: frame[1]):
        place = len(out)
        while place and frame[1] - out[place - 1][1] <= LATE:
            place -= 1
        while place < len(out) and not acknowledges(out[place], frame):
            place += 1
        if place < len(out):
            frame = (frame[0], out[place][1] - 1e-6, *frame[2:])
        out.insert(place, frame)
    return out


class JudgedHouse(House):
    """Judges what a GuestHouse left in FOLDER."""

    def __init__(self, case, switch, build, name, folder):
        self.where = folder
        case = copy.copy(case)
        case.apart = [(first, last, least - LAG, most + LAG) for first, last, least, most in case.apart]
        super().__init__(case, switch, build, name)
        self.told = None

    def make_folder(self):
        return self.where

    def take_evidence(self, layout):
        return Heard(self.path("all.pcap"), self.folder, layout, self.told["marks"])

    def judge(self):
        try:
            with open(self.path("outcome.json"), encoding="utf-8") as file:
                self.told = json.load(file)
        except (OSError, ValueError):
            self.told = {"logs": []}
            self.fail_badly("it was not played")
            return
        self.outcome.failures += self.told["failures"]
        self.outcome.broken += self.told["broken"]
        self.ladder, self.settings = self.told["ladder"], self.told["settings"]
        self.capture = os.path.exists(self.path("all.pcap"))
        try:
            super().judge()
        except (OSError, RuntimeError, StopIteration) as error:
            self.fail_badly("the evidence: %r" % error)

    def logs(self):
        out = []
        for name in self.told["logs"]:
            try:
                with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
                    out.append((name, "\n".join(file.read().splitlines()[-15:])))
            except OSError:
                pass
        return out


def judge(case, switch, build, name, folder):
    """The Outcome of a case whose play is in FOLDER."""
    house = JudgedHouse(case, switch, build, name, folder)
    house.judge()
    return house.outcome


