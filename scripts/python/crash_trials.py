"""What the parts of scripts/check-crashes share: a training that is interrupted and goes on, what must be so afterwards, and
the account of trials."""

import concurrent.futures
import hashlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

NAME = "model.safetensors"


class Lost(Exception):
    """What a trial missed."""


def require(condition, message):
    if not condition:
        raise Lost(message)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hidden(directory):
    return {path.name for path in directory.iterdir() if path.name.startswith(".")}


class Training:
    """One training, with the directory that a kill in its middle left and the files it ends with."""

    def __init__(self, rnn, place, text, options):
        self.rnn = rnn
        self.place = place
        place.mkdir()
        # Digests of files that have been loaded: trials meet the same ones again and again.
        self.loadable = set()
        self.options = [
            "--text", text, "--hidden-size", 32, "--layers", 1, "--batch-size", 8, "--sequence-length", 16,
            "--threads", 1, "--seed", 7, "--head-dropout", 0.2, *options]

    def prepare(self, preload):
        """Trains once to the end and once to the middle, and measures how long the second half takes."""
        whole = self.directory("whole")
        report = self.place / "report"
        environment = preload.environment(whole, FAULT_REPORT=report) if preload else {}
        self.expect_success(self.start(whole, environment=environment))
        self.expected = {name: digest(whole / name) for name in (NAME, best(NAME))}
        self.base = self.directory("base")
        if preload:
            counts = preload.counts(report)
            self.start(self.base, environment=preload.environment(self.base, FAULT_KILL=counts["all"] // 2))
        else:
            began = time.monotonic()
            self.start(self.directory("timed"))
            self.start(self.base, kill_after=(time.monotonic() - began) / 2)
        require((self.base / NAME).exists(), "the first half of the training saved nothing")
        again = self.copy("again")
        began = time.monotonic()
        self.expect_success(self.resume(again))
        self.seconds = time.monotonic() - began
        self.expect_result(again)

    def directory(self, name):
        path = self.place / name
        path.mkdir()
        return path

    def copy(self, name, base=None):
        path = self.place / name
        # With its links: a generation may be the last file under another name.
        subprocess.run(["cp", "-a", base or self.base, path], check=True)
        return path

    def run(self, arguments, environment={}, kill_after=None, limit=None, prepare=None):
        """Exit code and standard error of `rnn train`.

        limit: of a file's size, in bytes. prepare: called in the new process before the command begins.
        """
        def prepare_all():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            if prepare:
                prepare()

        process = subprocess.Popen(
            [str(argument) for argument in [self.rnn, "train", *arguments]], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **environment},
            preexec_fn=prepare_all if limit is not None or prepare else None)
        try:
            _, errors = process.communicate(timeout=kill_after if kill_after is not None else 300)
        except subprocess.TimeoutExpired:
            process.kill()
            _, errors = process.communicate()
            require(kill_after is not None, "it hung")
        return process.returncode, errors.decode(errors="replace")

    def start(self, directory, **options):
        return self.run([*self.options, "--checkpoint", directory / NAME], **options)

    def resume(self, directory, name=NAME, **options):
        return self.run(["--resume", directory / name], **options)

    # What must be so

    def expect_success(self, outcome):
        require(outcome[0] == 0, f"exit {outcome[0]}: {outcome[1].strip().splitlines()[-1:]}")

    def expect_result(self, directory):
        for name, expected in self.expected.items():
            require(digest(directory / name) == expected, f"{name} ended with other bytes")

    def expect_loadable(self, directory):
        """The last file and every other one load."""
        for name in [NAME] + [path.name for path in directory.iterdir() if not path.name.startswith(".")]:
            found = digest(directory / name)
            if found in self.loadable:
                continue
            outcome = subprocess.run([self.rnn, "inspect", directory / name], capture_output=True)
            require(outcome.returncode == 0, outcome.stderr.decode().strip())
            self.loadable.add(found)

    def expect_tidy(self, directory, allowed=()):
        left = hidden(directory) - set(allowed)
        require(not left, f"left behind: {left}")

    def expect_survival(self, directory, outcome, is_tidy):
        """After a training that met a fault: all files load, and with no fault it ends as if there had been none."""
        status, errors = outcome
        require(status in (0, 1, -signal.SIGKILL), f"exit {status}: {errors}")
        self.expect_loadable(directory)
        if is_tidy:
            # What the killed one left stays where the files could not even be locked.
            self.expect_tidy(directory, hidden(self.base))
        require(status != 1 or "rnn: error: " in errors, f"exit 1 without a reason: {errors}")
        if status != 0 or not is_tidy:
            # Where the training is complete, this only clears away what could not be removed.
            self.expect_success(self.resume(directory))
        self.expect_result(directory)
        self.expect_tidy(directory)


def best(name):
    stem, _, suffix = name.rpartition(".")
    return f"{stem}-best.{suffix}"


class Table:
    """Kind of fault, tried, lost."""

    def __init__(self):
        self.rows = {}

    def add(self, kind, reason):
        tried, lost = self.rows.get(kind, (0, 0))
        self.rows[kind] = (tried + 1, lost + (reason is not None))
        if reason is not None:
            print(f"lost: {kind}: {reason}", file=sys.stderr)

    def show(self):
        rows = [(kind, str(tried), str(lost)) for kind, (tried, lost) in self.rows.items()]
        totals = [sum(row[index] for row in self.rows.values()) for index in (0, 1)]
        rows = [("fault", "tried", "lost"), *rows, ("all", *map(str, totals))]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for index, row in enumerate(rows):
            if index in (1, len(rows) - 1):
                print("  ".join("-" * width for width in widths))
            print(f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}")
        return totals[1] == 0 and totals[0] > 0


class Check:
    def __init__(self, table, jobs):
        self.table = table
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.count = 0

    def all(self, trials):
        """Runs trials, each a kind, a training and what to do in its directory, several at once."""
        futures = []
        for kind, training, action in trials:
            self.count += 1
            futures.append((kind, self.pool.submit(self.one, training, action, f"trial-{self.count}")))
        for kind, future in futures:
            self.table.add(kind, future.result())

    @staticmethod
    def one(training, action, name):
        directory = training.copy(name)
        try:
            action(directory)
        except Lost as reason:
            return str(reason)
        finally:
            shutil.rmtree(directory)
        return None
