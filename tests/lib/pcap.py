# Classic pcap files: reads UDP datagrams, and what TCP carries, out of one, writes packets into one.
#
# Written from the file format's description; nothing of tieline is used here.
import socket
import struct

ETHERNET = 1  # LINKTYPE_ETHERNET: what a capture on "lo" carries
LINUX_LAPD = 177  # LINKTYPE_LINUX_LAPD: LAPD frames with a 16-octet cooked header


class Datagram:
    """One UDP datagram, or one TCP segment with something in it: capture time in seconds, (address, port) of both ends, payload, raw
    packet."""

    __slots__ = ("time", "src", "dst", "data", "raw")

    def __init__(self, time, src, dst, data, raw=b""):
        self.time, self.src, self.dst, self.data, self.raw = time, src, dst, data, raw


def packets(path):
    """Yields (time, octets) of every whole packet; a record cut short at the end of the file ends
    it."""
    with open(path, "rb") as file:
        octets = file.read()
    if len(octets) < 24:
        return
    magic = octets[:4]
    order = "<" if magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    fraction = 1e-9 if magic in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
    head = struct.Struct(order + "IIII")
    at = 24
    while at + 16 <= len(octets):
        seconds, part, kept, _ = head.unpack_from(octets, at)
        at += 16
        if at + kept > len(octets):
            return
        yield seconds + part * fraction, octets[at : at + kept]
        at += kept


UDP, TCP = 17, 6
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"


def internet(raw):
    """(protocol, source, destination, where its payload begins, and ends) of an Ethernet packet that
    carries IP without extension headers; None of any other."""
    if raw[12:14] == IPV4 and len(raw) >= 34:
        end = 14 + struct.unpack_from(">H", raw, 16)[0]
        ends = [socket.inet_ntoa(raw[at : at + 4]) for at in (26, 30)]
        return raw[23], *ends, 14 + (raw[14] & 15) * 4, end
    if raw[12:14] == IPV6 and len(raw) >= 54:
        end = 54 + struct.unpack_from(">H", raw, 18)[0]
        ends = [socket.inet_ntop(socket.AF_INET6, raw[at : at + 16]) for at in (22, 38)]
        return raw[20], *ends, 54, end
    return None


def datagrams(path):
    """Every UDP datagram and TCP segment of an Ethernet capture, in file order; no segment that
    carries nothing."""
    out = []
    for time, raw in packets(path):
        found = internet(raw)
        if found is None or found[0] not in (UDP, TCP):
            continue
        protocol, source, destination, at, end = found
        sport, dport, length = struct.unpack_from(">HHH", raw, at)
        body = at + 8 if protocol == UDP else at + (raw[at + 12] >> 4) * 4
        data = raw[body : at + length if protocol == UDP else end]
        if data or protocol == UDP:
            out.append(Datagram(time, (source, sport), (destination, dport), data, raw))
    return out


def ethernet_udp(src, dst, data):
    """An Ethernet packet that carries DATA from SRC to DST; for tests of the tests."""

    def quad(text):
        return bytes(int(part) for part in text.split("."))

    udp = struct.pack(">HHHH", src[1], dst[1], len(data) + 8, 0) + data
    head = (
        struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0)
        + quad(src[0])
        + quad(dst[0])
    )
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
    return bytes(12) + b"\x08\x00" + head + udp


def write(path, link, stream):
    """Writes (time, octets) pairs as a pcap file of link type LINK."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for time, octets in stream:
            micros = round(time * 1e6)
            file.write(
                struct.pack("<IIII", micros // 1000000, micros % 1000000, len(octets), len(octets))
            )
            file.write(octets)
