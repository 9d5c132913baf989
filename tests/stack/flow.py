"""The flow tests against a deployed stack: `make e2e-stack`. Steps of one story, in order: each begins where the one before ended."""

import argparse
import datetime
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path

from deployment import ROOT, DeploymentFailed, Stack, client, emulator, send, until

SECRET = "the-secret-of-a-stack-that-lives-for-a-minute"
# Above 16 MiB, where an upload comes in parts.
LARGE = 20_000_000


class Story:
    """What the steps hand on."""

    def __init__(self, stack, samples):
        self.stack = stack
        self.dicom = next(samples.glob("*.dcm"))
        self.large = samples / "large.bin"
        self.secrets = {}
        self.file = None


def upload(stack, name, content, **fields):
    """Begins an upload, sends the bytes to the bucket as a browser does, and waits for the record to be finished."""
    begun = stack.call("POST", "/uploads", {"filename": name, "size": len(content), **fields})
    assert begun.status == 201, begun
    file, plan = begun.json()["file"], begun.json()["upload"]
    if plan["method"] == "single":
        sent = send("PUT", plan["url"], content, **plan["headers"])
        assert sent.status == 200, sent
    else:
        for number in range(1, plan["total_parts"] + 1):
            part = content[(number - 1) * plan["part_size"]:number * plan["part_size"]]
            signed = stack.call("POST", f"/uploads/{file['id']}/parts", {"part_numbers": [number]}).json()["parts"][0]
            assert send("PUT", signed["url"], part, Content_Type="").status == 200
        completed = stack.call("POST", f"/uploads/{file['id']}/complete", {})
        assert completed.status == 200, completed
    return until(lambda: stack.call("GET", f"/image-files/{file['id']}").json(),
                 lambda file: file["status"] in ("PROCESSED", "FAILED"), f"processing of {name}")


def download(stack, file):
    """The bytes of a file, by the redirect that a browser follows."""
    redirect = stack.call("GET", f"/image-files/{file['id']}/download")
    assert redirect.status == 307, redirect
    return send("GET", redirect.headers["location"]).body


def ids(answer):
    """The files of a list."""
    return [file["id"] for file in answer.json()["items"]]


def a_first_deployment_that_fails_is_undone(story):
    """The secret of cursors is not there. The functions cannot be made; what was made before them goes again, and the name is free."""
    nowhere = f"arn:aws:secretsmanager:{client('sts').meta.region_name}:000000000000:secret:nowhere-AbCdEf"
    try:
        story.stack.deploy(JwtSecretArn=nowhere, CursorSecretArn=nowhere, Monitoring="off")
        raise AssertionError("a stack without its secret was deployed")
    except DeploymentFailed as failure:
        assert "nowhere" in str(failure), failure
    assert story.stack.status() == "ROLLBACK_COMPLETE", story.stack.status()
    story.stack.delete()
    assert story.stack.status() is None


def a_stack_is_deployed(story):
    """With a secret that is there before it."""
    arn = client("secretsmanager").create_secret(
        Name=f"{story.stack.name}-secrets", SecretString=f'{{"jwt": "{SECRET}", "cursor": "{SECRET}"}}')["ARN"]
    story.secrets = {"JwtSecretArn": arn, "CursorSecretArn": arn, "Monitoring": "off"}
    story.stack.secret = SECRET
    story.stack.deploy(**story.secrets)
    assert story.stack.status() == "CREATE_COMPLETE", story.stack.status()


def nobody_gets_in_without_a_token(story):
    """Nor with one that another secret signed. The description of the API is for everybody."""
    stranger = story.stack.call("GET", "/image-files/my-images", user=None)
    assert (stranger.status, stranger.headers["content-type"]) == (401, "application/problem+json"), stranger
    forger = Stack(story.stack.name)
    forger.secret = SECRET[::-1]
    assert story.stack.call("GET", "/image-files/my-images", user=None, Authorization=f"Bearer {forger.token(1)}").status == 401
    assert story.stack.call("GET", "/openapi.json", user=None).json()["openapi"].startswith("3.1")


