"""tlcore.machine: the classes of compute at their thresholds, containers' limits, cards that can be used or not."""

import subprocess
from pathlib import Path

import pytest

from tlcore import machine as parts
from tlcore.machine import (
    GB,
    Machine,
    cgroup_memory,
    compute_class,
    count_cores,
    cpu_flags_have_bf16,
    describe,
    find_gpu,
    gigabytes,
    read_machine,
    read_nvidia,
)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "find_gpu", lambda memory_mb: (None, 0))


@pytest.mark.parametrize(
    ("cores", "memory_gb", "gpu_gb", "compute"),
    [
        (2, 3, 0, "very_low"),
        (16, 3, 0, "very_low"),
        (2, 5, 0, "very_low"),
        (2, 6, 0, "low"),
        (4, 4, 0, "low"),
        (4, 5, 0, "low"),
        (2, 24, 0, "low"),
        (8, 8, 0, "low"),
        (7, 64, 0, "low"),
        (8, 16, 0, "medium"),
        (8, 15.4, 0, "medium"),  # sold as 16
        (64, 256, 0, "medium"),
        (4, 8, 4, "medium"),
        (4, 8, 8, "high"),
        (2, 12, 15, "high"),
    ],
)
def test_compute_class(cores: int, memory_gb: float, gpu_gb: float, compute: str) -> None:
    assert compute_class(cores, int(memory_gb * GB), int(gpu_gb * GB)) == compute


def test_this_machine_is_read() -> None:
    machine = read_machine()
    assert machine.cores >= 1
    assert 0 < machine.free_memory_mb <= machine.memory_mb
    assert machine.free_disk_mb > 0
    assert machine.compute in {"very_low", "low", "medium", "high"}
    assert machine.sentence.startswith(f"{machine.cores} core")
    assert Machine(**machine.to_json()) == machine


def test_sentence() -> None:
    assert describe(2, 24_105, None, 0) == "2 cores, 24 GB of memory, no graphics card"
    assert describe(1, 3_500, None, 0) == "1 core, 3.5 GB of memory, no graphics card"
    assert "graphics card NVIDIA T4 with 15 GB" in describe(8, 16_384, "NVIDIA T4", 15_360)
    assert "that the installed PyTorch cannot use" in describe(8, 16_384, None, 0, "NVIDIA T4")
    assert gigabytes(300) == "0.5 GB"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_memory_limit_v2_of_a_group_around_counts(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/user/app\n",
            "sys/fs/cgroup/user/app/memory.max": "max\n",
            "sys/fs/cgroup/user/memory.max": "2147483648\n",
            "sys/fs/cgroup/user/memory.current": "1073741824\n",
            "sys/fs/cgroup/user/memory.stat": "anon 5\ninactive_file 73741824\n",
        },
    )
    assert cgroup_memory(root) == (2_147_483_648, 1_000_000_000)


def test_memory_limit_v1_inside_a_container(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "500\n",
        },
    )
    assert cgroup_memory(root) == (1_073_741_824, 500)


def test_no_limit(tmp_path: Path) -> None:
    assert cgroup_memory(tmp_path) == (None, 0)
    root = write(tmp_path, {"proc/self/cgroup": "nonsense\n\n0::/\n", "sys/fs/cgroup/memory.max": "max\n"})
    assert cgroup_memory(root) == (None, 0)


@pytest.mark.usefixtures("no_gpu")
def test_the_limit_is_what_the_machine_has(tmp_path: Path) -> None:
    root = write(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": str(512 * 1024 * 1024)})
    machine = read_machine(root)
    assert (machine.memory_mb, machine.compute) == (512, "very_low")
    assert machine.free_memory_mb <= 512


@pytest.mark.usefixtures("no_gpu")
def test_a_limit_above_the_real_memory_changes_nothing(tmp_path: Path) -> None:
    root = write(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": str(2**62)})
    assert read_machine(root).memory_mb == read_machine(tmp_path / "empty").memory_mb


@pytest.mark.parametrize(
    "files",
    [
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"},
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    ],
)
def test_a_share_of_the_processor_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert count_cores(write(tmp_path, files)) == 1


def test_an_unlimited_share_counts_for_nothing(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpu:/\n0::/\n",
            "sys/fs/cgroup/cpu.max": "max 100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert count_cores(root) == count_cores(tmp_path / "empty")


@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        ("flags\t\t: fpu avx512_bf16 sse", True),
        ("flags\t\t: fpu amx_bf16", True),
        ("flags\t\t: fpu avx512f", False),
        ("x: avx512_bf16", False),
    ],
)
def test_bf16(tmp_path: Path, flags: str, answer: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\n{flags}\n")
    assert cpu_flags_have_bf16(tmp_path / "cpuinfo") is answer
    assert not cpu_flags_have_bf16(tmp_path / "absent")


def test_nvidia_answers() -> None:
    assert read_nvidia("NVIDIA T4, 15360\nNVIDIA A100, 40960\n") == ("NVIDIA A100", 40_960)
    assert read_nvidia("Weird, Name, 8192\n") == ("Weird, Name", 8_192)
    assert read_nvidia("NVIDIA GB10, [N/A]\n") == (None, 0)
    assert read_nvidia("No devices were found\n") == (None, 0)
    assert read_nvidia("") == (None, 0)


@pytest.mark.parametrize("error", [OSError(), subprocess.TimeoutExpired("x", 2), subprocess.CalledProcessError(9, "x")])
def test_a_broken_nvidia_tool_is_no_card(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(parts.sys, "platform", "linux")
    monkeypatch.setattr(parts.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(parts.subprocess, "run", fail)
    assert find_gpu(8_000) == (None, 0)


def test_apple_silicon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.sys, "platform", "darwin")
    monkeypatch.setattr(parts.platform, "machine", lambda: "arm64")
    assert find_gpu(24_000) == ("Apple silicon", 16_000)
    assert parts.torch_can_use("Apple silicon")


def test_a_card_that_torch_was_not_built_for_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "find_gpu", lambda memory_mb: ("NVIDIA T4", 15_360))
    monkeypatch.setattr(parts, "torch_can_use", lambda gpu: False)
    machine = read_machine()
    assert (machine.gpu, machine.gpu_memory_mb) == (None, 0)
    assert machine.compute != "high"
    assert "NVIDIA T4" in machine.sentence
    monkeypatch.setattr(parts, "torch_can_use", lambda gpu: True)
    assert (read_machine().gpu, read_machine().compute) == ("NVIDIA T4", "high")
