# A phone that calls and is called by a network that loses, doubles and delays datagrams; prints what
# became of each call, as JSON.
#
# The network is this process's own: the same seed, the same luck. What it does to a datagram is done
# behind the capture on the way in, before it on the way out.
#
# usage: lossy_phones.py HERE GATEWAY PLAN RESULT GO   (it calls as soon as the file GO is there)
import heapq
import itertools
import json
import os
import random
import re
import select
import socket
import sys
import time

T1, T2 = 0.1, 0.8
PATIENCE = 64 * T1
SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 7000 RTP/AVP 8 0\r\n"
)


def header(text, name):
    match = re.search(r"^%s[ \t]*:[ \t]*(.*?)\r?$" % name, text, re.M | re.I)
    return match[1] if match else ""


def status_of(text):
    match = re.match(r"SIP/2\.0 (\d\d\d)", text)
    return int(match[1]) if match else None


class Network:
    """Datagrams to and from the gateway, by chance RATE lost, doubled, overtaken."""

    def __init__(self, here, gateway, rate, seed):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.socket.bind((here, 5060))
        self.gateway, self.rate, self.luck = (gateway, 5060), rate, random.Random(seed)
        self.due, self.order, self.counts = [], itertools.count(), {"lost": 0, "doubled": 0, "delayed": 0, "all": 0}

    def at(self, when, what):
        heapq.heappush(self.due, (when, next(self.order), what))

    def pass_on(self, what):
        """Calls WHAT as often and as late as the network will have it."""
        self.counts["all"] += 1
        if self.luck.random() < self.rate:
            self.counts["lost"] += 1
            return
        for copy in range(2):
            if copy and self.luck.random() >= self.rate:
                return
            self.counts["doubled"] += copy
            late = self.luck.uniform(0.005, 0.12) if copy or self.luck.random() < self.rate else 0
            self.counts["delayed"] += late > 0 and not copy
            if late:
                self.at(time.monotonic() + late, what)
            else:
                what()

    def send(self, text):
        self.pass_on(lambda: self.socket.sendto(text.encode(), self.gateway))

    def run(self, heard, until):
        """Until the time UNTIL, or until nothing more is due."""
        while self.due and time.monotonic() < until:
            wait = max(self.due[0][0] - time.monotonic(), 0)
            if select.select([self.socket], [], [], wait)[0]:
                text = self.socket.recv(65536).decode(errors="replace")
                self.pass_on(lambda text=text: heard(text))
            while self.due and self.due[0][0] <= time.monotonic():
                heapq.heappop(self.due)[2]()


