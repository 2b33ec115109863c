# Judges the gateway's RTP and RTCP: dissected by tshark, held against the SDP that announced it.
import os
import subprocess

import pcap

FIELDS = (
    "frame.time_epoch ip.src ipv6.src udp.srcport ip.dst ipv6.dst udp.dstport rtp.version rtp.p_type rtp.ssrc"
    " rtcp.pt rtcp.senderssrc _ws.malformed _ws.expert.severity"
).split()
ERROR = 0x800000  # severity of an expert info
SENDER_REPORT, RECEIVER_REPORT = 200, 201
PCMU, PCMA = 0, 8
# RFC 3550 6.2, 6.3.1: the first report comes after 2.5 s, at most 1.5 / 1.21828 times that
REPORT_DUE = 5.0


class Packet:
    """One packet of RTP (type, ssrc) or RTCP (reports: types, ssrc): its time, src and dst
    (address, port), and what tshark finds wrong."""

    def __init__(self, time, src, dst):
        self.time, self.src, self.dst = time, src, dst
        self.type, self.ssrc, self.reports, self.wrong = None, None, [], ""


def packet_of(line):
    """A Packet from a line of tshark's fields."""
    show = dict(zip(FIELDS, line.split("\t")))
    packet = Packet(
        float(show["frame.time_epoch"]),
        (show["ip.src"] or show["ipv6.src"], int(show["udp.srcport"])),
        (show["ip.dst"] or show["ipv6.dst"], int(show["udp.dstport"])),
    )
    if show["rtp.version"] == "2":
        packet.type, packet.ssrc = int(show["rtp.p_type"]), int(show["rtp.ssrc"], 0)
    elif show["rtcp.pt"]:
        packet.reports = [int(kind) for kind in show["rtcp.pt"].split(",")]
        packet.ssrc = int(show["rtcp.senderssrc"].split(",")[0] or "0", 0)
    else:
        packet.wrong = "neither RTP nor RTCP"
    severities = [int(one, 0) for one in show["_ws.expert.severity"].split(",") if one]
    if show["_ws.malformed"] or max(severities, default=0) >= ERROR:
        packet.wrong = "malformed"
    return packet


def dissect(datagrams, addresses, folder):
    """The Packets that ADDRESSES sent, as tshark sees them: RTP from even ports, RTCP from odd."""
    ours = [d for d in datagrams if d.src[0] in addresses]
    if not ours:
        return []
    path = os.path.join(folder, "rtp.pcap")
    pcap.write(path, pcap.ETHERNET, [(d.time, d.raw) for d in ours])
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for port in sorted({d.src[1] for d in ours}):
        command += ["-d", "udp.port==%d,%s" % (port, "rtcp" if port % 2 else "rtp")]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("tshark: " + done.stderr.decode(errors="replace").strip())
    return [packet_of(line) for line in done.stdout.decode().splitlines()]


class Media:
    """What SDP said of one call: announcements of the gateway and of the far end, [(time, sdp)]."""

    def __init__(self):
        self.ours, self.theirs = [], []


def announced(messages, gateway):
    """{Call-ID: Media} of the SIP messages that GATEWAY sent and got."""
    out = {}
    for message in messages:
        if message.proto != "SIP" or message.sdp is None:
            continue
        if gateway in (message.src, message.dst):
            media = out.setdefault(message.call_id, Media())
            side = media.ours if message.src == gateway else media.theirs
            side.append((message.begin, message.sdp))
    return out


def latest(announcements, time):
    """The SDP in force at TIME; RTP may be a moment earlier than the first."""
    before = [sdp for at, sdp in announcements if at <= time]
    return before[-1] if before else announcements[0][1]


def owner(calls, port, time):
    """The Call-ID of the call that has PORT at TIME, or None."""
    claims = [
        (at > time, abs(at - time), call)
        for call, media in calls.items()
        for at, sdp in media.ours
        if sdp["port"] == port
    ]
    return min(claims)[2] if claims else None


def is_between_ours(packet):
    """From one port of the gateway to another: two calls on the PBX that are joined, no SDP's business."""
    return packet.src[0] == packet.dst[0]


def judge_packet(packet, media):
    """What is wrong with an RTP packet of a call, or ""."""
    if not media.theirs:
        return "no SDP came before it"
    ours, theirs = latest(media.ours, packet.time), latest(media.theirs, packet.time)
    if str(packet.type) not in ours["formats"] or str(packet.type) not in theirs["formats"]:
        return "payload type %d is not agreed upon" % packet.type
    if packet.dst not in {(sdp["address"], sdp["port"]) for _, sdp in media.theirs}:
        return "nobody asked for it at %s:%d" % packet.dst
    return ""


def judge(packets, messages, gateway, strangers=False):
    """Failures, as texts: each packet of the gateway against the call's SDP; one SSRC in a call; a
    report of the same source where a call lasted long enough. STRANGERS: calls stood before the
    capture began, whose SDP nobody saw."""
    calls, out, rtp, rtcp = announced(messages, gateway), [], {}, {}
    for packet in packets:
        if is_between_ours(packet) and not packet.wrong:
            if packet.type not in (None, PCMU, PCMA):
                out.append("RTP between two of its ports at %.3f: type %d" % (packet.time, packet.type))
            continue
        call = owner(calls, packet.src[1] & ~1, packet.time)
        if not call and strangers and not packet.wrong:
            continue
        fault = packet.wrong or ("" if call else "no SDP names its port")
        if not fault and packet.type is not None:
            rtp.setdefault(call, []).append(packet)
            fault = judge_packet(packet, calls[call])
        elif not fault:
            rtcp.setdefault(call, []).append(packet)
            if packet.reports[0] not in (SENDER_REPORT, RECEIVER_REPORT):
                fault = "RTCP does not begin with a report (RFC 3550 6.1)"
        if fault:
            out.append("RTP from port %d at %.3f: %s" % (packet.src[1], packet.time, fault))
    for call, sent in rtp.items():
        sources = {packet.ssrc for packet in sent + rtcp.get(call, [])}
        if len(sources) > 1:
            out.append("RTP and RTCP of one call have %d SSRCs" % len(sources))
        reports = [kind for packet in rtcp.get(call, []) for kind in packet.reports]
        lasted = sent[-1].time - sent[0].time
        if lasted > REPORT_DUE and SENDER_REPORT not in reports:
            out.append("no RTCP sender report in %.1f s of RTP" % lasted)
    return out[:5]
