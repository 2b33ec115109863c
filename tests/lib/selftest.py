# Tests the tests: the decoder against hand-made octets, and every flow file against evidence played
# on paper, good and spoiled. Prints TAP.
import os
import random
import sys
import tempfile

import audio
import cesopsn_decode
import dissect
import flow
import ladder as ladder_text
import pcap
import selftest_media
import synth
from check import check_flow, ladder
from evidence import Layout, line_marks
from mutate import RULE_SPOILERS, UNSPOILED, survivors

HERE = os.path.dirname(os.path.abspath(__file__))
HOUSE = os.path.join(HERE, "..", "house")


def all_flows():
    """The catalogue's and our own."""
    folders = [os.path.join(HOUSE, name) for name in ("flows", "own")]
    return [one for folder in folders for one in flow.read_flows(folder)]


class Tap:
    """Numbers the cases and prints them."""

    def __init__(self):
        self.count, self.failed = 0, 0

    def case(self, good, text, detail=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, text))
        for line in detail.splitlines() if not good else ():
            print("# " + line)


def test_crc(tap):
    """The check value of CRC-16/X-25, and the residue ISO 3309 names."""
    check = cesopsn_decode.crc16(b"123456789") ^ 0xFFFF
    tap.case(check == 0x906E, "the FCS of '123456789' is 906e", "%04x" % check)
    residue = cesopsn_decode.crc16(b"123456789" + bytes((0x6E, 0x90)))
    tap.case(
        residue == cesopsn_decode.GOOD_FCS, "a frame with its own FCS leaves f0b8", "%04x" % residue
    )


