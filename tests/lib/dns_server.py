#!/usr/bin/env python3
"""A name server for tests: answers from a zone file, says what it was asked, and keeps silent where told to.

A zone has one record a line: NAME TTL TYPE DATA, with names in full and without the last dot.

    pbx.example            60 SRV   10 0 5070 one.example
    one.example            60 A     192.0.2.1
    one.example            60 AAAA  2001:db8::1
    www.example            60 CNAME one.example
    3.8.e164.example       60 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .
    silent.example          0 SILENT
    broken.example          0 SERVFAIL

Whatever is not in the zone does not exist (NXDOMAIN, or no record of the type). The zone is read anew for every
question. Prints "port N" when it listens, then one line "NAME TYPE" a question.
"""
import argparse
import ipaddress
import os
import shlex
import socket
import struct
import sys

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


def domain(name):
    """NAME as labels on the wire, uncompressed."""
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            octets = label.encode("ascii")
            out += bytes([len(octets)]) + octets
    return out + b"\0"


def text(string):
    octets = string.encode("utf-8")
    return bytes([len(octets)]) + octets


def rdata(kind, fields):
    if kind == "A":
        return ipaddress.IPv4Address(fields[0]).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(fields[0]).packed
    if kind == "CNAME":
        return domain(fields[0])
    if kind == "SRV":
        return struct.pack(">HHH", *map(int, fields[:3])) + domain(fields[3])
    if kind == "NAPTR":
        return (struct.pack(">HH", int(fields[0]), int(fields[1])) + text(fields[2]) + text(fields[3]) +
                text(fields[4]) + domain(fields[5]))
    raise ValueError(f"unknown type {kind}")


def zone_read(path):
    """{name: [(type, ttl, rdata or None)]}"""
    zone = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            lexer = shlex.shlex(line, posix=True)
            lexer.whitespace_split = True
            lexer.escape = ""  # a backslash is NAPTR's own
            lexer.commenters = ""
            name, ttl, kind, *fields = lexer
            data = None if kind in ("SILENT", "SERVFAIL") else rdata(kind, fields)
            zone.setdefault(name.lower(), []).append((kind, int(ttl), data))
    return zone


def question_read(packet):
    """(identity, name, type number, octets of the question) of a query."""
    identity, _flags, count = struct.unpack(">HHH", packet[:6])
    if count != 1:
        raise ValueError("one question a query")
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii"))
        at += 1 + packet[at]
    kind, _class = struct.unpack(">HH", packet[at + 1:at + 5])
    return identity, ".".join(labels).lower(), kind, packet[12:at + 5]


def records_of(zone, name, kind):
    """(rcode, [(name, type, ttl, rdata)]); None: silence."""
    found, answers = zone.get(name), []
    for _ in range(8):  # CNAMEs that lead on
        if found is None:
            return (NOERROR if answers else NXDOMAIN), answers
        for word, ttl, data in found:
            if word == "SILENT":
                return None
            if word == "SERVFAIL":
                return SERVFAIL, []
            if NAMES.get(kind) == word:
                answers.append((name, kind, ttl, data))
        alias = [(ttl, data) for word, ttl, data in found if word == "CNAME"]
        if not alias or answers and answers[-1][1] == kind:
            return NOERROR, answers
        answers.append((name, TYPES["CNAME"], alias[0][0], alias[0][1]))
        labels, data = [], alias[0][1]
        while data[0]:
            labels.append(data[1:1 + data[0]].decode("ascii"))
            data = data[1 + data[0]:]
        name = ".".join(labels)
        found = zone.get(name.lower())
    return SERVFAIL, []


def answer(zone, packet):
    """The response to PACKET, or None; and what was asked."""
    identity, name, kind, question = question_read(packet)
    asked = f"{name} {NAMES.get(kind, kind)}"
    found = records_of(zone, name, kind)
    if found is None:
        return None, asked
    rcode, records = found
    response = struct.pack(">HHHHHH", identity, 0x8580 | rcode, 1, len(records), 0, 0) + question
    for owner, number, ttl, data in records:
        response += domain(owner) + struct.pack(">HHIH", number, 1, ttl, len(data)) + data
    return response, asked


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("zone")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    server = socket.socket(family, socket.SOCK_DGRAM)
    server.bind((options.address, options.port))
    print("port", server.getsockname()[1], flush=True)
    server.settimeout(1)
    parent = os.getppid()
    while os.getppid() == parent:  # a test that failed leaves nobody behind
        try:
            packet, source = server.recvfrom(4096)
        except TimeoutError:
            continue
        try:
            response, asked = answer(zone_read(options.zone), packet)
        except (ValueError, IndexError, struct.error, OSError) as error:
            print("bad", error, flush=True)
            continue
        print(asked, flush=True)
        if response:
            server.sendto(response, source)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
