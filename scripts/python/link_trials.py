"""What scripts/measure-links runs: two ranks over links of several speeds, beside a model of the step's time.

A link is shared memory, or a pair of virtual Ethernet interfaces between two network namespaces, as it is or shaped by a token bucket in
each direction. Each rank has one thread. Of each link `rnn-bench link` says α and B; of each network `rnn train` by one process and half of
the rows says the time of computing. Steps of `mpirun -np 2 rnn train` are timed four ways, which take turns: with the exchange after
computing or beside it (--overlap), in full and in bfloat16. The model:

    step = computing + 3·α + (2·(P − 1)/P·n − burst)/B          P = 2 ranks, n bytes of the gradient

with what the token bucket lets pass at once; or, beside computing, what of that is not over when computing is (`exposed`). --json
keeps what was measured, adds to what is there, and is what `rnn-bench scaling` goes on with; so links and networks may be measured at
different times.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

LINKS = {"shared memory": None, "namespaces": "", "10 Gb/s": "10gbit", "1 Gb/s": "1gbit", "100 Mb/s": "100mbit"}
# Name: cell, hidden units, layers, steps that are timed in a run. On 65 characters one-hot; 64 sequences × 50 steps in all.
NETWORKS = {
    "LSTM 1×128": ("lstm", 128, 1, 40), "GRU 2×256": ("gru", 256, 2, 12), "LSTM 2×512": ("lstm", 512, 2, 6),
    "LSTM 3×512": ("lstm", 512, 3, 4), "LSTM 2×1024": ("lstm", 1024, 2, 3),
}
WAYS = {
    "in turn": ["--no-overlap"], "overlapped": ["--overlap"],
    "in turn, bfloat16": ["--no-overlap", "--exchange", "bfloat16"],
    "overlapped, bfloat16": ["--overlap", "--exchange", "bfloat16"],
}
ROWS, LENGTH, CHARACTERS, LEFT_OUT = 64, 50, 65, 2
# Numbers of a part of the gradient that travels by itself: Ranks.leastTravellingPart.
LEAST_PART = 1 << 16
# Of networks and cases that are not measured here: α in µs, B in MB/s of the rates of 10 and 1 Gb/s, by what the network alone takes.
NODES = [("1 Gb/s", 40, 117), ("10 Gb/s", 20, 1100), ("100 Gb/s", 3, 11000)]
# Bytes that a link's token bucket lets pass at once: a millisecond of it, as on busy processors timers are late and a shorter burst
# loses a part of the rate.
BURSTS = {"10 Gb/s": 1_250_000, "1 Gb/s": 125_000, "100 Mb/s": 16_000}


def numbers(name):
    """Of the gradient of each layer, and of the head."""
    cell, hidden, layers, _ = NETWORKS[name]
    rows = {"lstm": 4, "gru": 3}[cell] * hidden
    return [rows * ((hidden if layer else CHARACTERS) + hidden + 2) for layer in range(layers)] + [CHARACTERS * (hidden + 1)]


def work(name):
    """Multiply-adds of each layer for a row, and of the head; tokens are looked up."""
    cell, hidden, layers, _ = NETWORKS[name]
    rows = {"lstm": 4, "gru": 3}[cell] * hidden
    return [rows * hidden * (2 if layer else 1) for layer in range(layers)] + [CHARACTERS * hidden]


def parts(name):
    """Of each part of the gradient that is exchanged by itself: its share, and what of a step is computed when it is there: of a step
    a third goes forward and two thirds back."""
    counts, costs = numbers(name), work(name)
    found, count = [], 0
    for layer in reversed(range(len(counts))):
        count += counts[layer]
        if layer == 0 or count >= LEAST_PART:
            found.append({"share": count / sum(counts), "left": 2 * sum(costs[:layer]) / (3 * sum(costs))})
            count = 0
    return found


def exposed(name, computing, sending):
    """What of the time of sending is left when computing is over."""
    end = -computing
    for part in parts(name):
        end = max(end, -part["left"] * computing) + part["share"] * sending
    return end


def predicted(name, link, way, computing, alpha, rate):
    """Seconds of a step."""
    sending = max(0, sum(numbers(name)) * (2 if "bfloat16" in way else 4) - BURSTS.get(link, 0)) / (1e6 * rate)
    if way.startswith("in turn"):
        return computing + 3e-6 * alpha + sending
    return computing + (1 + 2 * len(parts(name))) * 1e-6 * alpha + exposed(name, computing, sending)


def call(command, **others):
    process = subprocess.run(command, capture_output=True, text=True, **others)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{process.stdout}{process.stderr}")
    return process.stdout


class Hosts:
    """Two namespaces, which a script in place of ssh starts processes in; gone when it ends."""

    ADDRESSES = ("10.77.0.1", "10.77.0.2")

    def __init__(self, directory, rate, burst=0):
        self.names = [f"recurrent-{os.getpid()}-{side}" for side in "ab"]
        self.ends = [f"rl{os.getpid() % 1_000_000}{side}" for side in "ab"]
        self.agent = pathlib.Path(directory) / "agent"
        self.rate, self.burst = rate, burst

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        for name in self.names:
            call(["ip", "netns", "add", name])
        call(["ip", "link", "add", self.ends[0], "type", "veth", "peer", "name", self.ends[1]])
        for name, end, address in zip(self.names, self.ends, self.ADDRESSES):
            call(["ip", "link", "set", end, "netns", name])
            call(["ip", "-n", name, "addr", "add", f"{address}/24", "dev", end])
            call(["ip", "-n", name, "link", "set", "lo", "up"])
            call(["ip", "-n", name, "link", "set", end, "up"])
            if self.rate:
                # A queue that drops nothing.
                call(["ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", end, "root", "tbf", "rate", self.rate,
                      "burst", str(self.burst), "limit", str(8_000_000)])
        self.agent.write_text(
            "#!/bin/sh\nhost=$1; shift\ncase $host in\n"
            + "".join(f"{address}) name={name};;\n" for name, address in zip(self.names, self.ADDRESSES))
            + '*) exit 1;;\nesac\nexec ip netns exec $name unshare --uts sh -c "hostname $name; $*"\n')
        self.agent.chmod(0o755)

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def launcher(self):
        """mpirun on the first of them."""
        network = ".".join(self.ADDRESSES[0].split(".")[:3]) + ".0/24"
        settings = {
            "plm_rsh_agent": self.agent, "plm_rsh_no_tree_spawn": 1, "pml": "ob1", "btl": "tcp,self",
            "btl_tcp_if_include": network, "oob_tcp_if_include": network,
        }
        first = self.names[0]
        return ["ip", "netns", "exec", first, "unshare", "--uts", "sh", "-c", f'hostname {first}; exec "$@"', "-", "mpirun",
                "--allow-run-as-root", "--host", ",".join(self.ADDRESSES), "-np", "2", "--bind-to", "none",
                *(str(x) for name, value in settings.items() for x in ("--mca", name, value))]


@contextlib.contextmanager
def link(name, directory):
    """The command that starts two ranks over it."""
    rate = LINKS[name]
    if rate is None:
        yield ["mpirun", "-np", "2", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]
    else:
        with Hosts(directory, rate, BURSTS.get(name, 0)) as hosts:
            yield hosts.launcher()


class Trials:
    def __init__(self, tools, text, directory):
        self.rnn, self.bench = tools / "rnn", tools / "rnn-bench"
        self.text, self.directory = text, directory

    def alpha_and_rate(self, launcher):
        path = f"{self.directory}/link.json"
        sizes = [x for size in (1, 4, 16) for x in ("--bytes", str(size << 20))]
        call([*launcher, self.bench, "link", "--json", path, *sizes])
        result = json.loads(pathlib.Path(path).read_text())
        return [result["alpha_microseconds"], result["megabytes_per_second"]]

    def steps(self, network, rows, threads, steps, launcher=(), way=()):
        """Seconds of each, but for the first."""
        cell, hidden, layers, _ = NETWORKS[network]
        log = f"{self.directory}/log.jsonl"
        pathlib.Path(log).unlink(missing_ok=True)
        call([*launcher, self.rnn, "train", "--text", self.text, "--cell", cell, "--layers", str(layers),
              "--hidden-size", str(hidden), "--embedding-size", "0", "--batch-size", str(rows),
              "--sequence-length", str(LENGTH), "--steps", str(steps + LEFT_OUT), "--validation-fraction", "0",
              "--schedule", "constant", "--threads", str(threads), "--log", log,
              "--checkpoint", f"{self.directory}/model.safetensors", *(["--shards", "2"] if launcher else []), *way])
        lines = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
        return [rows * LENGTH / line["tokens_per_second"] for line in lines[LEFT_OUT:]]


def note(*words):
    print(*words, file=sys.stderr, flush=True)


class Record:
    """Everything that was measured: seconds of steps by network, link and way, α and B by link, seconds of computing by network,
    and of nodes of two processors by network and rows."""

    def __init__(self, path):
        self.path = path
        self.times = {"computing": {}, "links": {}, "steps": {}, "nodes": {}}
        if path and path.exists():
            self.times = json.loads(path.read_text())["times"]

    def add(self, kind, name, values):
        self.times[kind].setdefault(name, []).extend(values)
        note(kind, name, [round(x, 5) if isinstance(x, float) else x for x in values])
        if self.path:
            self.write()

    def median(self, kind, name):
        found = self.times[kind].get(name)
        return statistics.median(found) if found else None

    def links(self):
        return {name: tuple(map(statistics.median, zip(*self.times["links"][name]))) for name in LINKS if name in self.times["links"]}

    def comparisons(self):
        for network in NETWORKS:
            computing = self.median("computing", network)
            for name, (alpha, rate) in self.links().items():
                for way in WAYS:
                    found = self.median("steps", f"{network} | {name} | {way}")
                    if computing and found:
                        yield network, name, way, computing, predicted(network, name, way, computing, alpha, rate), found

    def write(self):
        result = {
            "measured_links": [{"name": name, "alpha_microseconds": alpha, "megabytes_per_second": rate}
                               for name, (alpha, rate) in self.links().items()],
            "comparisons": [{"network": network, "link": name, "way": way, "computing_milliseconds": 1e3 * computing,
                             "predicted_milliseconds": 1e3 * expected, "milliseconds": 1e3 * found}
                            for network, name, way, computing, expected, found in self.comparisons()],
            "links": [{"name": name, "alpha_microseconds": alpha, "megabytes_per_second": rate} for name, alpha, rate in NODES],
            "networks": [
                {"name": network, "parameters": sum(numbers(network)), "rows": [8, ROWS],
                 "milliseconds": [1e3 * self.median("nodes", f"{network} | {rows}") for rows in (8, ROWS)],
                 "parts": parts(network)}
                for network in NETWORKS if all(f"{network} | {rows}" in self.times["nodes"] for rows in (8, ROWS))],
            "times": self.times,
        }
        self.path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def main():
    # So that namespaces go when it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", type=pathlib.Path, help="the directory of rnn and rnn-bench, built with MPI")
    parser.add_argument("--text", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--links", nargs="*", choices=LINKS, default=list(LINKS))
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--nodes", action="store_true", help="also time what rnn-bench scaling goes on with")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    record = Record(options.json)
    with tempfile.TemporaryDirectory() as directory:
        trials = Trials(options.tools.resolve(), options.text.resolve(), directory)
        for _ in range(options.rounds):
            for network in options.networks:
                record.add("computing", network, trials.steps(network, ROWS // 2, 1, NETWORKS[network][3]))
            for name in options.links:
                with link(name, directory) as launcher:
                    record.add("links", name, [trials.alpha_and_rate(launcher)])
                    for network in options.networks:
                        for way in options.ways:
                            record.add("steps", f"{network} | {name} | {way}",
                                       trials.steps(network, ROWS, 1, NETWORKS[network][3], launcher, WAYS[way]))
            if options.nodes:
                for network in options.networks:
                    for rows in (8, ROWS):
                        record.add("nodes", f"{network} | {rows}",
                                   trials.steps(network, rows, 2, max(8, NETWORKS[network][3])))

    print("| link | α, µs | B, MB/s |\n|---|--:|--:|")
    for name, (alpha, rate) in record.links().items():
        print(f"| {name} | {alpha:.0f} | {rate:,.0f} |")
    print("\n| network | link | way | predicted, ms | measured, ms | least, ms | measured / predicted |\n|---|---|---|--:|--:|--:|--:|")
    for network, name, way, _, expected, found in record.comparisons():
        least = min(record.times["steps"][f"{network} | {name} | {way}"])
        print(f"| {network} | {name} | {way} | {1e3 * expected:.1f} | {1e3 * found:.1f} | {1e3 * least:.1f} | {found / expected:.2f} |")


if __name__ == "__main__":
    main()
