# From one capture to everything a test may hold against a flow: messages in time order, spans, RTP
# streams.
import math
import os

import pcap
import relay_judge
from cesopsn_decode import Pseudowire, merge, write_lapd
from dissect import mark_repeats, number_calls, q931_messages, sip_messages
from case_spans import Spans

U_FRAMES = {0x43: "DISC", 0x63: "UA"}  # Q.921 table 5, the P/F bit apart
DNS = 53
SLOTS = {"e1": 31, "t1": 24, "bri": 3}
D_SLOT = {"e1": 16, "t1": 24, "bri": 3}


class Evidence:
    """messages: Sip and Q931 in time order. relayed: the SIP messages, and what the gateway tells
    itself, with .wire and .body as relay_judge reads them. sent, received: the first span's two
    pseudowires (None without a span); wires: {span: both}. marks: {name: time} of what befell the line. complaints: what
    the decoder found wrong on the span, and datagrams that are nothing known."""

    def __init__(self, path, folder, layout):
        """PATH: the capture. FOLDER: where derived captures go. LAYOUT: a Layout."""
        self.datagrams = [d for d in pcap.datagrams(path) if layout.since <= d.time < layout.until]
        self.layout = layout
        spans = {end for span in layout.spans for end in layout.ends(span)}
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
        self.wires = {1: (self.sent, self.received)}
        self._take_further_spans()
        self._read_d_channel(os.path.join(folder, "lapd.pcap"))
        self.messages = sorted(self.sip + self.q931, key=lambda message: message.end)
        self.marks = {}
        for span, (_, received) in self.wires.items():
            here = [frame for frame in self.frames if span_of(frame) == span]
            for name, at in line_marks(received, here).items():
                self.marks[name if span == 1 else "%s-%d" % (name, span)] = at

    def take_sip(self, datagrams, folder):
        """Every SIP message, the gateway's own talk with itself too."""
        path = os.path.join(folder, "sip.pcap")
        pcap.write(path, pcap.ETHERNET, [(d.time, d.raw) for d in datagrams])
        out = mark_repeats(sip_messages(path, self.layout.party_of))
        for message in out:
            octets = datagrams[message.frame - 1].data
            message.wire, message.body = relay_judge.read_headers(octets)
        return out

    def take_wires(self, span=1):
        """Both directions of a line, the gateway's first."""
        here, there = self.layout.ends(span)
        return [
            Pseudowire(self.datagrams, *ends, SLOTS[self.layout.line])
            for ends in ((here, there), (there, here))
        ]

    def _take_further_spans(self):
        """Their frames say which span they came by."""
        slot = D_SLOT[self.layout.line]
        for span in self.layout.spans:
            if span == 1:
                continue
            sent, received = self.wires[span] = self.take_wires(span)
            if self.layout.spans.role(span) != "none":
                frames = merge(sent.frames(slot), received.frames(slot))
                self.frames = sorted(self.frames + [(*frame, span) for frame in frames], key=lambda frame: frame[1])

    def toward_pbx(self, message):
        """What the gateway sends on the channel that MESSAGE names, as a function of its slot()'s times."""
        sent = self.wires[self.layout.spans.carrying(message)][0]
        return lambda *times: sent.slot(message.channel, *times)

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
            for message in messages:
                message.trunk = self.layout.spans.trunk(message.span)
            self.q931 = number_calls(messages)
        for span, wires in self.wires.items():
            for name, wire in zip(("gateway", "pbx"), wires):
                self.complaints += ["span %d, %s sends: %s" % (span, name, error) for error in wire.errors]


def span_of(frame):
    """Of one of Evidence.frames."""
    return frame[4] if len(frame) > 4 else 1


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
    for _, end, _, data, *_ in frames:
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
        self.spans = Spans()
        self.more = ()  # addresses of the gateway beside that
        self.since, self.until = 0.0, math.inf  # what was captured at other times does not count

    def ends(self, span):
        """(address, port) of the gateway's end of SPAN, and of the PBX's."""
        return (self.span_local, self.span_remote) if span == 1 else self.spans.ends(span)

    def media_toward(self, address, usual):
        """The gateway's address in the family of ADDRESS, USUAL being IPv4."""
        alike = [one for one in (usual, *self.more) if (":" in one) == (":" in address)]
        return alike[0] if alike else usual

    def party_of(self, address, port):
        if address in self.more:
            return self.gateway
        for party, ends in self.addresses.items():
            if ends[0] == address and party != self.pbx:
                return party
        return "%s:%d" % (address, port)
