"""What transactions that meet do to uploads: the transactions of a file's life in virtual time, those of ab0f7f2 and those of the code.

A transaction locks its rows while it runs; one that meets a lock is cancelled and tried again after a random pause, as shared/service/src/db/
transaction.rs does. A partition key takes 1,000 write units a second
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html).
How long a transaction holds its rows is a guess on the safe side: 10 to 30 ms, median 18.
"""

import dataclasses
import heapq
import json
import pathlib
import random
import re
from collections import defaultdict

ATTEMPTS = 10
MAX_PAUSE = 0.5
PARTITION_UNITS = 1000


@dataclasses.dataclass
class Load:
    """Files a second of `owners` people, each sending slices of one study of one patient at a time."""

    files: float
    owners: int
    seconds: float = 20


def today(owner: int, file: int, step: str) -> list[tuple[str, str, int]]:
    """Partition, row and units of each write of one transaction at ab0f7f2, whose author sends slices of one study of one patient."""
    rows = [
        (f"files {file}", f"{file}", 4 if step == "process" else 2),
        (f"stats user {owner}", f"{owner}#{file % 4}", 2),
        ("stats all", f"all#{file % 16}", 2),
    ]
    if step == "create":
        rows += [("references patient", f"patient {owner}", 2), (f"log {file}", f"{file}#1", 2)]
    if step == "process":
        rows += [("references study", f"study {owner}", 2), ("references series", f"series {owner}", 2)]
    return rows


# What the code writes, as a test has recorded it: tests/suite/slice.rs.
RECORDED = json.loads((pathlib.Path(__file__).parent / "slice.json").read_text("utf-8"))
SHARDS, SHARDS_OF_EVERYBODY = 2, 16  # Of db/journal.rs.


def named(pattern: str, owner: int, file: int) -> str:
    """A recorded partition or key, of this owner and file: `{owner}`, `{study}`, `{file}`, `{file%16}`."""
    text = re.sub(r"{file%(\d+)}", lambda shards: str(file % int(shards[1])), pattern)
    # Each person sends one study.
    return text.replace("{owner}", str(owner)).replace("{study}", str(owner)).replace("{file}", str(file))


def recorded(owner: int, file: int, step: str) -> list[tuple[str, str | None, float]]:
    """The writes of the code of today. A row of an index has units and meets nobody."""
    return [(f"{write['of']} {named(write['partition'], owner, file)}",
             write["row"] and f"{write['of']} {named(write['row'], owner, file)}", write["units"]) for write in RECORDED[step]]


def fold(owner: int, shard: int, changes: int) -> list[tuple[str, str | None, float]]:
    """The fold of so many changes of an owner's shard: the head, everybody's row and its deletion, the rows that are deleted, and their study.

    The study is written by a transaction of its own; here it is in one with the head, so that a fold that meets another one is retried whole."""
    measured, units = RECORDED["fold"]["rows"], RECORDED["fold"]["units"]
    of_everybody = f"ChangesTable 0#{(owner + shard) % SHARDS_OF_EVERYBODY}"
    # In a transaction a key of 15 bytes in the head costs a 512th of as many units.
    head = units["owner"]["TransactWriteItems FoldsTable"] + max(0, changes - measured) * 15 / 512
    return [
        (f"FoldsTable {owner}", f"head {owner}#{shard}", head),
        (f"StudiesTable {owner}", f"study {owner}", units["owner"]["TransactWriteItems StudiesTable"]),
        (of_everybody, None, units["owner"]["TransactWriteItems ChangesTable"] + units["everybody"]["BatchWriteItem ChangesTable"]),
        (f"ChangesTable {owner}#{shard}", None, units["owner"]["BatchWriteItem ChangesTable"] * changes / measured),
    ]


# Steps of a file's life that are transactions, and when each begins after the file's arrival.
STEPS = {"today": [("create", 0.0), ("claim", 0.4), ("process", 0.7)], "recorded": [("create", 0.0), ("process", 0.7)]}
MODELS = {"today": today, "recorded": recorded}
# A second after the first change of a shard, its bell is answered.
WINDOW = 1.0


@dataclasses.dataclass
class Result:
    transactions: int
    given_up: int
    calls: int
    p99: float
    # Of each table and index: units a second of its busiest partition.
    busiest: dict[str, float]


def simulate(model: str, load: Load, seed: int) -> Result:
    """Runs `load` against `model`; the same seed gives the same result."""
    rng = random.Random(seed)
    queue: list[tuple[float, int, int, int, int, str, float]] = []
    order = 0
    now = 0.0
    file = 0
    while now < load.seconds:
        now += rng.expovariate(load.files)
        file += 1
        owner = rng.randrange(load.owners)
        for step, after in STEPS[model]:
            begin = now + after * rng.uniform(0.7, 1.3)
            heapq.heappush(queue, (begin, order, 0, owner, file, step, begin))
            order += 1
    locked: dict[str, float] = {}
    unfolded: dict[tuple[int, int], int] = {}  # Changes of an owner's shard since its last fold; the first of them rings.
    spent: dict[tuple[str, int], float] = defaultdict(float)
    total: dict[str, float] = defaultdict(float)
    given_up = calls = 0
    latencies = []
    count = len(queue)
    while queue:
        now, _, attempt, owner, file, step, begun = heapq.heappop(queue)
        calls += step != "fold"
        rows = fold(owner, file, unfolded[(owner, file)]) if step == "fold" else MODELS[model](owner, file, step)
        second = int(now)
        throttled = any(spent[(partition, second)] + units > PARTITION_UNITS for partition, _, units in rows)
        meets = any(row is not None and locked.get(row, 0.0) > now for _, row, _ in rows)
        for partition, _, units in rows:  # A cancelled transaction is paid too.
            spent[(partition, second)] += units
            total[partition] += units
        if throttled or meets:
            # A fold is rung again until it is done.
            if attempt + 1 >= ATTEMPTS and step != "fold":
                given_up += 1
                continue
            pause = rng.uniform(0.001, min(MAX_PAUSE, 0.01 * 2 ** min(attempt, ATTEMPTS)))
            order += 1
            heapq.heappush(queue, (now + 0.01 + pause, order, attempt + 1, owner, file, step, begun))
            continue
        end = now + min(0.03, max(0.01, rng.lognormvariate(-4.02, 0.3)))
        locked.update((row, end) for _, row, _ in rows if row is not None)
        if step == "fold":
            del unfolded[(owner, file)]
            continue
        latencies.append(end - begun)
        if model == "recorded":
            shard = (owner, file % SHARDS)
            unfolded[shard] = unfolded.get(shard, 0) + 1
            if unfolded[shard] == 1:
                order += 1
                heapq.heappush(queue, (end + WINDOW, order, 0, *shard, "fold", end + WINDOW))
    latencies.sort()
    busiest: dict[str, float] = {}
    for partition, units in total.items():
        of = partition.split(" ")[0]
        busiest[of] = max(busiest.get(of, 0.0), units / load.seconds)
    return Result(count, given_up, calls, latencies[int(len(latencies) * 0.99)], busiest)
