# Plays a flow on paper: turns its listed steps into the capture they would leave, for tests of the
# tests.
import re
import struct

import pcap
from cesopsn_decode import FLAG, hdlc_bits
from dissect import MAINTENANCE_NAMES, Q931_NAMES

CODES = {name: code for code, name in Q931_NAMES.items()}
MAINTENANCE = {name: code for code, name in MAINTENANCE_NAMES.items()}
SLOTS, D_SLOT, FRAMES = 31, 16, 40  # an E1 in packets of 5 ms
GATEWAY, PBX = ("127.0.0.1", 40001), ("127.0.0.2", 40002)


def element(code, *octets):
    return bytes((code, len(octets))) + bytes(octets)


def channel_identification(channel, interface):
    """Q.931 4.5.13, with the identifier INTERFACE where it is not None."""
    named = () if interface is None else (0x80 | int(interface),)
    return element(0x18, 0xE9 if named else 0xA9, *named, 0x83, 0x80 | channel)


def with_element(octets, new):
    """OCTETS of a message with the element NEW in its place, behind those of its kind."""
    at = 3 + (octets[1] & 15)
    while at < len(octets) and octets[at] <= new[0]:
        at += 2 + octets[at + 1]
    return octets[:at] + new + octets[at:]


def q931_octets(step, restart_origin, channels):
    """A Q.931 message that satisfies STEP's rules. CHANNELS: {call: its channel} and
    {("cleared", call): True}, as known so far."""
    rules, message = step.rules, step.names[0]
    call = 0 if message.startswith(("RESTART", "SERVICE")) else int(rules.get("call", 1))
    channel = channels.setdefault(call, "1") if call else "1"
    interface = channels.get(("interface", call))
    if "channel" in rules:
        channel = channels[call] = rules["channel"].split("|")[0]
    if "interface" in rules:
        interface = channels["interface", call] = rules["interface"].split("|")[0]
    from_origin = step.src == restart_origin.get(step.group, step.src)
    restart_origin.setdefault(step.group, step.src)
    protocol, code = MAINTENANCE.get(message) or (8, CODES[message])
    out = (
        bytes((protocol, 2))
        + struct.pack(">H", call | (0 if from_origin else 0x8000))
        + bytes((code,))
    )
    if message.startswith("SERVICE"):
        out += element(0x01, 0xC0 | int(rules.get("service", "0").split("|")[0]))
    if message == "SETUP":
        out += element(0x04, 0x80 | int(rules.get("bearer", "0").split("|")[0]), 0x90, 0xA3)
    ends = message in ("DISCONNECT", "RELEASE", "RELEASE COMPLETE")
    if message in ("STATUS", "HOLD REJECT", "RETRIEVE REJECT") or "cause" in rules or (ends and ("cleared", call) not in channels):
        out += element(0x08, 0x81, 0x80 | int(rules.get("cause", "16").split("|")[0]))
    with_channel = ("SETUP", "SETUP ACKNOWLEDGE", "CALL PROCEEDING", "ALERTING", "CONNECT", "RETRIEVE ACKNOWLEDGE")
    if rules.get("restart") == "6" and interface is not None:
        out += element(0x18, 0xE0, 0x80 | int(interface))
    elif message in with_channel or "channel" in rules:
        out += channel_identification(int(channel), interface)
    if ends:
        channels["cleared", call] = True
    if message == "STATUS":
        out += element(0x14, int(rules.get("state", "10").split("|")[0]))
    if message == "PROGRESS" or "pi" in rules:
        out += element(0x1E, 0x81, 0x80 | int(rules.get("pi", "8").split("|")[0]))
    if message == "NOTIFY":
        out += element(0x27, 0x80 | int(rules.get("notify", "121").split("|")[0]))
    if "name" in rules:
        out += element(0x28, *rules["name"].encode())
    if "connected" in rules:
        if message == "FACILITY":  # an invocation of nothing, with the number as its argument
            inside = element(0x02, 1) + element(0x02, 0x7E)
            inside += element(0x04, *rules["connected"].encode())
            out += element(0x1C, 0x91, *element(0xA1, *inside))
        else:
            out += element(0x4C, 0x21, 0x83, *rules["connected"].encode())
    if message == "SETUP":
        out += element(0x6C, 0x21, 0x80, *rules.get("calling", "200").encode())
        ton = int(rules.get("ton", "0").split("|")[0])
        out += element(0x70, 0x81 | ton << 4, *rules.get("called", "100").encode())
    if message == "INFORMATION" and "called" in rules:
        out += element(0x70, 0x81, *rules["called"].encode())
    for one in rules.get("ie", "").split("+"):
        if one and not one.startswith("!") and bytes.fromhex(one) not in out:
            out = with_element(out, bytes.fromhex(one))
    if message.startswith("RESTART"):
        out += element(0x79, 0x80 | int(rules.get("restart", "0").split("|")[0]))
    return out + (b"\xa1" if "complete" in rules else b"")


