"""What this machine has: cores, memory, disk, a graphics card. Loads without torch, and is read in milliseconds."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from tlcore.workspace import default_home

MB, GB = 1024 * 1024, 1024
"""Bytes in a megabyte; megabytes in a gigabyte."""
SOLD_AS = 0.9
"""A machine sold with 16 GB reports less (firmware and built-in graphics keep some): a tenth is forgiven."""
VERY_LOW_CORES, VERY_LOW_MEMORY, TOO_LITTLE_MEMORY = 2, 6 * GB, 4 * GB
"""Training a small model takes 1 to 2 GB beside the browser and the system: with 4 GB that swaps, and with 6 GB it fits
but two cores make it slow."""
MEDIUM_CORES, MEDIUM_MEMORY = 8, 16 * GB
"""A good laptop or desktop: fine-tuning part of a small model takes minutes, not hours."""
HIGH_GPU_MEMORY = 8 * GB
"""Full fine-tuning of a base-size model (110 M) with batches of 16 fits into this; into less only small ones do."""
MPS_SHARE = 2 / 3
"""How much of an Apple silicon machine's memory its graphics may take."""
NVIDIA_SECONDS = 2.0


@dataclass(frozen=True)
class Machine:
    """`gpu` is one that the installed PyTorch can use. `memory_mb` respects the limit of a container."""

    cores: int
    memory_mb: int
    free_memory_mb: int
    free_disk_mb: int
    gpu: str | None
    gpu_memory_mb: int
    bf16: bool
    compute: str
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def read_machine(root: Path = Path("/")) -> Machine:
    """Look at this machine; `root` is where /proc and /sys lie."""
    memory = psutil.virtual_memory()
    limit, used = cgroup_memory(root)
    total = min(memory.total, limit or memory.total)
    free = min(memory.available, max(0, limit - used) if limit else memory.available)
    cores, memory_mb = count_cores(root), total // MB
    gpu, gpu_memory_mb = find_gpu(memory_mb)
    unused = gpu if gpu and not torch_can_use(gpu) else None
    if unused:
        gpu, gpu_memory_mb = None, 0
    return Machine(
        cores=cores,
        memory_mb=memory_mb,
        free_memory_mb=free // MB,
        free_disk_mb=_free_disk(),
        gpu=gpu,
        gpu_memory_mb=gpu_memory_mb,
        bf16=has_bf16(root),
        compute=compute_class(cores, memory_mb, gpu_memory_mb),
        sentence=describe(cores, memory_mb, gpu, gpu_memory_mb, unused),
    )


def compute_class(cores: int, memory_mb: int, gpu_memory_mb: int = 0) -> str:
    """very_low, low, medium or high. A graphics card decides first; without one, memory and cores do.

    high: a graphics card of 8 GB or more. medium: a smaller one, or at least 8 cores and 16 GB.
    very_low: under 4 GB, or at most 2 cores and under 6 GB. low: the rest, an everyday laptop.
    """
    if gpu_memory_mb:
        return "high" if gpu_memory_mb >= HIGH_GPU_MEMORY * SOLD_AS else "medium"
    if memory_mb < TOO_LITTLE_MEMORY * SOLD_AS or (cores <= VERY_LOW_CORES and memory_mb < VERY_LOW_MEMORY * SOLD_AS):
        return "very_low"
    if cores >= MEDIUM_CORES and memory_mb >= MEDIUM_MEMORY * SOLD_AS:
        return "medium"
    return "low"


def describe(cores: int, memory_mb: int, gpu: str | None, gpu_memory_mb: int, unused: str | None = None) -> str:
    """“2 cores, 24 GB of memory, no graphics card”."""
    parts = [f"{cores} core{'s' if cores != 1 else ''}", f"{gigabytes(memory_mb)} of memory"]
    if gpu:
        parts.append(f"graphics card {gpu} with {gigabytes(gpu_memory_mb)}")
    elif unused:
        parts.append(f"a graphics card ({unused}) that the installed PyTorch cannot use")
    else:
        parts.append("no graphics card")
    return ", ".join(parts)


def gigabytes(mb: float) -> str:
    """“24 GB”; under 4 GB with half steps: “2.5 GB”."""
    return f"{mb / GB:.0f} GB" if mb >= 4 * GB else f"{round(2 * mb / GB) / 2 or 0.5:g} GB"


