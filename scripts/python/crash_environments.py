"""Trials of scripts/check-crashes in environments that a process may meet: what it cannot have is an error with a text, it ends,
and no checkpoint is lost."""

import fcntl
import os
import pathlib
import random
import resource
import signal
import subprocess
import time

from crash_trials import NAME, require

# Bytes of addresses with which the dynamic linker still loads the command.
LEAST_MEMORY = 150 << 20


def trials(few, many, seed):
    yield from memory(few)
    yield from threads(few)
    yield from quotas(few)
    yield from streams(few)
    yield from signals(many, seed)
    yield from ignored_signals(many, seed)


# MARK: Limits


def expect_end(training, directory, outcome):
    """Done, or an error with a text; and whatever it was the training goes on without the limit, to the same bytes."""
    status, errors = outcome
    require(status in (0, 1), f"exit {status}: {errors[-500:]}")
    require(status == 0 or "rnn: error: " in errors or "error while loading shared libraries" in errors,
            f"exit 1 without a reason: {errors}")
    training.expect_survival(directory, outcome if status == 0 else (1, "rnn: error: " + errors), False)


def memory(training, count=40):
    def limited(kind, bytes):
        def action(directory):
            outcome = training.resume(directory, prepare=lambda: resource.setrlimit(kind, (bytes, bytes)))
            # Before the command begins the system ends it as it likes.
            if outcome[0] == 127 and "loading shared libraries" in outcome[1]:
                outcome = (1, outcome[1])
            expect_end(training, directory, outcome)
        return action

    for trial in range(count):
        bytes = LEAST_MEMORY + trial * (450 << 20) // count
        yield "limit on addresses", training, limited(resource.RLIMIT_AS, bytes)
        yield "limit on data", training, limited(resource.RLIMIT_DATA, bytes // 4)

    def large(bytes, size):
        """A model that may or may not fit."""
        def action(directory):
            status, errors = training.run(
                [*training.options, "--hidden-size", size, "--steps", 1, "--checkpoint", directory / "large.safetensors"],
                prepare=lambda: resource.setrlimit(resource.RLIMIT_AS, (bytes, bytes)))
            require(status in (0, 1), f"{size} units in {bytes >> 20} MiB: exit {status}: {errors[-500:]}")
            require(status == 0 or "rnn: error: " in errors, f"exit 1 without a reason: {errors}")
            require(status == 0 or not (directory / "large.safetensors").exists(), "a half-made model")
        return action

    for bytes in (300, 400, 500, 600, 800, 1000, 1500):
        for size in (200, 600, 1000, 1500):
            yield "a large model, and a limit on addresses", training, large(bytes << 20, size)


def threads(training):
    def limited(count, bytes):
        def action(directory):
            expect_end(training, directory, training.run(
                ["--resume", directory / NAME, "--threads", count],
                prepare=lambda: resource.setrlimit(resource.RLIMIT_AS, (bytes, bytes))))
        return action

    for count in (2, 8, 64, 256, 1024):
        for bytes in (400, 700, 1000, 2000, 3000):
            yield "many threads, and a limit on addresses", training, limited(count, bytes << 20)

    group = control_group("pids")
    if group is None:
        print("limit on threads: skipped, it needs root and control groups")
        return

    def few(count, most):
        def action(directory):
            with group(f"pids-{count}-{most}", {"pids.max": most}) as join:
                expect_end(training, directory, training.run(
                    ["--resume", directory / NAME, "--threads", count], prepare=join))
        return action

    for count in (1, 2, 3, 8, 64):
        for most in (2, 3, 4, 6, 20):
            yield "limit on threads", training, few(count, most)


def quotas(training):
    group = control_group("cpu")
    if group is None:
        print("quota of processor time: skipped, it needs root and control groups")
        return

    def limited(threads, quota):
        def action(directory):
            files = {"cpu.cfs_quota_us": quota} if group.version == 1 else {"cpu.max": f"{quota} 100000"}
            with group(f"cpu-{threads}-{quota}", files) as join:
                outcome = training.run(["--resume", directory / NAME, "--threads", threads], prepare=join)
            training.expect_success(outcome)
            training.expect_survival(directory, outcome, True)
        return action

    for threads in (1, 2, 4):
        for quota in (20_000, 50_000, 100_000, 150_000):
            yield "quota of processor time", training, limited(threads, quota)


class ControlGroup:
    """A control group of our own for the time of a trial."""

    def __init__(self, place, version, name, files):
        self.directory = place / f"rnn-crashes-{os.getpid()}-{name}"
        self.files = files

    def __enter__(self):
        self.directory.mkdir()
        for name, value in self.files.items():
            (self.directory / name).write_text(str(value))
        # Opened here: in the new process as little as possible may be done.
        processes = os.open(self.directory / "cgroup.procs", os.O_WRONLY)
        self.processes = processes
        return lambda: os.write(processes, b"0")

    def __exit__(self, *_):
        os.close(self.processes)
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.directory.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


def control_group(controller):
    """Makes control groups with limits of this controller; None where none can be made."""
    for place, version in ((f"/sys/fs/cgroup/{controller}", 1), ("/sys/fs/cgroup", 2)):
        place = pathlib.Path(place)
        if version == 2 and controller not in read(place / "cgroup.subtree_control").split():
            continue
        if os.geteuid() == 0 and os.access(place / "cgroup.procs", os.W_OK):
            def make(name, files):
                return ControlGroup(place, version, name, files)
            make.version = version
            return make
    return None


def read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


# MARK: Streams


def streams(training):
    def closed(numbers):
        def action(directory):
            log = directory / "log.jsonl"

            def prepare():
                for number in numbers:
                    os.close(number)

            process = subprocess.Popen(
                [str(training.rnn), "train", "--resume", str(directory / NAME), "--log", str(log)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=prepare)
            status = process.wait(timeout=300)
            require(status == 0, f"exit {status}")
            lines = log.read_text().splitlines()
            log.unlink()
            require(lines and all(line.startswith("{") and line.endswith("}") for line in lines),
                    f"the log holds other lines: {[line for line in lines if not line.startswith('{')][:3]}")
            training.expect_survival(directory, (0, ""), True)
        return action

    for mask in range(1, 8):
        numbers = [number for number in range(3) if mask >> number & 1]
        yield "standard streams closed", training, closed(numbers)

    def slow_reader(length, pause, is_blocking):
        def action(directory):
            end, start = os.pipe()
            if not is_blocking:
                fcntl.fcntl(start, fcntl.F_SETFL, os.O_NONBLOCK)
            process = subprocess.Popen(
                [str(training.rnn), "sample", str(directory / NAME), "--seed", "1", "--length", str(length)],
                stdin=subprocess.DEVNULL, stdout=start, stderr=subprocess.PIPE)
            os.close(start)
            received = 0
            while piece := os.read(end, 30_000):
                received += len(piece)
                time.sleep(pause)
            os.close(end)
            _, errors = process.communicate(timeout=300)
            require(process.returncode == 0, f"exit {process.returncode}: {errors.decode()}")
            # And a line end.
            require(received in (length, length + 1), f"{received} characters of {length} came through")
        return action

    for length in (1_000, 65_536, 65_537, 200_000):
        for pause in (0, 0.02):
            for is_blocking in (True, False):
                yield "a slow reader" + ("" if is_blocking else " of a non-blocking pipe"), training, slow_reader(
                    length, pause, is_blocking)

    def full(number):
        """Standard output or error leads to a device that is always full."""
        def action(directory):
            with open("/dev/full", "wb") as device:
                process = subprocess.Popen(
                    [str(training.rnn), "train", "--resume", str(directory / NAME)], stdin=subprocess.DEVNULL,
                    stdout=device if number == 1 else subprocess.DEVNULL,
                    stderr=device if number == 2 else subprocess.DEVNULL)
                status = process.wait(timeout=300)
            require(status == 0, f"exit {status}")
            training.expect_survival(directory, (0, ""), True)
        return action

    for number in (1, 2):
        yield "a stream that is full", training, full(number)


# MARK: Signals

STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def signals(training, seed, count=60):
    """At a random moment: the training stops in good order, saved, and goes on to the same bytes."""
    def action(number, generator):
        def action(directory):
            moment = generator.uniform(0, 1.2 * training.seconds)
            process = start(training, directory)
            time.sleep(moment)
            process.send_signal(number)
            _, errors = process.communicate(timeout=300)
            errors = errors.decode(errors="replace")
            # Before it listens, it ends by the signal; after the last step it is done.
            require(process.returncode in (0, -number, 128 + number), f"exit {process.returncode}: {errors}")
            if process.returncode == 128 + number:
                require("saved " in errors, f"stopped without a word of what was saved: {errors}")
            training.expect_survival(directory, (0 if process.returncode == 0 else -signal.SIGKILL, errors), False)
        return action

    for trial in range(count):
        number = STOPPING[trial % len(STOPPING)]
        yield f"{number.name} at a random moment", training, action(number, random.Random(f"{seed} signal {trial}"))


def ignored_signals(training, seed, count=20):
    """A process that was started to ignore a signal, as by nohup or in the background, ignores it."""
    def action(number, generator):
        def action(directory):
            process = start(training, directory, lambda: signal.signal(number, signal.SIG_IGN))
            for _ in range(5):
                time.sleep(generator.uniform(0, training.seconds / 5))
                if process.poll() is None:
                    process.send_signal(number)
            _, errors = process.communicate(timeout=300)
            require(process.returncode == 0, f"exit {process.returncode}: {errors.decode(errors='replace')}")
            training.expect_survival(directory, (0, ""), True)
        return action

    for trial in range(count):
        number = STOPPING[trial % len(STOPPING)]
        yield f"{number.name}, ignored from the start", training, action(number, random.Random(f"{seed} ignored {trial}"))


def start(training, directory, prepare=None):
    return subprocess.Popen(
        [str(training.rnn), "train", "--resume", str(directory / NAME)], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=prepare)
