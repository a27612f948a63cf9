"""What stands beside the figures: the machine they come from."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

INSTRUCTION_SETS = ("avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")


@dataclass
class ProcessorTimes:
    """Clock ticks of all processors since the start, and those that the host gave to other machines."""

    total: int
    stolen: int

    def stolen_since(self, before: ProcessorTimes) -> float:
        """The fraction of the time in between that was stolen."""
        return (self.stolen - before.stolen) / max(1, self.total - before.total)


def processor_times() -> ProcessorTimes:
    try:
        ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except OSError:
        return ProcessorTimes(0, 0)
    return ProcessorTimes(sum(ticks), ticks[7])


def describe_machine() -> dict:
    information = read("/proc/cpuinfo")
    flags = set(field(information, "flags").split() or field(information, "Features").split())
    return {
        "cpu": field(information, "model name") or platform.processor() or platform.machine(),
        "family, model, stepping": ", ".join(field(information, key) for key in ("cpu family", "model", "stepping")),
        "processors": os.cpu_count(),
        "instruction sets": [name for name in INSTRUCTION_SETS if name in flags],
        "virtual": "hypervisor" in flags,
        "caches": caches(),
        "memory": field(read("/proc/meminfo"), "MemTotal"),
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "system": field(read("/etc/os-release").replace("=", ":"), "PRETTY_NAME").strip('"'),
        "OpenBLAS": debian_version("libopenblas0-pthread"),
        "transparent huge pages": read("/sys/kernel/mm/transparent_hugepage/enabled").strip(),
        "python": platform.python_version(),
    }


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def field(text: str, key: str) -> str:
    """The value of the first line `key : value`."""
    match = re.search(rf"^{re.escape(key)}\s*:\s*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else ""


def caches() -> list[str]:
    """Of the first processor: level, kind and size."""
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (read(str(index / name)).strip() for name in ("level", "type", "size"))
        found.append(f"L{level} {kind.lower()} {size}")
    return found


def debian_version(package: str) -> str:
    command = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
