"""What is said of the times of many requests."""


def summary(times):
    """p50 and p99 of times, whose unit stays, and how many there are."""
    times = sorted(times)
    return {"p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)], "times": len(times)}