def test_golden_frame(tap):
    """SABME to SAPI 0, TEI 0 written out by hand from Q.921 2.3 to 2.7: low bits first, a zero
    after five ones, the FCS's high power first."""
    bits = "01000000" "10000000" "11111" "0" "110" "00111011" "10000111"
    tap.case(
        cesopsn_decode.hdlc_bits(b"\x02\x01\x7f") == bits,
        "zero insertion, bit order and FCS of a SABME",
        cesopsn_decode.hdlc_bits(b"\x02\x01\x7f"),
    )
    stream = cesopsn_decode.FLAG * 20 + bits + cesopsn_decode.FLAG * 24
    octets = bytes(int(stream[n : n + 8], 2) for n in range(0, len(stream) // 8 * 8, 8))[:40]
    packet = pcap.Datagram(
        1.0,
        synth.GATEWAY,
        synth.PBX,
        b"\x00\x00\x00\x07"
        + b"".join(bytes((*[0xD5] * 15, octet, *[0xD5] * 15)) for octet in octets),
    )
    wire = cesopsn_decode.Pseudowire([packet], synth.GATEWAY, synth.PBX, 31)
    got = [frame.data for frame in wire.frames(16)]
    tap.case(got == [b"\x02\x01\x7f"], "the same SABME comes back out of timeslot 16", str(got))


def test_audio(tap):
    """The judge of sound: an offset is no fault; a sample lost, doubled or altered, silence and an
    early end are."""
    said = audio.pattern(1)
    silence = b"\xd5" * 3000
    good = silence + said[900:]
    cases = [
        ("late and cut at its head", good, True),
        ("one octet altered", good[:40000] + bytes((good[40000] ^ 1,)) + good[40001:], False),
        ("one octet lost", good[:40000] + good[40001:], False),
        ("one octet doubled", good[:40000] + good[39999:], False),
        ("20 ms concealed", good[:40000] + silence[:160] + good[40160:], False),
        ("silence", silence * 40, False),
        ("nine seconds", good[:75000], False),
        ("another pattern", audio.pattern(2), False),
    ]
    for name, heard, fine in cases:
        tap.case(
            (not audio.sample_exact("", said, heard)) == fine,
            "a stream with %s %s" % (name, "passes" if fine else "is noticed"),
            str(audio.sample_exact("", said, heard)),
        )
    # G.711: mu-A-mu alters the mu-law decoder output values 0, 2 ... 14 only, A-mu-A the A-law ones
    # 26, 28, 30, 32, 45, 47, 63, 80 only, and both nothing but bit 8
    for first, last, mask, base, altered in (
        ("ulaw", "alaw", 0xFF, 0, list(range(0, 16, 2))),
        ("alaw", "ulaw", 0xD5, 1, [26, 28, 30, 32, 45, 47, 63, 80]),
    ):
        back = audio.convert(audio.convert(bytes(range(256)), first, last), last, first)
        changed = [number + base for number in range(128) if back[number ^ mask] != number ^ mask]
        bit_8 = all(back[octet] ^ octet in (0, 1) for octet in range(256))
        tap.case(
            changed == altered and bit_8,
            "%s to %s and back alters just what G.711 names" % (first, last),
            str(changed),
        )


def test_decoder(tap):
    """Random frames survive HDLC, timeslots, a sequence wrap, reordering and duplicates; a lost
    packet only costs its frames."""
    line, frames = synth.Line(), []
    chance = random.Random(5086)
    for number in range(60):
        frames.append(bytes(chance.randrange(256) for _ in range(chance.randrange(4, 60))))
        line.send(0.02 * number, frames[-1])
    sent = [pcap.Datagram(at, synth.GATEWAY, synth.PBX, data) for at, data in line.packets(2.0)]
    mixed = list(sent)
    for at in range(5, len(mixed) - 5, 7):
        mixed[at], mixed[at + 1] = mixed[at + 1], mixed[at]
    mixed.insert(30, mixed[10])
    wire = cesopsn_decode.Pseudowire(mixed, synth.GATEWAY, synth.PBX, synth.SLOTS)
    got = [frame.data for frame in wire.frames(synth.D_SLOT)]
    tap.case(
        got == frames and wire.losses() == (0, 0, 0, 0),
        "60 frames over packets out of order, twice, across a wrap",
        "%d of %d, %s" % (len(got), len(frames), wire.errors[:2]),
    )
    del sent[100:102]
    wire = cesopsn_decode.Pseudowire(sent, synth.GATEWAY, synth.PBX, synth.SLOTS)
    got = [frame.data for frame in wire.frames(synth.D_SLOT)]
    tap.case(
        wire.losses()[0] == 2 and 55 <= len(got) < 60 and all(data in frames for data in got),
        "two lost packets are told and cost no other frames",
        "%s %d" % (wire.losses(), len(got)),
    )


LADDER = """C1 from pbx: 200 to 4920, began 2026-11-21 00:50:54
  seconds SIP                                | call map                                         | Q.931
    0.000                                    |                                                  | <--- SETUP 200 to 4920 ch 31 complete
    0.000                                    | ISDN.SETUP ->(IDLE,PRESENT): route_call          |
    0.000                                    |                                                  | CALL PROCEEDING ch 31 ----------->
    0.000 < INVITE sip:4920@127.0.0.11;user= |                                                  |
    0.407 200 OK SDP ----------------------> |                                                  |
    1.011 <-------------------- 200 OK (BYE) |                                                  |
"""


def test_ladder(tap):
    """The reader of ladders: names and ways come out; a message more or less is noticed."""
    read = ladder_text.read(LADDER)
    want = {
        ("sip", "in"): ["200"],
        ("sip", "out"): ["INVITE", "200(BYE)"],
        ("q931", "in"): ["SETUP"],
        ("q931", "out"): ["CALL PROCEEDING"],
    }
    tap.case(read == want, "a ladder is read", str(read))
    tap.case(
        len(ladder_text.compare(LADDER, [], "G")) == 4,
        "a ladder that tells what no capture shows is noticed",
    )


class Paper:
    """All cases played on paper, one after another, APART seconds apart: so tshark is asked only
    twice for the lot."""

    APART = 1000.0

    def __init__(self, cases, folder):
        sip, frames, self.layouts, self.marks = [], [], [], []
        for number, case in enumerate(cases):
            path = os.path.join(folder, "paper.pcap")
            addresses = synth.play(case, path)
            role = {value: name for name, value in case.parties.items()}
            self.layouts.append(
                Layout(addresses, role["gateway"], role.get("pbx", ""), synth.GATEWAY, synth.PBX)
            )
            shift = number * self.APART
            datagrams = pcap.datagrams(path)
            sip += [(d.time + shift, d.raw) for d in datagrams if d.src[1] == 5060]
            self.layouts[-1].spans = case.spans
            self.marks.append({})
            for span in case.spans:
                frames += self.hear(case.spans, span, datagrams, shift)
        pcap.write(os.path.join(folder, "sip.pcap"), pcap.ETHERNET, sip)
        cesopsn_decode.write_lapd(os.path.join(folder, "lapd.pcap"), frames, True)
        self.sip = dissect.sip_messages(
            os.path.join(folder, "sip.pcap"), lambda address, port: (address, port)
        )
        self.strange = []
        self.q931 = dissect.q931_messages(
            os.path.join(folder, "lapd.pcap"), frames, True, False, self.strange
        )

    def hear(self, spans, span, datagrams, shift):
        """The frames of one span of the last case, and its marks."""
        here, there = spans.ends(span)
        wires = [
            cesopsn_decode.Pseudowire(datagrams, *ends, synth.SLOTS)
            for ends in ((here, there), (there, here))
        ]
        heard = [
            (begin + shift, end + shift, *rest, span)
            for begin, end, *rest in cesopsn_decode.merge(
                *(wire.frames(synth.D_SLOT) for wire in wires)
            )
        ]
        marks = {name: at + shift for name, at in line_marks(wires[1], []).items()}
        marks.update(line_marks(None, heard))
        for name, at in marks.items():
            self.marks[-1][name if span == 1 else "%s-%d" % (name, span)] = at
        return heard

    def messages(self, number):
        """What case NUMBER left."""
        layout = self.layouts[number]
        here = [
            [message for message in messages if message.begin // self.APART == number]
            for messages in (self.sip, self.q931)
        ]
        for message in here[0]:
            message.src, message.dst = layout.party_of(*message.src), layout.party_of(*message.dst)
        for message in here[1]:
            message.trunk = layout.spans.trunk(message.span)
            message.src = layout.gateway if message.src else layout.pbx
            message.dst = layout.gateway if message.dst else layout.pbx
        here[1].sort(key=lambda message: message.end)
        return sorted(
            dissect.mark_repeats(here[0]) + dissect.number_calls(here[1]),
            key=lambda message: message.end,
        )


def test_rules(tap):
    """No rule is without a way to break it."""
    unbroken = flow.RULES - set(RULE_SPOILERS) - UNSPOILED
    tap.case(not unbroken, "every rule is spoiled somehow", " ".join(sorted(unbroken)))


def test_flows(tap, flows, folder):
    named = [
        (
            one.id + (" " + case.name if case.name else ""),
            flow.on_switch(case, one.switches[0], optional=True),
        )
        for one in flows
        for case in one.cases
    ]
    paper = Paper([case for _, case in named], folder)
    for number, (name, case) in enumerate(named):
        messages = paper.messages(number)
        verdict = check_flow(case, messages, paper.marks[number])
        tap.case(
            not verdict.failures,
            "%s on paper passes its own check" % name,
            "\n".join(verdict.failures) + "\n" + ladder(messages, case.parties),
        )
        if not verdict.failures:
            tried, missed = survivors(case, messages, paper.marks[number])
            tap.case(
                tried > 0 and not missed,
                "%s: %d ways to spoil it are all noticed" % (name, tried),
                "\n".join(missed),
            )


def main():
    tap = Tap()
    test_crc(tap)
    test_golden_frame(tap)
    test_decoder(tap)
    test_audio(tap)
    selftest_media.test_all(tap)
    test_ladder(tap)
    test_rules(tap)
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        test_flows(
            tap, [one for one in all_flows() if not wanted or one.id in wanted], folder
        )
    print("1..%d" % tap.count)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
