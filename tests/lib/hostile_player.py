# Sends messages that nobody should send and tells what came of each, as JSON; after each a sound
# OPTIONS must be answered.
#
# usage: hostile_player.py JOBS RESULT
import json
import re
import select
import socket
import sys
import time

TARGET = ("127.0.0.1", 5060)
SENDER, PROBE = "127.0.0.71", "127.0.0.72"
PATIENCE = 0.1  # how long an answer may take once the probe's is there
DEAD = 5.0
MARK = re.compile(rb"h\d+-\d+-(?:udp|tcp)h")


def udp(address, port=0):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    one.bind((address, port))
    return one


def header(data, name):
    match = re.search(rb"^" + name + rb"[ \t]*:[ \t]*(.*?)\r?$", data, re.M | re.I)
    return match[1] if match else b""


def status_of(data):
    match = re.match(rb"SIP/2\.0 (\d\d\d) ", data)
    return int(match[1]) if match else None


def follow_up(method, answer, way, here):
    """ACK or BYE for ANSWER, to where the gateway is."""
    lines = [b"%s sip:%s:%d SIP/2.0" % (method, TARGET[0].encode(), TARGET[1])]
    if method == b"ACK" and status_of(answer) >= 300:
        lines.append(b"Via: " + header(answer, b"Via"))
    else:
        branch = b"z9hG4bK-f-%d-%s" % (time.monotonic_ns(), method)
        lines.append(b"Via: SIP/2.0/%s %s;rport;branch=%s" % (way.upper().encode(), here, branch))
        for route in reversed(re.findall(rb"^Record-Route:[ \t]*(.*?)\r?$", answer, re.M | re.I)):
            lines.append(b"Route: " + route)
        contact = re.search(rb"<(.*?)>", header(answer, b"Contact"))
        if contact:
            lines[0] = b"%s %s SIP/2.0" % (method, contact[1])
    cseq = header(answer, b"CSeq").split(b" ")[0]
    number = b"%d" % (int(cseq) + 1) if method == b"BYE" else cseq
    lines += [b"From: " + header(answer, b"From"), b"To: " + header(answer, b"To")]
    lines += [b"Call-ID: " + header(answer, b"Call-ID"), b"CSeq: %s %s" % (number, method)]
    return b"\r\n".join(lines + [b"Max-Forwards: 70", b"Content-Length: 0", b"", b""])


def answered(data, method):
    """(CSeq, status) when DATA is an answer to METHOD, else None."""
    number, _, name = header(data, b"CSeq").partition(b" ")
    status = status_of(data)
    return (int(number), status) if status and name == method and number.isdigit() else None


class Dialog:
    """A call that stands, in which messages are sent."""

    def __init__(self, answer, way):
        self.way, self.cseq = way, int(header(answer, b"CSeq").split(b" ")[0])
        contact = re.search(rb"<(.*?)>", header(answer, b"Contact"))
        self.target = contact[1] if contact else b"sip:%s:%d" % (TARGET[0].encode(), TARGET[1])
        self.words = {
            b"%TARGET%": self.target,
            b"%ROUTES%": b"".join(
                b"Route: %s\r\n" % route
                for route in reversed(re.findall(rb"^Record-Route:[ \t]*(.*?)\r?$", answer, re.M | re.I))
            ),
            b"%FROM%": header(answer, b"From"),
            b"%TO%": header(answer, b"To"),
            b"%CALL%": header(answer, b"Call-ID"),
        }

    def fill(self, data):
        """DATA as the dialog's next request."""
        self.cseq += 1
        for word, text in {**self.words, b"%CSEQ%": b"%d" % self.cseq}.items():
            data = data.replace(word, text)
        return data

    def request(self, method):
        """A sound request in it."""
        return self.fill(
            b"\r\n".join(
                [
                    b"%s %%TARGET%% SIP/2.0" % method,
                    b"Via: SIP/2.0/%s %s:5060;rport;branch=z9hG4bK-f-%d"
                    % (self.way.upper().encode(), SENDER.encode(), time.monotonic_ns()),
                    b"%ROUTES%From: %FROM%",
                    b"To: %TO%",
                    b"Call-ID: %CALL%",
                    b"CSeq: %%CSEQ%% %s" % method,
                    b"Max-Forwards: 70",
                    b"Content-Length: 0",
                    b"",
                    b"",
                ]
            )
        )


