# Sends messages to the proxy port one by one and writes down what comes of each: the sender's half
# and the called phone's.
#
# Run as a program in the daemon's namespace: torture_player.py JOBS RESULT. JOBS is a list in JSON:
# name, over (udp, tcp, or phone: from the called phone's socket), data (hex), patience (seconds to wait for an answer), answers (how many
# final ones to wait for), phrase (what the phone answers with). RESULT: {name: [[who, hex]]}; who is sender, phone, broadcast, closed, or
# dead when the port no longer answers.
import json
import re
import select
import socket
import sys
import time

PROXY, SENDER, PROBE, PHONE = "127.0.0.1", "127.0.0.9", "127.0.0.8", "127.0.0.11"
PORTS = (5060, 5050, 5070)  # what the Vias of the messages name
BROADCAST = "127.255.255.255"
LINGER = 0.2  # seconds that a message on a stream has before the port is asked whether it lives


def udp(address, port):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    one.bind((address, port))
    return one


def headers(data):
    """[(lower-case name, value)] of a message, lines put together."""
    head = re.sub(rb"\r\n[ \t]+", b" ", data.partition(b"\r\n\r\n")[0])
    out = []
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        out.append((name.strip().lower(), value.strip()))
    return out


def values(data, *names):
    return [value for name, value in headers(data) if name in names]


def answer(request, phrase):
    """The phone's: 200, or 486 to an INVITE that shall go no further."""
    method = request.split(b" ", 1)[0]
    status = b"486 Busy Here" if method == b"INVITE" else b"200 " + phrase
    lines = [b"SIP/2.0 " + status]
    lines += [b"Via: " + value for value in values(request, b"via", b"v")]
    for name, short in ((b"from", b"f"), (b"to", b"t"), (b"call-id", b"i"), (b"cseq", b"cseq")):
        value = values(request, name, short)[0]
        lines.append(name + b": " + value + (b";tag=phone" if name == b"to" else b""))
    return b"\r\n".join(lines + [b"Content-Length: 0", b"", b""])


def acknowledgement(request, response):
    """ACK of a refused INVITE, with the topmost Via of its request."""
    uri = request.split(b"\r\n", 1)[0].split(b" ", 1)[1]
    cseq = values(response, b"cseq")[0].split()[0]
    lines = [b"ACK " + uri, b"Via: " + values(request, b"via", b"v")[0].split(b",")[0]]
    for name in (b"From", b"To", b"Call-ID"):
        lines.append(name + b": " + b"".join(values(response, name.lower())[:1]))
    lines += [b"CSeq: " + cseq + b" ACK", b"Max-Forwards: 70", b"Content-Length: 0", b"", b""]
    return b"\r\n".join(lines)


class Player:
    def __init__(self):
        self.senders = [udp(SENDER, port) for port in PORTS]
        self.probe, self.phone = udp(PROBE, 5060), udp(PHONE, 5060)
        self.broadcast = udp(BROADCAST, 5060)
        self.stream, self.rest, self.events, self.probes = None, b"", [], 0
        self.old = set()  # Call-IDs of messages that are over

    def sockets(self):
        out = self.senders + [self.probe, self.phone, self.broadcast]
        return out + [self.stream] if self.stream else out

    def send(self, data, way="udp"):
        if way == "phone":
            self.phone.sendto(data, (PROXY, 5060))
        elif self.stream:
            try:
                self.stream.sendall(data)
            except OSError:
                pass  # hung up, as it may be
        else:
            self.senders[0].sendto(data, (PROXY, 5060))

    def ask(self):
        """Sends an OPTIONS of our own; what the message before it caused comes before its
        answer."""
        self.probes += 1
        here = "%s;branch=z9hG4bKprobe%d" % (PROBE, self.probes)
        text = (
            "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s\r\nFrom: <sip:probe@%s>;tag=1\r\n"
            "To: <sip:%s>\r\nCall-ID: probe%d\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
            "Content-Length: 0\r\n\r\n" % (PROXY, here, PROBE, PROXY, self.probes)
        )
        self.probe.sendto(text.encode(), (PROXY, 5060))

    def hear(self, job, until):
        """Takes what comes until UNTIL; True when it is the probe's answer."""
        ready = select.select(self.sockets(), [], [], max(until - time.monotonic(), 0))[0]
        for one in ready:
            if one is self.stream:
                self.hear_stream(job)
                continue
            data = one.recv(65536)
            if one is self.probe:
                return True
            if not self.old & set(values(data, b"call-id", b"i")):
                self.take(job, one, data)
        return False

    def hear_stream(self, job):
        """A stream's messages end where their Content-Length says."""
        try:
            data = self.stream.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.events.append(("closed", b""))
            self.hang_up()
            return
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            size = int((values(self.rest, b"content-length", b"l") or [b"0"])[0])
            end = self.rest.index(b"\r\n\r\n") + 4 + size
            if len(self.rest) < end:
                return
            data, self.rest = self.rest[:end], self.rest[end:]
            self.take(job, self.stream, data)

    def hang_up(self):
        if self.stream:
            self.stream.close()
        self.stream, self.rest = None, b""

    def take(self, job, one, data):
        who = {self.phone: "phone", self.broadcast: "broadcast"}.get(one, "sender")
        if who == "phone" and not data.startswith((b"ACK ", b"SIP/2.0")):
            self.phone.sendto(answer(data, job["phrase"].encode()), (PROXY, 5060))
        if who == "sender" and is_final(data) and values(data, b"cseq")[:1] != []:
            if values(data, b"cseq")[0].endswith(b" INVITE"):
                self.send(acknowledgement(bytes.fromhex(job["data"]), data))
        self.events.append((who, data))

    def over(self, job):
        """Is there nothing more to wait for?"""
        finals = sum(who != "broadcast" and is_final(data) for who, data in self.events)
        return finals >= job["answers"] or any(who == "closed" for who, _ in self.events)

    def play(self, job):
        self.events = []
        if job["over"] == "tcp":
            self.stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.stream.bind((SENDER, 0))
            self.stream.connect((PROXY, 5060))
        self.send(bytes.fromhex(job["data"]), job["over"])
        if self.stream:
            self.wait(job, time.monotonic() + LINGER)
        self.ask()
        until, lives = time.monotonic() + 10, False
        while not lives and time.monotonic() < until:
            lives = self.hear(job, until)
        self.wait(job, time.monotonic() + job["patience"])
        if not lives:
            self.events.append(("dead", b""))
        self.hang_up()
        self.old |= {one for _, data in self.events for one in values(data, b"call-id", b"i")}
        return [(who, data.hex()) for who, data in self.events]

    def wait(self, job, until):
        while time.monotonic() < until and not self.over(job):
            self.hear(job, until)


def is_final(data):
    return re.match(rb"SIP/\S+ [2-6]\d\d", data) is not None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        jobs = json.load(file)
    player = Player()
    result = {}
    for job in jobs:
        result[job["name"]] = player.play(job)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
