# Turns what tshark dissects of SIP and Q.931 into one list of messages in time order, and says what
# tshark finds wrong.
import re
import subprocess
import xml.etree.ElementTree as ET

EXPERT_ERROR = 0x800000
Q931_NAMES = {
    0x01: "ALERTING",
    0x02: "CALL PROCEEDING",
    0x03: "PROGRESS",
    0x05: "SETUP",
    0x07: "CONNECT",
    0x0D: "SETUP ACKNOWLEDGE",
    0x0F: "CONNECT ACKNOWLEDGE",
    0x24: "HOLD",
    0x28: "HOLD ACKNOWLEDGE",
    0x30: "HOLD REJECT",
    0x31: "RETRIEVE",
    0x33: "RETRIEVE ACKNOWLEDGE",
    0x37: "RETRIEVE REJECT",
    0x45: "DISCONNECT",
    0x46: "RESTART",
    0x4D: "RELEASE",
    0x4E: "RESTART ACKNOWLEDGE",
    0x5A: "RELEASE COMPLETE",
    0x62: "FACILITY",
    0x6E: "NOTIFY",
    0x75: "STATUS ENQUIRY",
    0x7B: "INFORMATION",
    0x7D: "STATUS",
}
# SERVICE of the North American dialects, and its answer: by discriminator (NI-2's numbers them the
# other way round) and message type.
MAINTENANCE_NAMES = {
    (0x03, 0x0F): "SERVICE",
    (0x03, 0x07): "SERVICE ACKNOWLEDGE",
    (0x43, 0x07): "SERVICE",
    (0x43, 0x0F): "SERVICE ACKNOWLEDGE",
}
# Elements that Q.931 3.1 marks mandatory, by code, whoever sends the message.
Q931_MANDATORY = {
    "SETUP": {0x04: "Bearer capability", 0x18: "Channel identification"},
    "DISCONNECT": {0x08: "Cause"},
    "PROGRESS": {0x1E: "Progress indicator"},
    "STATUS": {0x08: "Cause", 0x14: "Call state"},
    "RESTART": {0x79: "Restart indicator"},
    "RESTART ACKNOWLEDGE": {0x79: "Restart indicator"},
    "HOLD REJECT": {0x08: "Cause"},
    "RETRIEVE ACKNOWLEDGE": {0x18: "Channel identification"},
    "RETRIEVE REJECT": {0x08: "Cause"},
    "NOTIFY": {0x27: "Notification indicator"},
}
SIP_MANDATORY = ("via", "from", "to", "call-id", "cseq")
SIP_SHORT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "c": "content-type",
    "l": "content-length",
    "k": "supported",
}


# Message.repeat: sent again by the transport's own machinery (never a step of a flow), or by a
# timer of Q.931 (a step where listed)
LAYER_2, LAYER_3 = 2, 3


class Message:
    """One message on the wire. begin and end: capture times of its first and last octet; wrong:
    what is wrong with it."""

    def __init__(self, proto, begin, end, src, dst):
        self.proto, self.begin, self.end, self.src, self.dst = proto, begin, end, src, dst
        self.wrong, self.repeat = [], 0


class Sip(Message):
    """method or status, cseq (number, method), call_id, branch, from_tag, to_tag, headers {lower-
    case name: [values]}, sdp."""

    def __init__(self, begin, src, dst):
        super().__init__("SIP", begin, begin, src, dst)
        self.method, self.status, self.uri, self.phrase = None, None, "", ""
        self.cseq, self.call_id, self.branch = (0, ""), "", ""
        self.from_tag, self.to_tag, self.headers, self.sdp = "", "", {}, None
        self.frame, self.copies = 0, 0  # its number in the capture; how often it was sent

    def name(self):
        if self.method:
            return self.method
        return (
            "%d" % self.status
            if self.cseq[1] == "INVITE"
            else "%d(%s)" % (self.status, self.cseq[1])
        )

    def header(self, name):
        return ", ".join(self.headers.get(name.lower(), []))

    def reason(self):
        """{protocol: cause} of the Reason header (RFC 3326)."""
        return {
            proto: int(cause)
            for proto, cause in re.findall(
                r"(?:^|,\s*)([\w.]+)\s*;[^,]*?cause\s*=\s*(\d+)", self.header("reason")
            )
        }

    def transaction(self):
        """What RFC 3261 17.1.3 and 17.2.3 tell one transaction by; an ACK counts to its INVITE."""
        method = "INVITE" if self.cseq[1] == "ACK" else self.cseq[1]
        return (frozenset((self.src, self.dst)), self.call_id, self.cseq[0], method)

    def identity(self):
        """Equal in a message and in its retransmissions."""
        return (
            self.src,
            self.dst,
            self.call_id,
            self.cseq,
            self.branch,
            self.method,
            self.status,
            self.to_tag,
            self.header("rseq"),
        )


