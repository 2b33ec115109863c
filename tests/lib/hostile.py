# What a network can send that is too long, too many, or no text at all: the gateway's port and the
# proxy's answer each with the right status or drop it, live on, and keep nothing of it.
#
# usage: python3 tests/lib/hostile.py BUILD [STORY ...]
import json
import os
import re
import sys
import time

import config
import flow
from hostile_player import SENDER
from house import SANITIZER
from namespace import Namespace, wait_for
from stage import HERE, Stage

PLAYER = os.path.join(HERE, "hostile_player.py")
GROWTH_KB = 12 * 1024  # from round to round, when all tables have grown
# What was freed is free, and not kept to see whether somebody uses it still.
FRUGAL = {"ASAN_OPTIONS": "quarantine_size_mb=0:thread_local_quarantine_size_kb=0:" + os.environ.get("ASAN_OPTIONS", "")}
LINES_A_ROUND = 200  # of log: one per kind and 10 s, and what each call is worth
LINE_MAX = 1200
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.71\r\ns=-\r\nc=IN IP4 127.0.0.71\r\nt=0 0\r\n"
AUDIO = "m=audio 40000 RTP/AVP 8 0\r\n"
K = 1024

# What may come: statuses, or one of these.
DROPPED = "drop"  # no answer
CLOSED = "close"  # no answer, and the connection is gone
TAKEN = (200,)
BAD = (400,)
REFUSED = (400, 403, 404, 413, 414, 415, 416, 420, 480, 481, 482, 483, 484, 485, 488, 493, 501, 505, 513, 606)


class Message:
    """One message, and what may come of it. EXPECTED: statuses and DROPPED or CLOSED; WAYS: transports it makes
    sense over."""

    def __init__(self, name, data, expected, ways=("udp", "tcp"), patience=None, inside=False):
        self.name, self.data = name, data if isinstance(data, bytes) else data.encode()
        self.expected, self.ways, self.patience = expected, ways, patience
        self.inside = inside  # a request in a dialog, whose call must outlive it


def request(method, uri="sip:127.0.0.1:5060", extra="", body="", **replaced):
    """A sound request but for what REPLACED says of its headers (None: left out); {n} is a number of its own."""
    headers = {
        "via": "SIP/2.0/%WAY% 127.0.0.71:5060;rport;branch=z9hG4bK{n}",
        "max_forwards": "70",
        "from_": "<sip:201@127.0.0.1>;tag={n}",
        "to": "<sip:300@127.0.0.1>",
        "call_id": "{n}",
        "cseq": "1 " + method,
        "contact": "<sip:201@127.0.0.71:5060>",
        "content_type": "application/sdp" if body else None,
        "content_length": None,
    }
    headers.update(replaced)
    if headers["content_length"] is None:
        headers["content_length"] = str(len(body.encode() if isinstance(body, str) else body))
    lines = ["%s %s SIP/2.0" % (method, uri)]
    lines += ["%s: %s" % (name.strip("_").replace("_", "-"), value) for name, value in headers.items() if value is not None]
    return "\r\n".join(lines) + "\r\n" + extra + "\r\n" + body


def options(extra="", **replaced):
    return request("OPTIONS", extra=extra, **replaced)


def invite(body=SDP + AUDIO, extra="", uri="sip:300@127.0.0.1:5060", **replaced):
    return request("INVITE", uri=uri, body=body, extra=extra, **replaced)


def nested(depth):
    """A multipart body DEPTH deep, with an offer at its bottom."""
    text = "Content-Type: application/sdp\r\n\r\n" + SDP + AUDIO
    for level in range(depth, 0, -1):
        text = "--b%d\r\n%s\r\n--b%d--\r\n" % (level, text, level)
        if level > 1:
            text = "Content-Type: multipart/mixed;boundary=b%d\r\n\r\n%s" % (level, text)
    return text


