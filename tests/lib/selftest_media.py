# Tests the judges of media: good RTP passes, and whatever is wrong with it is noticed.
import struct
import tempfile

import audio
import digits
import dissect
import pcap
import rtp_judge
import sound
import tones

GATEWAY, PHONE = ("127.0.0.1", 20000), ("127.0.0.11", 7000)
SOURCE = 0x1234
APART = 100.0  # seconds from one case to the next


def datagram(time, data, src=GATEWAY, dst=PHONE):
    return pcap.Datagram(time, src, dst, data, pcap.ethernet_udp(src, dst, data))


def rtp(number, source=SOURCE, kind=8):
    return struct.pack(">BBHII", 0x80, kind, number, 160 * number, source) + b"\xd5" * 160


def report(source=SOURCE, kind=200):
    """SR without report blocks and an SDES with a CNAME (RFC 3550 6.4.1, 6.5)."""
    sender = struct.pack(">BBHIIIIII", 0x80, kind, 6, source, 0, 0, 0, 1, 160)
    return sender + struct.pack(">BBHI", 0x81, 202, 2, source) + b"\x01\x01a\x00"


def call(time):
    """The INVITE and the answer of a call from the gateway to the phone, A-law."""
    out = []
    for src, dst, end in (("G", "P", GATEWAY), ("P", "G", PHONE)):
        message = dissect.Sip(time, src, dst)
        message.call_id, message.method = "call", "INVITE" if src == "G" else None
        message.sdp = {"address": end[0], "port": end[1], "formats": ["8"], "direction": ""}
        out.append(message)
    return out


def stream():
    """Six seconds of RTP, and a report."""
    odd = [(address, port + 1) for address, port in (GATEWAY, PHONE)]
    return [datagram(1 + 0.02 * n, rtp(n)) for n in range(300)] + [datagram(4, report(), *odd)]


