#!/usr/bin/env python3
"""`rnn forecast backtest` beside the LSTM of neuralforecast with its defaults, on the same origins of the same series; `scripts/compare-forecasts`
runs it.

Of a folder with the files of Benchmarks/Forecasting.md (all that it holds of them); and, with --panel, on one origin of a table of many series
as `rnn-bench panel` writes it, with the --covariates that both sides know ahead. Both sides forecast from each origin anew. MASE as `rnn
forecast backtest` has it.

--most-seconds bounds each of the LSTM's trainings, which by its defaults is of 1,000 updates; how many it came to is told. --origins measures
both sides on the last origins of each file alone."""

from __future__ import annotations

import argparse
import json
import logging
import math
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

# Name, column, season, horizon, origins: as in Benchmarks/Forecasting.md.
SERIES = (
    ("airpassengers", None, 12, 12, 3),
    ("wineind", None, 12, 12, 3),
    ("ausbeer", None, 4, 8, 3),
    ("lynx", None, 10, 10, 3),
    ("taylor", None, 48, 48, 5),
    ("sunspots", None, 11, 11, 3),
    ("co2", None, 52, 52, 3),
    ("us-employment", "leisure_and_hospitality", 12, 12, 3),
)


def ours(
    engine: str, table: Path, column: str | None, season: int | None, horizon: int, origins: int, covariates: list[str] = []
) -> tuple[dict, float]:
    """MASE of each of our methods, and the seconds that all took together."""
    command = [engine, "forecast", "backtest", str(table), "--horizon", str(horizon), "--origins", str(origins), "--json"]
    command += ["--season", str(season)] if season else []
    command += ["--column", column] if column else []
    command += ["--covariates", ",".join(covariates)] if covariates else []
    start = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)}: {run.stderr.strip()}")
    seconds = time.monotonic() - start
    return {method["name"]: method["mase"] for method in json.loads(run.stdout)["methods"]}, seconds


def lstm(history: pd.DataFrame, horizon: int, most_seconds: float | None, future: pd.DataFrame | None = None) -> tuple[np.ndarray, int]:
    """[series · horizon] forecasts of neuralforecast's LSTM, everything as it comes but the horizon, series in order of their names; and
    the updates of its training. Columns of `future` beside the series and the time are what is known ahead."""
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM
    from pytorch_lightning.callbacks import Callback

    updates, start = 0, time.monotonic()

    class Updates(Callback):
        """Counts updates, and ends the training when its time is over."""

        def on_train_batch_end(self, trainer, *_) -> None:
            # neuralforecast trains with a copy of this: what is counted stands outside.
            nonlocal updates
            updates = trainer.global_step
            if most_seconds and time.monotonic() - start > most_seconds:
                trainer.should_stop = True

    quiet = {"enable_progress_bar": False, "logger": False, "enable_model_summary": False, "enable_checkpointing": False}
    known = [name for name in future.columns if name not in ("unique_id", "ds")] if future is not None else None
    model = LSTM(h=horizon, futr_exog_list=known, random_seed=1, accelerator="cpu", callbacks=[Updates()], **quiet)
    forecaster = NeuralForecast(models=[model], freq=1)
    forecaster.fit(history)
    return forecaster.predict(futr_df=future).sort_values(["unique_id", "ds"])["LSTM"].to_numpy(), updates


def scale(values: np.ndarray, season: int) -> float:
    """The mean absolute seasonal difference of what is known."""
    return float(np.nanmean(np.abs(values[season:] - values[:-season])))


def of_file(
    engine: str, path: Path, column: str | None, season: int, horizon: int, origins: int, most_seconds: float | None
) -> dict:
    methods, seconds = ours(engine, path, column, season, horizon, origins)
    table = pd.read_csv(path)
    values = pd.to_numeric(table[column] if column else table.iloc[:, -1], errors="coerce").to_numpy(float)
    filled = pd.Series(values).interpolate(limit_direction="both").to_numpy()
    errors, updates, start = [], [], time.monotonic()
    first = len(values) - origins * horizon
    for origin in range(first, len(values), horizon):
        history = pd.DataFrame({"unique_id": "y", "ds": np.arange(origin), "y": filled[:origin]})
        truth = values[origin : origin + horizon]
        forecasts, count = lstm(history, horizon, most_seconds)
        errors += list(np.abs(forecasts - truth)[np.isfinite(truth)])
        updates.append(count)
    theirs = float(np.mean(errors)) / scale(values[:first], season)
    taken = time.monotonic() - start
    return {"ours": methods, "seconds": seconds, "lstm": theirs, "lstm_seconds": taken, "updates": min(updates)}


