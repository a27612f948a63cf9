"""What scripts/measure-links runs: two ranks over links of several speeds, beside a model of the step's time.

A link is shared memory, or a pair of virtual Ethernet interfaces between two network namespaces, as it is or shaped by a token bucket in
both directions. Each rank has one thread. Of each link `rnn-bench link` says α and B; of each network `rnn train` by one process and half of
the rows says the time of computing. The model:

    step = computing + 3·α + 2·(P − 1)/P·n/B          P = 2 ranks, n bytes of the gradient

is then compared with the steps of `mpirun -np 2 rnn train`. --json keeps what `rnn-bench scaling` goes on with.
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
# Name: hidden units, layers, steps that are timed in a run. On 65 characters one-hot; 64 sequences × 50 steps in all.
NETWORKS = {"LSTM 1×128": (128, 1, 40), "LSTM 2×512": (512, 2, 8), "LSTM 2×1024": (1024, 2, 3)}
ROWS, LENGTH, CHARACTERS, LEFT_OUT = 64, 50, 65, 2
# Of networks and cases that are not measured here: α in µs, B in MB/s of the rates of 10 and 1 Gb/s, by what the network alone takes.
NODES = [("1 Gb/s", 40, 117), ("10 Gb/s", 20, 1100), ("100 Gb/s", 3, 11000)]


def parameters(hidden, layers):
    """Of all layers, as their gradient is: LSTM with two biases a gate as PyTorch's, or one; and of all but the lowest, with the head."""
    lowest = 4 * hidden * (CHARACTERS + hidden)
    upper = (layers - 1) * 4 * hidden * 2 * hidden + CHARACTERS * hidden
    return lowest + upper, upper / (lowest + upper)


def call(command, **others):
    process = subprocess.run(command, capture_output=True, text=True, **others)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{process.stdout}{process.stderr}")
    return process.stdout