class Q931(Message):
    """message (name), ref, outgoing flag of the reference, and the elements that tests ask for."""

    def __init__(self, begin, end, src, dst):
        super().__init__("Q.931", begin, end, src, dst)
        self.message, self.ref, self.from_origin, self.octets = "?", 0, True, b""
        self.elements, self.missing = [], []
        self.channel, self.exclusive, self.cause, self.location = None, None, None, None
        self.interface = None  # its identifier in Channel identification
        self.span, self.trunk = 1, 1  # whose D channel carried it; whose references are told apart from others'
        self.progress, self.called, self.calling, self.display = [], None, None, None
        self.screening, self.presentation, self.notify, self.state, self.restart = (
            None,
            None,
            None,
            None,
            None,
        )
        self.service = None  # the change status of SERVICE
        self.complete, self.bearer, self.layer1, self.ton = False, None, None, None
        self.epoch, self.ns = 0, None

    def name(self):
        return self.message

    def call(self):
        """The call it belongs to: who chose the reference, the reference, and how often it was used
        before."""
        return (self.src if self.from_origin else self.dst, self.trunk, self.ref, self.epoch)


def pdml(path, *options):
    """tshark's dissection of PATH as XML packets; RuntimeError when tshark cannot read it."""
    command = ["tshark", "-n", "-r", path, "-T", "pdml", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("tshark: " + done.stderr.decode(errors="replace").strip())
    return ET.fromstring(re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"?", done.stdout)).iter("packet")


def number_of(text):
    return int(text, 0) if text else 0


def frame_number(packet):
    return number_of(packet.find("./proto[@name='geninfo']/field[@name='num']").get("show"))


def complaints(proto):
    """Malformed marks and expert infos of severity Error anywhere in a packet."""
    out = []
    for node in proto.iter():
        if node.get("name") == "_ws.malformed":
            out.append("tshark: malformed (%s)" % (node.get("showname") or ""))
        if node.get("name") == "_ws.expert":
            severity = node.find("./field[@name='_ws.expert.severity']")
            if severity is not None and number_of(severity.get("show")) >= EXPERT_ERROR:
                out.append("tshark: " + (node.get("showname") or "expert error"))
    return out


def sip_headers(header):
    """{lower-case name: [values]} from tshark's header subtree."""
    out = {}
    for field in header.findall("./field"):
        name, colon, value = (field.get("showname") or field.get("show") or "").partition(":")
        if colon:
            name = name.replace("[truncated]", "").strip().lower()
            out.setdefault(SIP_SHORT.get(name, name), []).append(value.strip())
    return out


def sip_sdp(proto):
    """The audio description as a dict: address, port, formats, attributes, direction; None without
    SDP."""
    body = proto.find(".//proto[@name='sdp']")
    if body is None:
        return None
    sdp = {
        "address": "",
        "port": 0,
        "formats": [],
        "attributes": [],
        "direction": "sendrecv",
        "media": 0,
    }
    for field in body.iter("field"):
        name, show = field.get("name"), field.get("show") or ""
        if name == "sdp.connection_info.address":
            sdp["address"] = show
        elif name == "sdp.media":
            sdp["media"] += 1
            if sdp["media"] == 1:
                words = show.split()
                sdp["port"], sdp["formats"] = int(words[1].split("/")[0]), words[3:]
        elif name == "sdp.media_attr":
            sdp["attributes"].append(show)
            if show in ("sendrecv", "sendonly", "recvonly", "inactive"):
                sdp["direction"] = show
    return sdp


def end_of(show, which):
    """(address, port) of a packet's "src" or "dst"."""
    transport = "udp" if "udp.srcport" in show else "tcp"
    address = show.get("ip." + which) or show["ipv6." + which]
    return address, number_of(show["%s.%sport" % (transport, which)])