def a_page_of_another_origin_is_not_let_in(story):
    """CORS is answered by API Gateway, from the template."""
    asks = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "authorization"}
    origins = ["http://127.0.0.1:8080", "https://viewer.example.org"]
    for origin in origins:
        ours = story.stack.call("OPTIONS", "/image-files/my-images", user=None, Origin=origin, **asks)
        assert ours.headers.get("access-control-allow-origin") == origin, ours
    other = story.stack.call("OPTIONS", "/image-files/my-images", user=None, Origin="https://example.org", **asks)
    assert "access-control-allow-origin" not in other.headers, other
    rules = client("s3").get_bucket_cors(Bucket=story.stack.resources("AWS::S3::Bucket")["ImageBucket"])["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in rules] == [origins, ["*"]], rules


def the_bucket_wants_tls(story):
    """Its policy refuses a presigned URL over http, which is all the emulator speaks: for the rest of the story the policy is gone."""
    put = story.stack.call("POST", "/uploads", {"filename": "note.bin", "size": 4}).json()["upload"]
    assert send("PUT", put["url"], b"note", **put["headers"]).status == 403
    client("s3").delete_bucket_policy(Bucket=story.stack.resources("AWS::S3::Bucket")["ImageBucket"])
    assert send("PUT", put["url"], b"note", **put["headers"]).status == 200


def an_upload_is_hashed_and_gets_its_pictures(story):
    """Presigned PUT, event, queue, process-object with its worker, record."""
    assert story.stack.call("PUT", "/patients/P-0001", {"name": "张三", "sex": "M"}).status == 200
    content = story.dicom.read_bytes()
    file = story.file = upload(story.stack, story.dicom.name, content, patient_id="P-0001")
    assert file["status"] == "PROCESSED", file
    assert (file["file_hash"], file["file_type"], file["modality"]) == (hashlib.md5(content).hexdigest(), "DICOM", "CT"), file
    thumbnail = send("GET", file["thumbnail_url"])
    assert (thumbnail.status, thumbnail.body[:3]) == (200, b"\xff\xd8\xff"), thumbnail
    assert send("GET", file["preview_url"]).status == 200


def an_url_writes_once(story):
    """What was uploaded is never overwritten: the URL that wrote it is refused."""
    begun = story.stack.call("POST", "/uploads", {"filename": "note.bin", "size": 4}).json()
    put = begun["upload"]
    assert send("PUT", put["url"], b"once", **put["headers"]).status == 200
    assert send("PUT", put["url"], b"more", **put["headers"]).status == 412


def a_large_file_comes_in_parts(story):
    """The multipart way, to the same end."""
    with open(story.large, "rb") as large:
        content = large.read(LARGE)
    file = upload(story.stack, story.large.name, content)
    assert (file["status"], file["file_hash"]) == ("PROCESSED", hashlib.md5(content).hexdigest()), file
    assert download(story.stack, file) == content


def it_is_found_and_comes_back_byte_by_byte(story):
    """Lists, filters, counters, download."""
    found = story.stack.call("GET", "/image-files/my-images?file_type=DICOM&modality=CT&page_size=1")
    assert (ids(found), found.json()["total"]) == ([story.file["id"]], 1), found
    assert ids(story.stack.call("GET", "/image-files/patient/P-0001")) == [story.file["id"]]
    assert ids(story.stack.call("GET", "/image-files/my-images", user=2)) == []
    assert story.stack.call("GET", f"/image-files/{story.file['id']}", user=2).status == 404
    assert story.stack.call("GET", "/image-files/stats/summary").json()["by_type"]["DICOM"] == 1
    assert download(story.stack, story.file) == story.dicom.read_bytes()


def it_is_deleted_and_restored(story):
    """Out of every list and back, with the same bytes."""
    path = f"/image-files/{story.file['id']}"
    assert story.stack.call("DELETE", path).status == 200
    assert story.stack.call("GET", path).status == 404
    assert ids(story.stack.call("GET", "/image-files/trash")) == [story.file["id"]]
    assert story.stack.call("POST", path + "/restore").status == 200
    assert story.stack.call("GET", path).json()["status"] == "PROCESSED"
    assert download(story.stack, story.file) == story.dicom.read_bytes()


def what_was_deleted_long_ago_is_purged(story):
    """By maintenance, as the schedule calls it: every version of the bytes first, then the record. The thirty days are made to be over."""
    path, number = f"/image-files/{story.file['id']}", {"N": str(story.file["id"])}
    table = story.stack.resources("AWS::DynamoDB::Table")["FilesTable"]
    assert story.stack.call("DELETE", path).status == 200
    assert story.stack.invoke("maintenance", {})["purged"] == 0
    record = client("dynamodb").get_item(TableName=table, Key={"id": number}, ConsistentRead=True)["Item"]
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    shard = record["due_on"]["S"].partition("#")[2]
    now = int(time.time() * 1000)
    long_ago = now - 3 * 60 * 60 * 1000  # Sooner, a URL of the upload could still be good, and a record waits for what it brings.
    client("dynamodb").update_item(
        TableName=table, Key={"id": number}, UpdateExpression="SET due_at = :at, due_on = :on, deleted_at = :before",
        ExpressionAttributeValues={":at": {"N": str(now)}, ":on": {"S": f"{today}#{shard}"}, ":before": {"N": str(long_ago)}})
    assert story.stack.invoke("maintenance", {})["purged"] == 1
    assert "Item" not in client("dynamodb").get_item(TableName=table, Key={"id": number}, ConsistentRead=True)
    assert story.stack.call("POST", path + "/restore").status == 404
    bucket = story.stack.resources("AWS::S3::Bucket")["ImageBucket"]
    kept = client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
    assert not [version["Key"] for version in kept if f"/{story.file['id']}/" in version["Key"]], kept


def an_update_changes_a_setting_and_keeps_the_files(story):
    """A changed parameter reaches the functions; the URL, the records and the bytes stay."""
    before = story.stack.url()
    files = ids(story.stack.call("GET", "/image-files/my-images"))
    story.stack.deploy(**story.secrets, TrashDays=7)
    assert (story.stack.status(), story.stack.url()) == ("UPDATE_COMPLETE", before)
    assert files and ids(story.stack.call("GET", "/image-files/my-images")) == files
    assert trash_days(story, files[0]) == 7


def trash_days(story, file):
    """For how many days a file that is deleted now can be restored; it is back afterwards."""
    assert story.stack.call("DELETE", f"/image-files/{file}").status == 200
    deleted = story.stack.call("GET", "/image-files/trash").json()["items"][0]
    assert story.stack.call("POST", f"/image-files/{file}/restore").status == 200
    at, purge = (datetime.datetime.fromisoformat(deleted[name].replace("Z", "+00:00")) for name in ("deleted_at", "purge_at"))
    return (purge - at).days


def a_secret_is_exchanged_while_people_work(story):
    """As docs/OPERATIONS.md has it: both secrets for a time, then the new one alone. Nothing is deployed; functions that run notice."""
    old, new = story.stack.secret, SECRET.upper()

    def accept(*accepted):
        text = json.dumps({"jwt": "\n".join(accepted), "cursor": SECRET})
        client("secretsmanager").put_secret_value(SecretId=story.secrets["JwtSecretArn"], SecretString=text)

    def status(secret, path="/image-files/my-images"):
        story.stack.secret = secret
        return story.stack.call("GET", path).status

    assert status(old) == 200
    accept(new, old)
    assert (status(new), status(old)) == (200, 200)
    accept(new)
    # A function that nobody has called yet knows the new one only. One that runs goes on with both for five minutes.
    unused = "/patients/P-0001/studies"
    assert (status(old, unused), status(new, unused)) == (401, 200)
    assert (status(new), status(old)) == (200, 200)
    story.stack.secret = new


def a_secret_that_is_not_there_puts_people_off(story):
    """503 with a time to come again, not 401; and a function that started without it recovers by itself."""
    manager, arn = client("secretsmanager"), story.secrets["JwtSecretArn"]
    kept = manager.get_secret_value(SecretId=arn)["SecretString"]
    manager.put_secret_value(SecretId=arn, SecretString='{"cursor": "only"}')
    # Two functions that nobody has called yet.
    unused = "/image-files?include_total=false", "/patients?search=a"
    for path in unused:
        answer = story.stack.call("GET", path)
        assert answer.status == 503 and answer.headers["retry-after"], answer
    manager.put_secret_value(SecretId=arn, SecretString=kept)
    for path in unused:
        until(lambda: story.stack.call("GET", path).status, lambda status: status == 200, "the recovery of a function")


def an_update_that_fails_is_rolled_back(story):
    """To the settings before it; the service goes on."""
    files = ids(story.stack.call("GET", "/image-files/my-images"))
    nowhere = story.secrets["CursorSecretArn"] + "x"
    try:
        story.stack.deploy(**{**story.secrets, "CursorSecretArn": nowhere}, TrashDays=9)
        raise AssertionError("a secret that is not there was taken")
    except DeploymentFailed as failure:
        assert "UPDATE_ROLLBACK_COMPLETE" in str(failure), failure
    assert story.stack.status() == "UPDATE_ROLLBACK_COMPLETE", story.stack.status()
    assert ids(story.stack.call("GET", "/image-files/my-images")) == files
    assert trash_days(story, files[0]) == 7


def a_deleted_stack_keeps_its_files(story):
    """Functions and API go. The tables, protected against deletion, and the bucket stay, with all that is in them."""
    url, tables = story.stack.url(), story.stack.resources("AWS::DynamoDB::Table").values()
    bucket = story.stack.resources("AWS::S3::Bucket")["ImageBucket"]
    story.stack.delete()
    assert story.stack.status() is None, story.stack.status()
    assert send("GET", url + "/openapi.json").status == 404
    assert not [function for function in client("lambda").list_functions()["Functions"]
                if function["FunctionName"].startswith(story.stack.name)]
    dynamodb = client("dynamodb")
    for table in tables:
        assert dynamodb.describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"], table
    declared = (ROOT / "template.yaml").read_text().count("Type: AWS::DynamoDB::Table")
    assert len(tables) == declared and client("s3").list_object_versions(Bucket=bucket)["Versions"]


STEPS = [
    a_first_deployment_that_fails_is_undone,
    a_stack_is_deployed,
    nobody_gets_in_without_a_token,
    a_page_of_another_origin_is_not_let_in,
    the_bucket_wants_tls,
    an_upload_is_hashed_and_gets_its_pictures,
    an_url_writes_once,
    a_large_file_comes_in_parts,
    it_is_found_and_comes_back_byte_by_byte,
    it_is_deleted_and_restored,
    what_was_deleted_long_ago_is_purged,
    an_update_changes_a_setting_and_keeps_the_files,
    a_secret_is_exchanged_while_people_work,
    a_secret_that_is_not_there_puts_people_off,
    an_update_that_fails_is_rolled_back,
    a_deleted_stack_keeps_its_files,
]


def beside(functions, folder):
    """The template with these functions beside it. Each program is packed once: sam would pack it for each of its functions, and in each deployment."""
    template = (ROOT / "template.yaml").read_text("utf-8")
    for program in sorted(functions.glob("*/bootstrap")):
        name = program.parent.name
        packed = Path(folder, name).with_suffix(".zip")
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(program, "bootstrap")
        template = template.replace(f"CodeUri: target/lambda/{name}/\n", f"CodeUri: {packed.name}\n")
    copy = Path(folder, "template.yaml")
    copy.write_text(template, "utf-8")
    return copy


def main():
    """Every step; the first that fails ends the story, with what the functions logged."""
    parser = argparse.ArgumentParser(description="The flow tests against a stack deployed to an emulator of AWS")
    parser.add_argument("--local", default=ROOT / "target/debug/filmroom-local", help="the local stack, which makes the samples")
    parser.add_argument("--functions", type=Path, default=ROOT / "target/lambda", help="where the built functions are")
    arguments = parser.parse_args()
    missing = [source.stem for source in sorted(ROOT.glob("functions/src/bin/*.rs"))
               if not Path(arguments.functions, source.stem, "bootstrap").exists()]
    if missing:
        raise SystemExit(f"not built yet in {arguments.functions}: {', '.join(missing)}. Run `make lambda`")
    with tempfile.TemporaryDirectory() as samples, tempfile.TemporaryDirectory() as folder, emulator():
        subprocess.run([arguments.local, "samples", samples], check=True)
        story = Story(Stack("filmroom-e2e", beside(arguments.functions, folder)), Path(samples))
        for step in STEPS:
            begun = time.monotonic()
            try:
                step(story)
            except Exception:
                traceback.print_exc()
                for function in ("process-object", "maintenance", "create-upload"):
                    print(f"-- {function}", *story.stack.log(function), sep="\n", file=sys.stderr)
                raise SystemExit(f"failed: {step.__name__.replace('_', ' ')}") from None
            print(f"ok {time.monotonic() - begun:5.1f} s  {step.__name__.replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main()
