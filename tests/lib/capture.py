# Captures all UDP, and SIP over TCP, on the loopback of a network namespace with dumpcap.
import signal
import time

from namespace import wait_for


class Capture:
    """Runs from the moment it is made until stop()."""

    def __init__(self, namespace, path, log):
        self.path = path
        self.process = namespace.start(
            "dumpcap",
            ["dumpcap", "-q", "-P", "-i", "lo", "-f", "udp or tcp port 5060", "-s", "0", "-B", "16", "-w", path],
            log,
        )
        if not wait_for(
            lambda: self.process.status is not None or "File:" in self.process.tail(), 10
        ):
            raise RuntimeError("dumpcap does not start: " + self.process.tail())
        if self.process.status is not None:
            raise RuntimeError("dumpcap: " + self.process.tail())

    def stop(self):
        """Ends the capture; what was on the wire until now is in the file."""
        time.sleep(0.3)  # the kernel hands packets over in batches
        self.process.end(signal.SIGINT)