def dialogs(steps):
    """{transaction: the name of its dialog}: what begins after a BYE between two parties belongs to
    their next call."""
    out, calls = {}, {}
    for step in steps:
        if step.is_q931 or step.group in out:
            continue
        leg = "-".join(sorted(step.group[:2]))
        out[step.group] = "%s%d" % (leg, calls.get(leg, 0))
        calls[leg] = calls.get(leg, 0) + (step.method == "BYE")
    return out


def sequence(steps):
    """{transaction: its CSeq}: they rise in the order of the steps; a CANCEL has its INVITE's."""
    out, invites = {}, {}
    for step in steps:
        if step.is_q931 or step.group in out:
            continue
        ends = step.group[:2]
        if step.method == "CANCEL":
            out[step.group] = invites[ends]
            continue
        out[step.group] = 10 + len(out)
        if step.method == "INVITE":
            invites[ends] = out[step.group]
    return out


# Of headers that tshark reads closely, where a flow only asks that they are there.
DIGEST = 'Digest realm="h",nonce="1"'
VALUES = {"proxy-authenticate": DIGEST, "www-authenticate": DIGEST}
VALUES.update({"proxy-authorization": DIGEST, "authorization": DIGEST})


def twin_count(steps, step):
    """How often the same status came in STEP's transaction before: each is another phone's."""
    before = steps[: steps.index(step)]
    same = [one for one in before if one.group == step.group and one.names == step.names]
    return 0 if step.is_request else len(same)


def said(lines, text):
    """LINES with the header field that TEXT, "Name:value", asks for; of Contact and Via there is no other one."""
    name, _, value = text.partition(":")
    if name == "Via":
        old = next(line for line in lines if line.startswith("Via: "))
        transport, host = re.match(r"SIP/2.0/(UDP|TCP)(.*)", value).groups()
        host = host.rstrip("*") or old.split()[2].partition(";")[0]
        new = "Via: SIP/2.0/%s %s;%s" % (transport, host, old.partition(";")[2])
        return [new if line is old else line for line in lines]
    kept = [line for line in lines if name != "Contact" or not line.startswith("Contact: ")]
    return kept + ["%s: %s" % (name, one) for one in value.replace("*", "x").split("|")]


def sip_text(step, address, leg, cseq, tag):
    """A SIP message of the dialog LEG, with TAG in To, that satisfies STEP's rules."""
    uac, uas, method, _ = step.group
    rules = step.rules
    host = address[uas][0]
    number = rules.get("calling", "100")
    lines = []
    if step.is_request:
        lines += [
            "%s sip:%s@%s SIP/2.0" % (step.names[0], rules.get("uri", "4920"), host),
            "Max-Forwards: 70",
        ]
    else:
        lines += ["SIP/2.0 %s Some Phrase" % step.names[0]]
    ack = "ack" if step.names[0] == "ACK" else ""
    lines += [
        "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s%s%d%s" % (address[uac][0], leg, method, cseq, ack),
        "From: <sip:%s@h>;tag=%s" % (number, uac),
        "To: <sip:1@h>" + ("" if "series" in rules else ";tag=" + tag),
        "Call-ID: %s" % leg,
        "CSeq: %d %s" % (cseq, step.names[0] if step.is_request else method),
    ]
    contacts = int(rules.get("contacts", 1))
    here = address[step.src][0]
    lines += ["Contact: <sip:x%d@%s>" % (count, here) for count in range(contacts)]
    if "preempted" in rules:
        lines.append("Reason: preemption;cause=4;text=\"Non-IP Preemption\"")
    if "reason" in rules:
        lines.append("Reason: Q.850;cause=%s" % rules["reason"].split("|")[0])
    if "says" in rules:
        lines = said(lines, rules["says"])
    if "warning" in rules:
        lines.append('Warning: %s h "x"' % rules["warning"].split("|")[0])
    if "asserted" in rules or "name" in rules:
        party = (rules.get("name", ""), rules.get("asserted", "1"))
        lines.append('P-Asserted-Identity: "%s" <sip:%s@h>' % party)
    names = [name for name in rules.get("has", "").split(",") if name]
    lines += ["%s: %s" % (name, VALUES.get(name.lower(), "1")) for name in names]
    body = ""
    if "sdp" in rules or "hold" in rules or "media-at" in rules:
        at = rules.get("media-at", "127.0.0.1")
        at = "IN IP%d %s" % (6 if ":" in at else 4, at)
        way = rules.get("sdp", True)
        way = "sendonly" if "hold" in rules else "sendrecv" if way is True else way.split("|")[0]
        body = (
            "v=0\r\no=- 1 1 %s\r\ns=-\r\nc=%s\r\n"
            "t=0 0\r\nm=audio 7000 RTP/AVP 8\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=%s\r\n" % (at, at, way)
        )
        lines.append("Content-Type: application/sdp")
    lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines + ["", body])


