# Reads RFC 5086 from captured UDP datagrams: packets in order, timeslots, the HDLC frames of a D
# channel.
#
# This is the tests' own decoder. It shares nothing with src/span and was written from the standards
# only: RFC 5086 (control word, payload order), ITU-T Q.921 2.3-2.9 (flags, zero insertion, FCS,
# abort), ISO/IEC 3309 (FCS-16).
import struct

from pcap import LINUX_LAPD, write

SILENCE = 0.3  # seconds; a line that says nothing for longer is down
CONTROL_WORD = struct.Struct(">HH")
RTP = struct.Struct(">BBHII")
FLAG = "01111110"
BITS = [
    format(octet, "08b") for octet in range(256)
]  # a timeslot's bit 1 is its most significant, sent first


class Packet:
    """One pseudowire packet: time, sequence number, L, R, M bits, payload."""

    __slots__ = ("time", "seq", "l", "r", "m", "payload")

    def __init__(self, time, seq, l, r, m, payload):
        self.time, self.seq, self.l, self.r, self.m, self.payload = time, seq, l, r, m, payload


class Frame:
    """A Q.921 frame with a good FCS (removed): when its first and its last bit were captured."""

    __slots__ = ("start", "end", "data")

    def __init__(self, start, end, data):
        self.start, self.end, self.data = start, end, data


