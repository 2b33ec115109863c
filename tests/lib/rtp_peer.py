# A phone's RTP half: sends a G.711 file in 20 ms packets by the clock and writes down what it
# hears.
#
# Run as a program: rtp_peer.py ADDRESS PORT PAYLOAD_TYPE SEND_FILE RECORD_FILE [DIGITS ON OFF LOSE]: with the latter it presses
# keys, too, as telephone-events (digits.schedule()). It sends to where
# the first packet it hears came from (symmetric RTP, RFC 4961), until it is told to stop (SIGTERM).
# RECORD_FILE gets one line a packet: time, sequence, timestamp, type, payload in hex.
import os
import signal
import socket
import struct
import sys
import time

import digits

HEADER = struct.Struct(">BBHII")
PACKET = 160
EVENT_TYPE = 101


class Peer:
    def __init__(self, address, port, payload_type, pattern, keys):
        self.socket = socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM
        )
        self.socket.bind((address, port))
        self.payload_type, self.pattern = payload_type, pattern
        self.heard, self.far, self.running = [], None, True
        self.sequence, self.at, self.keys = 4711, 0, keys

    def stop(self, *_):
        self.running = False

    def send(self):
        payload = self.pattern[self.at : self.at + PACKET]
        if len(payload) == PACKET:
            head = HEADER.pack(
                0x80,
                self.payload_type | (0x80 if self.at == 0 else 0),
                self.sequence & 0xFFFF,
                1000 + self.at,
                0x7E11B0B,
            )
            self.socket.sendto(head + payload, self.far)
            self.sequence += 1
            for key in self.keys.get(self.at // PACKET, []):
                self.press(*key)
            self.at += PACKET

    def press(self, marker, begin, event, end, duration):
        head = HEADER.pack(
            0x80, EVENT_TYPE | marker << 7, self.sequence & 0xFFFF, 1000 + begin, 0x7E11B0B
        )
        self.socket.sendto(head + bytes((event, end << 7 | 10)) + duration.to_bytes(2, "big"), self.far)
        self.sequence += 1

    def run(self):
        due = None
        while self.running:
            wait = 0.2 if due is None else max(due - time.monotonic(), 0)
            self.socket.settimeout(wait or 0.000001)
            try:
                data, source = self.socket.recvfrom(2048)
                if len(data) >= HEADER.size:
                    self.heard.append((time.time(), data))
                    if self.far is None:
                        self.far, due = source, time.monotonic()
            except (TimeoutError, BlockingIOError):
                pass
            except InterruptedError:
                continue
            if due is not None and time.monotonic() >= due:
                self.send()
                due += 0.02

    def write(self, path):
        with open(path, "w", encoding="ascii") as file:
            for at, data in self.heard:
                _, kind, sequence, stamp, _ = HEADER.unpack_from(data)
                file.write(
                    "%.6f %d %d %d %s\n"
                    % (at, sequence, stamp, kind & 127, data[HEADER.size :].hex())
                )


def main():
    address, port, payload_type, send, record = sys.argv[1:6]
    keys = {}
    if len(sys.argv) > 6:
        text, on, off, lose = sys.argv[6:10]
        keys = digits.schedule(text, int(on), int(off), lose)
    with open(send, "rb") as file:
        peer = Peer(address, int(port), int(payload_type), file.read(), keys)
    signal.signal(signal.SIGTERM, peer.stop)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass  # on a quiet machine the clock is good enough without
    peer.run()
    peer.write(record)


if __name__ == "__main__":
    main()
