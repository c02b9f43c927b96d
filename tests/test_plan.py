"""tlcore.plan: frozen, whole through JSON; settings checked against what the strategy says of them."""

import json
from dataclasses import FrozenInstanceError, asdict, dataclass, fields

import pytest

from tlcore.errors import TlcoreError
from tlcore.plan import Plan, installed_versions, make_settings, setting
from tlcore.strategies import STRATEGIES


@dataclass(frozen=True)
class Wishes:
    rounds: int = setting(3, "Rounds", "How often.", low=1, high=10)
    rate: float = setting(0.1, "Rate", "How fast.", low=0.0, high=1.0)
    head: str = setting("a", "Head", "Which.", choices=("a", "b"))
    fast: bool = setting(False, "Fast", "Whether.")


def test_a_plan_is_frozen_and_survives_json() -> None:
    plan = Plan("classify", "frozen_features", "minilm", "sha256:1", {"C": 0.1}, seed=4, versions={"torch": "2"})
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    with pytest.raises(FrozenInstanceError):
        plan.seed = 5  # type: ignore[misc]


def test_a_plan_of_a_later_version_still_opens() -> None:
    parts = Plan("classify", "x", "minilm", "", {}).to_json()
    assert Plan.from_json({**parts, "new_in_9": 1}) == Plan.from_json(parts)


def test_versions_of_what_decides_a_result_are_noted() -> None:
    import sklearn

    found = installed_versions()
    assert found["scikit-learn"] == sklearn.__version__
    assert {"torch", "transformers", "onnxruntime"} <= set(found)


def test_settings_take_typed_values_and_text() -> None:
    assert make_settings(Wishes, {}) == Wishes()
    assert make_settings(Wishes, {"rounds": "5", "rate": "1e-1", "head": "b", "fast": "yes"}) == Wishes(
        5, 0.1, "b", True
    )
    assert make_settings(Wishes, {"rounds": 4.0, "rate": 1, "fast": False}) == Wishes(4, 1.0, "a", False)
    assert isinstance(make_settings(Wishes, {"rounds": 4.0}).rounds, int)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rounds", "many"), ("rounds", 2.5), ("rounds", 0), ("rounds", 11), ("rounds", None), ("rate", "nan"), ("rate", "inf"),
        ("rate", -0.1), ("head", "c"), ("fast", "perhaps"), ("round", 3),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_name_and_a_way_out(name: str, value: object) -> None:
    with pytest.raises(TlcoreError) as caught:
        make_settings(Wishes, {name: value})
    said = caught.value
    assert name in said.what + said.where
    assert said.fix


def test_out_of_range_says_the_range() -> None:
    with pytest.raises(TlcoreError, match="between 1 and 10"):
        make_settings(Wishes, {"rounds": 11})
    with pytest.raises(TlcoreError, match="a, b"):
        make_settings(Wishes, {"head": "c"})


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.name)
def test_every_strategys_own_defaults_pass_its_own_check_and_explain_themselves(strategy: object) -> None:
    kind = strategy.Settings  # type: ignore[attr-defined]
    defaults = asdict(kind())
    assert asdict(make_settings(kind, defaults)) == defaults
    assert asdict(make_settings(kind, {name: str(value) for name, value in defaults.items()})) == defaults
    for one in fields(kind):
        assert one.metadata["title"]
        assert one.metadata["help"]
        assert "choices" in one.metadata or isinstance(one.default, bool | str) or {"low", "high"} <= set(one.metadata)
