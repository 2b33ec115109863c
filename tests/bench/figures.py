# Small sums over what was measured.


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


def span(values):
    """The least, the middle and the greatest."""
    return {"min": min(values), "median": percentile(values, 0.5), "max": max(values)}