class Line:
    """One direction of a span: frames at given times become HDLC in timeslot D of CESoPSN
    packets."""

    def __init__(self):
        self.bits = FLAG * 20

    def send(self, time, frame):
        due = int(time * 64000)
        self.bits += FLAG * ((due - len(self.bits)) // 8 + 1) if due > len(self.bits) else FLAG
        self.bits += hdlc_bits(frame) + FLAG

    def packets(self, duration):
        need = int(duration / 0.005) * FRAMES * 8
        bits = (self.bits + FLAG * (need // 8 + 1))[: max(need, 0)]
        for count in range(need // (FRAMES * 8)):
            part = bits[count * FRAMES * 8 : (count + 1) * FRAMES * 8]
            payload = bytearray(b"\xd5" * (SLOTS * FRAMES))
            payload[D_SLOT - 1 :: SLOTS] = bytes(
                int(part[n : n + 8], 2) for n in range(0, len(part), 8)
            )
            yield (count + 1) * 0.005, struct.pack(">HH", 0, (65000 + count) & 0xFFFF) + bytes(
                payload
            )


STEP = 0.06  # seconds from one message to the next
MARK_FRAMES = {"DISC": b"\x00\x01\x53", "UA": b"\x02\x01\x73"}


def times(case):
    """{step number or mark: when it comes}, as text keys: one step every 60 ms, or as long after
    another as the flow lists."""
    at, now = {}, 0.1

    def place(name):
        nonlocal now
        now += STEP
        for first, last, least, most in case.apart:
            if last == name:
                if first not in at:
                    place(first)
                now = max(now, at[first] + STEP / 2 + (least + most) / 2)
        at[name] = now

    for step in case.steps:
        place(str(step.number))
    for _, last, *_ in case.apart:
        if last not in at:
            place(last)
    return at


def play(case, path):
    """Writes the capture of CASE's steps to PATH. Returns {party: (address, port)}."""
    address, others = {}, 0
    for party, role in case.parties.items():
        address[party] = ("127.0.0.1", 5060) if role != "pbx" else PBX
        if role not in ("pbx", "gateway"):
            others += 1
            address[party] = ("127.0.0.%d" % (10 + others), 5060)
    lines = {(outgoing, span): Line() for span in case.spans for outgoing in (True, False)}
    packets, origins, channels, counts = [], {}, {}, dict.fromkeys(lines, 0)
    if case.spans.group:  # of each call whose interface is not listed
        channels.update({("interface", call): "0" for call in range(20)})
    legs, cseqs = dialogs(case.steps), sequence(case.steps)
    at, steps = times(case), {str(step.number): step for step in case.steps}
    for name, time in sorted(at.items(), key=lambda event: event[1]):
        step = steps.get(name)
        if step is None:
            if name in MARK_FRAMES:
                lines[False, 1].send(time, MARK_FRAMES[name])
        elif step.is_q931:
            outgoing = case.parties[step.src] == "gateway"
            way = outgoing, int(step.rules.get("on-span", 1))
            head = bytes((0x02 if outgoing else 0x00, 0x01, counts[way] << 1, 0))
            counts[way] += 1
            lines[way].send(time, head + q931_octets(step, origins, channels))
        else:
            twins = twin_count(case.steps, step)
            tag = step.group[1] + "x" * twins
            text = sip_text(step, address, legs[step.group], cseqs[step.group], tag).encode()
            packet = pcap.ethernet_udp(address[step.src], address[step.dst], text)
            copies = int(str(step.rules.get("sent", 1)).split("|")[0])
            packets += [(time + number * STEP / 20, packet) for number in range(copies)]
    end = max(at.values()) + 0.3
    for (outgoing, span), line in lines.items():
        mark = "" if span == 1 else "-%d" % span
        silence = (at.get("down" + mark, end), at.get("up" + mark, end))
        ends = case.spans.ends(span) if outgoing else case.spans.ends(span)[::-1]
        packets += [
            (at, pcap.ethernet_udp(*ends, data))
            for at, data in line.packets(end)
            if outgoing or not silence[0] < at < silence[1]
        ]
    pcap.write(path, pcap.ETHERNET, sorted(packets, key=lambda packet: packet[0]))
    return address
