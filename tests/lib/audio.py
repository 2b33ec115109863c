# Is what one far end said what the other heard, octet for octet, by G.711's own conversion tables
# where the laws differ?
import random

RATE = 8000
SKIP = RATE // 2  # the first 500 ms do not count
LENGTH = 10 * RATE  # then 10 s must be equal
ANCHOR = 200  # octets that find the offset

# ITU-T G.711 tables 3 and 4 as decoder output value numbers 0-127 (sign apart), A to mu and mu to
# A.
A_TO_MU = (
    list(range(1, 16, 2))
    + list(range(16, 32))
    + [32, 32, 33, 33, 34, 34, 35, 35]
    + list(range(36, 48))
    + [48, 48, 49, 49]
    + list(range(50, 64))
    + [64, 64]
    + list(range(65, 80))
    + [79]
    + list(range(80, 128))
)
MU_TO_A = (
    [number // 2 for number in range(16)]
    + list(range(8, 24))
    + [24, 26, 28, 30]
    + list(range(32, 44))
    + [45, 47]
    + list(range(48, 62))
    + [63]
    + list(range(64, 79))
    + list(range(80, 128))
)


def a_to_mu(octet):
    sign, number = octet & 0x80, (octet ^ 0x55) & 0x7F
    return sign | (A_TO_MU[number] ^ 0x7F)


def mu_to_a(octet):
    sign, number = octet & 0x80, (octet ^ 0x7F) & 0x7F
    return sign | (MU_TO_A[number] ^ 0x55)


TABLES = {
    ("alaw", "ulaw"): bytes(a_to_mu(octet) for octet in range(256)),
    ("ulaw", "alaw"): bytes(mu_to_a(octet) for octet in range(256)),
}


def convert(octets, law_from, law_to):
    return octets if law_from == law_to else octets.translate(TABLES[(law_from, law_to)])


def pattern(seed, seconds=18):
    """A pattern that is like itself nowhere else: SECONDS of octets from a seeded generator."""
    return random.Random(seed).randbytes(seconds * RATE)


def sample_exact(name, said, heard):
    """Failures (texts) when HEARD does not carry SAID: one constant offset, equal for 10 s after
    the first 500 ms heard."""
    begin = next(
        (
            at
            for at in range(0, max(len(heard) - ANCHOR, 0), ANCHOR // 2)
            if said.find(heard[at : at + ANCHOR]) >= 0
        ),
        None,
    )
    if begin is None:
        return ["%s: the pattern was not heard in %.1f s" % (name, len(heard) / RATE)]
    while begin > 0 and heard[begin - 1] == said[said.find(heard[begin : begin + ANCHOR]) - 1]:
        begin -= 1
    start = begin + SKIP
    anchor = heard[start : start + ANCHOR]
    offset = said.find(anchor)
    if len(anchor) < ANCHOR or offset < 0:
        return ["%s: 500 ms after the pattern began it is not heard any more" % name]
    if len(said) < offset + LENGTH:
        return ["%s: only %.1f s of the pattern were left" % (name, (len(said) - offset) / RATE)]
    if len(heard) < start + LENGTH:
        return ["%s: heard %.1f s of 10 s" % (name, (len(heard) - start) / RATE)]
    if heard[start : start + LENGTH] == said[offset : offset + LENGTH]:
        return []
    wrong = [at for at in range(LENGTH) if heard[start + at] != said[offset + at]]
    return [
        "%s: %d of %d octets differ, the first %.3f s in (%s)"
        % (name, len(wrong), LENGTH, wrong[0] / RATE, slip(said, heard, offset, start, wrong[0]))
    ]


def slip(said, heard, offset, start, at):
    """Where the stream goes on after its first difference, for people."""
    later = at + 2 * ANCHOR
    found = said.find(heard[start + later : start + later + ANCHOR])
    if found < 0:
        return "it does not come back"
    moved = found - (offset + later)
    return (
        "it comes back in place"
        if moved == 0
        else "it comes back %d samples %s" % (abs(moved), "later" if moved < 0 else "earlier")
    )


def rtp_payload(datagrams, src, dst):
    """(failures, octets) of the RTP stream from SRC address to DST (address, port): one SSRC, no
    gap in numbers or timestamps."""
    out, failures, previous = bytearray(), [], None
    for d in datagrams:
        if (
            d.src[0] != src
            or d.dst != dst
            or len(d.data) < 12
            or d.data[0] >> 6 != 2
            or d.data[1] & 0x7F > 71
        ):
            continue
        sequence, stamp = int.from_bytes(d.data[2:4], "big"), int.from_bytes(d.data[4:8], "big")
        payload = d.data[12 + 4 * (d.data[0] & 15) :]
        if previous and (
            sequence != (previous[0] + 1) & 0xFFFF
            or stamp != (previous[1] + previous[2]) & 0xFFFFFFFF
        ):
            failures.append(
                "RTP %s>%s: packet %d at timestamp %d follows %d at %d"
                % (src, dst[0], sequence, stamp, previous[0], previous[1])
            )
        previous = (sequence, stamp, len(payload))
        out += payload
    return failures[:3], bytes(out)


def rtp_times(datagrams, src):
    """(capture time, (address, port) it went to) of the RTP packets from the address SRC."""
    return [
        (d.time, d.dst)
        for d in datagrams
        if d.src[0] == src
        and len(d.data) >= 12
        and d.data[0] >> 6 == 2
        and d.data[1] & 0x7F < 72
        and d.src[1] % 2 == 0
    ]
