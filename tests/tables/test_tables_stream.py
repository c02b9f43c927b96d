"""Large files are read in chunks: the same table as from one piece, in the memory of the table."""

import subprocess
import sys
from pathlib import Path

import pytest

import tlcore
from tlcore.errors import TlcoreError
from tlcore.tables import FROM_PATH_LIMITS, Limits, read_table, stream
from tlcore.tables import read as read_module

ROOT = Path(tlcore.__file__).parents[1]
ROWS = "".join(f'{i},"text, ""{i}"" é",l{i % 7}\n' for i in range(30_000))


@pytest.fixture
def always_streamed(monkeypatch):
    monkeypatch.setattr(read_module, "STREAM_ABOVE", 0)
    monkeypatch.setattr(stream, "BATCH", 1_000)


def both(path, monkeypatch, **how):
    monkeypatch.setattr(read_module, "STREAM_ABOVE", 1 << 40)
    whole = read_table(path, **how)
    monkeypatch.setattr(read_module, "STREAM_ABOVE", 0)
    return whole, read_table(path, **how)


@pytest.mark.parametrize(
    ("data", "how"),
    [
        (("id,text,label\n" + ROWS).encode(), {}),
        (("\ufeffid;text;label\n" + ROWS.replace(",", ";")).encode(), {}),
        (("id,text,label\n" + ROWS).encode("cp1252"), {}),
        (("id,text,label\n" + ROWS).encode("utf-16"), {}),
        (("Report,,\n,,\nid,text,label\n" + ROWS + "\nSource: me\n").encode(), {}),
        (("id,text,label\n" + ROWS + 'x,"open,c\n' + "id,text,label\n" + ROWS).encode(), {}),
        (("sep=,\nid,text,label\n" + ROWS).encode(), {}),
        (("id,text,label\n" + ROWS).encode(), {"last_row": 20_001}),
        (("id,text,label\n" + ROWS).encode(), {"last_row": 3, "header_row": 0}),
        (("id,text,label\n" + ROWS + "1,2,3,4,5\n").encode(), {"encoding": "utf-8", "delimiter": ","}),
    ],
)
def test_the_same_table(tmp_path, monkeypatch, data, how):
    monkeypatch.setattr(stream, "BATCH", 1_000)
    (tmp_path / "a.csv").write_bytes(data)
    whole, streamed = both(tmp_path / "a.csv", monkeypatch, **how)
    assert streamed.columns == whole.columns
    assert streamed.row_numbers.tolist() == whole.row_numbers.tolist()
    assert streamed.data.to_pydict() == whole.data.to_pydict()
    assert streamed.how == whole.how


@pytest.mark.usefixtures("always_streamed")
@pytest.mark.parametrize(
    ("data", "how", "says"),
    [
        (b"text,label\n", {}, "no rows"),
        (b"text,label\na,\0\n" * 9, {}, "not text"),
        (b"text\n\xff\n", {"encoding": "utf-8"}, "not utf-8"),
        (b"text\na\n", {"encoding": "nope"}, "no encoding"),
        (b"text\n" + b"a\n" * 3_000, {"limits": Limits(max_rows=2_500)}, "more than 2,500 rows"),
        (b"text,b\n" + b"a" * 2_000_000 + b",b\n", {}, "2,000,000 characters"),
    ],
)
def test_refused_with_words(tmp_path, data, how, says):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(TlcoreError, match=says):
        read_table(tmp_path / "a.csv", **how)


@pytest.mark.usefixtures("always_streamed")
def test_progress_rises_to_the_end(tmp_path):
    (tmp_path / "a.csv").write_text("id,text,label\n" + ROWS, encoding="utf-8")
    seen = []
    read_table(tmp_path / "a.csv", progress=lambda done, total: seen.append(done / total))
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert seen[0] < 0.2


def test_a_larger_file_by_its_path(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text\n" + b"some words\n" * 100)
    with pytest.raises(TlcoreError, match="MB"):
        read_table(tmp_path / "a.csv", limits=Limits(max_bytes=1_000))
    assert FROM_PATH_LIMITS.max_bytes > 2**30
    assert read_table(tmp_path / "a.csv", limits=FROM_PATH_LIMITS).rows == 100


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured with `resource`")
def test_memory_is_that_of_the_table(tmp_path):
    with open(tmp_path / "a.csv", "w") as file:
        file.write("id,text,label\n")
        file.writelines(f'{i},"{"some words of a review, number " * 9}{i}",l{i % 7}\n' for i in range(200_000))
    code = (
        "import resource, sys\nfrom tlcore.tables import *\nimport pyarrow.compute, numpy\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)\n"
        "before = most()\nread_table(sys.argv[1])\nprint(most() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.csv")], capture_output=True, text=True, check=True, cwd=ROOT
    )
    size = (tmp_path / "a.csv").stat().st_size
    assert int(done.stdout) < 3 * size  # read whole, it takes more than five times its size
