# Brings a flow's scripted phones onto the stage, and what else stands at the phones' end: a primary
# proxy that is silent.
import os

import config
import phone_script
from namespace import wait_for

# Takes what comes and says nothing: no answer, and no ICMP error either.
SILENT = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
time.sleep(600)
"""
# RFC 3261 17.1.1.2: an INVITE goes out seven times before timer B fires
MORE_TRIES = 6


def settings(case, addresses):
    """Lines of tieline.conf that make the gateway the proxy of CASE's phones, which it knows by
    their numbers."""
    if not case.numbers:
        return []
    out = ["[proxy] mode = standby"]
    for party, number in case.numbers.items():
        if party not in case.roaming:
            out.append("[phone %s] contact = sip:%s@%s:%d" % (number, number, *addresses[party]))
    return out


def open_silent(stage):
    """Everyone whose role it is to say nothing."""
    for party, role in stage.case.parties.items():
        if role != "silent":
            continue
        address, port = stage.addresses[party]
        stage.namespace.start(
            "silent",
            ["python3", "-c", SILENT, address, str(port)],
            stage.path(party + ".log"),
        )
        if not wait_for(lambda: stage.listening(address, port), 10):
            raise RuntimeError("%s does not listen" % party)


def open_called(stage):
    """The phones that wait for a message."""
    for party, (_, actions) in stage.case.scripts.items():
        if not phone_script.calls(actions):
            open_phone(stage, party)


def open_callers(stage):
    """The phones that speak first, those last that wait for another's mark."""
    callers = [
        (party, values)
        for party, (values, actions) in stage.case.scripts.items()
        if phone_script.calls(actions)
    ]
    for party, values in sorted(callers, key=lambda one: "when" in one[1]):
        mark = values.get("when")
        if mark and not wait_for(lambda: os.path.exists(mark_path(stage, mark)), 15, 0.02):
            raise RuntimeError("nobody came as far as '%s'" % mark)
        open_phone(stage, party)
    for party, values in stage.case.clients.items():
        open_client(stage, party, values)


def open_client(stage, party, values):
    """digest_client.py as PARTY: it calls, with the credentials that it is asked for, and hangs
    up."""
    host = stage.addresses[party][0]
    body = phone_script.SDP.strip() % (1, host, phone_script.RTP_PORT, "", "sendrecv")
    body = body.replace("[local_ip]", host).replace("\n", "\\r\\n") + "\\r\\n"
    command = ["python3", os.path.join(os.path.dirname(__file__), "digest_client.py"), "INVITE"]
    command += ["%s:%d" % stage.addresses[values["via"]], "--local", host, "--body", body]
    command += ["--uri", "sip:%s@%s" % (values["to"], config.GATEWAY), "--domain", config.GATEWAY]
    command += ["--user", stage.case.numbers[party], "--password", values["password"]]
    stage.phones.append(
        stage.namespace.start(party + "-client", command, stage.path(party + "-client.log"))
    )


def mark_path(stage, name):
    return stage.path("mark-" + name)


def open_phone(stage, party):
    """SIPp, playing the script of PARTY."""
    values, actions = stage.case.scripts[party]
    scenario = phone_script.Scenario(
        party,
        stage.case.numbers[party],
        stage.addresses,
        config.GATEWAY,
        lambda name: mark_path(stage, name),
        int(values.get("hops", 1)),
    )
    calling = phone_script.calls(actions)
    more = ["-cid_str", "%u-" + stage.case_id(), "-max_invite_retrans", str(MORE_TRIES)]
    stage.phones.append(
        stage.run_sipp(
            "%s-script" % party,
            scenario.text(actions),
            party,
            stage.addresses[stage.party("gateway")] if calling else None,
            {**values, "number": stage.case.numbers[party]},
            more=more,
        )
    )
