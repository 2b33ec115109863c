# Does the ladder that tielinectl prints tell what the capture tells? A test of the ladder: it is
# never evidence itself.
import re

from flow import Q931_MESSAGES

ARROW = re.compile(r"^<?-*\s*|\s*-*>?$")


def read(text):
    """{(side, way): [names]} of the ladder's message lines; side sip or q931, way in or out, as the
    gateway sees it."""
    out = {(side, way): [] for side in ("sip", "q931") for way in ("in", "out")}
    for line in text.splitlines():
        cells = line.split("|")
        if len(cells) < 3 or not re.match(r"^\s*\d+\.\d+ ", cells[0]):
            continue
        left, right = cells[0].strip().partition(" ")[2].strip(), cells[2].strip()
        if left:
            out[("sip", "out" if left.startswith("<") else "in")].append(
                sip_name(ARROW.sub("", left))
            )
        if right:
            out[("q931", "in" if right.startswith("<") else "out")].append(
                q931_name(ARROW.sub("", right))
            )
    return out


def sip_name(text):
    """ "200 OK (BYE)" is 200(BYE), "INVITE 200 SDP" is INVITE."""
    words = text.split()
    transaction = re.search(r"\(([A-Z]+)\)", text)
    return words[0] + (transaction[0] if words[0].isdigit() and transaction else "")


def q931_name(text):
    return max((name for name in Q931_MESSAGES if text.startswith(name)), key=len, default=text)


def seen(messages, gateway):
    """The same of the capture, without retransmissions, the global call reference, and what a user
    agent never sees because its transaction layer deals with it (RFC 3261 17.2.1): 100 Trying, and
    the ACK of its own refusal."""
    out = {(side, way): [] for side in ("sip", "q931") for way in ("in", "out")}
    refused = {
        m.transaction()
        for m in messages
        if m.proto == "SIP" and m.src == gateway and (m.status or 0) >= 300
    }
    for message in messages:
        if (
            message.repeat
            or gateway not in (message.src, message.dst)
            or (message.proto == "Q.931" and not message.ref)
        ):
            continue
        if message.name() == "100" or (
            message.name() == "ACK" and message.dst == gateway and message.transaction() in refused
        ):
            continue
        side = "sip" if message.proto == "SIP" else "q931"
        out[(side, "out" if message.src == gateway else "in")].append(message.name())
    return out


def compare(text, messages, gateway):
    """What differs, as texts; nothing when the ladder tells the truth."""
    told, wire = read(text), seen(messages, gateway)
    told = {key: [name for name in names if name != "100"] for key, names in told.items()}
    return [
        "%s %s: the ladder says %s, the wire says %s"
        % (*key, ", ".join(told[key]) or "nothing", ", ".join(wire[key]) or "nothing")
        for key in told
        if told[key] != wire[key]
    ]
