# Digits of a call, judged from the capture: DTMF in a timeslot or in RTP by Goertzel's filter, telephone-
# events of RFC 4733 by their octets, INFO and Keypad facility by what they say.
#
# It shares nothing with the daemon: no spandsp, no tables of ours but ITU-T Q.23's.
import bisect
import math
import random
import re

import audio
import config
import sound
import tones

RATE = 8000
NAMES = "0123456789*#ABCD"  # RFC 4733 3.2: events 0 to 15
KEYS = "123A456B789C*0#D"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
WINDOW, STEP = 104, 16  # samples: 13 ms, looked at every 2 ms
LOUD = 300.0
PURE = 0.75  # of a window's power belongs to the two frequencies
TWIST = 0.12  # and at least so much of it to each
EDGES = 0.007  # seconds that a tone is longer than its pure windows say, as made() shows
TALKS = 0.022  # seconds of a digit that no receiver takes for one (ITU-T Q.24: 23 ms at least)
EVENT_TYPE = 101
KEYPAD = 0x2C
FORMS = ("events", "tones", "info", "keypad")
LEAD = 0.5  # seconds after the answer


class Spec:
    """One line "digits FROM TO DIGITS": who says which digits in which form, and in which they shall come. on, off:
    milliseconds; lose: a seed, by which the phone loses event packets, or None; leak: the RTP's audio may have them."""

    def __init__(self, text):
        source, target, self.digits, *more = text.split()
        if {source, target} - set(FORMS) or set(self.digits) - set(NAMES):
            raise ValueError("digits FROM TO DIGITS; forms: " + " ".join(FORMS))
        self.source, self.target = source, target
        values = dict(word.split("=") for word in more)
        self.on, self.off = int(values.pop("on", 100)), int(values.pop("off", 100))
        self.lose = values.pop("lose", None)
        if values:
            raise ValueError("on=, off= and lose= are all there is")

    @property
    def to_pbx(self):
        return self.source in ("events", "info") and self.target != "info"


def sample(law, value, table={}):
    """The octet of LAW next below VALUE."""
    if law not in table:
        octets = {}
        for octet, linear in enumerate(tones.LINEAR[law]):
            octets.setdefault(linear, octet)
        table[law] = (sorted(octets), octets)
    levels, octets = table[law]
    return octets[levels[max(bisect.bisect(levels, value) - 1, 0)]]