def crc16(octets):
    """The frame check sequence of ISO 3309 (x16+x12+x5+1, reflected), before its final
    complement."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc


GOOD_FCS = 0xF0B8  # what crc16() leaves after a frame and its own FCS


class Pseudowire:
    """One direction of a CESoPSN span, put in order by sequence number; SLOTS timeslots a frame."""

    def __init__(self, datagrams, src, dst, slots):
        self.slots = slots
        self.errors = []
        ours = [d for d in datagrams if d.src == src and d.dst == dst]
        self.times = sorted(d.time for d in ours)
        self.until = max((d.time for d in datagrams), default=0)  # the capture's end
        self.with_rtp = bool(ours) and len(ours[0].data) > RTP.size and ours[0].data[0] >> 4 == 8
        self.stamps = []  # (sequence, timestamp), and of what source and payload type
        self.sources = set()
        self.packets = self._in_order(ours)
        self._judge_rtp()
        self.size = max((len(p.payload) for p in self.packets), default=0)
        for packet in self.packets:
            if packet.payload and len(packet.payload) != self.size:
                self.errors.append(
                    "%.6f: payload of %d octets, others have %d"
                    % (packet.time, len(packet.payload), self.size)
                )
        if self.size % slots:
            self.errors.append(
                "payload of %d octets is no multiple of %d timeslots" % (self.size, slots)
            )

    def _in_order(self, datagrams):
        """Parses control words (RFC 5086 4.3), undoes sequence wrap, sorts, drops duplicates, fills
        gaps. After a silence a far end may begin with any number."""
        seen, high, previous, heard = {}, 0, None, 0
        for d in datagrams:
            data = self._behind_rtp(d) if self.with_rtp else d.data
            if len(data) < 4:
                self.errors.append("%.6f: %d octets hold no control word" % (d.time, len(d.data)))
                continue
            word, seq = CONTROL_WORD.unpack_from(data)
            if self.with_rtp and seq != self.stamps[-1][0]:
                self.errors.append("%.6f: the RTP header's number is not the control word's" % d.time)
            if word >> 12 or word & 0x00C0:
                self.errors.append(
                    "%.6f: control word %04x: reserved or FRG bits set" % (d.time, word)
                )
            length = word & 0x3F
            if length and length != len(d.data):
                self.errors.append(
                    "%.6f: LEN %d in a packet of %d octets" % (d.time, length, len(d.data))
                )
            if seen and d.time - heard > SILENCE and 1000 < (seq - previous) & 0xFFFF:
                high, previous = (max(seen) // 0x10000 + 2) * 0x10000, None
            heard = d.time
            if previous is not None and (seq - previous) & 0xFFFF < 0x8000 and seq < previous:
                high += 0x10000
            long_seq = (
                high + seq - (0x10000 if previous is not None and seq > previous + 0x8000 else 0)
            )
            if previous is None or (seq - previous) & 0xFFFF < 0x8000:
                previous = seq
            seen.setdefault(
                long_seq,
                Packet(d.time, long_seq, word >> 11 & 1, word >> 10 & 1, word >> 8 & 3, data[4:]),
            )
        out = []
        for long_seq in sorted(seen):
            packet = seen[long_seq]
            if out and 1 < long_seq - out[-1].seq < 1000:
                for lost in range(out[-1].seq + 1, long_seq):
                    out.append(Packet(packet.time, lost, 1, 0, 0, b""))
            out.append(packet)
        return out

    def _behind_rtp(self, d):
        """The control word and what follows the RTP header (RFC 5086 4.3, RFC 3550 5.1)."""
        if len(d.data) < RTP.size:
            return b""
        first, kind, seq, stamp, source = RTP.unpack_from(d.data)
        if first != 0x80 or kind > 127:
            self.errors.append("%.6f: RTP header %02x %02x" % (d.time, first, kind))
        self.stamps.append((seq, stamp))
        self.sources.add((source, kind))
        return d.data[RTP.size :]

    def _judge_rtp(self):
        """One source of one type, and timestamps that count the frames of 8 kHz."""
        if len(self.sources) > 1:
            self.errors.append("RTP headers of %d sources or types" % len(self.sources))
        frames = max((len(p.payload) for p in self.packets), default=0) // self.slots
        for (seq, stamp), (after, later) in zip(self.stamps, self.stamps[1:]):
            numbers = (after - seq + 0x8000) % 0x10000 - 0x8000
            if numbers > 0 and (later - stamp) & 0xFFFFFFFF != numbers * frames:
                self.errors.append("RTP timestamp %d follows %d in %d packets" % (later, stamp, numbers))
                break

    def slot(self, timeslot, first=None, last=None):
        """The octets of TIMESLOT (1 ...) from time FIRST to LAST; what never came or came marked L
        counts as all ones."""
        out = []
        filler = b"\xff" * (self.size // self.slots)
        for p in self.packets:
            if (first is None or p.time >= first) and (last is None or p.time <= last):
                out.append(
                    p.payload[timeslot - 1 :: self.slots]
                    if len(p.payload) == self.size and not p.l
                    else filler
                )
        return b"".join(out)

    def silence(self):
        """(time of the last packet before the line fell silent, time of the first one after that or
        None), or None."""
        times = [*self.times, self.until]
        for before, after in zip(times, times[1:]):
            if after - before > SILENCE:
                return before, after if after < self.until else None
        return None

    def frames(self, timeslot):
        """Deframes the HDLC stream of TIMESLOT. Frames with a bad FCS are told in self.errors;
        aborts are not frames."""
        if not self.packets or not self.size:
            return []
        per_packet = self.size // self.slots * 8
        times = [p.time for p in self.packets]
        bits = "".join(BITS[octet] for octet in self.slot(timeslot))

        def time_of(bit):
            return times[min(bit // per_packet, len(times) - 1)]

        found, at = [], bits.find(FLAG)
        while at >= 0:
            following = bits.find(FLAG, at + 7)  # two flags may share a zero
            if following < 0:
                break
            body = bits[at + 8 : following]
            if len(body) >= 8 * 4 and "1111111" not in body:
                frame = self._frame(body, time_of(at + 8), time_of(following + 7))
                if frame:
                    found.append(frame)
            at = following
        return found

    def _frame(self, body, start, end):
        body = body.replace("111110", "11111")
        if len(body) % 8:
            self.errors.append("%.6f: HDLC frame of %d bits" % (start, len(body)))
            return None
        octets = bytes(int(body[n : n + 8][::-1], 2) for n in range(0, len(body), 8))
        if crc16(octets) != GOOD_FCS:
            self.errors.append("%.6f: HDLC frame with a bad FCS: %s" % (start, octets.hex()))
            return None
        return Frame(start, end, octets[:-2])

    def losses(self):
        """(packets that never came, packets marked L, packets marked R, packets marked M=10)."""
        gone = sum(1 for p in self.packets if p.l and not p.payload)
        return (
            gone,
            sum(p.l for p in self.packets) - gone,
            sum(p.r for p in self.packets),
            sum(1 for p in self.packets if not p.l and p.m == 2),
        )


def merge(sent, received):
    """(start, end, outgoing, data) of both directions' frames, in the order in which their last
    bits were captured."""
    both = [(f.start, f.end, True, f.data) for f in sent] + [
        (f.start, f.end, False, f.data) for f in received
    ]
    return sorted(both, key=lambda f: f[1])


def write_lapd(path, frames, we_are_network):
    """Writes merge()'s frames, with or without their spans, as LINUX_LAPD for tshark: packet type 4 is sent, 0 received; octet 0
    of the address is 1 on the network side."""

    def cooked(outgoing):
        return struct.pack(
            ">HHHB7xH", 4 if outgoing else 0, 0x20FD, 2, 1 if we_are_network else 0, 0x0030
        )

    write(path, LINUX_LAPD, [(end, cooked(outgoing) + data) for _, end, outgoing, data, *_ in frames])


def hdlc_bits(frame):
    """The other way round, for tests of the tests: FRAME with FCS and zero insertion, without
    flags, as a string of bits."""
    crc = crc16(frame) ^ 0xFFFF
    body = "".join(BITS[octet][::-1] for octet in frame + bytes((crc & 255, crc >> 8)))
    return body.replace("11111", "111110")