def long_ones():
    """Headers, URIs, methods and bodies without an end."""
    for size in (8 * K, 60 * K):
        long = "x" * size
        digits = "2" * size
        yield Message("Subject of %d" % size, options("Subject: %s\r\n" % long), TAKEN + (413, 513))
        yield Message("unknown header of %d" % size, options("X-Long: %s\r\n" % long), TAKEN + (513,))
        yield Message("header name of %d" % size, options("%s: 1\r\n" % long), TAKEN + (400, 513))
        yield Message("display name of %d" % size, options(from_='"%s" <sip:201@127.0.0.1>;tag={n}' % long), TAKEN + (400, 513))
        yield Message("tag of %d" % size, options(from_="<sip:201@127.0.0.1>;tag=%s" % long), TAKEN + (400, 513))
        yield Message("Call-ID of %d" % size, options(call_id="{n}" + long), TAKEN + (400, 513))
        yield Message("branch of %d" % size, options(via="SIP/2.0/%%WAY%% 127.0.0.71:5060;rport;branch=z9hG4bK{n}%s" % long), TAKEN + (400, 513))
        yield Message("user of %d" % size, invite(uri="sip:%s@127.0.0.1:5060" % digits), (404, 414, 484, 513))
        yield Message("host of %d" % size, request("OPTIONS", "sip:%s:5060" % long), TAKEN + (400, 403, 404, 414, 416, 503, 513))
        yield Message("parameter of %d" % size, request("OPTIONS", "sip:127.0.0.1:5060;a=%s" % long), TAKEN + (414, 513))
        yield Message("tel URI of %d" % size, invite(uri="tel:%s" % digits), (404, 414, 416, 484, 513))
        yield Message("method of %d" % size, request(long), (400, 404, 405, 501, 513, DROPPED, CLOSED))
        yield Message("credentials of %d" % size, options('Authorization: Digest username="%s"\r\n' % long), TAKEN + (400, 513))
        yield Message("body of %d" % size, invite(body="v" * size), (400, 413, 415, 488, 513))
        yield Message("text of %d" % size, invite(body="v" * size, content_type="text/plain"), (413, 415, 513))
    big = "x" * (64 * K)
    for name, extra in (("Subject", "Subject: %s\r\n"), ("display", "P-Asserted-Identity: \"%s\" <sip:1@x>\r\n"), ("User-to-User", "User-to-User: %s\r\n")):
        yield Message("%s of 64 KiB" % name, options(extra % big), TAKEN + (400, 413, 513, CLOSED), ("tcp",))
    yield Message("body of 64 KiB", invite(body="v" * (64 * K)), (400, 413, 415, 488, 513, CLOSED), ("tcp",))


def many_ones():
    """Thousands of the same."""
    via = "Via: SIP/2.0/UDP 127.0.0.71;branch=z9hG4bK%d\r\n"
    for name, extra, expected in (
        ("10000 headers", "a:b\r\n" * 10000, TAKEN + (413, DROPPED)),
        ("8000 other headers", "".join("a%d:\r\n" % n for n in range(8000)), TAKEN + (413, DROPPED)),
        ("900 Vias", "".join(via % n for n in range(900)), TAKEN + (400, 513)),
        ("1200 Vias", "".join(via % n for n in range(1200)), TAKEN + (400, 513, DROPPED)),
        ("900 Routes", "Route: <sip:127.0.0.1;lr>\r\n" * 900, REFUSED + TAKEN + (DROPPED,)),
        ("900 Record-Routes", "Record-Route: <sip:1.2.3.4;lr>\r\n" * 900, TAKEN + (400, 513)),
        ("3000 Contacts", "Contact: " + ",".join(["<sip:1@2>"] * 3000) + "\r\n", TAKEN + (400, 513)),
        ("4000 Requires", "Require: " + ",".join("x%d" % n for n in range(4000)) + "\r\n", (400, 420, 513)),
        ("4000 Supporteds", "Supported: " + ",".join("x%d" % n for n in range(4000)) + "\r\n", TAKEN + (513,)),
        ("4000 Accepts", "Accept: " + ",".join("a/b%d" % n for n in range(4000)) + "\r\n", TAKEN + (406, 513)),
        ("900 From headers", "From: <sip:201@127.0.0.1>;tag=1\r\n" * 900, BAD),
        ("900 CSeqs", "CSeq: 1 OPTIONS\r\n" * 900, BAD),
        ("900 Call-IDs", "Call-ID: a\r\n" * 900, BAD),
        ("900 Content-Lengths", "Content-Length: 0\r\n" * 900, TAKEN + BAD),
        ("900 credentials", 'Authorization: Digest a="b"\r\n' * 900, TAKEN + (400, 513)),
        ("900 Diversions", "Diversion: <sip:1@2>;reason=unknown\r\n" * 900, TAKEN + (513,)),
        ("900 History-Infos", "History-Info: <sip:1@2>;index=1\r\n" * 900, TAKEN + (400, 513)),
        ("parameters without end", "X: 1" + ";a=b" * 12000 + "\r\n", TAKEN + (513,)),
    ):
        yield Message(name, options(extra), expected)
    for name, extra in (("Diversions", "Diversion: <sip:1@2>;reason=unknown\r\n" * 900),
                        ("History-Infos", "".join("History-Info: <sip:%d@2>;index=1.%d\r\n" % (n, n) for n in range(900))),
                        ("Reasons", "Reason: Q.850;cause=16\r\n" * 900),
                        ("P-Asserted-Identities", "P-Asserted-Identity: <sip:1@2>\r\n" * 900)):
        yield Message("INVITE with 900 " + name, invite(extra=extra), TAKEN + (400, 403, 482, 513))


