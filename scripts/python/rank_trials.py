"""Trainings under mpirun: see scripts/test-ranks.

bits     every training ends with the same bytes in one process and in 1, 2, 3 and 4 ranks of four shards, and moves from
         one number to another by its checkpoint.
faults   one rank meets a fault. The job must end within seconds, with a text that says why, and leave no process; the
         checkpoint must load, and the training that goes on from it with another number of ranks must end with the bytes
         of one that never stopped.
"""

import argparse
import os
import pathlib
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time

SECONDS_TO_END = 15
WORDS = "the quick brown fox jumps over a lazy dog and sleeps until it is woken by rain".split()


class Failed(Exception):
    pass


class Job:
    """An `mpirun` of `rnn`, or `rnn` alone where there are 0 ranks."""

    def __init__(self, tools, ranks, arguments, directory, others=None, environment=None):
        rnn, mpirun = tools
        train = [str(rnn), *arguments]
        if ranks:
            command = [mpirun, *launcher_options(mpirun), "-np", str(ranks if others is None else 1), *train]
            # One program each, for a rank that is told other things.
            for other in others or []:
                command += [":", "-np", "1", *other]
        else:
            command = train
        self.command = command
        self.process = subprocess.Popen(
            command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **(environment or {})}, start_new_session=True)

    def pids(self):
        """The processes of the ranks, by rank."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if os.getsid(int(entry.name)) != self.process.pid and not self.is_child(int(entry.name)):
                    continue
                variables = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            for variable in variables:
                match = re.fullmatch(rb"(?:OMPI_COMM_WORLD_RANK|PMI_RANK)=(\d+)", variable)
                if match and (entry / "comm").read_text().strip() == "rnn":
                    found[int(match[1])] = int(entry.name)
        return found

    def is_child(self, pid):
        for _ in range(3):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            pid = int(fields[1])
            if pid == self.process.pid:
                return True
        return False

    def end(self, seconds=SECONDS_TO_END):
        """Its exit code and what it said, and the seconds that it took to end."""
        start = time.monotonic()
        pids = list(self.pids().values())
        try:
            text, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for pid in [*pids, self.process.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            text, _ = self.process.communicate()
            raise Failed(f"still there after {seconds} s: {shlex.join(self.command)}\n{text}")
        took = time.monotonic() - start
        # mpirun kills them, and does not wait for each.
        deadline = time.monotonic() + 3
        while left := [pid for pid in pids if is_running(pid)]:
            if time.monotonic() > deadline:
                raise Failed(f"processes are left: {left}\n{text}")
            time.sleep(0.05)
        return self.process.returncode, text, took


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def launcher_options(mpirun):
    version = subprocess.run([mpirun, "--version"], capture_output=True, text=True).stdout
    if "Open MPI" in version:
        options = ["--oversubscribe", "--bind-to", "none"]
        return options + (["--allow-run-as-root"] if os.geteuid() == 0 else [])
    return ["-bind-to", "none"]


class Trials:
    def __init__(self, tools, directory, is_quick=False):
        self.tools, self.directory, self.is_quick = tools, pathlib.Path(directory), is_quick
        random.seed(1)
        text = " ".join(random.choice(WORDS) for _ in range(6000))
        (self.directory / "text.txt").write_text(text)
        (self.directory / "other.txt").write_text(text[::-1])
        with open(self.directory / "sequences.csv", "w") as file:
            print("sequence,x,y,label", file=file)
            for sequence in range(150):
                for _ in range(random.randint(4, 20)):
                    print(f"{sequence},{random.gauss(sequence % 2, 1):.3f},{random.random():.3f},{sequence % 2}", file=file)
        with open(self.directory / "series.csv", "w") as file:
            print("value", *(f"{step % 7 + random.random():.3f}" for step in range(700)), sep="\n", file=file)
        with open(self.directory / "tagged.txt", "w") as file:
            for _ in range(120):
                words = random.choices(WORDS, k=random.randint(2, 9))
                print(*(f"{word}\t{'B-E' if word[0] in 'bdf' else 'O'}" for word in words), "", sep="\n", file=file)
        with open(self.directory / "pairs.tsv", "w") as file:
            for _ in range(120):
                word = "".join(random.choices("abcdef", k=random.randint(1, 7)))
                print(f"{word}\t{word[::-1]}", file=file)
        subprocess.run(
            [tools[0], "tokenize", "text.txt", "--output", "text.tokens"], cwd=directory, check=True,
            capture_output=True)

    def run(self, ranks, arguments, seconds=300, code=0):
        found, text, _ = Job(self.tools, ranks, arguments, self.directory).end(seconds)
        if found != code:
            raise Failed(f"exit code {found}, expected {code}, of {ranks} ranks: {shlex.join(arguments)}\n{text}")
        return text

    def bytes(self, name):
        return (self.directory / name).read_bytes()

    def require_same(self, name, other, what):
        if self.bytes(name) != self.bytes(other):
            raise Failed(f"{name} has other bytes than {other}: {what}")

    # Bits

    TEXT = "train --text {text} --batch-size 16 --sequence-length 25 --seed 3"
    MODELS = {
        "lstm": f"{TEXT} --cell lstm --layers 2 --hidden-size 20 --dropout 0.2",
        "gru, embedded": f"{TEXT} --cell gru --hidden-size 24 --embedding-size 8 --head-dropout 0.3",
        "minGRU": f"{TEXT} --cell mingru --hidden-size 24 --layers 2",
        "lstm, projected": f"{TEXT} --cell lstm --hidden-size 24 --projection-size 8 --trained-initial-state",
        "rnn, recomputed": f"{TEXT} --cell rnn --hidden-size 24 --recompute-steps 8",
        "lstm, in bfloat16": f"{TEXT} --cell lstm --hidden-size 32 --precision bfloat16-dot",
        "lstm, overlapped": f"{TEXT} --cell lstm --layers 2 --hidden-size 160 --dropout 0.2 --overlap",
        "lstm, overlapped in bfloat16": f"{TEXT} --cell lstm --layers 2 --hidden-size 160 --overlap --exchange bfloat16",
        "lstm, exchanged in bfloat16": f"{TEXT} --cell lstm --layers 2 --hidden-size 20 --dropout 0.2 --exchange bfloat16",
        "classes of sequences": "classify train sequences.csv --sequence-column sequence --label-column label --epochs 4 "
        "--bidirectional --dropout 0.2 --layers 2",
        "forecasts": "forecast train series.csv --method network --window 20 --epochs 3",
        "tags, by a CRF": "tag train tagged.txt --hidden-size 16 --embedding-size 8 --layers 2 --epochs 3",
        "pairs": "translate train pairs.tsv --hidden-size 12 --embedding-size 8 --scheduled-sampling 0.3 --epochs 3",
    }
    # What is tried where it has to be quick: what the others have in common with these is left out.
    QUICK_MODELS = ["lstm", "gru, embedded", "lstm, overlapped", "lstm, exchanged in bfloat16", "classes of sequences", "tags, by a CRF", "pairs"]
    QUICK_FAULTS = ["SIGKILL of rank 1", "SIGTERM of rank 2", "rank 1 without its text", "more ranks than shards"]

    def bits(self):
        tried = 0
        for number, (model, options) in enumerate(self.MODELS.items()):
            if self.is_quick and model not in self.QUICK_MODELS:
                continue
            options = options.format(text="text.tokens" if number % 2 else "text.txt").split() + ["--shards", "4"]
            if options[0] == "train":
                # Layers large enough to travel by themselves take their time.
                options += ["--steps", "5" if "--overlap" in options else "15" if self.is_quick else "60"]
            elif self.is_quick:
                options[options.index("--epochs") + 1] = "1"
            if self.refuses(options):
                print(f"bits: {model}: not on this machine", flush=True)
                continue
            for ranks in range(1, 5):
                self.run(ranks, [*options, *self.usual(options, "1")])
                for file in self.directory.glob("model*.safetensors"):
                    self.require_same(file.name, file.name.replace("model", "alone"), f"{model}, {ranks} ranks")
                    file.unlink()
                tried += 1
            for file in self.directory.glob("alone*.safetensors"):
                file.unlink()
            print(f"bits: {model}: one process and 1, 2, 3, 4 ranks are the same", flush=True)
        return tried

    def refuses(self, options):
        """Trains in one process, by two threads. Whether the processor has no such arithmetic."""
        code, text, _ = Job(self.tools, 0, [*options, *self.usual(options, "2")], self.directory).end(300)
        if code and "bfloat16-dot" not in options:
            raise Failed(text)
        for file in self.directory.glob("model*.safetensors"):
            file.rename(self.directory / file.name.replace("model", "alone"))
        return code != 0

    @staticmethod
    def usual(options, threads):
        """Of tables the command line is kept in the checkpoint: there it must be the same."""
        return ["--keep", "0", "--threads", threads] if options[0] == "train" else ["--threads", "1"]

    # Faults

    BASE = (
        "train --cell lstm --hidden-size 24 --text {text} --batch-size 16 --sequence-length 25 --shards 4 --schedule constant "
        "--seed 3 --threads 1 --save-every 7 --keep 0 --checkpoint {checkpoint}")

    def begin(self, ranks, checkpoint, text="text.txt", steps=100_000, others=None, environment=None, more=()):
        for file in self.directory.glob(checkpoint.replace(".safetensors", "*")):
            file.unlink()
        options = [*self.BASE.format(text=text, checkpoint=checkpoint).split(), "--steps", str(steps), *more]
        job = Job(self.tools, ranks, options, self.directory, others, environment)
        return job

    def wait_for(self, checkpoint, job):
        deadline = time.monotonic() + 60
        while not (self.directory / checkpoint).exists():
            if job.process.poll() is not None:
                raise Failed(f"ended before it saved anything\n{job.process.communicate()[0]}")
            if time.monotonic() > deadline:
                job.end(0)
            time.sleep(0.02)
        # Somewhere between two saves.
        time.sleep(random.uniform(0, 0.3))

    def goes_on(self, checkpoint, ranks, more):
        """To the same bytes as a training that never stopped."""
        with open(self.directory / checkpoint, "rb") as file:
            header = file.read(8)
            step = int(re.search(rb'\\"step\\": ?(\d+)', file.read(int.from_bytes(header, "little")))[1])
        steps = str(step + 15)
        self.run(ranks, ["train", "--resume", checkpoint, "--steps", steps, "--threads", "1", "--save-every", "7"])
        whole = [*self.BASE.format(text="text.txt", checkpoint="whole.safetensors").split(), "--steps", steps, *more]
        self.run(0, whole)
        self.require_same(checkpoint, "whole.safetensors", f"after step {step}")

    def fault(self, inflict, words, codes=None, environment=None, goes_on=True, ranks=3, others=None, text="text.txt",
              waits=True, steps=100_000, more=()):
        checkpoint = "fault.safetensors"
        job = self.begin(ranks, checkpoint, text, steps, others, environment, more)
        if waits:
            self.wait_for(checkpoint, job)
        inflict(job)
        code, said, took = job.end()
        if not code or (codes and code not in codes):
            raise Failed(f"exit code {code}\n{said}")
        for word in words:
            if not re.search(word, said):
                raise Failed(f"does not say {word}:\n{said}")
        if said.count("rnn: error") > 1:
            raise Failed(f"more than one error:\n{said}")
        if goes_on:
            self.goes_on(checkpoint, random.choice([0, 2, 4]), more)
        return took

    def faults(self, rounds, chosen):
        def send(rank, number):
            def inflict(job):
                os.kill(job.pids()[rank] if rank is not None else job.process.pid, number)
            return inflict

        def nothing(job):
            pass

        def cut(job):
            os.truncate(self.directory / "cut.tokens", 3000)

        def fill(job):
            # To a write it is what a full disk is.
            resource.prlimit(job.pids()[0], resource.RLIMIT_FSIZE, (4096, 4096))
            time.sleep(1)
            os.kill(job.pids()[1], signal.SIGTERM)

        rnn, here = str(self.tools[0]), self.directory
        (here / "cut.tokens").write_bytes(self.bytes("text.tokens"))
        options = self.BASE.format(text="text.txt", checkpoint="fault.safetensors").split() + ["--steps", "100000"]
        usual = [rnn, *options]
        missing = [x if x != "text.txt" else "missing.txt" for x in usual]
        other = [x if x != "text.txt" else "other.txt" for x in usual]
        kinds = {}
        for rank in range(3):
            kinds[f"SIGKILL of rank {rank}"] = lambda rank=rank: self.fault(send(rank, signal.SIGKILL), [])
            kinds[f"SIGTERM of rank {rank}"] = lambda rank=rank: self.fault(
                send(rank, signal.SIGTERM), ["stopped after step"], [143])
        kinds["SIGTERM of mpirun"] = lambda: self.fault(send(None, signal.SIGTERM), [])
        kinds["SIGSTOP of rank 1, patience 3 s"] = lambda: self.fault(
            send(1, signal.SIGSTOP), ["nothing came from the other ranks for 3 seconds"],
            environment={"RECURRENT_RANKS_PATIENCE": "3"})
        overlapped = ["--layers", "2", "--hidden-size", "160", "--overlap"]
        for name, number, words in [("SIGKILL", signal.SIGKILL, []), ("SIGSTOP", signal.SIGSTOP, ["nothing came from the other ranks"])]:
            kinds[f"{name} of rank 1 in overlapped exchanges"] = lambda number=number, words=words: self.fault(
                send(1, number), words, environment={"RECURRENT_RANKS_PATIENCE": "3"}, more=overlapped)
        kinds["no room for rank 0's files"] = lambda: self.fault(
            fill, ["cannot save the checkpoint", "the last checkpoint could not be saved"], [1])
        kinds["rank 1 without its text"] = lambda: self.fault(
            nothing, ["rank 1: .*missing.txt"], [1], goes_on=False, others=[missing, usual], waits=False)
        kinds["all without their text"] = lambda: self.fault(
            nothing, ["missing.txt"], [1], goes_on=False, text="missing.txt", waits=False)
        kinds["rank 2 with another text"] = lambda: self.fault(
            nothing, ["rank 2 has other parameters or other data"], [1], goes_on=False, others=[usual, other], waits=False)
        kinds["text cut short"] = lambda: self.fault(
            cut, ["could not be read|cannot be read|cut short|shorter"], [1], goes_on=False, text="cut.tokens")
        kinds["a loss that is not finite"] = lambda: self.fault(
            nothing, ["is not a finite number"], [3], goes_on=False, waits=False,
            more=["--optimizer", "sgd", "--learning-rate", "1e38", "--clip-norm", "0"])
        kinds["more ranks than shards"] = lambda: self.fault(
            nothing, ["too few for the 5 processes"], [64], goes_on=False, ranks=5, waits=False)
        counts = {}
        for kind, trial in kinds.items():
            if chosen not in kind or (self.is_quick and kind not in self.QUICK_FAULTS):
                continue
            slowest, lost = 0, 0
            for _ in range(rounds):
                (here / "cut.tokens").write_bytes(self.bytes("text.tokens"))
                try:
                    slowest = max(slowest, trial())
                except Failed as failure:
                    lost += 1
                    print(f"faults: {kind}: {failure}", flush=True)
            counts[kind] = (rounds, lost, slowest)
            print(f"faults: {kind}: tried {rounds}, lost or hung {lost}, ended within {slowest:.1f} s", flush=True)
        return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rnn", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", choices=["bits", "faults"], default=["bits", "faults"])
    parser.add_argument("--kind", default="", help="only faults with this in their names")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--quick", action="store_true", help="a few models, a few steps, and a few faults")
    options = parser.parse_args()
    start = time.monotonic()
    lost = 0
    with tempfile.TemporaryDirectory() as directory:
        trials = Trials((options.rnn.resolve(), options.mpirun), directory, options.quick)
        try:
            if "bits" in options.only:
                print(f"bits: {trials.bits()} trainings under mpirun", flush=True)
        except Failed as failure:
            print(f"bits: {failure}", flush=True)
            lost += 1
        if "faults" in options.only:
            counts = trials.faults(options.rounds, options.kind)
            lost += sum(count[1] for count in counts.values())
            print("| fault | tried | lost or hung | ended within, s |\n|---|--:|--:|--:|")
            for kind, (tried, missed, slowest) in counts.items():
                print(f"| {kind} | {tried} | {missed} | {slowest:.1f} |")
    print(f"scripts/test-ranks: {'FAILED' if lost else 'passed'}, {time.monotonic() - start:.0f} s of trainings")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
