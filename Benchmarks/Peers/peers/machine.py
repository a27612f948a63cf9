"""What stands beside the figures: the machine they come from."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Families and models of processors, by the first and last model: what folders of results are called.
PROCESSORS = (
    ("AuthenticAMD", 23, 0x30, 0xFF, "zen2"),
    ("AuthenticAMD", 25, 0x00, 0x0F, "zen3"),
    ("AuthenticAMD", 25, 0x10, 0x1F, "zen4"),
    ("AuthenticAMD", 25, 0x20, 0x5F, "zen3"),
    ("AuthenticAMD", 25, 0x60, 0xAF, "zen4"),
    ("AuthenticAMD", 26, 0x00, 0xFF, "zen5"),
    ("GenuineIntel", 6, 85, 85, "cascade-lake"),
    ("GenuineIntel", 6, 106, 106, "ice-lake"),
    ("GenuineIntel", 6, 143, 143, "sapphire-rapids"),
    ("GenuineIntel", 6, 173, 173, "granite-rapids"),
    ("GenuineIntel", 6, 207, 207, "emerald-rapids"),
)
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


def processor_name() -> str:
    """Of this machine's processor: its kind, or vendor, family and model where that is not known."""
    information = read("/proc/cpuinfo")
    vendor = field(information, "vendor_id")
    if not vendor:
        return platform.machine()
    family, model = int(field(information, "cpu family")), int(field(information, "model"))
    for name, own, first, last, kind in PROCESSORS:
        if (name, own) == (vendor, family) and first <= model <= last:
            return kind
    return f"{vendor.lower()}-{family}-{model}"


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