def sip_message(packet, proto, party):
    """The Sip that PROTO of a packet is. PARTY names an address."""
    show = {}
    for field in list(proto.iter("field")) + list(packet.iter("field")):
        show.setdefault(field.get("name"), field.get("show") or "")
    time = float(packet.find("./proto[@name='geninfo']/field[@name='timestamp']").get("value"))
    message = Sip(time, party(*end_of(show, "src")), party(*end_of(show, "dst")))
    message.frame = frame_number(packet)
    own = {field.get("name") for field in proto.iter("field")}
    message.method = show.get("sip.Method") if "sip.Request-Line" in own else None
    if "sip.Status-Line" in own:
        message.status = number_of(show.get("sip.Status-Code"))
        message.phrase = show["sip.Status-Line"].partition(" ")[2]
    message.uri = show.get("sip.r-uri", "")
    header = proto.find("./field[@name='sip.msg_hdr']")
    message.headers = sip_headers(header) if header is not None else {}
    message.cseq = (number_of(show.get("sip.CSeq.seq")), show.get("sip.CSeq.method", ""))
    message.call_id, message.branch = show.get("sip.Call-ID", ""), show.get("sip.Via.branch", "")
    message.from_tag, message.to_tag = show.get("sip.from.tag", ""), show.get("sip.to.tag", "")
    message.sdp = sip_sdp(proto)
    message.wrong = complaints(packet) + sip_faults(message)
    return message


def sip_faults(message):
    """Headers that RFC 3261 8.1.1, 8.2.6 and 12.1 make mandatory and that are missing."""
    out = ["%s header missing" % name for name in SIP_MANDATORY if name not in message.headers]
    if not message.from_tag:
        out.append("From tag missing")
    if message.method and "max-forwards" not in message.headers:
        out.append("Max-Forwards missing")
    if message.cseq[0] <= 0 or (message.method and message.cseq[1] != message.method):
        out.append("CSeq %d %s does not fit" % message.cseq)
    if message.status and message.status > 100 and not message.to_tag:
        out.append("To tag missing in a %d" % message.status)
    dialog = message.method == "INVITE" or (
        message.cseq[1] == "INVITE" and message.status and 200 <= message.status < 300
    )
    if dialog and "contact" not in message.headers:
        out.append("Contact missing")
    if not message.branch.startswith("z9hG4bK"):
        out.append("Via branch without the magic cookie")
    if message.sdp is not None and "application/sdp" not in message.header("content-type"):
        out.append("SDP without its Content-Type")
    return out


def sip_messages(path, party, port=5060):
    """Every SIP message of the capture at PATH, without repeats marked. PARTY(address, port) names
    a party."""
    as_sip = ["%s.port==%d,sip" % (transport, port) for transport in ("udp", "tcp")]
    return [
        sip_message(packet, proto, party)
        for packet in pdml(path, "-d", as_sip[0], "-d", as_sip[1])
        for proto in packet.findall("./proto[@name='sip']")
    ]


def mark_repeats(messages):
    """Sets .repeat on retransmissions: a message that was on the wire before, sent by the same
    party; and .copies of the first, how often it was."""
    seen = {}
    for message in messages:
        first = seen.setdefault(message.identity(), message)
        message.repeat = LAYER_2 if first is not message else 0
        first.copies += 1
    return messages


ELEMENT_FIELDS = {  # tshark's field: (attribute, how to read its show)
    "q931.channel.number": ("channel", int),
    "q931.channel.interface_id": ("interface", number_of),
    "q931.cause_value": ("cause", number_of),
    "q931.cause_location": ("location", number_of),
    "q931.called_party_number.digits": ("called", str),
    "q931.calling_party_number.digits": ("calling", str),
    "q931.display_information": ("display", str),
    "q932.nd": ("notify", number_of),
    "q931.call_state": ("state", number_of),
    "q931.restart_indicator": ("restart", number_of),
    "q931.screening_ind": ("screening", number_of),
    "q931.presentation_ind": ("presentation", number_of),
    "q931.channel.exclusive": ("exclusive", number_of),
    "q931.information_transfer_capability": ("bearer", number_of),
    "q931.uil1": ("layer1", number_of),
}


def maintenance_message(message):
    """Names a SERVICE and reads its change status, for which tshark has no field."""
    octets = message.octets
    head = 2 + (octets[1] & 15)
    at = head + 1
    if octets[0] == 0x08:
        return
    message.message = MAINTENANCE_NAMES.get((octets[0], octets[head]), "0x%02x" % octets[head])
    while at + 2 < len(octets):
        if octets[at] == 0x01:
            message.service = octets[at + 2] & 0x0F
        at += 1 if octets[at] & 0x80 else 2 + octets[at + 1]