def test_rtp(tap):
    """Payload type, destination, source and reports against the SDP; tshark's word on each
    packet."""
    good = stream()
    odd = good[-1].src, good[-1].dst
    elsewhere, unknown = ("127.0.0.12", 7000), ("127.0.0.1", 20010)
    cases = [
        ("as it should be", good, True),
        ("another payload type", good + [datagram(8, rtp(300, kind=0))], False),
        ("a second SSRC", good + [datagram(8, rtp(300, source=7))], False),
        ("a report of another SSRC", good + [datagram(8, report(source=7), *odd)], False),
        ("a packet to where nobody asked", good + [datagram(8, rtp(300), dst=elsewhere)], False),
        ("a packet from a port of no call", good + [datagram(8, rtp(300), src=unknown)], False),
        ("half a header", good + [datagram(8, rtp(300)[:9])], False),
        ("half a report", good + [datagram(8, report()[:-7], *odd)], False),
        ("RTCP that begins with SDES", good + [datagram(8, report()[28:], *odd)], False),
        ("no report in six seconds", good[:-1], False),
        ("receiver reports alone", good[:-1] + [datagram(4, receiver_report(), *odd)], False),
    ]
    shifted = [  # one after another, so that tshark is asked only once
        pcap.Datagram(d.time + APART * number, d.src, d.dst, d.data, d.raw)
        for number, (_, datagrams, _) in enumerate(cases)
        for d in datagrams
    ]
    with tempfile.TemporaryDirectory() as folder:
        packets = rtp_judge.dissect(shifted, GATEWAY[0], folder)
    for number, (name, datagrams, fine) in enumerate(cases):
        here = [packet for packet in packets if packet.time // APART == number]
        faults = rtp_judge.judge(here, call(APART * number), "G")
        tap.case(
            (not faults) == fine and len(here) == len(datagrams),
            "RTP with %s %s" % (name, "passes" if fine else "is noticed"),
            str(faults),
        )


def receiver_report():
    return struct.pack(">BBHI", 0x80, 201, 1, SOURCE) + report()[28:]


def test_hold(tap):
    """RTP during hold is noticed wherever it goes, and a side that stays silent afterwards."""
    before = [datagram(1 + 0.02 * n, rtp(n)) for n in range(50)]
    tap.case(not sound.hold_faults(before, (3, 5), PHONE), "a hold without RTP passes")
    for dst in (PHONE, ("0.0.0.0", 7000), ("127.0.0.1", 7000)):
        faults = sound.hold_faults(before + [datagram(4, rtp(50), dst=dst)], (3, 5), PHONE)
        tap.case(bool(faults), "RTP to %s during hold is noticed" % dst[0])
    tap.case(bool(sound.hold_faults([], (3, 5), PHONE)), "no RTP before hold is noticed")
    said = [audio.pattern(who)[9000:17000] for who in ("pbx", "phone", "phone")]
    tap.case(not sound.resumed_faults(*said), "both directions after hold pass")
    for number, name in enumerate(("the phone", "the PBX", "the PBX's recording")):
        heard = list(said)
        heard[number] = heard[number][:2000] + b"\xd5" * 6000 if number == 2 else b"\xd5" * 8000
        tap.case(
            len(sound.resumed_faults(*heard)) == 1, "silence to %s after hold is noticed" % name
        )


def test_tones(tap):
    """A cadence passes; silence, another tone, half a tone and speech-like noise do not."""
    ring, pause = ((440, 480), 0.7), ((), 0.4)
    cases = [
        ("ringback", [pause, ring, pause, ring], True),
        ("silence", [pause, pause], False),
        ("busy tone", [((480, 620), 0.7), pause], False),
        ("one frequency of two", [((440,), 0.7), pause], False),
        ("a third frequency", [((440, 480, 1000), 0.7), pause], False),
        ("half of another tone", [ring, ((480, 620), 0.7)], False),
    ]
    for law in ("alaw", "ulaw"):
        for name, parts, fine in cases:
            fault = tones.carries(tones.made(law, parts), law, (440, 480))
            tap.case(
                (fault is None) == fine,
                "%s as ringback in %s %s" % (name, law, "passes" if fine else "is noticed"),
                fault or "",
            )
    for law in ("alaw", "ulaw"):
        quiet, short = tones.made(law, [((), 0.7)]), tones.made(law, [((), 0.2)])
        late = tones.made(law, [((), 0.7), ((350, 440), 0.1)])
        tap.case(tones.sounds(quiet, law) is None, "silence in %s passes" % law)
        tap.case(bool(tones.sounds(late, law)), "a tone that comes back in %s is noticed" % law)
        tap.case(bool(tones.sounds(short, law)), "too little to tell in %s is noticed" % law)
    noise = audio.pattern("noise", 1)
    tap.case(bool(tones.carries(noise, "alaw", (440, 480))), "noise is no ringback")


def event(number, stamp, octets, marker=False):
    """A telephone-event packet of the gateway's."""
    head = struct.pack(">BBHII", 0x80, digits.EVENT_TYPE | marker << 7, number, stamp, SOURCE)
    return datagram(1 + 0.02 * number, head + bytes.fromhex(octets))


def test_digits(tap):
    """Digits that come whole pass; one lost, doubled, too short, not apart or heard twice does not."""
    to_pbx, to_phone = digits.Spec("events tones 112D"), digits.Spec("tones events 5")
    cases = [
        ("as said", "112D", 100, 100, True),
        ("a digit lost", "12D", 100, 100, False),
        ("a digit doubled", "1112D", 100, 100, False),
        ("digits changed about", "121D", 100, 100, False),
        ("digits of 50 ms", "112D", 50, 100, False),
        ("digits of 200 ms", "112D", 200, 100, False),
        ("pauses of 30 ms", "112D", 100, 30, False),
    ]
    for law in ("alaw", "ulaw"):
        for name, said, on, off, fine in cases:
            found = digits.heard(digits.made(law, said, on, off), law)
            faults = digits.tone_faults(found, to_pbx)
            tap.case((not faults) == fine, "%s in %s %s" % (name, law, "pass" if fine else "are noticed"), str(faults))
    good = [
        event(0, 500, "050a00a0", True),
        event(1, 500, "050a0140"),
        *(event(number, 500, "058a0320") for number in (2, 3, 4)),
    ]
    cases = [
        ("as RFC 4733 has it", good, True),
        ("without its marker", [event(0, 500, "050a00a0"), *good[1:]], False),
        ("with a marker on each packet", [good[0], event(1, 500, "050a0140", True), *good[2:]], False),
        ("with two end packets", good[:-1], False),
        ("of another digit", [event(0, 500, "060a00a0", True), *good[1:]], False),
        ("of a second digit", [*good, event(9, 9000, "058a0320", True)], False),
        ("that shrinks", [good[0], event(1, 500, "050a0000"), *good[2:]], False),
        ("that goes on after its end", [*good, event(9, 500, "050a0320")], False),
        ("too short", [*good[:2], *(event(number, 500, "058a0150") for number in (2, 3, 4))], False),
        ("with half a payload", [*good[:2], event(2, 500, "058a"), *good[3:]], False),
        ("of nothing", [], False),
    ]
    for name, packets, fine in cases:
        faults = digits.event_faults(digits.events(packets, PHONE), to_phone)
        tap.case((not faults) == fine, "an event %s %s" % (name, "passes" if fine else "is noticed"), str(faults))
    tap.case(bool(digits.leak_faults(digits.made("alaw", "5", 40, 40))), "40 ms beside an event are noticed")
    tap.case(not digits.leak_faults(digits.made("alaw", "5", 16, 40)), "16 ms beside an event pass")
    tap.case(digits.keypad_of(bytes.fromhex("080200017b2c0139")) == "9", "Keypad facility is read")


def test_all(tap):
    test_digits(tap)
    test_rtp(tap)
    test_tones(tap)
    test_hold(tap)
