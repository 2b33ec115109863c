# Runs the storeys that tests/run was asked for: builds, calls each, tells every case, ends with the
# count.
import concurrent.futures
import os
import signal
import subprocess
import sys
import time

import around
import build
import cause_tables
import flow
import hostile
import house
import intruder
import leaving
import lossy
import manners
import mutate
import relay_judge
import span_check
import storm
import tap
import torture
from namespace import Namespace, Unavailable, close_all, sweep
from results import Results

STOREYS = ("unit", "pair", "house", "dahdi", "fuzz", "around")
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "dahdi"))
FLOWS = os.path.join(HERE, "..", "house", "flows")
OWN = os.path.join(HERE, "..", "house", "own")  # of no catalogue
NIGHTLY = os.path.join(HERE, "..", "house", "nightly")
AT_ONCE = 4  # most of a flow is waiting: with three a machine of two cores idles half of the time
SOUND_AT_ONCE = 2  # those that compare sound: a machine that stands still loses some
LEAN_AT_ONCE = 6  # those of the matrix, whose evidence is not spoiled
USAGE = 2  # exit status
NO_SKIP = "TIELINE_NO_SKIP"  # in the environment: a house test that cannot run here has failed
MUTATED_IN_CONFIGURATION = "with %s it fails, as it must"


def run_dahdi(results, flows):
    """The real driver, in a guest."""
    import storey  # its folder is none of this one's

    storey.run(results, flows)


def list_flows():
    """--list: ID SWITCHTYPE outcome, from the last run of this commit."""
    known = Results().flows
    try:
        flows = flow.read_flows(FLOWS)
    except flow.FlowError as error:
        print("tests/run: %s" % error, file=sys.stderr)
        return 1
    for one in flows:
        for switch in one.switches + one.matrix:
            print(one.id, switch, known.get("%s %s" % (one.id, switch), "never"))
    return 0


def run_programs(storey, results):
    """The GLib programs of unit or pair, and what else `make check` runs."""
    environment = {
        "G_TEST_SRCDIR": build.TOP,
        "G_TEST_BUILDDIR": build.BUILD,
        "top_srcdir": build.TOP,
        "srcdir": build.TOP,
    }
    for program in build.test_programs():
        place = "pair" if program.startswith("tests/pair/") else "unit"
        if place == storey:
            path = os.path.join(build.BUILD, program)
            command = (
                [path, "--tap", "-k"]
                if not program.endswith((".sh", ".py"))
                else [os.path.join(build.TOP, program)]
            )
            tap.run(command, program.removeprefix("tests/"), results, build.BUILD, environment)


def run_unit(results):
    done = subprocess.run(
        [os.path.join(build.TOP, "tests", "layers.sh")], stdout=subprocess.PIPE, check=False
    )
    results.tell(
        "fail" if done.returncode else "pass",
        "layers: every #include goes down the house",
        done.stdout.decode(),
    )
    run_programs("unit", results)
    tap.run(
        [sys.executable, os.path.join(HERE, "selftest.py")], "tests of the tests", results, HERE
    )
    bench = os.path.join(build.TOP, "tests", "bench")
    tap.run([sys.executable, os.path.join(bench, "benchtest.py")], "bench", results, bench)


class Run:
    """One switch type of one flow: its cases, their outcomes, what becomes of them. LEAN: it is one
    of many that the flow is played on, and whether its check can fail is told by the others."""

    def __init__(self, one, switch, lean=False):
        self.flow, self.switch, self.lean = one, switch, lean
        self.cases = [flow.on_switch(case, switch) for case in one.cases]
        self.name = "%s %s" % (one.id, switch)

    def play(self, results):
        """All cases; the flow passes when every one does, its ladder tells the truth, and its check
        can fail. A test that breaks is a flow that failed."""
        good = False
        try:
            good = all([self.play_case(case, results) for case in self.cases]) and all(
                [
                    self.mutant(case, change, results)
                    for case in self.cases
                    for change in (() if self.lean else case.mutants)
                ]
            )
        finally:
            results.remember(self.flow.id, self.switch, "pass" if good else "fail")

    def play_case(self, case, results):
        """One case, and what its evidence is good for."""
        name = self.name + (" " + case.name if case.name else "")
        outcome = self.case(case, name, results)
        if outcome.failures or self.lean:
            return not outcome.failures
        return self.ladder(case, name, outcome, results) & self.spoil(case, name, outcome, results)

    def case(self, case, name, results):
        start = time.monotonic()
        outcome = house.run_case(case, self.switch, build.BUILD, name)
        text = "%s: %s (%.1f s)" % (name, self.flow.title, time.monotonic() - start)
        results.tell(
            "fail" if outcome.failures else "pass",
            text,
            "\n".join(outcome.failures) + outcome.report,
        )
        return outcome

    def ladder(self, case, name, outcome, results):
        """Does the daemon's own ladder tell the truth?"""
        return not case.ladder or results.tell(
            "fail" if outcome.untold else "pass",
            "%s: tielinectl's ladder tells what the capture tells" % name,
            "\n".join(outcome.untold),
        )

    def spoil(self, case, name, outcome, results):
        """The evidence just taken, spoiled in every way that must be noticed."""
        tried, missed = mutate.survivors(case, outcome.messages, outcome.marks)
        if outcome.relayed:
            gateway = next(name for name, role in case.parties.items() if role == "gateway")
            more, also = relay_judge.survivors(outcome.relayed, gateway)
            tried, missed = tried + more, missed + also
        return results.tell(
            "fail" if missed else "pass",
            "%s: %d ways to spoil this evidence are noticed" % (name, tried),
            "\n".join(missed),
        )

    def mutant(self, case, change, results):
        """The same flow with one setting turned wrong must fail, by the checker's verdict and for
        no other reason."""
        text = "[%s] %s = %s" % change
        outcome = house.run_case(case, self.switch, build.BUILD, self.name + " mutant", [change])
        return results.tell(
            "pass" if outcome.noticed else "fail",
            "%s: %s" % (self.name, MUTATED_IN_CONFIGURATION % text),
            ""
            if outcome.noticed
            else "\n".join(["the checker noticed nothing, or more was wrong:"] + outcome.failures),
        )


