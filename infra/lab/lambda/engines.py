"""The local stack, for functions that run outside of it: under the emulator of Lambda's runtime, or in containers."""

import contextlib
import dataclasses
import json
import os
import subprocess
import tempfile
from pathlib import Path

# Signs the tokens of one run; it opens nothing but loopback ports.
JWT_SECRET = "secret-of-functions-that-run-outside-the-local-stack"


@dataclasses.dataclass
class Engines:
    """Where the engines of a running local stack are, and whom it knows."""

    bucket_url: str
    tables_url: str
    user: str
    """The token of a user."""
    operator: str
    """The access key that may do everything. A function's access key is its name."""
    variables: dict
    """The variables of template.yaml that name tables and bucket."""
    program: str
    folder: str
    """What runs, and over which DATA_DIR: it knows the keys."""

    def settings(self):
        """The variables of template.yaml, as they are here."""
        # There is no Secrets Manager here: the secret is text, which template.yaml gives nobody.
        return {**self.variables, "JWT_SECRET_ARN": "", "CURSOR_SECRET": JWT_SECRET}

    def services(self):
        """What there is in place of AWS's services: where DynamoDB and S3 are, by the variables of the SDK, and the secret of tokens."""
        return {"AWS_ENDPOINT_URL_DYNAMODB": self.tables_url, "AWS_ENDPOINT_URL_S3": self.bucket_url, "JWT_SECRET": JWT_SECRET}

    def credentials(self, function=None):
        """The variables that Lambda sets itself: of one function, or of the operator."""
        printed = subprocess.run([self.program, "key", function or self.operator], env={**os.environ, "DATA_DIR": self.folder}, check=True,
                                 capture_output=True, text=True).stdout
        return dict(line.split("=", 1) for line in printed.splitlines())


@contextlib.contextmanager
def engines(program, **settings):
    """Runs the local stack `program` on free ports and an empty folder until the block ends, with these variables."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PORT": "0", "DATA_DIR": folder, "JWT_SECRET": JWT_SECRET, **settings}
        with open(Path(folder, "log"), "w+") as log:
            stack = subprocess.Popen([program, "--json"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
                                     start_new_session=True)
            try:
                line = stack.stdout.readline()
                if not line:
                    log.seek(0)
                    raise SystemExit(f"{program} did not start:\n{log.read()}")
                ready = json.loads(line)
                yield Engines(ready["bucket"], ready["tables"], ready["users"][0]["token"], ready["operator"], ready["variables"], program, folder)
            finally:
                stack.terminate()
                stack.wait()
                stack.stdout.close()
