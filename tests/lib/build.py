# Builds the tree with sanitizers in build-test/, and knows which test programs make came up with.
import os
import shutil
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.join(TOP, "build-test")

PLAIN = "TIELINE_PLAIN_BUILD"
GUEST_PROGRAMS = ("tests/dahdi/sniff", "tests/dahdi/mirror", "tests/dahdi/phones")


class BuildError(Exception):
    """The text is what the failing command said."""


def call(*command, cwd=BUILD, quiet=True):
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        raise BuildError("%s\n%s" % (" ".join(command), "\n".join(text.splitlines()[-40:])))
    if not quiet:
        sys.stdout.write(text)
    return text


def build():
    """configure once, make what changed; test programs too."""
    if not os.path.exists(os.path.join(TOP, "configure")):
        call("./autogen.sh", cwd=TOP)
    os.makedirs(BUILD, exist_ok=True)
    if not os.path.exists(os.path.join(BUILD, "Makefile")):
        call("../configure", "--enable-sanitize", "CFLAGS=-g -O1")
    call("make", "-s", "-j%d" % (os.cpu_count() or 1), "all")
    call("make", "-s", "-j%d" % (os.cpu_count() or 1), "check", "TESTS=")


def need_dahdi():
    """Raises when configure found no dahdi/user.h."""
    with open(os.path.join(BUILD, "config.h"), encoding="utf-8") as file:
        if "#define HAVE_DAHDI 1" not in file.read():
            raise BuildError("tieline is built without the back end for cards: contrib/dahdi-headers")


def plain(*programs):
    """A build without sanitizers, with PROGRAMS of the tests: where an emulator runs it. The folder of one that was just
    made may stand in the environment."""
    folder = os.environ.get(PLAIN) or os.path.join(TOP, "build-plain")
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(os.path.join(folder, "Makefile")):
        call("../configure", "--quiet", "CFLAGS=-g -O2", cwd=folder)
    call("make", "-s", "-j%d" % (os.cpu_count() or 1), "all", *programs, cwd=folder)
    return folder


def test_programs():
    """What `make check` would run, as paths inside build-test/."""
    rule = "include Makefile\nprint-tests:\n\t@echo $(TESTS)\n"
    done = subprocess.run(
        ["make", "-s", "-f", "-", "print-tests"],
        cwd=BUILD,
        input=rule.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise BuildError(done.stderr.decode(errors="replace"))
    return done.stdout.decode().split()


def has_target(name):
    """Does the Makefile have a rule for NAME?"""
    with open(os.path.join(BUILD, "Makefile"), encoding="utf-8") as file:
        return any(line.startswith(name + ":") for line in file)


def commit():
    """Names the source's state: the commit, and a mark when files differ from it."""

    def git(*words):
        if not shutil.which("git"):
            return ""
        return (
            subprocess.run(
                ["git", "-c", "safe.directory=*", *words],
                cwd=TOP,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            .stdout.decode()
            .strip()
        )

    head = git("rev-parse", "HEAD") or "no-commit"
    return head + ("-changed" if git("status", "--porcelain", "--untracked-files=no") else "")