def run_causes(results, spoiled):
    """Every row of the cause tables; SPOILED: with every row overridden, so that each must be found
    wrong."""
    name = "cause tables" + (" overridden" if spoiled else "")
    outcome, rows = cause_tables.run(build.BUILD, name, spoiled)
    results.tell(
        "fail" if outcome.failures else "pass",
        "%s: the house itself" % name,
        "\n".join(outcome.failures),
    )
    for row, seen in rows.items():
        if not spoiled:
            results.tell("fail" if seen else "pass", "cause tables: %s" % row, seen or "")
        else:
            noticed = seen is not None and seen.startswith("became")
            results.tell(
                "pass" if noticed else "fail",
                "cause tables: %s, and the check can fail" % row,
                "" if noticed else seen or "the row was overridden and the check passed",
            )


def tell_outcome(results, outcome, text):
    results.tell(
        "fail" if outcome.failures else "pass",
        text,
        "\n".join(outcome.failures) + outcome.report if outcome.failures else "",
    )


def run_leaving(results):
    """The daemon's own end, with a call that stands."""
    outcome = leaving.run(build.BUILD, "leaving")
    text = "leaving: SIGTERM twice clears what stands, to the last message"
    tell_outcome(results, outcome, text)


def run_leaving_help(results):
    """The daemon is told to stop while a call for help stands."""
    outcome = leaving.run_help(build.BUILD, "leaving-help")
    text = "leaving: SIGTERM waits for a call for help, and the hook was told of it"
    tell_outcome(results, outcome, text)


def run_span_check(results):
    """The operator checks a span."""
    outcome = span_check.run(build.BUILD, "span-check")
    text = "span-check: tielinectl selftest takes a span out of service and puts it back"
    tell_outcome(results, outcome, text)


def run_intruder(results, story):
    """What the proxy's port refuses."""
    failures = intruder.run(build.BUILD, story)
    results.tell("fail" if failures else "pass", intruder.title(story), "\n".join(failures))


def run_torture(results, way):
    """RFC 4475 at the proxy's port."""
    if not os.path.isdir(torture.CORPUS):
        results.tell("skip", "RFC 4475 over %s: there is no %s" % (way, torture.CORPUS))
        return
    out, missed = torture.run(build.BUILD, way)
    for name, faults in out.items():
        text = "RFC 4475 over %s: %s" % (way, name)
        results.tell("fail" if faults else "pass", text, "\n".join(faults))
    results.tell(
        "fail" if missed else "pass",
        "RFC 4475 over %s: spoiled evidence is noticed" % way,
        "\n".join(missed),
    )


def run_manners(results, story):
    """What the daemon itself owes an operator."""
    failures = manners.run(build.BUILD, story)
    results.tell("fail" if failures else "pass", manners.title(story), "\n".join(failures))


def run_storm(results, story):
    """Many phones at once."""
    outcome = story(build.BUILD)[0].outcome
    tell_outcome(results, outcome, storm.title(story))


def run_hostile(results, story):
    """What is too long, too many or no text."""
    tell_outcome(results, story(build.BUILD).outcome, hostile.title(story))


def run_lossy(results):
    """A bad network."""
    tell_outcome(results, lossy.run(build.BUILD).outcome, lossy.title())


def namespaces_work():
    """None, or why not."""
    try:
        with Namespace("tl%d-try" % os.getpid()):
            return None
    except Unavailable as error:
        return str(error)


