"""Makes one DynamoDB table hold exactly what another one holds: the way back from a table that was restored beside the live one.

    python infra/copy_table.py FROM TO              says what it would change
    python infra/copy_table.py FROM TO --really     changes it; can be stopped and repeated

Rows of TO that FROM has not are removed, rows that differ are replaced. Nobody may write to TO meanwhile (docs/OPERATIONS.md, "Restore a table").
"""

import argparse
import collections
import concurrent.futures

import boto3

# Reads at once: DynamoDB splits a scan into this many parts of the table.
SEGMENTS = 8


def rows(table, segment: int):
    """Every row of one part of the table, as it is now."""
    start = {}
    while True:
        page = table.scan(ConsistentRead=True, Segment=segment, TotalSegments=SEGMENTS, **start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def bring_up_to_date(source: str, target: str, segment: int, really: bool) -> collections.Counter:
    """Copies one part of `source` to `target` where they differ; boto3's resources may not be shared by threads, so each run has its own."""
    database = boto3.session.Session().resource("dynamodb")
    source, target = database.Table(source), database.Table(target)
    key_names = [part["AttributeName"] for part in source.key_schema]
    counts = collections.Counter()
    with target.batch_writer(overwrite_by_pkeys=key_names) as writer:
        for row in rows(source, segment):
            key = {name: row[name] for name in key_names}
            live = target.get_item(Key=key, ConsistentRead=True).get("Item")
            if live == row:
                counts["same"] += 1
                continue
            counts["missing" if live is None else "different"] += 1
            if really:
                writer.put_item(Item=row)
        for row in rows(target, segment):
            key = {name: row[name] for name in key_names}
            if "Item" not in source.get_item(Key=key, ConsistentRead=True):
                counts["too many"] += 1
                if really:
                    writer.delete_item(Key=key)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="FROM")
    parser.add_argument("target", metavar="TO")
    parser.add_argument("--really", action="store_true")
    arguments = parser.parse_args()
    client = boto3.client("dynamodb")
    schemas = [client.describe_table(TableName=name)["Table"]["KeySchema"] for name in (arguments.source, arguments.target)]
    if schemas[0] != schemas[1]:
        parser.error(f"{arguments.source} and {arguments.target} have different keys: they are not the same kind of table")
    work = [(arguments.source, arguments.target, segment, arguments.really) for segment in range(SEGMENTS)]
    with concurrent.futures.ThreadPoolExecutor(SEGMENTS) as pool:
        total = sum(pool.map(lambda part: bring_up_to_date(*part), work), collections.Counter())
    verb = "done" if arguments.really else "would do"
    print(f"{verb}: put back {total['missing']}, replace {total['different']}, remove {total['too many']}; {total['same']} are the same")


if __name__ == "__main__":
    main()
