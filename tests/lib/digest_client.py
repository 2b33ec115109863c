#!/usr/bin/env python3
"""A SIP phone that does nothing but authenticate: it sends a request over UDP or TCP, answers 401 and 407 with SHA-256 or MD5
(RFC 7616, RFC 8760), and can be told to misbehave. It shares nothing with tieline's own code, so that it can be its judge.

By hand:   digest_client.py REGISTER 192.0.2.10:5060 --user 201 --password secret
In tests:  with Phone(("192.0.2.10", 5060), user="201", password="secret") as phone: phone.request("REGISTER").status

Each final response is told in a line, "REGISTER 401 SHA-256,MD5" with what was offered and "stale" where it says so. The exit
status is 0 when the last one is 2xx.
"""
import argparse
import hashlib
import os
import re
import socket
import sys
import time

HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}
T1 = 0.5
TIMEOUT = 8.0


class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate value."""

    PARAM = re.compile(r'([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]+)')

    def __init__(self, value, proxy):
        self.scheme, _, rest = value.strip().partition(" ")
        self.proxy = proxy
        self.params = {}
        for name, text in self.PARAM.findall(rest):
            if text.startswith('"'):
                text = re.sub(r"\\(.)", r"\1", text[1:-1])
            self.params[name.lower()] = text
        self.realm = self.params.get("realm", "")
        self.nonce = self.params.get("nonce", "")
        self.algorithm = self.params.get("algorithm", "MD5")
        self.qops = [qop.strip() for qop in self.params.get("qop", "").split(",") if qop.strip()]
        self.stale = self.params.get("stale", "false").lower() == "true"

    def known(self):
        return self.scheme.lower() == "digest" and self.algorithm in HASHES


def digest_response(algorithm, user, realm, password, nonce, method, uri, qop, count, cnonce, body):
    """RFC 7616 3.4.1."""

    def digest(*parts):
        return HASHES[algorithm](":".join(parts).encode()).hexdigest()

    secret = digest(user, realm, password)
    if qop == "auth-int":
        request = digest(method, uri, HASHES[algorithm](body).hexdigest())
    else:
        request = digest(method, uri)
    if not qop:
        return digest(secret, nonce, request)
    return digest(secret, nonce, "%08x" % count, cnonce, qop, request)


class Reply:
    """A response, cut into its parts."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode(errors="replace")).split("\r\n")
        self.status = int(lines[0].split(" ", 2)[1])
        self.headers = [
            (name.strip().lower(), value.strip())
            for name, _, value in (line.partition(":") for line in lines[1:])
        ]

    def values(self, *names):
        return [value for name, value in self.headers if name in names]

    def challenges(self):
        return [Challenge(value, False) for value in self.values("www-authenticate")] + [
            Challenge(value, True) for value in self.values("proxy-authenticate")
        ]

    def line(self, method):
        out = "%s %u" % (method, self.status)
        offers = self.challenges()
        if offers:
            out += " " + ",".join(offer.algorithm for offer in offers)
        return out + (" stale" if any(offer.stale for offer in offers) else "")


