#!/usr/bin/env python3
"""Which of OpenBLAS's kernels run on this processor. Prints two names of processors, as OPENBLAS_CORETYPE takes them: whose
kernels OpenBLAS chooses here by itself, and whose are for the widest vectors that this processor has; the same where there
is no such choice."""

import ctypes
import pathlib
import platform
import re

# For each width of vectors the flags that a processor needs (all of them), whose kernels use it, the usual one first.
WIDTHS = [
    ({"avx512f", "avx512dq", "avx512bw", "avx512vl"}, ["SkylakeX", "Cooperlake", "SapphireRapids"]),
    ({"avx2", "fma"}, ["Haswell", "Zen"]),
]


def chosen():
    library = ctypes.CDLL("libopenblas.so.0")
    library.openblas_get_corename.restype = ctypes.c_char_p
    return library.openblas_get_corename().decode()


def flags():
    """Of an x86-64 processor; of others none."""
    if platform.machine() != "x86_64":
        return set()
    try:
        match = re.search(r"^flags\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        return set()
    return set(match[1].split()) if match else set()


def widest(core, found):
    """For a processor with the flags `found`: `core`, if its kernels are among the widest. None where there is no choice."""
    cores = next((cores for needed, cores in WIDTHS if needed <= found), None)
    return core if cores and core in cores else cores and cores[0]


def main():
    core = chosen()
    print(core, widest(core, flags()) or core)


if __name__ == "__main__":
    main()
