"""Measurements anyone can repeat: `python -m bench scores | ablation [--seeds 0 1 2]`, `python -m bench clicks`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

OUT = Path(__file__).resolve().parent / "out"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", choices=("scores", "ablation", "clicks"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    if args.what in ("scores", "ablation"):
        from bench.data import ABLATION, CASES
        from bench.scores import measure, table

        cases = CASES if args.what == "scores" else ABLATION
        rows = measure(cases, args.seeds, OUT / "scores.jsonl")
        (OUT / f"{args.what}.md").write_text(table(cases, rows) + "\n", encoding="utf-8")
        print(table(cases, rows))
    else:
        from bench.clicks import measure as measure_clicks

        found = measure_clicks()
        (OUT).mkdir(exist_ok=True)
        (OUT / "clicks.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
