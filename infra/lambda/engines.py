"""The local stack, for functions that run outside of it: under the emulator of Lambda's runtime, or in containers."""

import contextlib
import dataclasses
import os
import subprocess
import tempfile
from pathlib import Path

# What the local stack takes as its own (infra/local/src/stack.rs, apps.rs). A function's access key is its name.
OPERATOR = "operator"
BUCKET = "filmroom-images"
TABLES = {
    "FILES_TABLE": "filmroom-FilesTable",
    "STATS_TABLE": "filmroom-StatsTable",
    "AUDIT_LOG_TABLE": "filmroom-AuditLogTable",
    "PATIENTS_TABLE": "filmroom-PatientsTable",
    "FOLDS_TABLE": "filmroom-FoldsTable",
    "STUDIES_TABLE": "filmroom-StudiesTable",
    "UIDS_TABLE": "filmroom-UidsTable",
}

# Signs the tokens of one run; it opens nothing but loopback ports.
JWT_SECRET = "secret-of-functions-that-run-outside-the-local-stack"


@dataclasses.dataclass
class Engines:
    """Where the engines of a running local stack are, and whom it knows."""

    bucket_url: str
    tables_url: str
    user: str
    """The token of a user."""
    program: str
    folder: str
    """What runs, and over which DATA_DIR: it knows the keys."""

    def settings(self):
        """The variables of template.yaml, as they are here."""
        return {
            **TABLES,
            "IMAGE_BUCKET": BUCKET,
            # There is no Secrets Manager here: the secret is text, which template.yaml gives nobody.
            "JWT_SECRET_ARN": "",
            "CURSOR_SECRET": JWT_SECRET,
            "S3_PATH_STYLE": "true",
        }

    def services(self):
        """What there is in place of AWS's services: where DynamoDB and S3 are, by the variables of the SDK, and the secret of tokens."""
        return {"AWS_ENDPOINT_URL_DYNAMODB": self.tables_url, "AWS_ENDPOINT_URL_S3": self.bucket_url, "JWT_SECRET": JWT_SECRET}

    def credentials(self, function=OPERATOR):
        """The variables that Lambda sets itself: of one function, or of the one who may do everything."""
        printed = subprocess.run([self.program, "key", function], env={**os.environ, "DATA_DIR": self.folder}, check=True,
                                 capture_output=True, text=True).stdout
        return dict(line.split("=", 1) for line in printed.splitlines())


@contextlib.contextmanager
def engines(program, **settings):
    """Runs the local stack `program` on free ports and an empty folder until the block ends, with these variables."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PORT": "0", "DATA_DIR": folder, "JWT_SECRET": JWT_SECRET, **settings}
        with open(Path(folder, "log"), "w+") as log:
            stack = subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
                                     start_new_session=True)
            try:
                said = {}
                for line in stack.stdout:
                    words = line.replace("=", " ", 1).split()
                    if words == ["ready"]:
                        break
                    if len(words) == 2:
                        said[words[0]] = words[1]
                else:
                    log.seek(0)
                    raise SystemExit(f"{program} did not start:\n{log.read()}")
                yield Engines(said["bucket"], said["tables"], said["USER1"], program, folder)
            finally:
                stack.terminate()
                stack.wait()
                stack.stdout.close()
