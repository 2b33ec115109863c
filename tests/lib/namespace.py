# A network namespace with its loopback up, and the processes that live in it: each ended by its own
# process id.
import os
import re
import select
import signal
import subprocess
import time

PLACE = "/run/netns"
NAME = re.compile(r"^tl(\d+)-\w+$")  # the process id of the run that made it, and a number
LIVE = set()  # namespaces of this run


class Unavailable(Exception):
    """Namespaces are not permitted here; the text says why."""


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Unavailable(
            "%s: %s" % (" ".join(command), done.stdout.decode(errors="replace").strip())
        )


# A run that is killed takes its processes with it.
DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"]


def quietly(*command):
    """COMMAND's output; "" when it fails."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def remove(name):
    """Ends what still lives in the namespace NAME (a proxy's children outlive it), by its own
    process id, and removes it."""
    for pid in quietly("ip", "netns", "pids", name).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    quietly("ip", "netns", "del", name)


def close_all():
    """For a run that is interrupted: nothing of it stays behind."""
    for one in list(LIVE):
        one.__exit__()


def sweep():
    """Removes the namespaces of runs that were killed."""
    try:
        names = os.listdir(PLACE)
    except OSError:
        return
    for name in names:
        match = NAME.match(name)
        if match and not os.path.exists("/proc/" + match[1]):
            remove(name)


class Namespace:
    """Made on entry, removed with everything in it on exit."""

    def __init__(self, name):
        self.name, self.processes = name, []

    def __enter__(self):
        if os.geteuid():
            raise Unavailable("network namespaces need root")
        try:
            run("ip", "netns", "add", self.name)
        except FileNotFoundError as error:
            raise Unavailable("no ip command") from error
        LIVE.add(self)
        try:
            run("ip", "-n", self.name, "link", "set", "lo", "up")
        except Unavailable:
            self.__exit__()
            raise
        return self

    def have(self, address):
        """ADDRESS is here, on the loopback, which has 127.0.0.0/8 and ::1 by itself."""
        if address.startswith("127.") or address == "::1":
            return
        bits, words = ("128", ["nodad"]) if ":" in address else ("32", [])
        run("ip", "-n", self.name, "addr", "add", address + "/" + bits, "dev", "lo", *words)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.end(signal.SIGKILL)
        remove(self.name)
        LIVE.discard(self)

    def start(
        self, name, command, log, stdin=None, environment=None, piped=False, folder=None
    ):
        """Starts COMMAND here, its output going to the file LOG (standard output to a pipe when
        PIPED)."""
        process = Process(
            name,
            [*DIES_WITH_US, "ip", "netns", "exec", self.name, *command],
            *(log, stdin, environment, piped, folder),
        )
        self.processes.append(process)
        return process


class Process:
    """A program under our care. setpriv and "ip netns exec" replace themselves by the program, so
    the process id is the program's."""

    def __init__(self, name, command, log, stdin, environment, piped, folder=None):
        self.name, self.log_path = name, log
        self.log = open(log, "wb")
        self.popen = subprocess.Popen(
            command,
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else self.log,
            stderr=self.log,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )

    @property
    def status(self):
        """None while it runs, else its exit status (negative: the signal)."""
        return self.popen.poll()

    def wait(self, until):
        """Its exit status, or None when it still runs at the monotonic time UNTIL."""
        if self.popen.poll() is None:
            fd = os.pidfd_open(self.popen.pid)
            try:
                select.select([fd], [], [], max(until - time.monotonic(), 0))
            finally:
                os.close(fd)
        return self.popen.poll()

    def end(self, how=signal.SIGTERM, patience=5.0):
        """Ends it by its id and returns its status; SIGKILL when it does not go."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            if self.wait(time.monotonic() + patience) is None:
                self.popen.kill()
                self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe and not pipe.closed:
                pipe.close()
        self.log.close()
        return self.popen.returncode

    def tail(self, lines=25):
        """The last lines of its log."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                text = file.read().splitlines()
        except OSError:
            return ""
        return "\n".join(text[-lines:])


def wait_for(condition, seconds, step=0.05):
    """Calls CONDITION until it is true or SECONDS have passed; what it returned last."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > until:
            return value
        time.sleep(step)
