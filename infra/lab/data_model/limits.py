"""At how many files a second each limit of AWS is met, from what the code writes (slice.json) and what AWS's pages say; and what moves it."""

import dataclasses

import conflicts

RECORDED = conflicts.RECORDED
# Once a file is sent alone; a page that sends a folder asks once for 25 files.
REQUESTS, REQUESTS_OF_A_FOLDER = 3, 1 / 25 + 1 / 10
# Seconds that process-object takes for a slice; the assumption of infra/lab/costs/prices.toml.
PROCESSING = 0.7
# Files a second that this page is about, and how many people send them, 50 slices a second each.
FILES, PEOPLE = 10_000, 200
DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"
SOURCES = {
    "partition": f"{DYNAMODB}/bp-partition-key-design.html",
    "table": f"{DYNAMODB}/ServiceQuotas.html",
    "sqs": "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    "lambda": "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    "api": "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
    "s3": "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
}
PARTITION, TABLE, SQS, CONCURRENCY, REQUEST_RATE, PUTS = 1000, 40_000, 1000, 1000, 10_000, 3500


@dataclasses.dataclass(frozen=True)
class Limit:
    what: str
    # Files a second at which it is met.
    at: float
    source: str
    moved_by: str


def units(of: str) -> float:
    """Write units that one file's life costs a table or an index, folds of its own shard included."""
    steps = [write["units"] for step in ("create", "process") for write in RECORDED[step] if write["of"] == of]
    fold = RECORDED["fold"]["units"]
    share = [used for by in fold.values() for name, used in by.items() if name.split(" ")[1] == of]
    return sum(steps) + 2 * sum(share) / RECORDED["fold"]["rows"]


def shards(of: str) -> int:
    """Partitions that a table's or an index's writes of all files spread over; 0 if each owner or file has its own."""
    for step in ("create", "process"):
        for write in RECORDED[step]:
            if write["of"] == of and "{file%" in write["partition"] and "{owner}" not in write["partition"]:
                return int(write["partition"].split("{file%")[1].rstrip("}"))
    return 0


def names() -> list[str]:
    return sorted({write["of"] for step in ("create", "process") for write in RECORDED[step]})


def limits() -> list[Limit]:
    owner_shard = units("ChangesTable") / conflicts.SHARDS
    found = [
        Limit("files processed at once: `ProcessConcurrency`, 10 unless set", 10 / PROCESSING, "sqs", "the parameter, up to 999"),
        Limit(
            f"one queue: {SQS:,} batches of one message at once",
            SQS / PROCESSING,
            "sqs",
            "messages of several small files in one batch; a queue for each range of owners (S3 notifies by prefix); pollers of provisioned mode, 16 times as many",
        ),
        Limit(
            "executions of the account, 1,000 unless raised: a slice takes 0.7 s of them, its requests 0.05 s each",
            CONCURRENCY / (PROCESSING + 0.05 * REQUESTS_OF_A_FOLDER),
            "lambda",
            "the quota (tens of thousands are given); a processor that reads headers and makes pictures in less time",
        ),
        Limit("requests of the account, 3 for a file that is sent alone", REQUEST_RATE / REQUESTS, "api", "the quota; the page begins 25 files in a request"),
        Limit(
            "`thumbnails/` and `previews/`: ids grow, so all new keys are in one range",
            PUTS,
            "s3",
            "AWS can divide the range beforehand; a digit that differs from file to file in front of the id",
        ),
        Limit("one owner's shard of Changes", PARTITION / owner_shard, "partition", "more shards: one release reads them, the next writes them"),
        Limit("files-by-owner of one owner", PARTITION / units("files-by-owner-1"), "partition", "packed search: then one unit a file"),
    ]
    for of in names():
        used = units(of)
        found.append(Limit(f"{of}: {used:.3g} units a file", TABLE / used, "table", "the quota, for each table and index; a stack for each hospital"))
        if count := shards(of):
            moved_by = "more of them, from a day on" if "due" in of else "it ends with packed search"
            found.append(Limit(f"{of}: {count} partitions that all files share", count * PARTITION / used, "partition", moved_by))
    return sorted(found, key=lambda limit: limit.at)


def table() -> str:
    lines = ["| limit | met at, files a second | what moves it |", "|---|--:|---|"]
    for limit in limits():
        # Limits that are met only far beyond the load of this page are left out.
        if limit.at < 2 * FILES:
            lines.append(f"| [{limit.what}]({SOURCES[limit.source]}) | {limit.at:,.0f} | {limit.moved_by} |")
    return "\n".join(lines)


def busiest() -> str:
    """The busiest partitions under the load of this page, simulated."""
    result = conflicts.simulate("recorded", conflicts.Load(FILES, PEOPLE, 3), seed=1)
    lines = ["| table or index | units a second of its busiest partition, of 1,000 |", "|---|--:|"]
    lines += [f"| {of} | {units:,.0f} |" for of, units in sorted(result.busiest.items(), key=lambda pair: -pair[1]) if units >= 20]
    given_up, calls = result.given_up / result.transactions, result.calls / result.transactions
    lines.append(f"| transactions given up; calls each; p99 | {given_up:.1%}; {calls:.1f}; {result.p99 * 1000:.0f} ms |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(), busiest(), sep="\n\n")