class Phone:
    """Sends to SERVER (host, port). AOR: the user of From and To, the authenticated one unless told otherwise. ALGORITHMS: those
    it knows. QOP: which it takes, "" for a phone of RFC 2069."""

    def __init__(self, server, user="201", password="secret", domain=None, aor=None, tcp=False,
                 local=("0.0.0.0", 0), algorithms=("SHA-256", "MD5"), qop="auth", tell=None):
        self.server, self.user, self.password, self.tcp = server, user, password, tcp
        self.domain = domain or (server[0] if ":" not in server[0] else "[%s]" % server[0])
        self.aor = aor or user
        self.algorithms, self.qop, self.tell = algorithms, qop, tell
        self.answers = {}  # (proxy, realm) -> Challenge that is answered
        self.counts = {}  # nonce -> the last count
        self.frozen = None  # a count that is sent again and again
        self.call_id, self.tag, self.cseq = os.urandom(8).hex(), os.urandom(4).hex(), 0
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        if family == socket.AF_INET6 and local[0] == "0.0.0.0":
            local = ("::", local[1])
        self.socket.bind(local)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(server)
        self.pending = b""
        host, port = self.socket.getsockname()[:2]
        self.here = "%s:%u" % ("[%s]" % host if ":" in host else host, port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # ---- what is sent ----

    def credentials(self, challenge, method, uri, body):
        """The value that answers CHALLENGE."""
        qop = self.qop if self.qop in challenge.qops else ""
        count = self.frozen or self.counts.get(challenge.nonce, 0) + 1
        self.counts[challenge.nonce] = count
        cnonce = os.urandom(6).hex()
        response = digest_response(challenge.algorithm, self.user, challenge.realm, self.password,
                                   challenge.nonce, method, uri, qop, count, cnonce, body)
        out = 'Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=%s' % (
            self.user, challenge.realm, challenge.nonce, uri, response, challenge.algorithm)
        if "opaque" in challenge.params:
            out += ', opaque="%s"' % challenge.params["opaque"]
        if qop:
            out += ', qop=%s, nc=%08x, cnonce="%s"' % (qop, count, cnonce)
        return out

    def message(self, method, uri, body=b"", headers=(), to_tag=None, branch=None, cseq=None):
        lines = [
            "%s %s SIP/2.0" % (method, uri),
            "Via: SIP/2.0/%s %s;branch=%s;rport" % ("TCP" if self.tcp else "UDP", self.here, branch),
            "Max-Forwards: 70",
            "From: <sip:%s@%s>;tag=%s" % (self.aor, self.domain, self.tag),
            "To: <%s>%s" % (self.to_uri(method, uri), ";tag=" + to_tag if to_tag else ""),
            "Call-ID: %s" % self.call_id,
            "CSeq: %u %s" % (cseq, method),
            "Contact: <sip:%s@%s%s>" % (self.user, self.here, ";transport=tcp" if self.tcp else ""),
        ]
        if method not in ("ACK", "CANCEL"):
            for challenge in self.answers.values():
                name = "Proxy-Authorization" if challenge.proxy else "Authorization"
                lines.append("%s: %s" % (name, self.credentials(challenge, method, uri, body)))
        lines += list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append("Content-Length: %u" % len(body))
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def to_uri(self, method, uri):
        return "sip:%s@%s" % (self.aor, self.domain) if method == "REGISTER" else uri

    # ---- what comes back ----

    def receive(self, seconds):
        """The next message, None when none comes in time."""
        self.socket.settimeout(seconds)
        try:
            if not self.tcp:
                return self.socket.recv(65535)
            while True:
                head, found, rest = self.pending.partition(b"\r\n\r\n")
                length = re.search(rb"^(?:Content-Length|l)\s*:\s*(\d+)", head, re.I | re.M)
                need = int(length.group(1)) if length else 0
                if found and len(rest) >= need:
                    self.pending = rest[need:]
                    return head + found + rest[:need]
                more = self.socket.recv(65535)
                if not more:
                    return None
                self.pending += more
        except (socket.timeout, ConnectionError):
            return None

    def exchange(self, data, cseq, timeout):
        """Sends DATA until a final response with its CSeq comes; None when none does."""
        end, wait = time.monotonic() + timeout, T1
        self.socket.send(data)
        again = time.monotonic() + wait
        while True:
            now = time.monotonic()
            if now >= end:
                return None
            got = self.receive(max(0.01, min(end, end if self.tcp else again) - now))
            if got and got.startswith(b"SIP/2.0"):
                reply = Reply(got)
                if reply.values("cseq")[0].split()[0] != str(cseq):
                    continue
                if reply.status >= 200:
                    return reply
                again = end  # it is being worked on
            elif not self.tcp and time.monotonic() >= again:
                self.socket.send(data)
                wait *= 2
                again = time.monotonic() + wait

    def once(self, method, uri=None, body=b"", headers=(), timeout=TIMEOUT):
        """One request with what credentials the phone has, and its final response."""
        uri = uri or "sip:" + self.domain
        self.cseq += 1
        branch = "z9hG4bK" + os.urandom(8).hex()
        cseq = self.cseq
        reply = self.exchange(self.message(method, uri, body, headers, None, branch, cseq), cseq, timeout)
        if reply is None:
            if self.tell:
                self.tell("%s timeout" % method)
            return None
        if method == "INVITE":
            self.finish(reply, uri, branch, cseq)
        if self.tell:
            self.tell(reply.line(method))
        return reply

    def finish(self, reply, uri, branch, cseq):
        """ACK, and BYE where the call was answered."""
        to = re.search(r";\s*tag=([^;\s]+)", reply.values("to", "t")[0])
        tag = to.group(1) if to else None
        if reply.status >= 300:
            self.socket.send(self.message("ACK", uri, to_tag=tag, branch=branch, cseq=cseq))
            return
        contact = (reply.values("contact", "m") or ["<%s>" % uri])[0]
        target = re.search(r"<([^>]*)>", contact)
        target = target.group(1) if target else contact
        routes = ["Route: " + value for value in reversed(reply.values("record-route"))]
        fresh = ["z9hG4bK" + os.urandom(8).hex() for _ in range(2)]
        self.socket.send(self.message("ACK", target, headers=routes, to_tag=tag, branch=fresh[0], cseq=cseq))
        self.cseq += 1
        bye = self.message("BYE", target, headers=routes, to_tag=tag, branch=fresh[1], cseq=self.cseq)
        self.exchange(bye, self.cseq, 2)

    def take(self, reply):
        """Remembers what REPLY asks for: of each realm the first challenge the phone can answer (RFC 8760 2.4). FALSE when it
        asks for nothing that it could give."""
        taken = {}
        for challenge in reply.challenges():
            key = (challenge.proxy, challenge.realm)
            if challenge.known() and challenge.algorithm in self.algorithms:
                taken.setdefault(key, challenge)
        self.answers.update(taken)
        return bool(taken)

    def request(self, method, uri=None, body=b"", headers=(), tries=3):
        """Sends METHOD and answers what it is asked for; a challenge that is not stale and came for credentials already ends it,
        as the password is wrong then. The last reply."""
        answered = set()
        for _ in range(tries):
            reply = self.once(method, uri, body, headers)
            if reply is None or reply.status not in (401, 407):
                return reply
            fresh = [c for c in reply.challenges()
                     if c.stale or (c.proxy, c.realm) not in answered]
            if not fresh or not self.take(reply):
                return reply
            answered |= {(c.proxy, c.realm) for c in reply.challenges()}
        return reply


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("server", help="HOST:PORT")
    parser.add_argument("--uri", help="the Request-URI; else that of the domain")
    parser.add_argument("--domain", help="else the server's host")
    parser.add_argument("--user", default="201")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--aor", help="another user in From and To than the authenticated one")
    parser.add_argument("--tcp", action="store_true")
    parser.add_argument("--local", default="0.0.0.0", help="the address it sends from")
    parser.add_argument("--algorithm", action="append", choices=sorted(HASHES), help="the ones it knows; else all")
    parser.add_argument("--qop", default="auth", choices=["auth", "auth-int", "none"])
    parser.add_argument("--body", default="", help="of the request; \\r\\n as such")
    parser.add_argument("--expires", type=int)
    parser.add_argument("--times", type=int, default=1, help="send so many requests, the later ones with the same nonce")
    parser.add_argument("--replay", action="store_true", help="... and the same nonce count, too")
    return parser.parse_args()


def main():
    say = arguments()
    host, _, port = say.server.rpartition(":")
    phone = Phone(
        (host.strip("[]"), int(port)), say.user, say.password, say.domain, say.aor, say.tcp, (say.local, 0),
        tuple(say.algorithm or HASHES), "" if say.qop == "none" else say.qop, lambda line: print(line, flush=True))
    headers = ["Expires: %u" % say.expires] if say.expires is not None else []
    body = say.body.replace("\\r\\n", "\r\n").encode()
    with phone:
        reply = phone.request(say.method, say.uri, body, headers)
        phone.frozen = 1 if say.replay else None
        for _ in range(say.times - 1):
            reply = phone.once(say.method, say.uri, body, headers)
    return 0 if reply and reply.status < 300 else 1


if __name__ == "__main__":
    sys.exit(main())