class Call:
    """One call, from either side: state is idle, trying, up, leaving, over."""

    def __init__(self, phone, number, plan):
        self.phone, self.number, self.plan = phone, number, plan
        self.state, self.result, self.pending, self.answer = "idle", [], {}, None
        self.call_id, self.own, self.far, self.target = "", "", "", "sip:%s@%s:5060" % (number, phone.gateway)
        self.cseq, self.invite, self.branch, self.refused = 0, "", "", False

    def tell(self, word):
        if word not in self.result:
            self.result.append(word)

    # -- what is sent again until it is answered

    def repeat(self, key, text, until, then, most=None):
        """Sends TEXT, T1 apart and ever longer, until self.pending lacks KEY; THEN after UNTIL."""
        self.pending[key] = True
        end = time.monotonic() + until

        def again(wait):
            if not self.pending.get(key):
                return
            if time.monotonic() >= end:
                self.pending.pop(key)
                then()
                return
            self.phone.network.send(text)
            next_wait = min(wait * 2, most or 64)
            self.phone.network.at(min(time.monotonic() + wait, end), lambda: again(next_wait))

        again(T1)

    def request(self, method, cseq, branch=None):
        lines = ["%s %s SIP/2.0" % (method, self.target if method not in ("CANCEL",) else self.first_target),
                 "Via: SIP/2.0/UDP %s:5060;rport;branch=%s" % (self.phone.here, branch or "z9hG4bK%s-%s-%d" % (self.number, method, cseq)),
                 "Max-Forwards: 70", "From: " + self.own, "To: " + self.far, "Call-ID: " + self.call_id,
                 "CSeq: %d %s" % (cseq, method), "Contact: <sip:%s@%s:5060>" % (self.number, self.phone.here)]
        body = SDP.format(host=self.phone.here) if method == "INVITE" else ""
        lines += ["Content-Type: application/sdp"] if body else []
        return "\r\n".join(lines + ["Content-Length: %d" % len(body), "", body])

    # -- calling

    def dial(self):
        self.call_id, self.cseq = "lossy-%s@%s" % (self.number, self.phone.here), 1
        self.own, self.far = "<sip:201@%s>;tag=o%s" % (self.phone.here, self.number), "<sip:%s@%s>" % (self.number, self.phone.gateway)
        self.state, self.first_target, self.branch = "trying", self.target, "z9hG4bK%s-1" % self.number
        self.phone.calls[self.call_id] = self
        self.repeat("INVITE", self.request("INVITE", 1, self.branch), PATIENCE, lambda: self.end("no answer to INVITE"))
        if self.plan == "cancel":
            self.phone.network.at(time.monotonic() + 0.7, self.cancel)
        self.phone.network.at(time.monotonic() + 3 * PATIENCE, lambda: self.end("no end"))

    def cancel(self):
        if self.state == "trying" and not self.pending.get("INVITE"):
            self.tell("cancelled")
            self.repeat("CANCEL", self.request("CANCEL", 1, self.branch), PATIENCE, lambda: None, T2)
        elif self.state == "trying":  # nothing was heard yet: not allowed
            self.phone.network.at(time.monotonic() + 0.2, self.cancel)

    def ack(self, status):
        branch = self.branch if status >= 300 else None
        if status >= 300:
            target, self.target = self.target, self.first_target
            self.phone.network.send(self.request("ACK", 1, branch))
            self.target = target
        else:
            self.phone.network.send(self.request("ACK", 1, branch))

    def hang_up(self):
        if self.state != "up":
            return
        self.state = "leaving"
        self.cseq += 1
        self.repeat("BYE", self.request("BYE", self.cseq), PATIENCE, lambda: self.end("no answer to BYE"), T2)

    def heard_response(self, text):
        status, method = status_of(text), header(text, "CSeq").split(" ")[-1]
        if method != "INVITE":
            if status >= 200:
                self.pending.pop(method, None)
            if status >= 200 and method == "BYE":
                self.end("bye")
            return
        self.pending.pop("INVITE", None)
        if status < 200:
            return
        if status >= 300:
            self.far = header(text, "To")
            self.ack(status)
            self.end("status %d" % status)
            return
        if self.state == "trying":
            self.far, contact = header(text, "To"), re.search(r"<(.*?)>", header(text, "Contact"))
            self.target = contact[1] if contact else self.target
            self.state = "up"
            self.tell("answered")
            if self.plan in ("bye", "cancel"):
                self.phone.network.at(time.monotonic() + 0.4, self.hang_up)
        self.ack(status)

    # -- being called

    def respond(self, request, status, body=""):
        lines = ["SIP/2.0 " + status]
        lines += ["Via: " + via for via in re.findall(r"^Via[ \t]*:[ \t]*(.*?)\r?$", request, re.M | re.I)]
        to = header(request, "To")
        lines += ["From: " + header(request, "From"), "To: " + (to if ";tag=" in to else to + ";tag=o" + self.number),
                  "Call-ID: " + self.call_id, "CSeq: " + header(request, "CSeq"),
                  "Contact: <sip:%s@%s:5060>" % (self.number, self.phone.here)]
        lines += ["Content-Type: application/sdp"] if body else []
        return "\r\n".join(lines + ["Content-Length: %d" % len(body), "", body])

    def ring(self, request):
        self.call_id, self.invite, self.state = header(request, "Call-ID"), request, "trying"
        self.own, self.far = header(request, "To") + ";tag=o" + self.number, header(request, "From")
        contact = re.search(r"<(.*?)>", header(request, "Contact"))
        self.target, self.cseq = contact[1] if contact else self.target, 1
        self.answer = self.respond(request, "180 Ringing")
        self.phone.network.send(self.answer)
        self.phone.network.at(time.monotonic() + 6 * PATIENCE, lambda: self.end("no end"))
        if self.plan == "busy":
            self.finally_answer("486 Busy Here", "", "busy")
        elif self.plan != "ring":
            self.phone.network.at(time.monotonic() + 0.3, self.pick_up)

    def finally_answer(self, status, body, word):
        self.tell(word)
        self.answer, self.refused = self.respond(self.invite, status, body), not body
        self.repeat("ACK", self.answer, PATIENCE, lambda: self.end("no ACK"), T2)

    def pick_up(self):
        if self.state != "trying":
            return
        self.state = "up"
        self.finally_answer("200 OK", SDP.format(host=self.phone.here), "answered")

    def heard_request(self, text):
        method = text.split(" ", 1)[0]
        if method == "INVITE" and self.state == "idle":
            self.ring(text)
        elif method == "INVITE":
            if self.answer:
                self.phone.network.send(self.answer)
        elif method == "ACK":
            if self.pending.pop("ACK", None) and self.refused:
                self.end("refused")
            elif self.state == "up" and self.plan == "bye":
                self.phone.network.at(time.monotonic() + 0.5, self.hang_up)
        elif method == "CANCEL":
            self.phone.network.send(self.respond(text, "200 OK"))
            if self.state == "trying":
                self.state = "leaving"
                self.finally_answer("487 Request Terminated", "", "cancelled by the gateway")
        else:
            known = self.state != "idle"
            self.phone.network.send(self.respond(text, "200 OK" if known else "481 No Such Call"))
            if method == "BYE":
                self.pending.clear()
                self.end("bye by the gateway")

    def end(self, word):
        if self.state != "over":
            self.tell(word)
            self.state = "over"
            self.pending = {key: value for key, value in self.pending.items() if key == "ACK"}


