#!/usr/bin/env python3
"""Writes reference.json: what the formulas of this folder give with mpmath in 50 digits. Run it by hand; the result is committed.

Each value comes from a definition, not from the recurrence that the library uses: sums over all states, or balance equations solved by LU.
usage: make_reference.py > reference.json      needs mpmath 1.3
"""

import itertools
import json
from math import comb

import mpmath
from mpmath import mpf

mpmath.mp.dps = 50


def zero(f, low, high) -> mpf:
    """Of an increasing function, by halving."""
    low, high = mpf(low), mpf(high)
    for _ in range(180):
        middle = (low + high) / 2
        low, high = (low, middle) if f(middle) > 0 else (middle, high)
    return high


def loss(slots: int, cores: float, offered) -> mpf:
    """The last state's share; states relative to the last one, downwards."""
    offered, cores = mpf(offered), mpf(cores)
    term = total = mpf(1)
    for busy in range(slots, 0, -1):
        term *= min(mpf(busy), cores) / offered
        total += term
        if term < mpf(10) ** -45 * total:
            break
    return 1 / total


def stationary(states: list, moves) -> dict:
    """The shares of all states; moves(state) gives (to, rate)."""
    place = {state: i for i, state in enumerate(states)}
    size = len(states)
    balance = mpmath.matrix(size, size)
    for state in states:
        for to, rate in moves(state):
            balance[place[to], place[state]] += rate
            balance[place[state], place[state]] -= rate
    for column in range(size):
        balance[size - 1, column] = 1
    right = mpmath.matrix(size, 1)
    right[size - 1] = 1
    return dict(zip(states, mpmath.lu_solve(balance, right)))