def of_panel(
    engine: str, path: Path, season: int, horizon: int, covariates: list[str], most_seconds: float | None
) -> dict:
    methods, seconds = ours(engine, path, "y", None, horizon, 1, covariates)
    table = pd.read_csv(path, usecols=["unique_id", "y", *covariates]).dropna(subset="y")
    table["ds"] = table.groupby("unique_id").cumcount()
    length = table.groupby("unique_id")["ds"].transform("size")
    history, future = table[table["ds"] < length - horizon], table[table["ds"] >= length - horizon]
    start = time.monotonic()
    known = future[["unique_id", "ds", *covariates]] if covariates else None
    forecasts, updates = lstm(history, horizon, most_seconds, known)
    taken = time.monotonic() - start
    errors = np.abs(forecasts - future.sort_values(["unique_id", "ds"])["y"].to_numpy()).reshape(-1, horizon).mean(axis=1)
    scales = [scale(own["y"].to_numpy(float), season) for _, own in history.groupby("unique_id", sort=True)]
    theirs = float(np.mean(errors / np.array(scales)))
    return {"ours": methods, "seconds": seconds, "lstm": theirs, "lstm_seconds": taken, "updates": updates}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, help="the program rnn, built for release")
    parser.add_argument("--data", type=Path, help="the folder of the files")
    parser.add_argument("--panel", type=Path, help="a table of many series")
    parser.add_argument("--covariates", nargs="+", default=[], metavar="NAME", help="columns of the panel that are known ahead")
    parser.add_argument("--origins", type=int, metavar="N", help="of each file the last N alone")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of the folder's files these, by their names without .csv")
    parser.add_argument("--most-seconds", type=float, metavar="S", help="of each of the LSTM's trainings")
    parser.add_argument("--threads", type=int, metavar="N", help="of the LSTM; all by default")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)

    print(
        "| MASE | recurrent | seconds | seasonal naive | neuralforecast's LSTM | updates | seconds |\n|---|--:|--:|--:|--:|--:|--:|",
        flush=True,
    )
    ratios: list[tuple[float, float]] = []

    def show(name: str, found: dict) -> None:
        naive = found["ours"]["seasonal-naive"]
        print(
            f"| {name} | {found['ours']['recurrent']:.3f} | {found['seconds']:.1f} | {naive:.3f} "
            f"| {found['lstm']:.3f} | {found['updates']:,} | {found['lstm_seconds']:.0f} |",
            flush=True,
        )
        ratios.append((found["ours"]["recurrent"] / naive, found["lstm"] / naive))

    unknown = set(options.only or ()) - {name for name, *_ in SERIES}
    if unknown:
        parser.error(f"--only knows no {', '.join(sorted(unknown))}")
    for name, *shape in SERIES if options.data else ():
        if options.only and name not in options.only:
            continue
        if options.origins:
            shape[-1] = min(options.origins, shape[-1])
        places = [place for place in options.data.rglob(f"{name}.csv")]
        if places:
            show(name, of_file(options.engine, places[0], *shape, options.most_seconds))
        else:
            print(f"{name}.csv is not in {options.data}", file=sys.stderr)
    if len(ratios) > 1:
        means = [math.exp(np.mean(np.log(column))) for column in zip(*ratios)]
        print(f"| over seasonal naive's, geometric mean | {means[0]:.3f} | | 1 | {means[1]:.3f} | | |")
    if options.panel:
        show(options.panel.name, of_panel(options.engine, options.panel, 7, 28, options.covariates, options.most_seconds))


if __name__ == "__main__":
    main()
