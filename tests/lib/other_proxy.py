# Plays flows of phones with Kamailio in the place of our proxy, by hand: what it does as well, no
# flow demands of ours alone.
#
# Cases that ask for more of the proxy than to find a phone (settings, passwords) are left out.
#
# usage: python3 tests/lib/other_proxy.py B-03 Y-01 ...
import os
import signal
import subprocess
import sys

import build
import config
import flow
import house
import relay_judge
from namespace import wait_for
from stage import HERE, PEERS, fill


class OtherHouse(house.House):
    """A house whose proxy is Kamailio. It keeps no books that we could ask for."""

    def _open_daemon(self):
        arch = subprocess.run(["gcc", "-print-multiarch"], stdout=subprocess.PIPE, check=False)
        phones = [
            '    case "%s":\n        $ru = "sip:%s@%s:%d";\n        break;'
            % (number, number, *self.addresses[party])
            for party, number in self.case.numbers.items()
        ]
        values = {
            "listen": "%s:%d" % (config.GATEWAY, config.SIP_PORT),
            "arch": arch.stdout.decode().strip(),
            "phones": "\n".join(phones),
        }
        with open(os.path.join(PEERS, "kamailio-phones.cfg"), encoding="utf-8") as file:
            text = fill(file.read(), values, "kamailio-phones.cfg")
        with open(self.path("kamailio.cfg"), "w", encoding="utf-8") as file:
            file.write(text)
        self.settings = self.configuration()
        words = ["-DD", "-E", "-m", "32", "-M", "8", "-Y", self.folder, "-w", self.folder]
        self.daemon = self.namespace.start(
            "kamailio",
            ["kamailio", "-f", self.path("kamailio.cfg"), *words],
            self.path("kamailio.log"),
        )
        if not wait_for(lambda: self.listening(config.GATEWAY, config.SIP_PORT), 10):
            raise RuntimeError("kamailio does not start: " + self.daemon.tail())

    def check_books(self):
        """There are none."""

    def _tell_ladder(self):
        return ""

    def _close(self):
        self.daemon.end(signal.SIGTERM, 5)


def main(words):
    folders = [os.path.join(HERE, "..", "house", name) for name in ("flows", "own")]
    failed = 0
    for one in [one for folder in folders for one in flow.read_flows(folder)]:
        for case in one.cases if one.id in words or not words else ():
            plain = case.numbers and not (case.settings or case.softphones or case.passwords)
            if not plain or "pbx" in case.parties.values():
                continue
            name = (one.id + " " + case.name).strip()
            with OtherHouse(case, "euroisdn", build.BUILD, name) as stage:
                outcome = stage.run()
            if not outcome.failures:
                proxy = stage.party("gateway")
                outcome.failures += relay_judge.survivors(outcome.relayed, proxy)[1]
            failed += bool(outcome.failures)
            print("%s  %s: %s" % ("fail" if outcome.failures else "pass", name, one.title))
            print("\n".join(outcome.failures) + outcome.report if outcome.failures else "", end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