def count_cores(root: Path = Path("/")) -> int:
    """Physical cores, or fewer where the process or its container may use only some."""
    counts = [psutil.cpu_count(logical=False) or psutil.cpu_count() or 1]
    if hasattr(os, "sched_getaffinity"):
        counts.append(len(os.sched_getaffinity(0)))
    for quota, period in _cpu_quotas(root):
        counts.append(max(1, round(quota / period)))
    return min(counts)


def cgroup_memory(root: Path = Path("/")) -> tuple[int | None, int]:
    """The lowest memory limit of the control groups (v1 or v2) this process is in, and the bytes used under it."""
    lowest: tuple[int | None, int] = (None, 0)
    for folder in _cgroup_folders(root, "memory"):
        limit = _number(folder / "memory.max") or _number(folder / "memory.limit_in_bytes")
        if limit and (lowest[0] is None or limit < lowest[0]):
            used = _number(folder / "memory.current") or _number(folder / "memory.usage_in_bytes") or 0
            lowest = limit, max(0, used - _reclaimable(folder))
    return lowest


def _reclaimable(folder: Path) -> int:
    """Cached files that count as used but are given back when needed."""
    for line in _text(folder / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file") and value.isdigit():
            return int(value)
    return 0


def _cpu_quotas(root: Path) -> list[tuple[int, int]]:
    found = []
    for folder in _cgroup_folders(root, "cpu"):
        parts = _text(folder / "cpu.max").split()
        if len(parts) != 2:
            parts = [_text(folder / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
        if all(part.isdigit() and int(part) for part in parts):
            found.append((int(parts[0]), int(parts[1])))
    return found


def _cgroup_folders(root: Path, controller: str) -> list[Path]:
    """The folders that hold this process's limits, its own group first, then every group around it."""
    top, folders = root / "sys/fs/cgroup", []
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not controllers:
            base = top
        elif controller in controllers.split(","):
            base = top / controller
        else:
            continue
        own = base / path.strip("/")
        folders.extend([own, *(parent for parent in own.parents if parent == base or base in parent.parents)])
        folders.append(base)  # inside a container the path is the host's, and its own limits lie at the top
    return folders


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def find_gpu(memory_mb: int) -> tuple[str | None, int]:
    """Name and memory of the largest NVIDIA card, or of Apple silicon's graphics; (None, 0) where there is neither."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple silicon", int(memory_mb * MPS_SHARE)
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None, 0
    try:
        done = subprocess.run(
            [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=NVIDIA_SECONDS, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None, 0
    return read_nvidia(done.stdout)


def read_nvidia(output: str) -> tuple[str | None, int]:
    """The card with the most memory in nvidia-smi's answer."""
    cards = [line.rpartition(",") for line in output.splitlines()]
    sizes = [(int(size), name.strip()) for name, _, size in cards if name.strip() and size.strip().isdigit()]
    if not sizes:
        return None, 0
    size, name = max(sizes)
    return name, size


def torch_can_use(gpu: str) -> bool:
    """Whether the installed PyTorch was built for such a card; looked up in its files, without loading it."""
    if gpu == "Apple silicon":
        return True
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return True  # not installed yet: nothing speaks against it
    folder = Path(next(iter(spec.submodule_search_locations))) / "lib"
    return (folder / "libtorch_cuda.so").exists() or (folder / "torch_cuda.dll").exists()


def has_bf16(root: Path = Path("/")) -> bool:
    """Whether the processor computes in bfloat16 itself; emulated, it is slower than float32."""
    if sys.platform.startswith("linux"):
        return cpu_flags_have_bf16(root / "proc/cpuinfo")
    if sys.platform == "darwin":
        try:
            asked = ["/usr/sbin/sysctl", "-n", "hw.optional.arm.FEAT_BF16"]
            done = subprocess.run(
                asked, capture_output=True, text=True, timeout=NVIDIA_SECONDS, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.stdout.strip() == "1"
    return False


def cpu_flags_have_bf16(cpuinfo: Path) -> bool:
    """Whether the first processor in a /proc/cpuinfo lists avx512_bf16 or amx_bf16."""
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(line.split())
    except OSError:
        pass
    return False


def _free_disk() -> int:
    """Free space where Nudge keeps its things."""
    home = default_home()
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    return psutil.disk_usage(str(there)).free // MB
