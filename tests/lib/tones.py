# Is a tone really heard in a timeslot? Decodes G.711 and weighs frequencies (Goertzel).
import bisect
import math

RATE = 8000
WINDOW = 400  # samples: 50 ms, frequencies 20 Hz apart
LOUD = 250.0  # of 32768, effective: silence and idle codes are far below, any tone far above
LEAST = 6  # windows of tone
PURE = 0.9  # of a window's power belongs to the tone
CLEAN = 0.8  # of the loud windows carry nothing else: where it begins and ends they are mixed


def alaw(octet):
    """The sample of an A-law octet, 16 bit (ITU-T G.711 table 1)."""
    octet ^= 0x55
    exponent, mantissa = octet >> 4 & 7, octet & 15
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if octet & 0x80 else -value


def ulaw(octet):
    """The sample of a mu-law octet, 16 bit (ITU-T G.711 table 2)."""
    octet ^= 0xFF
    value = (((octet & 15) << 3) + 0x84 << (octet >> 4 & 7)) - 0x84
    return -value if octet & 0x80 else value


LINEAR = {
    "alaw": [alaw(octet) for octet in range(256)],
    "ulaw": [ulaw(octet) for octet in range(256)],
}


def power(samples, frequency):
    """The mean power of FREQUENCY in SAMPLES."""
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + turn * last - before, last
    return 2 * (last * last + before * before - turn * last * before) / len(samples) ** 2


def loudness(samples):
    """The mean power of SAMPLES."""
    return sum(sample * sample for sample in samples) / len(samples)


def windows(octets, law):
    """The pieces of OCTETS, as samples."""
    for at in range(0, len(octets) - WINDOW + 1, WINDOW):
        yield [LINEAR[law][octet] for octet in octets[at : at + WINDOW]]


def sounds(octets, law):
    """None when OCTETS carry no sound, and are enough to tell, else what they are."""
    loud = [loudness(samples) >= LOUD * LOUD for samples in windows(octets, law)]
    if len(loud) < LEAST or any(loud):
        return "%d of %d pieces of 50 ms sound" % (sum(loud), len(loud))
    return None


def carries(octets, law, frequencies):
    """None when OCTETS carry the tone of FREQUENCIES and no other sound, else what they carry."""
    loud = tone = 0
    for samples in windows(octets, law):
        whole = loudness(samples)
        if whole < LOUD * LOUD:
            continue
        loud += 1
        parts = [power(samples, frequency) / whole for frequency in frequencies]
        tone += sum(parts) >= PURE and min(parts) > 0.5 / len(parts) * PURE
    if tone < LEAST or tone < CLEAN * loud:
        return "%d of %d pieces of 50 ms that sound carry %s Hz, in %.1f s" % (
            *(tone, loud, "+".join("%d" % one for one in frequencies)),
            len(octets) / RATE,
        )
    return None


def made(law, parts):
    """Octets of LAW for tests: PARTS are (frequencies, seconds)."""
    table = {}
    for octet, sample in enumerate(LINEAR[law]):
        table.setdefault(sample, octet)
    levels = sorted(table)
    out = bytearray()
    for frequencies, seconds in parts:
        for number in range(int(seconds * RATE)):
            value = sum(5000 * math.sin(2 * math.pi * f * number / RATE) for f in frequencies)
            out.append(table[levels[bisect.bisect(levels, value) - 1]])
    return bytes(out)