def rounds(count: int) -> list:
    """The pods in the order of their turns, until all begins anew: the earliest deadline is popped off a heap and pushed with one more, as Go's container/heap does."""
    heap, turns = [(0, pod) for pod in range(count)], []
    begin = [pod for _, pod in heap]
    while not turns or [pod for _, pod in heap] != begin or len({deadline for deadline, _ in heap}) > 1:
        heap[0], heap[-1] = heap[-1], heap[0]
        deadline, pod = heap.pop()
        at = 0
        while below := [child for child in (2 * at + 1, 2 * at + 2) if child < len(heap)]:
            least = min(below, key=lambda child: heap[child][0])  # the first of equal ones
            if heap[least][0] >= heap[at][0]:
                break
            heap[at], heap[least], at = heap[least], heap[at], least
        heap.append((deadline + 1, pod))
        at = count - 1
        while at and heap[at][0] < heap[(at - 1) // 2][0]:
            heap[at], heap[(at - 1) // 2], at = heap[(at - 1) // 2], heap[at], (at - 1) // 2
        turns.append(pod)
    return turns


def in_rounds(count: int, slots: int, cores: float, offered) -> mpf:
    """States are whose turn is next and the slots in use of one pod; the mean of all pods, which have as many turns each."""
    turns, refused = rounds(count), mpf(0)
    for pod in range(count):
        def moves(state, pod=pod):
            turn, busy = state
            yield ((turn + 1) % len(turns), min(busy + 1, slots) if turns[turn] == pod else busy), offered
            if busy:
                yield (turn, busy - 1), min(mpf(busy), mpf(cores))

        held = stationary(list(itertools.product(range(len(turns)), range(slots + 1))), moves)
        ours = {state: share for state, share in held.items() if turns[state[0]] == pod}
        refused += sum(share for state, share in ours.items() if state[-1] == slots) / sum(ours.values())
    return refused / count


def pods(count: int, slots: int, cores: float, dispatch: str, offered, dispatchers: int = 1) -> mpf:
    """States are how many slots each pod has in use, in order; or for round robin the phase of each dispatcher and the slots in use of one pod."""
    offered = mpf(offered)
    if dispatch == "traefik":
        return in_rounds(count, slots, cores, offered)
    if dispatch == "round-robin":
        def moves(state):
            *phases, busy = state
            for who, phase in enumerate(phases):
                ours = phase + 1 == count
                others = [*phases[:who], 0 if ours else phase + 1, *phases[who + 1:]]
                yield (*others, min(busy + 1, slots) if ours else busy), offered / dispatchers
            if busy:
                yield (*phases, busy - 1), min(mpf(busy), mpf(cores))

        held = stationary(list(itertools.product(*[range(count)] * dispatchers, range(slots + 1))), moves)
        ours = {state: share for state, share in held.items() if state[0] == count - 1}
        return sum(share for state, share in ours.items() if state[-1] == slots) / sum(ours.values())

    def arrivals(state):
        """Slots in use of the pod that is chosen, and how often."""
        if dispatch == "least-busy":
            return [(min(state), mpf(1))]
        if dispatch == "two-choices":
            pairs = [min(pair) for pair in itertools.product(state, repeat=2)]
        else:
            pairs = [min(pair) for pair in itertools.combinations(state, 2)]
        return [(level, mpf(pairs.count(level)) / len(pairs)) for level in sorted(set(pairs))]

    def changed(state, at, by):
        state = list(state)
        state[state.index(at)] += by
        return tuple(sorted(state))

    def moves(state):
        for level, share in arrivals(state):
            if level < slots:
                yield changed(state, level, 1), offered * share
        for level in set(state) - {0}:
            yield changed(state, level, -1), state.count(level) * min(mpf(level), mpf(cores))

    states = list(itertools.combinations_with_replacement(range(slots + 1), count))
    held = stationary(states, moves)
    return sum(share * sum(part for level, part in arrivals(state) if level == slots) for state, share in held.items())


def many_pods(slots: int, cores: float, each) -> mpf:
    each = mpf(each)

    def excess(logarithm):
        here, above = mpmath.exp(logarithm), mpf(0)
        for busy in range(slots, 0, -1):
            here, above = mpmath.sqrt(here**2 + min(mpf(busy), mpf(cores)) * (here - above) / each), here
        return mpmath.log(here)

    return mpmath.exp(2 * zero(excess, -200, 0))


def retries(slots: int, cores: float, fresh, attempts) -> dict:
    def mean(b):
        return 1 / (1 - b) if attempts is None else mpmath.fsum(b**i for i in range(attempts))

    high = mpf(fresh) * 2
    while high < fresh * mean(loss(slots, cores, high)):
        high *= 2
    offered = zero(lambda x: x - fresh * mean(loss(slots, cores, x)), fresh, high)
    refused = loss(slots, cores, offered)
    return {"total": offered, "blocking": refused, "given_up": mpf(0) if attempts is None else refused**attempts}


def nested(callers: list, direct, callee: int) -> dict:
    """Every state, one by one."""
    def weight(load, n):
        return mpf(load) ** n / mpmath.factorial(n)

    ranges = [[(n, c) for n in range(slots + 1) for c in range(min(slots - n, callee) + 1)] for slots, *_ in callers]
    total = full_callee = mpf(0)
    refused = [mpf(0)] * len(callers)
    ends = [mpf(0)] * len(callers)
    ends_refused = [mpf(0)] * len(callers)
    for state in itertools.product(*ranges, range(callee + 1)):
        *parts, alone = state
        used = sum(c for _, c in parts) + alone
        if used > callee or (alone and not direct):
            continue
        share = weight(direct, alone) if direct else mpf(1)
        for (_, own, calls, _), (n, c) in zip(callers, parts):
            share *= weight(own, n) * weight(calls, c)
        total += share
        full_callee += share * (used == callee)
        for i, (n, c) in enumerate(parts):
            refused[i] += share * (n + c == callers[i][0])
            ends[i] += share * n
            ends_refused[i] += share * n * (used == callee)
    return {
        "direct_refused": full_callee / total,
        "refused": [part / total for part in refused],
        "calls_refused": [part / whole for part, whole in zip(ends_refused, ends)],
    }


def tandem(first: int, a, second: int, b, share) -> mpf:
    a, b, share = mpf(a), mpf(b), mpf(share)
    rate = a * share / b

    def moves(state):
        one, two = state
        if one < first:
            yield (one + 1, two), a
        if one:
            goes_on = share if two < second else mpf(0)
            if goes_on:
                yield (one - 1, two + 1), one * goes_on
            yield (one - 1, two), one * (1 - goes_on)
        if two:
            yield (one, two - 1), two * rate

    held = stationary([(i, j) for i in range(first + 1) for j in range(second + 1)], moves)
    return sum(i * held[i, second] for i in range(first + 1)) / sum(i * part for (i, _), part in held.items())


def hottest(patients: int, owners: int, partitions: int) -> mpf:
    """Multinomial coefficients as products of binomials, owner by owner."""
    parts = [partitions // owners + (i < partitions % owners) for i in range(owners)]
    expected = mpf(0)
    for most in range(patients):
        ways = {0: mpf(1)}  # patients placed so far
        for part in parts:
            after: dict = {}
            for placed, share in ways.items():
                for more in range(min(most, patients - placed) + 1):
                    after[placed + more] = after.get(placed + more, 0) + share * comb(patients - placed, more) * mpf(part) ** more
            ways = after
        expected += 1 - ways.get(patients, 0) / mpf(partitions) ** patients
    return expected * owners / patients


def number(value):
    return [number(part) for part in value] if isinstance(value, list) else float(mpmath.nstr(value, 17))


def rows(names: str, cases: list, of) -> list:
    found = []
    for case in cases:
        result = of(*case)
        row = dict(zip(names.split(), case))
        if isinstance(result, dict):
            row |= {name: number(value) for name, value in result.items()}
        else:
            row["value"] = number(result)
        found.append(row)
    return found


def reference() -> dict:
    pooled = [(1, 1e-6), (1, 0.5), (1, 1e6), (2, 1e-3), (5, 0.7), (5, 3.0), (10, 1.0), (20, 10.0), (20, 12.0), (30, 3.0), (100, 75.0), (100, 1e6)]
    pooled += [(1000, 900.0), (1000, 1000.0), (10_000, 9_500.0), (100_000, 100_000.0), (999_000, 1e6), (1_000_000, 1e6), (1_007_000, 1e6)]
    shared = [(5, 1.0, 0.7), (5, 2.0, 1.5), (8, 0.5, 0.3), (20, 4.0, 3.9), (20, 4.0, 8.0), (50, 49.5, 40.0), (1000, 100.0, 99.0)]
    inverse = [(1, 1.0, 1e-12), (1, 1.0, 0.9), (5, 5.0, 1e-3), (20, 20.0, 0.01), (100, 100.0, 1e-12), (1000, 1000.0, 0.5), (5, 1.0, 0.01), (20, 2.5, 1e-6)]
    queued = [(1, 0.5), (2, 1e-6), (14, 10.0), (20, 19.99), (100, 90.0), (1000, 999.0), (100_000, 99_500.0)]
    split = [(5, 4, 4.0, name, 10.0) for name in ("round-robin", "two-choices", "two-distinct", "least-busy")]
    split += [(4, 5, 1.0, name, 3.0) for name in ("round-robin", "two-choices", "two-distinct", "least-busy")]
    split += [(3, 3, 1.5, "two-choices", 1e-3), (2, 8, 8.0, "round-robin", 6.0), (2, 5, 2.0, "two-distinct", 20.0)]
    several = [(2, 1, 1.0, "round-robin", 0.39, 2), (6, 1, 1.0, "round-robin", 0.39, 2), (3, 3, 1.5, "round-robin", 4.0, 2), (3, 2, 2.0, "round-robin", 3.0, 3)]
    turns = [(8, 1, 1.0, "traefik", 0.39, 1), (5, 4, 4.0, "traefik", 10.0, 1), (3, 3, 1.5, "traefik", 4.0, 1)]
    limit = [(4, 4.0, 2.0), (5, 1.0, 0.7), (10, 10.0, 7.0), (3, 3.0, 30.0), (20, 4.0, 4.2), (6, 4.0, 3.9)]
    back = [(5, 5.0, 3.0, None), (20, 20.0, 19.0, None), (20, 20.0, 12.0, 3), (5, 1.0, 0.7, None), (5, 5.0, 50.0, 4), (10, 10.0, 1.0, 1)]
    nests = [
        ([[5, 1.0, 2.0, 1.0]], 0.0, 4), ([[5, 1.0, 2.0, 0.5]], 1.5, 4), ([[4, 2.0, 1.0, 1.0], [3, 0.5, 2.5, 0.25]], 0.7, 5),
        ([[3, 0.2, 0.9, 1.0], [2, 1.0, 1.0, 1.0], [2, 0.1, 3.0, 1.0]], 0.3, 3), ([[12, 3.0, 4.0, 0.8]], 0.0, 12),
    ]
    in_line = [(5, 3.0, 5, 3.0, 1.0), (5, 6.0, 5, 6.0, 1.0), (8, 4.0, 3, 1.0, 0.25), (1, 0.5, 1, 5.0, 1.0)]
    owners = [(50, 5, 64), (1, 3, 64), (7, 3, 5), (20, 4, 4)]
    needed = []
    for offered in (1e-6, 1e-3, 0.7, 12.0, 1e3, 1e6):
        for target in (0.9, 0.01, 1e-3, 1e-12):
            low, high = 0, int(offered + 9 * offered**0.5 + 40)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if loss(middle, middle, offered) <= target else (middle, high)
            needed.append({"offered": offered, "target": target, "slots": high})

    def inverted(slots, cores, target):
        return mpmath.exp(zero(lambda x: loss(slots, cores, mpmath.exp(x)) - mpf(target), -30, 18))

    def delayed(slots, offered):
        top = mpf(1)  # offered^slots / slots! and everything relative to it
        below, term = mpf(0), mpf(1)
        for busy in range(slots, 0, -1):
            term *= busy / mpf(offered)
            below += term
            if term < mpf(10) ** -45 * below:
                break
        last = top * slots / (slots - mpf(offered))
        return last / (below + last)

    return {
        "erlang_b": rows("slots offered", pooled, lambda m, a: loss(m, m, a)),
        "shared_cores": rows("slots cores offered", shared, loss),
        "slots_for": needed,
        "offered_for": rows("slots cores target", inverse, inverted),
        "erlang_c": rows("slots offered", queued, delayed),
        "pods": rows("pods slots cores dispatch offered dispatchers", [(*row, 1) for row in split] + several + turns, pods),
        "many_pods": rows("slots cores each", limit, many_pods),
        "retries": rows("slots cores fresh attempts", back, retries),
        "nested": rows("callers direct callee", nests, nested),
        "tandem": rows("first first_offered second second_offered share", in_line, tandem),
        "hottest_owner": rows("patients owners partitions", owners, hottest),
    }


if __name__ == "__main__":
    tables = reference()
    lines = [f' "{name}": [\n  ' + ",\n  ".join(json.dumps(row) for row in table) + "\n ]" for name, table in tables.items()]
    print("{\n" + ",\n".join(lines) + "\n}")
