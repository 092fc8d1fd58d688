"""What the peers that print lines (internal/bench/measure.Line) share."""
import json
import statistics
import time


def interleave(rounds, unit, n, candidates):
    """Times (work, who, version, run) in turn, by CPU time; run gives the check. A first round doesn't count."""
    values, checks = [[] for _ in candidates], [""] * len(candidates)
    for turn in range(rounds + 1):
        for i, (work, who, version, run) in enumerate(candidates):
            begin = time.process_time()
            checks[i] = run()
            seconds = time.process_time() - begin
            if turn:
                values[i].append(n / seconds / 1e6)
    for v, check, (work, who, version, _) in zip(values, checks, candidates):
        tell(work, who, version, unit, v, check)


def tell(work, who, version, unit, values, check):
    print(json.dumps({
        "work": work, "who": who, "version": version, "unit": unit, "median": statistics.median(values),
        "low": min(values), "high": max(values), "rounds": len(values), "check": check}), flush=True)
