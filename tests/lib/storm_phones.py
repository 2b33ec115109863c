# Many phones that register within a few seconds, each from a port of its own; prints what became of them as a line of JSON.
#
# usage: storm_phones.py SOURCE SERVER PORT COUNT SECONDS
import heapq
import json
import resource
import select
import socket
import sys
import time

T1, T2, TIMER_F = 0.5, 4.0, 32.0  # RFC 3261 17.1.2.2
FIRST_NUMBER = 3000
REGISTER = (
    "REGISTER sip:{server}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK-storm-{number}\r\n"
    "From: <sip:{number}@{server}>;tag={number}\r\nTo: <sip:{number}@{server}>\r\nCall-ID: storm-{number}@{here}\r\n"
    "CSeq: 1 REGISTER\r\nContact: <sip:{number}@{here}>\r\nExpires: 3600\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


class Phone:
    """One that registers once, and sends again until it is answered."""

    def __init__(self, number, source, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.server = server
        here = "%s:%d" % self.socket.getsockname()
        self.request = REGISTER.format(number=number, here=here, server=server[0], port=server[1]).encode()
        self.sent = self.began = self.took = self.status = None
        self.wait = T1

    def send(self, now):
        """When it wants to send again."""
        if self.sent is None:
            self.sent, self.began = 0, now
        else:
            self.wait = min(self.wait * 2, T2)
        self.socket.sendto(self.request, self.server)
        self.sent += 1
        return now + self.wait

    def hear(self, now):
        """TRUE when the answer is final."""
        status = int(self.socket.recv(65536).split(b" ", 2)[1])
        if status < 200 or self.status is not None:
            return False
        self.status, self.took = status, now - self.began
        return True


def storm(source, server, count, seconds):
    """The phones, when all have been answered or have given up."""
    phones = [Phone(FIRST_NUMBER + n, source, server) for n in range(count)]
    poll, start = select.epoll(), time.monotonic()
    by_fd = {phone.socket.fileno(): phone for phone in phones}
    for fd in by_fd:
        poll.register(fd, select.EPOLLIN)
    due = [(start + seconds * n / count, n) for n in range(count)]
    waiting = count
    while waiting and due:
        now = time.monotonic()
        while due and due[0][0] <= now:
            _, n = heapq.heappop(due)
            phone = phones[n]
            if phone.status is not None:
                continue
            if phone.began is not None and now - phone.began >= TIMER_F:
                waiting -= 1
                continue
            heapq.heappush(due, (phone.send(now), n))
        for fd, _ in poll.poll(max(due[0][0] - time.monotonic(), 0) if due else 0):
            waiting -= by_fd[fd].hear(time.monotonic())
    return phones


def main(source, server, port, count, seconds):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    phones = storm(source, (server, int(port)), int(count), float(seconds))
    print(json.dumps({"statuses": [phone.status for phone in phones], "sent": [phone.sent for phone in phones],
                      "ms": [phone.took and 1000 * phone.took for phone in phones]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
