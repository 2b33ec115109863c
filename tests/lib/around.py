# Around the storeys: a distribution builds, installs and leaves by itself; what lives in several
# threads runs under ThreadSanitizer.
import os
import subprocess

import build
import manners

PLACE = os.path.join(build.TOP, "build-around")
THREADED = (
    "tests/unit/ctl",
    "tests/unit/loop_sofia",
    "tests/pair/media",
    "tests/pair/media_selftest",
)
PROGRAMS = ("tielined", "tielinectl", "tieline-pbx")
RACES = (manners.reload, manners.drain, manners.grace_used)


def configured(name, *options):
    """A build folder of its own, configured once."""
    folder = os.path.join(PLACE, name)
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(os.path.join(folder, "Makefile")):
        build.call(os.path.join(build.TOP, "configure"), "--quiet", *options, cwd=folder)
    return folder


def jobs():
    return "-j%d" % (os.cpu_count() or 1)


def tell(results, text, attempt):
    """ATTEMPT() raises what is wrong."""
    try:
        attempt()
        results.tell("pass", text)
    except (build.BuildError, AssertionError, OSError) as error:
        results.tell("fail", text, str(error))


def distribution():
    """Its tests have had their storeys: here it has to be whole, and to leave nothing behind."""
    folder = configured("dist")
    build.call("make", "-s", jobs(), "distcheck", "TESTS=", cwd=folder)


def threaded(folder, program):
    done = subprocess.run(
        [os.path.join(folder, program)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "G_TEST_SRCDIR": build.TOP, "G_TEST_BUILDDIR": folder},
        timeout=300,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0 and "WARNING: ThreadSanitizer" not in text, text[-6000:]


def story(folder, one):
    failures = manners.run(folder, one)
    assert not failures, "\n".join(failures)


def run(results, with_house):
    """WITH_HOUSE: network namespaces are to be had."""
    tell(results, "around: make distcheck", distribution)
    try:
        folder = configured("threads", "--enable-sanitize=thread")
        build.call("make", "-s", jobs(), *PROGRAMS, *THREADED, cwd=folder)
    except build.BuildError as error:
        results.tell("fail", "around: the build with ThreadSanitizer", str(error))
        return
    for program in THREADED:
        text = "around: %s under ThreadSanitizer" % program.removeprefix("tests/")
        tell(results, text, lambda program=program: threaded(folder, program))
    for one in RACES if with_house else ():
        text = "around: the daemon under ThreadSanitizer: " + one.__name__.replace("_", " ")
        tell(results, text, lambda one=one: story(folder, one))
