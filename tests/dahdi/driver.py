# The DAHDI driver from inside the guest: dynamic spans made and destroyed, their channels configured, their alarms read.
import fcntl
import os
import re
import struct
import subprocess
import threading

CONTROL = "/dev/dahdi/ctl"
SPAN = struct.Struct("20s40siii")  # struct dahdi_dynamic_span


def order(number, way):
    """An ioctl request of the driver that carries a dahdi_dynamic_span."""
    return way << 30 | SPAN.size << 16 | 0xDA << 8 | number


CREATE, DESTROY = order(80, 3), order(81, 1)
SPECIFY = 1 << 30 | 4 << 16 | 0xDA << 8 | 38  # an int
WHOLE = "/run/lines-stay-whole"  # no line is cut by a flow any more
SLOTS = {"e1": 31, "t1": 24}
D_SLOT = {"e1": 16, "t1": 24}
LAWS = {"e1": "alaw", "t1": "mulaw"}


def keep_time():
    """The driver's clock runs in the kernel's softirq threads: they must not wait for what tests run in real time."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/comm" % process, encoding="ascii", errors="replace") as file:
                if file.read().startswith("ksoftirqd"):
                    os.sched_setscheduler(int(process), os.SCHED_FIFO, os.sched_param(3))
        except OSError:
            pass


def tell(request, address, slots):
    """Creates or destroys the span at ADDRESS of the local driver."""
    fd = os.open(CONTROL, os.O_RDWR)
    try:
        fcntl.ioctl(fd, request, SPAN.pack(b"loc", address.encode(), slots, 0, 0))
    finally:
        os.close(fd)


def spans():
    """{name of a span, like DYN/loc/1:0: its line in /proc/dahdi and the number of its first channel}"""
    out = {}
    for number in os.listdir("/proc/dahdi"):
        try:
            with open("/proc/dahdi/" + number, encoding="ascii", errors="replace") as file:
                text = file.read()
        except OSError:
            continue  # it has just gone
        first = re.search(r"^\s*(\d+) ", text, re.MULTILINE)
        out[text.split()[2]] = (text.splitlines()[0], int(first[1]))
    return out


def configure(text, path):
    """Has dahdi_cfg read TEXT as system.conf."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    guest = os.environ["GUEST"]
    done = subprocess.run(
        [os.path.join(guest, "dahdi_cfg"), "-c", path],
        env={**os.environ, "LD_LIBRARY_PATH": guest},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError("dahdi_cfg: " + done.stdout.decode(errors="replace"))


def channels(first, count, without):
    """"1-15,17-31" """
    parts = [(first, without - 1), (without + 1, first + count - 1)]
    return ",".join("%d-%d" % part for part in parts if part[0] <= part[1])


class Pair:
    """Two spans, joined: ours and the PBX's, and two that hear what each of them says. KEY: a hexadecimal digit. ECHO: has
    a canceller on every channel of ours."""

    OURS, THEIRS, FROM_US, FROM_THEM = range(4)
    LOCK = threading.Lock()  # numbers of spans and channels are first come, first served

    def __init__(self, key, kind, echo=False, law=None):
        self.key, self.kind, self.echo = key, kind, echo
        self.slots, self.law = SLOTS[kind], law or LAWS[kind]
        self.first = [0, 0, 0, 0]
        self.unplugged = None

    def address(self, which):
        monitored = ("", "", ":0", ":1")[which]
        return "%s:%d%s" % (self.key, which, monitored)

    def create(self, *which):
        """In an order that joins the right ones: monitors last."""
        with self.LOCK:
            for one in which or range(4):
                tell(CREATE, self.address(one), self.slots)
            known = spans()
            for one in which or range(4):
                self.first[one] = known["DYN/loc/" + self.address(one)][1]
            configure("".join(self.lines(one) for one in which or range(4)), "/run/system-%s.conf" % self.key)

    def destroy(self, *which):
        """Monitors go first: a peer that came back would be joined to them, too."""
        for one in which or reversed(range(4)):
            tell(DESTROY, self.address(one), self.slots)

    def unplug(self, which=OURS):
        """Takes the span away from whoever holds it, as pulling a card does."""
        number = int(re.search(r"^Span (\d+):", spans()["DYN/loc/" + self.address(which)][0])[1])
        self.unplugged = (self._order("unassign_span", number), number)

    def plug(self, which=OURS):
        device, number = self.unplugged
        with open(os.path.join(device, "assign_span"), "w", encoding="ascii") as file:
            file.write("1:%d:%d\n" % (number, self.first[which]))
        configure(self.lines(which), "/run/system-%s.conf" % self.key)

    @staticmethod
    def _order(what, number):
        """Tells the device that has span NUMBER; where that device is."""
        devices = "/sys/bus/dahdi_devices/devices"
        device = next(
            os.path.join(devices, one) for one in os.listdir(devices) if os.path.exists(os.path.join(devices, one, "span-%d" % number))
        )
        with open(os.path.join(device, what), "w", encoding="ascii") as file:
            file.write("1\n")  # the device's own count
        return device

    def lines(self, which):
        """Its part of system.conf."""
        first, d_channel = self.first[which], self.d_channel(which)
        b_channels = channels(first, self.slots, d_channel)
        text = "bchan=%s\ndchan=%d\n%s=%d-%d\n" % (b_channels, d_channel, self.law, first, first + self.slots - 1)
        return text + ("echocanceller=mg2,%s\n" % b_channels if self.echo and which == self.OURS else "")

    def d_channel(self, which):
        return self.first[which] + D_SLOT[self.kind] - 1

    def b_channels(self, which):
        return channels(self.first[which], self.slots, self.d_channel(which))

    def alarm(self, which=OURS):
        """What the driver says of a span, like RED; "" when all is well."""
        line = spans()["DYN/loc/" + self.address(which)][0]
        return line.rpartition('"')[2].strip()

    def settings(self):
        """Of our span, in tieline.conf."""
        return {
            "backend": "dahdi",
            "type": self.kind,
            "bchan": self.b_channels(self.OURS),
            "dchan": str(self.d_channel(self.OURS)),
            "cushion": "100ms",
        }

    def options(self):
        """Of the other end, for tieline-pbx."""
        return [
            "--backend",
            "dahdi",
            "--bchan",
            self.b_channels(self.THEIRS).replace(",", "+"),
            "--dchan",
            str(self.d_channel(self.THEIRS)),
            "--cushion",
            "100",
        ]
