"""Times steps of a character model in PyTorch, by one process or several: DistributedDataParallel over gloo.

The model, the batch and the step are those of `rnn train --cell lstm --embedding-size 0`: one-hot characters, parallel streams in windows,
state carried on, gradients clipped to norm 1, Adam. Several processes share the streams of the batch, as with `--shards`.

    python train_distributed.py --text shakespeare.txt --processes 2 --threads 1

Prints, of rank 0, a line of JSON: the seconds of each step (forward, backward with its exchange, clipping, update) and the last loss, as
the mean over all processes.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed as distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from train_characters import CharacterModel, detach, loss_of, make_windows, read_tokens


def train(rank, options, meeting):
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    tokens, vocabulary_size = read_tokens(options.text)
    windows = make_windows(tokens, options.batch_size, options.sequence_length)
    share = options.batch_size // options.processes
    own = slice(rank * share, (rank + 1) * share)
    model = CharacterModel("lstm", vocabulary_size, options.hidden_size, options.layers)
    if options.processes > 1:
        distributed.init_process_group(
            "gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.processes)
        model = DistributedDataParallel(model)
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=options.learning_rate, fused=True)
    state, seconds, loss = None, [], None
    for inputs, targets in windows[: options.steps]:
        start = time.perf_counter()
        loss, state = loss_of(model, inputs[:, own], targets[:, own], state)
        state = detach(state)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1)
        optimizer.step()
        loss = loss.detach()
        seconds.append(time.perf_counter() - start)
    if options.processes > 1:
        distributed.all_reduce(loss)
    if rank == 0:
        result = {"torch": torch.__version__, "seconds": seconds, "loss": loss.item() / options.processes}
        print(json.dumps(result), flush=True)
    if options.processes > 1:
        distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--text", type=Path, required=True, help="a UTF-8 text file")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--batch-size", type=int, default=64, help="of all processes")
    parser.add_argument("--sequence-length", type=int, default=50)
    parser.add_argument("--hidden-size", type=int, default=512)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    if options.batch_size % options.processes:
        parser.error(f"--batch-size {options.batch_size} is no multiple of {options.processes} processes")
    if options.processes == 1:
        return train(0, options, None)
    # More than one process on a machine: as they are all here, the loopback interface is what there is between them.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    with tempfile.TemporaryDirectory() as directory:
        torch.multiprocessing.spawn(train, (options, f"{directory}/meeting"), nprocs=options.processes)


if __name__ == "__main__":
    main()
