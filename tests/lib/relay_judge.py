# Judges a proxy by what it hands on: of a message nothing changes but what RFC 3261 16.6 and 16.7
# change.
import copy
import re

from dissect import SIP_SHORT

SPACES = re.compile(r"\s*([,;])\s*")  # mean nothing there
PRIVATE = "x-tieline"  # begins the names of headers that never leave the house
# What a proxy may alter on the way; the rest is looked at apart or must be equal.
ALTERED = {"via", "max-forwards", "max-breadth", "record-route", "route"}
ALTERED |= {"proxy-authorization", "content-length"}
LISTS = {"via", "record-route", "route"}
OWN_REQUESTS = {"ACK", "CANCEL", "OPTIONS"}
MAKES_DIALOG = {"INVITE", "SUBSCRIBE", "REFER"}


def read_headers(octets):
    """({lower-case name: [values]}, body) of a message as it was on the wire."""
    head, _, body = octets.partition(b"\r\n\r\n")
    lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")[1:]
    out = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = SIP_SHORT.get(name.strip().lower(), name.strip().lower())
        parts = value.split(",") if name in LISTS else [value]
        out.setdefault(name, []).extend(SPACES.sub(r"\1", " ".join(part.split())) for part in parts)
    return out, body


def via_key(via):
    """What names a hop: who sent it, and its branch."""
    branch = re.search(r";\s*branch\s*=\s*([^;\s]+)", via)
    words = via.partition(";")[0].split() or [""]
    return (words[-1].lower(), branch[1] if branch else "")


def vias(message):
    return [via_key(one) for one in message.wire.get("via", [])]


def is_origin(message, other):
    """Was OTHER, which the proxy got, handed on as MESSAGE?"""
    if (message.call_id, message.cseq, message.method, message.status, message.from_tag) != (
        other.call_id,
        other.cseq,
        other.method,
        other.status,
        other.from_tag,
    ) or other.begin > message.begin:
        return False
    if message.method:
        return vias(message)[1:] == vias(other)
    return vias(message) == vias(other)[1:] and message.to_tag == other.to_tag


def meaning(values):
    """A URI alone may stand in angle brackets or without."""
    return [one[1:-1] if re.match(r"^<[^<>]*>$", one) else one for one in values or []]


def differing(message, origin):
    """Names of headers that are not what they were."""
    names = (set(message.wire) | set(origin.wire)) - ALTERED
    wires = (message.wire, origin.wire)
    return sorted(n for n in names if meaning(wires[0].get(n)) != meaning(wires[1].get(n)))


def request_faults(message, origin):
    out = []
    hops = [int(one.wire.get("max-forwards", ["0"])[0]) for one in (origin, message)]
    if hops[1] != hops[0] - 1:
        out.append("Max-Forwards is %d after %d" % (hops[1], hops[0]))
    before, after = (one.wire.get("record-route", []) for one in (origin, message))
    if not message.to_tag and message.method in MAKES_DIALOG and len(after) <= len(before):
        out.append("it is not record-routed")
    if len(after) < len(before) or after[len(after) - len(before) :] != before:
        out.append("Record-Route of others is altered")
    routes = origin.wire.get("route", [])
    if message.wire.get("route", []) not in (routes, routes[1:], routes[2:]):
        out.append("Route is altered")
    return out


def faults(message, origin):
    """What is wrong with MESSAGE, which came in as ORIGIN."""
    out = ["%s is altered" % name for name in differing(message, origin)]
    if message.body != origin.body:
        out.append("the body is altered")
    if message.method:
        out += request_faults(message, origin)
    elif message.wire.get("record-route") != origin.wire.get("record-route"):
        out.append("Record-Route is altered")
    return out


def is_its_own(message, received):
    """May the proxy have made MESSAGE up by itself?"""
    if message.method:
        return message.method in OWN_REQUESTS
    if message.status == 100 or message.cseq[1] in ("CANCEL", "REGISTER", "OPTIONS"):
        return True
    return message.status >= 300 and not any(
        other.call_id == message.call_id
        and other.to_tag == message.to_tag
        and other.begin < message.begin
        for other in received
    )


def judge(messages, proxy):
    """Failures, as texts: what PROXY sent in MESSAGES (with .wire and .body), held against what it
    got. What it tells itself (src and dst are the proxy) is evidence only of where a message comes
    from."""
    received = [one for one in messages if one.proto == "SIP" and one.dst == proxy]
    out = []
    for message in messages:
        if message.proto != "SIP" or message.src != proxy or message.dst == proxy:
            continue
        name = "handed on to %s: %s" % (message.dst, message.name())
        out += ["%s: %s" % (name, one) for one in message.wire if one.startswith(PRIVATE)]
        origin = next((one for one in received if is_origin(message, one)), None)
        if origin:
            out += ["%s: %s" % (name, fault) for fault in faults(message, origin)]
        elif not is_its_own(message, received):
            out.append("%s: nobody sent it" % name)
    return out


# -- spoiled, so that the judge is seen to notice


def spoil_header(name, value):
    def spoil(message):
        message.wire[name] = [value]

    return spoil


def spoil_hops(message):
    message.wire["max-forwards"] = [str(int(message.wire["max-forwards"][0]) + 1)]


def spoil_body(message):
    message.body += b" "


def spoil_record_route(message):
    message.wire["record-route"] = message.wire.get("record-route", [])[1:]


def spoil_via(message):
    message.wire["via"] = message.wire["via"][1:]


def spoilers(message):
    yield "subject", spoil_header("subject", "altered")
    yield "private", spoil_header(PRIVATE + "-origin", "1")
    yield "body", spoil_body
    if message.method:
        yield "Max-Forwards", spoil_hops
        if message.method not in OWN_REQUESTS:
            yield "Via", spoil_via
    if message.method == "INVITE" and not message.to_tag:
        yield "Record-Route", spoil_record_route


def survivors(messages, proxy):
    """(spoilings tried, those the judge did not notice) of everything that was handed on."""
    received = [one for one in messages if one.proto == "SIP" and one.dst == proxy]
    tried, missed = 0, []
    for at, message in enumerate(messages):
        if message.proto != "SIP" or message.src != proxy or message.dst == proxy:
            continue
        if not any(is_origin(message, one) for one in received):
            continue
        for what, spoil in spoilers(message):
            spoiled = copy.copy(message)
            spoiled.wire = dict(message.wire)
            spoil(spoiled)
            tried += 1
            if not judge(messages[:at] + [spoiled] + messages[at + 1 :], proxy):
                missed.append("%s to %s: %s spoiled" % (message.name(), message.dst, what))
    return tried, missed
