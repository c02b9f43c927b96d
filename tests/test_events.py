"""tlcore.events: appended a line at a time, tailed by byte offset, partial and broken lines left alone."""

from pathlib import Path

from tlcore.events import EVENTS, EventLog, read_events, seconds_by_phase


def test_events_are_tailed_without_seeing_any_twice(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.emit("phase", name="encode", title="Läsning 🙂")
    log.emit("step", step=1, loss=0.5)
    first, offset = read_events(tmp_path)
    assert [(e["kind"], e.get("title"), e.get("loss")) for e in first] == [
        ("phase", "Läsning 🙂", None),
        ("step", None, 0.5),
    ]
    assert offset == (tmp_path / EVENTS).stat().st_size
    assert read_events(tmp_path, offset) == ([], offset)
    log.emit("step", step=2, loss=0.4)
    more, end = read_events(tmp_path, offset)
    assert [e["step"] for e in more] == [2]
    assert end > offset
    log.close()


def test_time_only_goes_forward(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    for i in range(20):
        log.emit("step", step=i)
    times = [event["t"] for event in read_events(tmp_path)[0]]
    assert times == sorted(times)
    assert 0 <= times[0] < 5
    log.close()


def test_a_partial_last_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / EVENTS
    path.write_bytes(b'{"kind": "a"}\n{"kind": "b", "te')
    events, offset = read_events(tmp_path)
    assert [e["kind"] for e in events] == ["a"]
    with path.open("ab") as file:
        file.write(b'xt": 1}\n')
    events, _ = read_events(tmp_path, offset)
    assert events == [{"kind": "b", "text": 1}]


def test_a_broken_line_is_stepped_over(tmp_path: Path) -> None:
    (tmp_path / EVENTS).write_bytes(b'{"kind": "a"}\n{"kind": \xff\xfe\n\n{"kind": "c"}\n')
    events, offset = read_events(tmp_path)
    assert [e["kind"] for e in events] == ["a", "c"]
    assert offset == (tmp_path / EVENTS).stat().st_size


def test_no_file_yet_is_no_event_yet(tmp_path: Path) -> None:
    assert read_events(tmp_path, 7) == ([], 7)


def test_a_second_log_on_the_folder_appends(tmp_path: Path) -> None:
    for kind in ("first", "second"):
        log = EventLog(tmp_path)
        log.emit(kind)
        log.close()
    assert [e["kind"] for e in read_events(tmp_path)[0]] == ["first", "second"]


def test_the_time_of_a_job_that_goes_on_goes_on_and_a_line_cut_off_is_closed(tmp_path: Path) -> None:
    (tmp_path / EVENTS).write_bytes(b'{"t": 70.5, "kind": "phase", "name": "a"}\n{"t": 71, "kind": "st')
    log = EventLog(tmp_path)
    log.emit("resumed", step=3)
    log.close()
    events, _ = read_events(tmp_path)
    assert [e["kind"] for e in events] == ["phase", "resumed"]
    assert 70.5 <= events[-1]["t"] < 72


def test_seconds_by_phase_are_those_between_events_also_of_a_phase_passed_twice() -> None:
    events = [
        {"t": 1.0, "kind": "phase", "name": "a"},
        {"t": 3.0, "kind": "phase", "name": "b"},
        {"t": 3.5, "kind": "step"},
        {"t": 3.5, "kind": "phase", "name": "a"},
        {"t": 4.5, "kind": "note"},
    ]
    assert seconds_by_phase(events) == {"a": 3.0, "b": 0.5}
    assert seconds_by_phase([]) == {}