class Phone:
    def __init__(self, here, gateway, plan):
        self.here, self.gateway = here, gateway
        self.network = Network(here, gateway, plan["rate"], plan["seed"])
        self.calls, self.expected = {}, {}
        self.all = [Call(self, number, what) for number, what, _ in plan["calls"] + plan["called"]]
        self.expected = {call.number: call for call in self.all[len(plan["calls"]) :]}
        self.begins = [at for _, _, at in plan["calls"]]

    def begin(self):
        for call, at in zip(self.all, self.begins):
            self.network.at(time.monotonic() + at, call.dial)

    def heard(self, text):
        call = self.calls.get(header(text, "Call-ID"))
        if not call and text.startswith("INVITE "):
            number = re.match(r"INVITE sips?:([^@]*)@", text)
            call = self.expected.get(number[1] if number else "")
            if call and call.state == "idle":
                self.calls[header(text, "Call-ID")] = call
            elif call:
                call.tell("called twice")
        if not call:
            return
        if text.startswith("SIP/2.0"):
            call.heard_response(text)
        else:
            call.heard_request(text)


def main(here, gateway, plan, result, go):
    with open(plan, encoding="ascii") as file:
        plan = json.load(file)
    phone = Phone(here, gateway, plan)
    until = time.monotonic() + plan["seconds"]
    phone.network.at(until, lambda: None)

    def await_line():
        if os.path.exists(go):
            phone.begin()
            phone.network.at(time.monotonic() + 1, over)
        else:
            phone.network.at(time.monotonic() + 0.05, await_line)


    def over():
        if all(call.state == "over" for call in phone.all):
            phone.network.at(time.monotonic() + 1, phone.network.due.clear)
        else:
            phone.network.at(time.monotonic() + 0.2, over)

    await_line()
    phone.network.run(phone.heard, until)
    with open(result, "w", encoding="ascii") as file:
        json.dump({"calls": {call.number: call.result for call in phone.all}, "network": phone.network.counts}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
