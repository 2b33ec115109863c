# From one capture to everything a test may hold against a flow: messages in time order, spans, RTP
# streams.
import math
import os

import pcap
import relay_judge
from cesopsn_decode import Pseudowire, merge, write_lapd
from dissect import mark_repeats, number_calls, q931_messages, sip_messages

U_FRAMES = {0x43: "DISC", 0x63: "UA"}  # Q.921 table 5, the P/F bit apart
DNS = 53
SLOTS = {"e1": 31, "t1": 24, "bri": 3}
D_SLOT = {"e1": 16, "t1": 24, "bri": 3}


class Evidence:
    """messages: Sip and Q931 in time order. relayed: the SIP messages, and what the gateway tells
    itself, with .wire and .body as relay_judge reads them. sent, received: the span's two
    pseudowires (None without a span). marks: {name: time} of what befell the line. complaints: what
    the decoder found wrong on the span, and datagrams that are nothing known."""

    def __init__(self, path, folder, layout):
        """PATH: the capture. FOLDER: where derived captures go. LAYOUT: a Layout."""
        self.datagrams = [d for d in pcap.datagrams(path) if layout.since <= d.time < layout.until]
        self.layout = layout
        spans = {layout.span_local, layout.span_remote}
        others = [
            d
            for d in self.datagrams
            if not {d.src, d.dst} & spans and d.src != d.dst and DNS not in (d.src[1], d.dst[1])
        ]
        self.rtp = [d for d in others if 5060 not in (d.src[1], d.dst[1])]
        self.relayed = self.take_sip([d for d in others if 5060 in (d.src[1], d.dst[1])], folder)
        self.sip = [one for one in self.relayed if one.src != one.dst]
        self.complaints, self.q931 = [], []
        for d in self.rtp:
            if not d.data or d.data[0] >> 6 != 2:
                self.complaints.append(
                    "%s:%d > %s:%d: neither SIP on its port nor RTP: %r"
                    % (*d.src, *d.dst, d.data[:40])
                )
        self.sent, self.received = self.take_wires()
        self.frames = self.take_frames()
        self._read_d_channel(os.path.join(folder, "lapd.pcap"))
        self.messages = sorted(self.sip + self.q931, key=lambda message: message.end)
        self.marks = line_marks(self.received, self.frames)

    def take_sip(self, datagrams, folder):
        """Every SIP message, the gateway's own talk with itself too."""
        path = os.path.join(folder, "sip.pcap")
        pcap.write(path, pcap.ETHERNET, [(d.time, d.raw) for d in datagrams])
        out = mark_repeats(sip_messages(path, self.layout.party_of))
        for message in out:
            octets = datagrams[message.frame - 1].data
            message.wire, message.body = relay_judge.read_headers(octets)
        return out

    def take_wires(self):
        """Both directions of the line, the gateway's first."""
        here, there = self.layout.span_local, self.layout.span_remote
        return [
            Pseudowire(self.datagrams, *ends, SLOTS[self.layout.line])
            for ends in ((here, there), (there, here))
        ]

    def take_frames(self):
        """The D channel's, as merge() gives them."""
        slot = D_SLOT[self.layout.line]
        return merge(self.sent.frames(slot), self.received.frames(slot))

    def _read_d_channel(self, path):
        write_lapd(path, self.frames, self.layout.we_are_network)
        if self.frames:
            messages = q931_messages(
                path, self.frames, self.layout.gateway, self.layout.pbx, self.complaints
            )
            self.q931 = number_calls(messages)
        for name, wire in (("gateway", self.sent), ("pbx", self.received)):
            self.complaints += ["span, %s sends: %s" % (name, error) for error in wire.errors]


def line_marks(wire, frames):
    """{name: time} of flow.MARKS. WIRE: the pseudowire from the PBX, or None. FRAMES: merge()'s, in
    order.

    down, up: the last packet before the first silence, the first one after it. DISC, UA: the first
    DISC on the D channel, the last UA after it (Q.921 3.6: layer 2 released, and established
    anew)."""
    marks = {}
    for name, at in zip(("down", "up"), (wire and wire.silence()) or ()):
        if at is not None:
            marks[name] = at
    for _, end, _, data in frames:
        kind = U_FRAMES.get(data[2] & 0xEF) if len(data) == 3 else None
        if kind == "DISC" and "DISC" not in marks or kind == "UA" and "DISC" in marks:
            marks[kind] = end
    return marks


class Layout:
    """Who sits where: addresses of the SIP parties, both ends of the span, the line type, our side
    of it."""

    def __init__(
        self, addresses, gateway, pbx, span_local, span_remote, line="e1", we_are_network=True
    ):
        self.addresses, self.gateway, self.pbx = addresses, gateway, pbx
        self.span_local, self.span_remote = span_local, span_remote
        self.line, self.we_are_network = line, we_are_network
        self.since, self.until = 0.0, math.inf  # what was captured at other times does not count

    def party_of(self, address, port):
        for party, ends in self.addresses.items():
            if ends[0] == address and party != self.pbx:
                return party
        return "%s:%d" % (address, port)