def no_text():
    """Octets that no header may have, and some that it may."""
    for name, value, expected in (
        ("Latin-1", b'"M\xfcller" <sip:201@127.0.0.1>;tag={n}', TAKEN + BAD),
        ("broken UTF-8", b'"\xc3\x28\xf0\x9f\xff" <sip:201@127.0.0.1>;tag={n}', TAKEN + BAD),
        ("overlong UTF-8", b'"\xc0\x8d\xc0\x8a" <sip:201@127.0.0.1>;tag={n}', TAKEN + BAD),
        ("NUL", b'"a\0b" <sip:201@127.0.0.1>;tag={n}', BAD + (DROPPED, CLOSED)),
        ("escaped NUL", b'"a\\\0b" <sip:201@127.0.0.1>;tag={n}', BAD + (DROPPED, CLOSED)),
        ("escaped CR LF", b'"a\\\r\nX-Evil: 1\r\n b" <sip:201@127.0.0.1>;tag={n}', BAD + TAKEN),
        ("folded", b'"a\r\n b" <sip:201@127.0.0.1>;tag={n}', TAKEN),
        ("bare CR", b'"a\rb" <sip:201@127.0.0.1>;tag={n}', BAD + TAKEN),
        ("bare LF", b'"a\nX-Evil: 1" <sip:201@127.0.0.1>;tag={n}', BAD + TAKEN),
        ("bell and delete", b'"\x07\x7f\x1b[2J" <sip:201@127.0.0.1>;tag={n}', BAD + TAKEN),
        ("open quote", b'"a <sip:201@127.0.0.1>;tag={n}', BAD),
        ("no URI", b'"a";tag={n}', BAD),
        ("escapes in the user", b'"a" <sip:%00%0d%0aX-Evil:%201@127.0.0.1>;tag={n}', TAKEN + REFUSED),
        ("a bad escape", b'"a" <sip:%zz@127.0.0.1>;tag={n}', TAKEN + BAD),
        ("markup", b'"$(reboot)`;\'<b>%n%s%x" <sip:201@127.0.0.1>;tag={n}', TAKEN + BAD),
    ):
        for method, text in (("OPTIONS", options(from_="%NAME%")), ("INVITE", invite(from_="%NAME%"))):
            yield Message("%s, display name with %s" % (method, name), text.encode().replace(b"%NAME%", value), expected)
    yield Message("NUL after the headers", options().encode() + b"\0" * 1000, TAKEN + BAD, ("udp",))
    yield Message("NUL in a user", invite(uri="sip:3\x0000@127.0.0.1:5060"), BAD + (DROPPED, CLOSED))
    yield Message("%00 in a user", invite(uri="sip:3%0000@127.0.0.1:5060"), (400, 404, 484))
    yield Message("zeros", b"\0" * 60000, (DROPPED, CLOSED))
    yield Message("noise", bytes((n * n * 7 + n // 3) % 256 for n in range(60000)), (DROPPED, CLOSED))
    yield Message("one octet", b"\xff", (DROPPED,))
    yield Message("line ends", b"\r\n" * 20000, (DROPPED, CLOSED))
    yield Message("a request line alone", b"OPTIONS sip:127.0.0.1 SIP/2.0\r\n\r\n", BAD + (DROPPED, CLOSED))
    yield Message("spaces", b"OPTIONS" + b" " * 50000 + b"sip:127.0.0.1 SIP/2.0\r\n\r\n", BAD + (DROPPED, CLOSED))


def lies():
    """Lengths, numbers and ports that are not so."""
    for value in ("9999", "4294967296", "18446744073709551617", "2147483648"):
        yield Message("Content-Length %s" % value, options(content_length=value), BAD + (DROPPED, CLOSED, 413, 513))
    for value in ("-1", "abc", "", "0x10", "1 2"):
        yield Message("Content-Length '%s'" % value, options(content_length=value), BAD + (DROPPED, CLOSED) + (TAKEN if value == "" else ()))
    yield Message("Content-Length too small", invite(content_length="10"), (400, 415, 488, DROPPED, CLOSED))
    for value in ("0 OPTIONS", "-1 OPTIONS", "4294967296 OPTIONS", "99999999999999999999 OPTIONS", "1", "OPTIONS", "1 INVITE", "a b"):
        yield Message("CSeq %s" % value, options(cseq=value), BAD + (TAKEN if value.startswith("0") else ()))
    for value in ("-1", "256", "99999999999999999999", "a"):
        # Who forwards nothing need not read it.
        yield Message("Max-Forwards %s" % value, options(max_forwards=value), BAD + TAKEN)
    for value in ("SIP/2.0/%WAY% 127.0.0.71:0;branch=z9hG4bK{n};rport", "SIP/2.0/%WAY% 127.0.0.71:70000;branch=z9hG4bK{n};rport",
                  "SIP/2.0/%WAY% [::::]:5060;branch=z9hG4bK{n};rport", "SIP/2.0/%WAY% 127.0.0.71;rport=abc;branch=z9hG4bK{n}",
                  "SIP/2.0/%WAY% 127.0.0.71;maddr=255.255.255.255;ttl=255;branch=z9hG4bK{n};rport", "SIP/2.0/NONE a;branch=1",
                  "SIP/2.0/%WAY% a..b..;branch=z9hG4bK{n};rport", ";;;", ""):
        yield Message("Via %s" % value, options(via=value), TAKEN + BAD + (DROPPED, CLOSED))
    for extra in ("Session-Expires: 4294967295\r\n", "Session-Expires: 0\r\n", "Min-SE: 99999999999\r\n", "Expires: 99999999999999\r\n",
                  "Expires: -1\r\n", "RSeq: -1\r\n", "RAck: 1 1\r\n", "Retry-After: x\r\n", "Date: yesterday\r\n", "Timestamp: 1e999\r\n",
                  "Event: \r\n", "Replaces: ;;;\r\n", "Refer-To: <\r\n", "Reason: ;cause=;;\r\n", "Warning: 399 \"\r\n",
                  "Authorization: Digest ,,,,=,\"\r\n", "Authorization: Basic !!!\r\n", "Proxy-Authorization: \r\n", "Content-Type: /\r\n",
                  "Content-Encoding: ,\r\n", "Accept: ;;/\r\n", "Contact: *\r\n", "Contact: <sip:>\r\n", "Identity: x\r\n",
                  "Diversion: <\r\n", "Diversion: \"\r\n", "Diversion: <tel:>;reason=;counter=99999999999\r\n", "Diversion: ;;;\r\n",
                  "History-Info: <sip:1@2?Reason=%zz>;index=a.b.c\r\n", "History-Info: <>\r\n",
                  "User-to-User: zz;encoding=hex\r\n", "User-to-User: 0\r\n", "User-to-User: ;purpose=\r\n",
                  "User-to-User: 04" + "41" * 300 + ";encoding=hex\r\n", "P-Asserted-Identity: <tel:+>, <sip:>, <\r\n",
                  "Remote-Party-ID: ;;\r\n", "Privacy: ;;;id\r\n", "Geolocation: <\r\n", "Alert-Info: <<>>\r\n"):
        # RFC 3261 8.2.2: what need not be understood may be passed over; NTA answers some of it 400.
        yield Message("OPTIONS with " + extra.strip()[:60], options(extra), TAKEN + (400, 422))
        yield Message("INVITE with " + extra.strip()[:60], invite(extra=extra), TAKEN + (400, 401, 403, 407, 415, 420, 422, 481))


def descriptions():
    """(name, body, expected): session descriptions of no use, and of too much."""
    refused = (400, 415, 488, 606)
    return (
        ("1000 streams", SDP + AUDIO * 1000, TAKEN + refused),
        ("1000 streams that we cannot serve", SDP + "m=video 40000 RTP/AVP 99\r\n" * 900, refused),
        ("a negative port", SDP + "m=audio -1 RTP/AVP 8\r\n", refused),
        ("port 70000", SDP + "m=audio 70000 RTP/AVP 8\r\n", refused),
        ("port 1/99999", SDP + "m=audio 1/99999 RTP/AVP 8\r\n", TAKEN + refused),
        ("a huge ptime", SDP + AUDIO + "a=ptime:4294967295\r\n", TAKEN + refused),
        ("a negative ptime", SDP + AUDIO + "a=ptime:-20\r\n", TAKEN + refused),
        ("ptime 0", SDP + AUDIO + "a=ptime:0\r\n", TAKEN + refused),
        ("an fmtp of 50000", SDP + AUDIO + "a=fmtp:8 " + "x" * 50000 + "\r\n", TAKEN + refused),
        ("an rtpmap of 50000", SDP + AUDIO + "a=rtpmap:8 " + "x" * 50000 + "/8000\r\n", TAKEN + refused),
        ("10000 attributes", SDP + AUDIO + "a=x\r\n" * 10000, TAKEN + refused),
        ("10000 formats", SDP + "m=audio 40000 RTP/AVP 8 " + "9 " * 10000 + "\r\n", TAKEN + refused),
        ("formats beyond 127", SDP + "m=audio 40000 RTP/AVP 999 -1 256 8\r\n", TAKEN + refused),
        ("telephone-event on 8", SDP + "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-" + "9" * 5000 + "\r\n", TAKEN + refused),
        ("telephone-event on everything", SDP + "m=audio 40000 RTP/AVP 8 " + " ".join(str(n) for n in range(96, 128)) + "\r\n" + "".join("a=rtpmap:%d telephone-event/8000\r\n" % n for n in range(96, 128)), TAKEN + refused),
        ("no stream", SDP, refused + TAKEN),
        ("no version", SDP[5:] + AUDIO, refused),
        ("another version", "v=9" + SDP[3:] + AUDIO, refused),
        ("a NUL", SDP + "m=audio 40000 RTP/AVP 8\0\r\n", refused + TAKEN),
        ("no line end", SDP + AUDIO.strip(), TAKEN + refused),
        ("an origin of 40000", "v=0\r\no=%s 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 127.0.0.71\r\nt=0 0\r\n" % ("x" * 40000) + AUDIO, TAKEN + refused),
        ("an address of 40000", SDP + AUDIO + "c=IN IP4 %s\r\n" % ("1" * 40000), TAKEN + refused),
        ("a group's address", SDP + AUDIO + "c=IN IP4 224.2.3.4/255\r\n", TAKEN + refused),
        ("everybody's address", SDP + AUDIO + "c=IN IP4 255.255.255.255\r\n", TAKEN + refused),
        ("other addresses", "c=IN IP6 ::1\r\n" + SDP + AUDIO, refused),
        ("noise", "".join(chr(33 + n % 90) for n in range(50000)), refused),
        ("an rtcp port of 99999", SDP + AUDIO + "a=rtcp:99999\r\n", TAKEN + refused),
    )


def offers():
    """They, and bodies in bodies, in an INVITE."""
    refused = (400, 415, 488, 606)
    for name, body, expected in descriptions():
        patience = 1.0 if len(body) > 40000 else None  # it comes by the gateway, and slowly
        yield Message("offer with " + name, invite(body), expected, patience=patience)
    for depth in (2, 100, 400):
        for start in ("multipart/mixed;boundary=b1", 'multipart/mixed;boundary="b1"', "multipart/mixed"):
            yield Message("multipart %d deep, %s" % (depth, start), invite(nested(depth), content_type=start), TAKEN + refused)
    yield Message("multipart without an end", invite("--b1\r\n" * 5000, content_type="multipart/mixed;boundary=b1"), refused + TAKEN)
    yield Message("2000 parts", invite("--b1\r\n\r\nx\r\n" * 2000 + "--b1--\r\n", content_type="multipart/mixed;boundary=b1"), refused + TAKEN)


def out_of_nowhere():
    """Requests and answers that belong to nothing."""
    for method, expected in (("BYE", (481,)), ("CANCEL", (481,)), ("INFO", (405, 481, 501, 403)), ("UPDATE", (481,)), ("PRACK", (481,)), ("NOTIFY", (481, 489, 405, 501)),
                             ("REFER", TAKEN + (202, 400, 403, 405, 481, 501, 603)), ("SUBSCRIBE", (405, 481, 489, 501)), ("MESSAGE", (404, 405, 501, 403, 415) + TAKEN), ("PUBLISH", (405, 489, 501)),
                             ("DANCE", (405, 501)), ("ACK", (DROPPED,))):
        long = "X-Long: %s\r\n" % ("x" * 30000)
        yield Message("%s of no dialog" % method, request(method, "sip:300@127.0.0.1:5060", long, to="<sip:300@127.0.0.1>;tag=none"), expected + (400, 403, 405, 500, 501, 503))
    for type_ in ("application/dtmf-relay", "application/dtmf", "audio/telephone-event", "x", "message/sipfrag", "application/simple-message-summary"):
        for body in ("Signal=99999999999\r\nDuration=-1\r\n", "Signal=\0\r\n", "x" * 40000, "Signal=5\r\n" * 4000, "Messages-Waiting: maybe\r\nVoice-Message: 99999999999/-1 (x/y)\r\n"):
            for method, event in (("INFO", ""), ("NOTIFY", "Event: message-summary\r\nSubscription-State: active\r\n"), ("NOTIFY", "Event: refer;id=%s\r\nSubscription-State: x\r\n" % ("9" * 300))):
                yield Message("%s with %s of %d" % (method, type_, len(body)), request(method, "sip:300@127.0.0.1:5060", event, body, content_type=type_), TAKEN + (202, 400, 403, 404, 405, 413, 415, 480, 481, 489, 501, 503))
    for status in ("200 OK", "100 x", "699 " + "x" * 40000, "999 x", "abc x", "99999 x", "-1 x", "180"):
        yield Message("response %s" % status[:20], "SIP/2.0 %s\r\n" % status + options().partition("\r\n")[2], (DROPPED, CLOSED))
    yield Message("response with 1200 Vias", "SIP/2.0 200 OK\r\n" + "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n" * 1200 + options().partition("\r\n")[2], (DROPPED, CLOSED))


def inside(method, body="", extra="", **replaced):
    """A request in the dialog that hostile_player keeps, which fills in its words."""
    words = {"from_": "%FROM%", "to": "%TO%", "call_id": "%CALL%", "cseq": "%CSEQ% " + method,
             "via": "SIP/2.0/%WAY% 127.0.0.71:5060;rport;branch=z9hG4bK-d-{n}"}
    return request(method, "%TARGET%", "%ROUTES%" + extra, body, **{**words, **replaced})


INSIDE_BODIES = (
    ("another type", "application/x", "x"), ("a type of 20000", "application/" + "x" * 20000, "x"), ("no type", None, SDP + AUDIO),
    ("a type that is none", "/", SDP + AUDIO), ("text of 50000", "text/plain", "x" * 50000), ("parts without an end", "multipart/mixed;boundary=b1", "--b1\r\n" * 5000),
    ("parts 100 deep", "multipart/mixed;boundary=b1", nested(100)), ("an offer twice", "multipart/mixed;boundary=b", ("--b\r\nContent-Type: application/sdp\r\n\r\n" + SDP + AUDIO + "\r\n") * 2 + "--b--\r\n"),
)
INSIDE_HEADERS = (
    "Session-Expires: 4294967295\r\n", "Session-Expires: 0\r\n", "Session-Expires: 1;refresher=nobody\r\n", "Min-SE: 99999999999\r\n", "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\nMin-SE: 4294967295\r\n",
    "Require: %s\r\n" % ",".join("x%d" % n for n in range(3000)), "Require: 100rel, timer, replaces, nothing\r\n", "Replaces: a;to-tag=b;from-tag=c\r\n", "RAck: 1 1 INVITE\r\n", "RSeq: -1\r\n",
    "P-Asserted-Identity: <tel:+>, <sip:>, <\r\n", "P-Asserted-Identity: \"%s\" <sip:1@x>\r\n" % ("x" * 20000), "P-Asserted-Identity: <sip:1@2>\r\n" * 500, "Privacy: ;;;id\r\n", "Reason: ;cause=;;\r\n",
    "Content-Disposition: ;handling=\r\n", "Content-Encoding: gzip\r\n", "Geolocation: <\r\n", "Diversion: <sip:1@2>;reason=unknown\r\n" * 500, "History-Info: <>\r\n", "User-to-User: zz;encoding=hex\r\n",
    "Accept: a/b\r\n", "Allow: \r\n", "Expires: -1\r\n", "Subject: %s\r\n" % ("x" * 40000), "X: y\r\n" * 900,
)
INSIDE_CONTACTS = (None, "*", "<sip:>", "<", "<sip:201@127.0.0.71:5060>, <sip:202@127.0.0.71:5060>", "<sip:201@127.0.0.71:99999>", "<tel:201>", "<http://x/>", "<sip:%s@127.0.0.71:5060>" % ("2" * 30000), "<sip:201@127.0.0.71:5060>")


def in_a_dialog():
    """UPDATE and re-INVITE of a call that stands, with what is no use in them: each is answered, and the call goes on."""
    refused = (400, 406, 413, 415, 420, 422, 488, 489, 491, 500, 513, 606)
    for method in ("UPDATE", "INVITE"):
        for name, body, expected in descriptions():
            yield Message("%s in a dialog, %s" % (method, name), inside(method, body), expected + (413, 513), patience=0.5, inside=True)
        for name, type_, body in INSIDE_BODIES:
            yield Message("%s in a dialog, %s" % (method, name), inside(method, body, content_type=type_), TAKEN + refused, patience=0.3, inside=True)
        for body in ("", SDP + AUDIO):
            for extra in INSIDE_HEADERS:
                yield Message("%s in a dialog with %s" % (method, extra.strip()[:50]), inside(method, body, extra), TAKEN + refused + (481, 403), inside=True)
            for contact in INSIDE_CONTACTS:
                yield Message("%s in a dialog, Contact %s" % (method, str(contact)[:50]), inside(method, body, contact=contact), TAKEN + refused, inside=True)
            yield Message("%s in a dialog, CSeq that was" % method, inside(method, body, cseq="1 " + method), (400, 500, DROPPED), inside=True)
            yield Message("%s in a dialog, another tag" % method, inside(method, body, to="<sip:300@127.0.0.1>;tag=none"), (481,), inside=True)
            yield Message("%s in a dialog, another From" % method, inside(method, body, from_='"\x07%s" <sip:%%00@127.0.0.1>;tag=other' % ("x" * 9000)), (400, 481), inside=True)
    for to in ("<", "<sip:>", "<sip:%00@127.0.0.1>", "<http://x/>", "<sip:1@127.0.0.1?Replaces=%zz>", "<sip:1@127.0.0.1?Replaces=%s>" % ("a" * 9000), "<tel:+>", "x" * 20000):
        yield Message("REFER in a dialog to %s" % to[:40], inside("REFER", extra="Refer-To: %s\r\n" % to), (202, 400, 403, 404, 406, 416, 481, 484, 488, 501, 513, 603, 606), inside=True)
    for type_ in ("application/dtmf-relay", "application/dtmf", "x"):
        for body in ("Signal=99999999999\r\nDuration=-1\r\n", "Signal=\0\r\n", "x" * 40000, "Signal=5\r\n" * 4000):
            yield Message("INFO in a dialog, %s of %d" % (type_, len(body)), inside("INFO", body, content_type=type_), TAKEN + refused + (405, 469, 501), inside=True)


CHAPTERS = (long_ones, many_ones, no_text, lies, offers, out_of_nowhere, in_a_dialog)


def messages(way):
    return [one for chapter in CHAPTERS for one in chapter() if way in one.ways]


def jobs(chosen, way, round_):
    """What hostile_player is to do."""
    out = []
    for number, one in enumerate(chosen):
        mark = "h%d-%d-%sh" % (round_, number, way)
        data = one.data.replace(b"%WAY%", way.upper().encode()).replace(b"{n}", mark.encode())
        if way == "udp":
            data = data[:65507]
        job = {"way": way, "mark": mark, "parts": [data.hex()], "patience": one.patience}
        if one.inside:
            opening = invite().replace("%WAY%", way.upper()).replace("{n}", "-d-%d-%d-%s" % (round_, number, way))
            job["opening"] = opening.encode().hex()
        out.append(job)
    return out


class FrugalNamespace(Namespace):
    """One in which the daemon's memory can be told."""

    def start(self, name, command, log, stdin=None, environment=None, piped=False, folder=None):
        environment = FRUGAL if name == "tielined" else environment
        return super().start(name, command, log, stdin, environment, piped, folder)


class Hostile(Stage):
    """A daemon, and a PBX that answers every call."""

    def __init__(self, build, name, changes):
        case = flow.Case()
        case.parties = {"S": "pbx", "G": "gateway"}
        case.timeout, case.settings = 60.0, list(changes)
        super().__init__(case, "euroisdn", build, name)

    def make_namespace(self):
        return FrugalNamespace(super().make_namespace().name)

    def configuration(self):
        settings = super().configuration()
        settings["system"]["log-level"] = "notice"
        settings["sip"]["t1"] = "20ms"  # 64*T1: transactions are soon forgotten
        return settings

    def open(self):
        self._open_daemon()
        with open(self.path("script"), "w", encoding="ascii") as file:
            file.write("always answer\nexpect up within 15s\nserve\n")
        command = self._in_time() + self.pbx_command() + ["--quiet", "-s", self.path("script")]
        self.pbx = self.namespace.start("tieline-pbx", command, self.path("pbx.log"))
        self._await_line()

    def play(self, way, round_, chosen):
        with open(self.path("jobs"), "w", encoding="ascii") as file:
            json.dump(jobs(chosen, way, round_), file)
        command = [sys.executable, PLAYER, self.path("jobs"), self.path("seen")]
        process = self.namespace.start("player", command, self.path("player.log"))
        if process.wait(time.monotonic() + 90) != 0:
            raise RuntimeError("hostile_player ended with %s: %s" % (process.status, process.tail(8)))
        with open(self.path("seen"), encoding="ascii") as file:
            return json.load(file)

    def judge(self, chosen, way, seen):
        for one, what in zip(chosen, seen):
            came = list(what["statuses"]) or [CLOSED if what["closed"] else DROPPED]
            if not what["alive"]:
                self.fail_badly("%s over %s: it answers nobody any more" % (one.name, way))
            elif not what.get("stands", True):
                self.fail("%s over %s: %s, and the call is over" % (one.name, way, came))
            elif not set(came) <= set(one.expected):
                self.fail("%s over %s: %s, where %s is asked" % (one.name, way, came, sorted(map(str, one.expected))))
        if len(seen) < len(chosen) and not self.outcome.broken:
            self.fail("only %d of %d were played" % (len(seen), len(chosen)))

    def memory_kb(self):
        with open("/proc/%d/status" % self.daemon.popen.pid, encoding="ascii") as file:
            return int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.M)[1])

    def settle(self):
        if not wait_for(lambda: not self.desk.loose_ends(("idle",)), 8, 0.2):
            self.fail("left over: %s" % self.desk.loose_ends(("idle",)))

    def judge_log(self, rounds):
        with open(self.path("tielined.log"), "rb") as file:
            lines = file.read().split(b"\n")
        wild = [line for line in lines if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line)]
        for line in wild[:3]:
            self.fail("the log has control characters: %r" % line[:200])
        for line in [line for line in lines if len(line) > LINE_MAX][:3]:
            self.fail("a line of %d octets in the log: %r" % (len(line), line[:100]))
        if len(lines) > LINES_A_ROUND * rounds:
            self.fail("%d lines of log" % len(lines))

    def close(self):
        if self.daemon.status is not None:
            self.fail_badly("tielined ended with %d: %s" % (self.daemon.status, self.daemon.tail(12)))
            return
        self.pbx.end()
        if self.daemon.end(patience=15) != 0:
            self.fail("the daemon ended with %s: %s" % (self.daemon.status, self.daemon.tail()))
        if SANITIZER.search(self.daemon.tail(100000)):
            self.fail("a sanitizer speaks in its log")