def run_house(results, flows, causes=True):
    why = namespaces_work()
    runs = [Run(one, switch) for one in flows for switch in one.switches]
    lean = [
        Run(one, switch, True)
        for one in flows
        for switch in one.matrix
        if switch not in one.switches
    ]
    if why:
        outcome = "fail" if os.environ.get(NO_SKIP) else "skip"
        results.tell(outcome, "the house storey cannot stand here: %s" % why)
        for run in runs + lean:
            results.remember(run.flow.id, run.switch, outcome)
            results.tell(outcome, "%s: %s (%s)" % (run.name, run.flow.title, why))
        return
    runs.sort(key=lambda run: -sum(case.timeout for case in run.cases))
    sound = [run for run in runs if any(case.counts_samples() for case in run.cases)]
    play_all(results, sound, SOUND_AT_ONCE)
    runs = [run for run in runs if run not in sound]
    pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
    try:
        waiting = {pool.submit(run.play, results): run.name for run in runs}
        if causes:
            waiting[pool.submit(run_leaving, results)] = "leaving"
            waiting[pool.submit(run_leaving_help, results)] = "leaving-help"
            waiting[pool.submit(run_span_check, results)] = "span-check"
            for way in torture.WAYS:
                waiting[pool.submit(run_torture, results, way)] = "RFC 4475 over " + way
            for story in intruder.STORIES:
                waiting[pool.submit(run_intruder, results, story)] = intruder.title(story)
            for story in manners.STORIES:
                waiting[pool.submit(run_manners, results, story)] = manners.title(story)
            waiting[pool.submit(run_lossy, results)] = lossy.title()
            for story in hostile.STORIES:
                waiting[pool.submit(run_hostile, results, story)] = hostile.title(story)
            for story in storm.STORIES:
                waiting[pool.submit(run_storm, results, story)] = storm.title(story)
            waiting.update(
                {
                    pool.submit(run_causes, results, spoiled): "cause tables"
                    for spoiled in (False, True)
                }
            )
        tell_broken(results, waiting)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    play_all(results, lean, LEAN_AT_ONCE)


def play_all(results, runs, at_once):
    pool = concurrent.futures.ThreadPoolExecutor(at_once)
    try:
        tell_broken(results, {pool.submit(run.play, results): run.name for run in runs})
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def tell_broken(results, waiting):
    """Waits for all of WAITING, {future: name}; a test that breaks is one that failed."""
    for done in concurrent.futures.as_completed(waiting):
        if done.exception():
            results.tell(
                "fail", "%s: the test itself broke: %r" % (waiting[done], done.exception())
            )


def run_fuzz(results):
    if not build.has_target("fuzz"):
        results.tell("skip", "fuzz: no fuzz target")
        return
    try:
        text = build.call("make", "-s", "fuzz")
        results.tell(
            "skip" if text.startswith("skipped:") else "pass",
            "fuzz: a minute at the D-channel border",
        )
    except build.BuildError as error:
        results.tell("fail", "fuzz: a minute at the D-channel border", str(error))


def interrupted(*_):
    raise KeyboardInterrupt


def main(words):
    if words == ["--list"]:
        return list_flows()
    results = Results()
    signal.signal(signal.SIGTERM, interrupted)
    try:
        sweep()
        status = run_words(words, results)
    except KeyboardInterrupt:
        results.tell("fail", "the run was interrupted")
        close_all()
        print(results.last_line(), flush=True)
        os._exit(1)  # the threads of the house are not waited for
    except (flow.FlowError, build.BuildError, OSError) as error:
        results.tell("fail", "the tests themselves: %s" % error)
        status = 1
    if status != USAGE:
        print(results.last_line())
    return status


def run_words(words, results):
    """Runs what WORDS name; the exit status."""
    flows = {one.id: one for one in flow.read_flows(FLOWS) + flow.read_flows(OWN)}
    unknown = [word for word in words if word not in STOREYS + ("nightly",) and word not in flows]
    if unknown:
        print(
            "tests/run: %s is no storey (%s) and no flow" % (unknown[0], ", ".join(STOREYS)),
            file=sys.stderr,
        )
        return USAGE
    storeys = [storey for storey in STOREYS if storey in words or not words]
    try:
        build.build()
    except build.BuildError as error:
        results.tell("fail", "the build", str(error))
        storeys = words = ["nothing"]
    if "unit" in storeys:
        run_unit(results)
    if "pair" in storeys:
        run_programs("pair", results)
    chosen = [one for name, one in flows.items() if name in words]
    if "house" in storeys or chosen:
        run_house(
            results, list(flows.values()) if "house" in storeys else chosen, "house" in storeys
        )
    if "dahdi" in storeys:
        run_dahdi(results, list(flows.values()))
    if "nightly" in words:
        run_house(results, flow.read_flows(NIGHTLY), False)
    if "fuzz" in storeys:
        run_fuzz(results)
    if "around" in storeys:
        around.run(results, namespaces_work() is None)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