def made(law, digits, on, off):
    """Octets of LAW: a pause, then each of DIGITS for ON ms and silence for OFF ms, then silence."""
    silence = b"\xd5" if law == "alaw" else b"\xff"
    out = bytearray(silence * int(LEAD * RATE))
    for digit in digits:
        place = KEYS.index(digit)
        pair = LOW[place // 4], HIGH[place % 4]
        for number in range(on * RATE // 1000):
            at = 2 * math.pi * number / RATE
            out.append(sample(law, 6000 * (math.sin(pair[0] * at) + math.sin(pair[1] * at))))
        out += silence * (off * RATE // 1000)
    return bytes(out + silence * 4 * RATE)


def digit_of(samples):
    """(digit, power) of a window, or (None, power)."""
    whole = sum(value * value for value in samples) / len(samples)
    if whole < LOUD * LOUD:
        return None, whole
    low = [tones.power(samples, frequency) for frequency in LOW]
    high = [tones.power(samples, frequency) for frequency in HIGH]
    row, column = low.index(max(low)), high.index(max(high))
    parts = max(low) / whole, max(high) / whole
    if sum(parts) < PURE or min(parts) < TWIST:
        return None, whole
    return KEYS[4 * row + column], whole


def heard(octets, law):
    """[(digit, begin, length)] in seconds: where two frequencies of Q.23 sound alone. A beginning and an end are where half a
    window is loud and pure."""
    linear = [tones.LINEAR[law][octet] for octet in octets]
    runs, run = [], None
    for at in range(0, len(linear) - WINDOW + 1, STEP):
        digit, power = digit_of(linear[at : at + WINDOW])
        if digit is None or (run and run[0] != digit):
            run = None
        if digit is None:
            continue
        if run is None:
            run = (digit, [])
            runs.append(run)
        run[1].append((at, power))
    out = []
    for digit, windows in runs:
        most = max(power for _, power in windows)
        full = [at for at, power in windows if power > most * 0.45]
        length = (full[-1] - full[0] + STEP) / RATE + EDGES
        out.append((digit, (full[0] + WINDOW / 2) / RATE - EDGES / 2, length))
    return out


def spelled(found):
    return "".join(digit for digit, *_ in found)


class Event:
    """One telephone-event as its packets tell it."""

    def __init__(self, stamp):
        self.stamp, self.digits, self.marker, self.ends, self.duration = stamp, set(), False, 0, 0
        self.count, self.wrong = 0, []

    def add(self, data):
        payload = data[12 + 4 * (data[0] & 15) :]
        if len(payload) != 4 or payload[0] > 15 or payload[1] & 0x40:
            self.wrong.append("payload " + payload.hex())
            return
        marker, duration = data[1] >> 7, int.from_bytes(payload[2:], "big")
        if bool(marker) != (self.count == 0):
            self.wrong.append("the marker is not on its first packet alone")
        if self.ends and not payload[1] & 0x80:
            self.wrong.append("it goes on after its end")
        if duration < self.duration:
            self.wrong.append("its duration shrinks")
        self.count += 1
        self.digits.add(NAMES[payload[0]])
        self.ends += payload[1] >> 7
        self.duration = duration


def events(datagrams, to):
    """The Events that the gateway sent TO (address, port), in order."""
    found = {}
    for d in datagrams:
        if d.src[0] == config.GATEWAY and d.dst == to and len(d.data) > 12 and d.data[1] & 0x7F == EVENT_TYPE:
            stamp = int.from_bytes(d.data[4:8], "big")
            found.setdefault(stamp, Event(stamp)).add(d.data)
    return list(found.values())


def audio_of(datagrams, to):
    """The octets of the gateway's audio TO (address, port), in the order of its timestamps; where none was sent, 20 ms of
    silence for each."""
    packets = {}
    for d in datagrams:
        if d.src[0] == config.GATEWAY and d.dst == to and len(d.data) > 12 and d.data[1] & 0x7F in (0, 8):
            packets[int.from_bytes(d.data[4:8], "big")] = d.data[12:]
    out, due = bytearray(), None
    for stamp in sorted(packets):
        if due is not None and stamp > due:
            out += b"\xd5" * min(stamp - due, RATE)
        out += packets[stamp]
        due = stamp + len(packets[stamp])
    return bytes(out)


def tone_faults(found, spec):
    """DTMF toward the PBX: each digit once, in order, long enough and apart."""
    if spelled(found) != spec.digits:
        return ["the timeslot has the digits %s, not %s" % (spelled(found) or "(none)", spec.digits)]
    out = []
    ends = [begin + length for _, begin, length in found]
    wanted = max(spec.on, 70) / 1000
    for digit, begin, length in found:
        if length < 0.065 or spec.lose is None and spec.source == "events" and abs(length - wanted) > 0.03:
            out.append("%s sounds for %d ms" % (digit, length * 1000))
    for (digit, begin, _), end in zip(found[1:], ends):
        if begin - end < 0.045:
            out.append("%s begins %d ms after the one before" % (digit, (begin - end) * 1000))
    return out


def event_faults(found, spec):
    """Telephone-events toward the phone."""
    told = "".join("".join(sorted(event.digits)) for event in found)
    if told != spec.digits:
        return ["events tell %s, not %s" % (told or "(nothing)", spec.digits)]
    out = ["%s: %s" % (told[n], fault) for n, event in enumerate(found) for fault in event.wrong]
    out += ["%s: %d packets tell its end" % (told[n], event.ends) for n, event in enumerate(found) if event.ends != 3]
    for digit, event in zip(told, found):
        if spec.source == "tones" and abs(event.duration / 8 - spec.on) > 30:
            out.append("%s is told to last %d ms" % (digit, event.duration / 8))
    return out


def leak_faults(octets):
    """What of a digit is heard beside its events."""
    return [
        "%d ms of %s are heard in the audio, too" % (length * 1000, digit)
        for digit, _, length in heard(octets, "alaw")
        if length > TALKS
    ]


def said_by_info(messages, gateway):
    """The digits in the gateway's INFO requests."""
    out = ""
    for message in messages:
        if message.method == "INFO" and message.src == gateway and not message.repeat:
            match = re.search(rb"Signal=\s*(\S)", message.body) or re.match(rb"\s*(\S)", message.body)
            out += match[1].decode() if match else "?"
    return out


def said_by_keypad(messages, gateway):
    """The digits in the Keypad facility of the gateway's INFORMATION."""
    out = ""
    for message in messages:
        if message.message == "INFORMATION" and message.src == gateway:
            out += keypad_of(message.octets)
    return out


def keypad_of(octets):
    """What the Keypad facility element (Q.931 4.5.18) of a message says, "" without one."""
    at = 3 + (octets[1] & 15)  # discriminator, length of the reference, that, message type
    while at + 1 < len(octets):
        if octets[at] & 0x80:
            at += 1
            continue
        if octets[at] == KEYPAD:
            return octets[at + 2 : at + 2 + octets[at + 1]].decode("ascii", "replace")
        at += 2 + octets[at + 1]
    return ""


def judge(case, evidence, gateway, phone):
    """Failures, as texts. GATEWAY: the party; PHONE: (address, port) of its RTP."""
    spec = case.digits
    if not spec:
        return []
    if spec.target == "info":
        told = said_by_info(evidence.sip, gateway)
        out = [] if told == spec.digits else ["INFO tells %s" % (told or "nothing")]
        return out + leak_faults(audio_of(evidence.rtp, phone))
    if spec.target == "keypad":
        told = said_by_keypad(evidence.q931, gateway)
        return [] if told == spec.digits else ["Keypad facility tells %s" % (told or "nothing")]
    if spec.target == "events":
        return event_faults(events(evidence.rtp, phone), spec) + leak_faults(audio_of(evidence.rtp, phone))
    if spec.to_pbx:
        law = "alaw" if evidence.layout.line == "e1" else "ulaw"
        found = heard(sound.first_channel(evidence)(), law)
        return tone_faults([one for one in found if one[2] > TALKS], spec)
    found = [one for one in heard(audio_of(evidence.rtp, phone), "alaw") if one[2] > TALKS]
    return [] if spelled(found) == spec.digits else ["the phone hears %s" % (spelled(found) or "nothing")]


def schedule(digits, on, off, lose):
    """{tick of 20 ms: [(marker, begin in samples, event, end, duration)]}: the packets of a phone that presses DIGITS, some of
    them lost by the seed LOSE, but never all of one digit."""
    dice, out, begin = random.Random(lose or 0), {}, int(LEAD * 1000)
    for digit in digits:
        packets = []
        first = begin // 20
        for number in range(1, (on + 19) // 20):
            packets.append((first + number, (number == 1, begin * 8, NAMES.index(digit), False, number * 160)))
        last = first + (on + 19) // 20
        packets += [(last + again, (False, begin * 8, NAMES.index(digit), True, on * 8)) for again in range(3)]
        kept = [one for one in packets if not lose or dice.random() > 0.5] or [dice.choice(packets)]
        for tick, packet in kept:
            out.setdefault(tick, []).append(packet)
        begin += on + off
    return out