def play(build, name, changes, ways):
    """The stage with its failures."""
    with Hostile(build, name, changes) as stage:
        sizes = []
        try:
            stage.open()
            for round_, way in enumerate(ways):
                chosen = messages(way)
                stage.judge(chosen, way, stage.play(way, round_, chosen))
                if stage.outcome.broken:
                    break
                stage.settle()
                time.sleep(1.5)  # 64*T1
                sizes.append(stage.memory_kb())
            if len(sizes) > 1 and sizes[-1] > sizes[-2] + GROWTH_KB:
                stage.fail("it grows: %s kB" % sizes)
            stage.judge_log(max(len(sizes), 1))
        except (RuntimeError, OSError, ValueError) as error:
            stage.fail(repr(error))
        if stage.daemon:
            stage.close()
        stage.sizes = sizes
        return stage


def at_the_gateway(build):
    """what is too long, too many or no text is answered or dropped at the gateway's port, over UDP and TCP"""
    return play(build, "hostile gateway", [], ("udp", "tcp"))


def at_the_proxy(build):
    """and at the proxy's, over UDP and TCP"""
    return play(build, "hostile proxy", ["[proxy] mode = standby"], ("udp", "tcp"))


STORIES = (at_the_gateway, at_the_proxy)


def title(story):
    return "hostile: " + " ".join(story.__doc__.split()).rstrip(".")


def main():
    bad = 0
    for story in STORIES:
        if len(sys.argv) > 2 and story.__name__ not in sys.argv[2:]:
            continue
        began = time.monotonic()
        stage = story(os.path.abspath(sys.argv[1]))
        failures = stage.outcome.failures
        bad += bool(failures)
        print("FAIL" if failures else "pass", title(story), "(%.0f s, %s kB)" % (time.monotonic() - began, stage.sizes), *failures, sep="\n    ")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