class Player:
    def __init__(self):
        self.datagrams, self.probe = udp(SENDER, 5060), udp(PROBE)
        self.stream, self.rest, self.probes = None, b"", 0
        self.jobs = {}  # mark: what came of it
        self.dialog, self.heard = None, []  # what came in the present job

    def say(self, data):
        try:
            if self.stream:
                self.stream.sendall(data)
            else:
                self.datagrams.sendto(data, TARGET)
        except OSError:
            pass  # hung up, as it may be

    def ask(self):
        self.probes += 1
        here = "%s:%d" % self.probe.getsockname()
        self.probe.sendto(
            (
                "OPTIONS sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKp%d\r\n"
                "From: <sip:p@%s>;tag=p\r\nTo: <sip:127.0.0.1>\r\nCall-ID: probe%d\r\n"
                "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                % (here, self.probes, here, self.probes)
            ).encode(),
            TARGET,
        )

    def hear(self, until):
        """Messages that come until UNTIL or until something has: (socket, data)."""
        sockets = [self.datagrams, self.probe] + ([self.stream] if self.stream else [])
        for one in select.select(sockets, [], [], max(until - time.monotonic(), 0))[0]:
            if one is not self.stream:
                yield one, one.recv(65536)
                continue
            try:
                data = one.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                self.stream.close()
                self.stream = None
                yield None, b""
                return
            self.rest += data
            while b"\r\n\r\n" in self.rest:
                size = int(header(self.rest, b"Content-Length") or b"0")
                end = self.rest.index(b"\r\n\r\n") + 4 + size
                if len(self.rest) < end:
                    break
                message, self.rest = self.rest[:end], self.rest[end:]
                yield one, message

    def take(self, data, way, seen):
        """A final answer is acknowledged, and a call that stands is ended. It is told of the message that it answers,
        which may be an older one: every message bears its mark, unless it is the very thing that is spoiled."""
        mark = MARK.search(data)
        status = status_of(data)
        self.heard.append(data)
        if status is None:  # a request: of a call that is being ended
            return
        cseq = header(data, b"CSeq")
        if status >= 200 and cseq.endswith(b"INVITE"):
            here = b"%s:%d" % (SENDER.encode(), 5060)
            self.say(follow_up(b"ACK", data, way, here))
            if status < 300 and b"branch=z9hG4bK-d-" not in data:
                self.say(follow_up(b"BYE", data, way, here))
        if status >= 200 and b"branch=z9hG4bK-f-" not in data:
            (self.jobs.get(mark[0], seen) if mark else seen).add(status)

    def hear_out(self, seconds):
        """What comes late."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one, data in self.hear(until):
                if one is self.datagrams:
                    self.take(data, "udp", set())
                yield one

    def await_answer(self, method, way):
        """The final answer to METHOD that comes first; b"" when none does."""
        until = time.monotonic() + DEAD
        while time.monotonic() < until:
            for one, data in self.hear(until):
                if one is None or one is self.probe:
                    continue
                self.take(data, way, set())
                if (answered(data, method) or (0, 0))[1] >= 200:
                    return data
        return b""

    def open_dialog(self, job):
        """The call that JOB wants to stand before it."""
        if self.dialog:
            self.dialog.way = job["way"]
            return True
        self.say(bytes.fromhex(job["opening"]))
        answer = self.await_answer(b"INVITE", job["way"])
        self.dialog = Dialog(answer, job["way"]) if status_of(answer) == 200 else None
        return self.dialog is not None

    def dialog_stands(self, way):
        """It answers a sound request, and has not been ended by the far end."""
        if any(data.startswith(b"BYE ") for data in self.heard):
            self.dialog = None
            return False
        self.dialog.way = way
        self.say(self.dialog.request(b"OPTIONS"))
        stands = status_of(self.await_answer(b"OPTIONS", way)) == 200
        if not stands:
            self.dialog = None
        return stands

    def close_dialog(self):
        if self.dialog:
            self.dialog.way = "udp"
            self.say(self.dialog.request(b"BYE"))

    def play(self, job):
        """{"statuses": [...], "closed": bool, "alive": bool, "ms": until the probe's answer}; of a message in a dialog
        "stands", too."""
        way, seen, closed, alive = job["way"], set(), False, None
        self.jobs[job["mark"].encode()] = seen
        self.heard = []
        if way == "tcp":
            self.stream, self.rest = socket.create_connection(TARGET, 5, (SENDER, 0)), b""
        inside = "opening" in job
        if inside and not self.open_dialog(job):
            return {"statuses": set(), "closed": False, "alive": True, "stands": False, "ms": 0}
        began = time.monotonic()
        for part in job["parts"]:
            data = bytes.fromhex(part)
            self.say(self.dialog.fill(data) if inside else data)
            if len(job["parts"]) > 1:
                time.sleep(0.001)
        self.ask()
        until = began + DEAD
        while time.monotonic() < until:
            for one, data in self.hear(until):
                if one is self.probe:
                    if header(data, b"Call-ID") == b"probe%d" % self.probes:
                        alive = time.monotonic() - began
                        until = time.monotonic() + (job.get("patience") or PATIENCE)
                elif one is None:
                    closed = True
                else:
                    self.take(data, way, seen)
            if alive is not None and (seen or closed):
                until = min(until, time.monotonic() + 0.01)
        stands = {"stands": self.dialog_stands("udp" if closed else way)} if inside and alive is not None else {}
        if self.stream:
            self.stream.close()
            self.stream = None
        return {"statuses": seen, "closed": closed, "alive": alive is not None, "ms": 1000 * (alive or 0), **stands}


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        jobs = json.load(file)
    player, out = Player(), []
    for job in jobs:
        out.append(player.play(job))
        if not out[-1]["alive"]:
            break
    player.close_dialog()
    for _ in player.hear_out(1.0):
        pass
    with open(sys.argv[2], "w", encoding="ascii") as file:
        json.dump([{**one, "statuses": sorted(one["statuses"])} for one in out], file)


if __name__ == "__main__":
    main()
