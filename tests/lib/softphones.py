# Brings a flow's softphones onto the stage: a folder, an account and a script for each baresip, and
# the certificate that the proxy shows those that come over TLS.
import copy
import json
import os
import subprocess

import config
import phones
from namespace import run, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
TLS_PORT = 5061
RTP_PORTS = range(7000, 7100)  # softphone.py's


def at_home(stage, datagrams):
    """DATAGRAMS with the softphone's own address at its end: baresip's RTP socket has none, so the
    kernel puts the far end's there."""
    if not stage.case.softphones:
        return datagrams
    own = stage.addresses[next(iter(stage.case.softphones))][0]
    ports = set(RTP_PORTS)
    return [move(one, own) if {one.src[1], one.dst[1]} & ports else one for one in datagrams]


def move(datagram, own):
    out, raw = copy.copy(datagram), bytearray(datagram.raw)
    octets = bytes(int(part) for part in own.split("."))
    if out.src[1] in RTP_PORTS and out.src[0] == config.GATEWAY:
        out.src, raw[26:30] = (own, out.src[1]), octets
    if out.dst[1] in RTP_PORTS and out.dst[0] == config.GATEWAY:
        out.dst, raw[30:34] = (own, out.dst[1]), octets
    out.raw = bytes(raw)
    return out


def uses_tls(case):
    return any(values.get("transport") == "tls" for values, _ in case.softphones.values())


def settings(stage):
    """Lines of tieline.conf: a port for TLS where one comes over that."""
    if not uses_tls(stage.case):
        return []
    make_certificate(stage)
    return [
        "[proxy] tls-listen = %s:%d" % (config.GATEWAY, TLS_PORT),
        "[proxy] tls-certificate = " + stage.path("proxy.crt"),
        "[proxy] tls-key = " + stage.path("proxy.key"),
    ]


def make_certificate(stage):
    """A certificate for the gateway's address that is its own authority."""
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -batch"
    names = ["-subj", "/CN=" + config.GATEWAY, "-addext", "subjectAltName=IP:" + config.GATEWAY]
    files = ["-keyout", stage.path("proxy.key"), "-out", stage.path("proxy.crt")]
    done = subprocess.run(
        ["openssl", *words.split(), *names, *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError("openssl: " + done.stdout.decode(errors="replace"))


def account(stage, party, values):
    """baresip's line for the account of PARTY."""
    number, transport = stage.case.numbers[party], values.get("transport", "udp")
    port = TLS_PORT if transport == "tls" else config.SIP_PORT
    words = ["<sip:%s@%s;transport=%s>" % (number, config.GATEWAY, transport)]
    words.append('outbound="sip:%s:%d;transport=%s"' % (config.GATEWAY, port, transport))
    words.append("regint=%s" % values.get("regint", "0"))
    words.append("answermode=%s" % values.get("answer", "manual"))
    words.append("audio_codecs=PCMA/8000/1")
    words.append("mwi=%s" % values.get("mwi", "no"))
    if party in stage.case.passwords:
        words += ["auth_user=" + number, "auth_pass=" + stage.case.passwords[party]]
    return ";".join(words)


def make_interface(stage, party):
    """One that has the address of PARTY: on the loopback baresip finds none."""
    name = "sp-" + party.lower()[:10]
    for words in (
        ("link", "add", name, "type", "bridge"),
        ("addr", "add", stage.addresses[party][0] + "/32", "dev", name),
        ("link", "set", name, "up"),
    ):
        run("ip", "-n", stage.namespace.name, *words)
    return name


def open_softphones(stage):
    for party, (values, lines) in stage.case.softphones.items():
        folder = stage.path("baresip-" + party)
        os.makedirs(folder, exist_ok=True)
        address, port = stage.addresses[party]
        trust = "sip_cafile %s\n" % stage.path("proxy.crt") if uses_tls(stage.case) else ""
        lamp = "module_app mwi.so\n" if "mwi" in values else ""
        what = {
            "address": address,
            "account": account(stage, party, values),
            "config": trust + lamp + "net_interface %s\n" % make_interface(stage, party),
            "script": lines,
            "marks": phones.mark_path(stage, "%s"),
        }
        with open(os.path.join(folder, "what.json"), "w", encoding="utf-8") as file:
            json.dump(what, file)
        name, player = party + "-softphone", os.path.join(HERE, "softphone.py")
        process = stage.namespace.start(
            name,
            ["python3", player, folder, os.path.join(folder, "what.json")],
            stage.path(name + ".log"),
        )
        stage.phones.append(process)
        if not wait_for(lambda: stage.listening(address, port) or process.status is not None, 15):
            raise RuntimeError("baresip does not start: " + process.tail())