def q931_message(packet, frame, us, them):
    """A Q931 from a packet and the frame it was made of, or None when it carries no Q.931."""
    proto = packet.find("./proto[@name='q931']")
    if proto is None:
        return None
    begin, end, outgoing, octets, *span = frame
    message = Q931(begin, end, us if outgoing else them, them if outgoing else us)
    message.octets, message.ns = octets[4:], octets[2] >> 1
    message.span = span[0] if span else 1
    basic = False
    for field in proto.iter("field"):
        name, show = field.get("name"), field.get("show") or ""
        if name == "q931.message_type":
            message.message = Q931_NAMES.get(number_of(show), "0x%02x" % number_of(show))
        elif name == "q931.call_ref_flag":
            message.from_origin = show in ("0", "False")
        elif name == "q931.call_ref":
            message.ref = int(show.replace(":", ""), 16)
        elif name in ("q931.information_element", "q932.ie.type"):
            message.elements.append(number_of(show))
        elif name == "q931.number_type" and message.elements[-1:] == [0x70]:
            message.ton = number_of(show)
        elif name == "q931.progress_indicator.description":
            message.progress.append(number_of(show))
        elif name == "q931.channel.interface_type":
            basic = show in ("0", "False")
        elif name == "q931.channel.selection" and basic and number_of(show) in (1, 2):
            message.channel = number_of(show)  # B1, B2
        elif name == "q931.sending_complete":
            message.complete = True
        elif name in ELEMENT_FIELDS:
            attribute, read = ELEMENT_FIELDS[name]
            if getattr(message, attribute) is None:
                setattr(message, attribute, read(show))
    maintenance_message(message)
    message.wrong = complaints(packet)
    for code, name in Q931_MANDATORY.get(message.message, {}).items():
        if code not in message.elements:
            message.wrong.append("%s missing" % name)
    return message


def q931_messages(path, frames, us, them, strange):
    """Every Q.931 message of the LAPD capture at PATH that was written from FRAMES, in order,
    before number_calls(). I frames that hold none are told in the list STRANGE."""
    out = []
    for packet in pdml(path):
        frame = frames[frame_number(packet) - 1]
        if len(frame[3]) >= 3 and not frame[3][2] & 1:  # an I frame
            message = q931_message(packet, frame, us, them)
            if message:
                out.append(message)
            else:
                strange.append("an I frame without Q.931: %s" % frame[3].hex())
    return out


def number_calls(messages):
    """Marks layer-2 and layer-3 repetitions, tells calls apart that used one reference after
    another, and checks that the first clearing message names a cause and the first answer to SETUP
    a channel (Q.931 3.1)."""
    epochs, alive, cleared, sent, answered, wire = {}, {}, set(), set(), set(), {}
    for message in messages:
        key = (message.src if message.from_origin else message.dst, message.trunk, message.ref)
        body = (message.src, key, message.octets)
        copies = wire.setdefault((message.src, message.span, message.ns), {})
        same_ns = copies.get("octets") == message.octets and message.end - copies["end"] < 12
        wire[(message.src, message.span, message.ns)] = {"octets": message.octets, "end": message.end}
        if message.message == "SETUP" and not same_ns and not (key in alive and body in sent):
            epochs[key] = epochs.get(key, -1) + 1
            alive[key] = True
            sent = {one for one in sent if one[1] != key}
        message.epoch = epochs.get(key, 0)
        message.repeat = LAYER_2 if same_ns else LAYER_3 if body in sent else 0
        sent.add(body)
        call = message.call()
        if message.message in ("DISCONNECT", "RELEASE", "RELEASE COMPLETE") and message.ref:
            if call not in cleared and 0x08 not in message.elements:
                message.wrong.append("Cause missing in the first clearing message")
            cleared.add(call)
        if message.message == "RELEASE COMPLETE":
            alive.pop(key, None)
        if (
            message.ref
            and not message.from_origin
            and call not in answered
            and message.message
            in ("CALL PROCEEDING", "ALERTING", "CONNECT", "SETUP ACKNOWLEDGE", "PROGRESS")
        ):
            answered.add(call)
            if 0x18 not in message.elements and message.message != "PROGRESS":
                message.wrong.append("Channel identification missing in the first answer to SETUP")
    return messages
