"""What prove_sizing.py concludes with: shares with their scatter by batch means, one joint test over several loads, and what a loss system of known
arrivals and fixed times refuses."""

import heapq
import math

import numpy

LEVEL = 0.001


def share_of(refused: list[int], arrivals: list[int]) -> tuple[float, float]:
    """The refused share over all batches and its standard error (ratio of batch means: Cochran, Sampling Techniques, 3rd ed. 1977, eq. 6.13)."""
    parts, wholes = numpy.array(refused, float), numpy.array(arrivals, float)
    count = len(wholes)
    share = parts.sum() / wholes.sum()
    squares = ((parts - share * wholes) ** 2).sum() / (count - 1)
    return share, math.sqrt(squares / count) / wholes.mean()


def critical(batches: list[int], level: float = LEVEL, seed: int = 1, draws: int = 400_000) -> float:
    """What the sum of squares of independent Student's t, with one degree of freedom less than each has batches, exceeds with that chance."""
    random = numpy.random.default_rng(seed)
    total = sum(random.standard_t(count - 1, draws) ** 2 for count in batches)
    return float(numpy.quantile(total, 1 - level))


def joint_test(measured: list[tuple[float, float]], expected: list[float], batches: list[int], level: float = LEVEL) -> tuple[float, float, bool]:
    """(statistic, critical value, whether the model holds): the sum over the loads of ((share - expected) / standard error)^2."""
    statistic = sum(((share - model) / error) ** 2 for (share, error), model in zip(measured, expected, strict=True))
    bound = critical(batches, level)
    return statistic, bound, statistic <= bound


def erlang_b(slots: int, offered: float) -> float:
    blocking = 1.0
    for slot in range(1, slots + 1):
        blocking = offered * blocking / (slot + offered * blocking)
    return blocking


def refused_of(arrivals: list[float], slots: int, hold_s: float) -> list[bool]:
    """Which of these arrivals one pod refuses that holds each taken one for the same time."""
    ends: list[float] = []
    refused = []
    for at in arrivals:
        while ends and ends[0] <= at:
            heapq.heappop(ends)
        refused.append(len(ends) >= slots)
        if not refused[-1]:
            heapq.heappush(ends, at + hold_s)
    return refused


def nested_loss(caller_slots: int, own: float, callee_slots: int, calls: float) -> tuple[float, float]:
    """(share of arrivals that the caller refuses, share of calls that the callee refuses) where every request works, then calls and keeps its slot:
    the product form own^n/n! calls^c/c! on n + c <= caller_slots, c <= callee_slots (F. P. Kelly, Reversibility and Stochastic Networks, 1979, section 3.2)."""
    weight = {(n, c): own**n / math.factorial(n) * calls**c / math.factorial(c)
              for c in range(min(caller_slots, callee_slots) + 1) for n in range(caller_slots - c + 1)}
    total = sum(weight.values())
    full = sum(w for (n, c), w in weight.items() if n + c == caller_slots)
    ending = sum(n * w for (n, c), w in weight.items())
    ending_at_full_callee = sum(n * w for (n, c), w in weight.items() if c == callee_slots)
    return full / total, ending_at_full_callee / ending
