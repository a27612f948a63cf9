#!/usr/bin/env python3
"""`rnn forecast backtest` beside the LSTM of neuralforecast with its defaults, on the same origins of the same series; `scripts/compare-forecasts`
runs it.

Of a folder with the files of Benchmarks/Forecasting.md (all that it holds of them); and, with --panel, on one origin of a table of many series
as `rnn-bench panel` writes it, without its covariates. Both sides forecast from each origin anew. MASE as `rnn forecast backtest` has it."""

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


def ours(engine: str, table: Path, column: str | None, season: int | None, horizon: int, origins: int) -> tuple[dict, float]:
    """MASE of each of our methods, and the seconds that all took together."""
    command = [engine, "forecast", "backtest", str(table), "--horizon", str(horizon), "--origins", str(origins), "--json"]
    command += ["--season", str(season)] if season else []
    command += ["--column", column] if column else []
    start = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)}: {run.stderr.strip()}")
    seconds = time.monotonic() - start
    return {method["name"]: method["mase"] for method in json.loads(run.stdout)["methods"]}, seconds


def lstm(history: pd.DataFrame, horizon: int) -> np.ndarray:
    """[series · horizon] forecasts of neuralforecast's LSTM, everything as it comes but the horizon; series in order of their names."""
    from neuralforecast import NeuralForecast
    from neuralforecast.models import LSTM

    quiet = {"enable_progress_bar": False, "logger": False, "enable_model_summary": False, "enable_checkpointing": False}
    forecaster = NeuralForecast(models=[LSTM(h=horizon, random_seed=1, accelerator="cpu", **quiet)], freq=1)
    forecaster.fit(history)
    return forecaster.predict().sort_values(["unique_id", "ds"])["LSTM"].to_numpy()


def scale(values: np.ndarray, season: int) -> float:
    """The mean absolute seasonal difference of what is known."""
    return float(np.nanmean(np.abs(values[season:] - values[:-season])))


def of_file(engine: str, path: Path, column: str | None, season: int, horizon: int, origins: int) -> dict:
    methods, seconds = ours(engine, path, column, season, horizon, origins)
    table = pd.read_csv(path)
    values = pd.to_numeric(table[column] if column else table.iloc[:, -1], errors="coerce").to_numpy(float)
    filled = pd.Series(values).interpolate(limit_direction="both").to_numpy()
    errors, start = [], time.monotonic()
    first = len(values) - origins * horizon
    for origin in range(first, len(values), horizon):
        history = pd.DataFrame({"unique_id": "y", "ds": np.arange(origin), "y": filled[:origin]})
        truth = values[origin : origin + horizon]
        errors += list(np.abs(lstm(history, horizon) - truth)[np.isfinite(truth)])
    theirs = float(np.mean(errors)) / scale(values[:first], season)
    return {"ours": methods, "seconds": seconds, "lstm": theirs, "lstm_seconds": time.monotonic() - start}


def of_panel(engine: str, path: Path, season: int, horizon: int) -> dict:
    methods, seconds = ours(engine, path, "y", None, horizon, 1)
    table = pd.read_csv(path, usecols=["unique_id", "y"]).dropna(subset="y")
    table["ds"] = table.groupby("unique_id").cumcount()
    length = table.groupby("unique_id")["ds"].transform("size")
    history, future = table[table["ds"] < length - horizon], table[table["ds"] >= length - horizon]
    start = time.monotonic()
    forecasts = lstm(history, horizon)
    taken = time.monotonic() - start
    errors = np.abs(forecasts - future.sort_values(["unique_id", "ds"])["y"].to_numpy()).reshape(-1, horizon).mean(axis=1)
    scales = [scale(own["y"].to_numpy(float), season) for _, own in history.groupby("unique_id", sort=True)]
    return {"ours": methods, "seconds": seconds, "lstm": float(np.mean(errors / np.array(scales))), "lstm_seconds": taken}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, help="the program rnn, built for release")
    parser.add_argument("--data", type=Path, help="the folder of the files")
    parser.add_argument("--panel", type=Path, help="a table of many series")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)

    print("| MASE | recurrent | seconds | seasonal naive | neuralforecast's LSTM | seconds |\n|---|--:|--:|--:|--:|--:|", flush=True)
    ratios: list[tuple[float, float]] = []

    def show(name: str, found: dict) -> None:
        naive = found["ours"]["seasonal-naive"]
        print(
            f"| {name} | {found['ours']['recurrent']:.3f} | {found['seconds']:.1f} | {naive:.3f} "
            f"| {found['lstm']:.3f} | {found['lstm_seconds']:.0f} |",
            flush=True,
        )
        ratios.append((found["ours"]["recurrent"] / naive, found["lstm"] / naive))

    for name, *shape in SERIES if options.data else ():
        places = [place for place in options.data.rglob(f"{name}.csv")]
        if places:
            show(name, of_file(options.engine, places[0], *shape))
        else:
            print(f"{name}.csv is not in {options.data}", file=sys.stderr)
    if len(ratios) > 1:
        means = [math.exp(np.mean(np.log(column))) for column in zip(*ratios)]
        print(f"| over seasonal naive's, geometric mean | {means[0]:.3f} | | 1 | {means[1]:.3f} | |")
    if options.panel:
        show(options.panel.name, of_panel(options.engine, options.panel, 7, 28))


if __name__ == "__main__":
    main()