class Hosts:
    """Two namespaces, which a script in place of ssh starts processes in; gone when it ends."""

    ADDRESSES = ("10.77.0.1", "10.77.0.2")

    def __init__(self, directory, rate):
        self.names = [f"recurrent-{os.getpid()}-{side}" for side in "ab"]
        self.ends = [f"rl{os.getpid() % 1_000_000}{side}" for side in "ab"]
        self.agent = pathlib.Path(directory) / "agent"
        self.rate = rate

    def __enter__(self):
        for name in self.names:
            call(["ip", "netns", "add", name])
        call(["ip", "link", "add", self.ends[0], "type", "veth", "peer", "name", self.ends[1]])
        for name, end, address in zip(self.names, self.ends, self.ADDRESSES):
            call(["ip", "link", "set", end, "netns", name])
            call(["ip", "-n", name, "addr", "add", f"{address}/24", "dev", end])
            call(["ip", "-n", name, "link", "set", "lo", "up"])
            call(["ip", "-n", name, "link", "set", end, "up"])
            if self.rate:
                # A burst as short as the rate allows, or small messages are not slowed at all; a queue that drops nothing.
                bits = int(self.rate.replace("gbit", "000").replace("mbit", "")) * 1_000_000
                burst = max(16_000, bits // 8 // 1000)
                call(["ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", end, "root", "tbf", "rate", self.rate,
                      "burst", str(burst), "limit", str(8_000_000)])
        self.agent.write_text(
            "#!/bin/sh\nhost=$1; shift\ncase $host in\n"
            + "".join(f"{address}) name={name};;\n" for name, address in zip(self.names, self.ADDRESSES))
            + '*) exit 1;;\nesac\nexec ip netns exec $name unshare --uts sh -c "hostname $name; $*"\n')
        self.agent.chmod(0o755)
        return self

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
        with Hosts(directory, rate) as hosts:
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
        return result["alpha_microseconds"], result["megabytes_per_second"]

    def steps(self, network, rows, threads, steps, launcher=()):
        """Seconds of each, but for the first."""
        hidden, layers, _ = NETWORKS[network]
        log = f"{self.directory}/log.jsonl"
        pathlib.Path(log).unlink(missing_ok=True)
        call([*launcher, self.rnn, "train", "--text", self.text, "--cell", "lstm", "--layers", str(layers),
              "--hidden-size", str(hidden), "--embedding-size", "0", "--batch-size", str(rows),
              "--sequence-length", str(LENGTH), "--steps", str(steps + LEFT_OUT), "--validation-fraction", "0",
              "--schedule", "constant", "--threads", str(threads), "--log", log,
              "--checkpoint", f"{self.directory}/model.safetensors", *(["--shards", "2"] if launcher else [])])
        lines = [json.loads(line) for line in pathlib.Path(log).read_text().splitlines()]
        return [rows * LENGTH / line["tokens_per_second"] for line in lines[LEFT_OUT:]]


def note(*words):
    print(*words, file=sys.stderr, flush=True)


def main():
    # So that namespaces go when it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", type=pathlib.Path, help="the directory of rnn and rnn-bench, built with MPI")
    parser.add_argument("--text", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--links", nargs="+", choices=LINKS, default=list(LINKS))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    computing = {network: [] for network in options.networks}
    times = {(name, network): [] for name in options.links for network in options.networks}
    links = {name: [] for name in options.links}
    with tempfile.TemporaryDirectory() as directory:
        trials = Trials(options.tools.resolve(), options.text.resolve(), directory)
        for _ in range(options.rounds):
            for network in options.networks:
                computing[network] += trials.steps(network, ROWS // 2, 1, NETWORKS[network][2])
                note(network, "alone:", computing[network])
            for name in options.links:
                with link(name, directory) as launcher:
                    links[name].append(trials.alpha_and_rate(launcher))
                    note(name, "α and B:", links[name])
                    for network in options.networks:
                        times[name, network] += trials.steps(network, ROWS, 1, NETWORKS[network][2], launcher)
                        note(name, network, times[name, network])
        nodes = {network: [statistics.median(trials.steps(network, rows, 2, max(8, NETWORKS[network][2])))
                           for rows in (8, ROWS)] for network in options.networks}

    measured = {name: tuple(map(statistics.median, zip(*values))) for name, values in links.items()}
    print("| link | α, µs | B, MB/s |\n|---|--:|--:|")
    for name, (alpha, rate) in measured.items():
        print(f"| {name} | {alpha:.0f} | {rate:,.0f} |")
    print("\n| network | link | predicted, ms | measured, ms | least, ms | measured / predicted |\n|---|---|--:|--:|--:|--:|")
    comparisons = []
    for network in options.networks:
        alone = statistics.median(computing[network])
        for name, (alpha, rate) in measured.items():
            predicted = alone + 3e-6 * alpha + 4 * parameters(*NETWORKS[network][:2])[0] / (1e6 * rate)
            found = statistics.median(times[name, network])
            comparisons.append({"network": network, "link": name, "predicted_milliseconds": 1e3 * predicted,
                                "milliseconds": 1e3 * found, "computing_milliseconds": 1e3 * alone})
            print(f"| {network} | {name} | {1e3 * predicted:.1f} | {1e3 * found:.1f} | "
                  f"{1e3 * min(times[name, network]):.1f} | {found / predicted:.2f} |")
    if options.json:
        result = {
            "measured_links": [{"name": name, "alpha_microseconds": alpha, "megabytes_per_second": rate}
                               for name, (alpha, rate) in measured.items()],
            "comparisons": comparisons,
            "links": [{"name": name, "alpha_microseconds": alpha, "megabytes_per_second": rate} for name, alpha, rate in NODES],
            "networks": [
                {"name": network, "parameters": parameters(*NETWORKS[network][:2])[0], "rows": [8, ROWS],
                 "milliseconds": [1e3 * x for x in nodes[network]],
                 "upper_share": parameters(*NETWORKS[network][:2])[1],
                 # Of a step a third goes forward and two thirds back; of these the lowest layer's part, without its products for the weights.
                 "hidden_share": 0.22 if NETWORKS[network][1] > 1 else 0.33}
                for network in options.networks],
        }
        options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
