"""tlcore.checks.deep: all slower checks, one by one, with progress, until asked to stop."""

from collections.abc import Callable

import pytest

from tests.checks.test_likely_wrong import planted
from tlcore.checks.deep import DEEP_CHECKS, check_deeply
from tlcore.datasets import Dataset
from tlcore.errors import StopRequested
from tlcore.facts import measure_facts


def test_each_check_is_counted_and_the_gravest_problem_comes_first(classify: Callable[..., Dataset]) -> None:
    dataset, evidence, _ = planted(classify, list(range(0, 240, 16)))
    done: list[tuple[int, int]] = []
    found = check_deeply(dataset, measure_facts(dataset), evidence, lambda *at: done.append(at), lambda: None)
    assert done == [(i, len(DEEP_CHECKS)) for i in range(len(DEEP_CHECKS) + 1)]
    assert "likely_wrong" in [problem.id for problem in found]
    severities = [problem.severity for problem in found]
    assert severities == sorted(severities, reverse=True)
    assert len({problem.id for problem in found}) == len(found)


def test_a_stop_ends_it_between_two_checks(classify: Callable[..., Dataset]) -> None:
    dataset, evidence, _ = planted(classify, [])
    done: list[int] = []

    def stop() -> None:
        if done:
            raise StopRequested("cancel")

    with pytest.raises(StopRequested):
        check_deeply(dataset, measure_facts(dataset), evidence, lambda at, _: done.append(at), stop)
    assert done == [0]
