#!/usr/bin/env bash
# Fuzzes every target in turn: run.sh SECONDS-IN-ALL [TARGET…]. See docs/IMAGING.md, "Fuzzing".
#
# libFuzzer finds its way by coverage counters that the stable compiler inserts when asked like this; cargo-fuzz, which
# only sets the same flags, is not needed. A crash, a hang or too much memory ends the run with exit code 1, and the
# input stands in target/fuzz/findings. FUZZ_SANITIZER=address also finds reads and writes out of bounds, in the
# unsafe code of the JPEG decoder and in OpenJPEG: twice as slow, and the compiler has to be told to allow it.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-120}
shift || true
host=x86_64-unknown-linux-gnu
counters="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares"
export RUSTFLAGS="--cfg fuzzing -Cdebug-assertions=yes -Coverflow-checks=yes -Cdebuginfo=line-tables-only $counters"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../../../target}/fuzz
if command -v clang >/dev/null; then
  # Coverage of OpenJPEG and Zstandard as well; gcc has no such counters.
  export CC=clang CFLAGS="-g -fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp"
fi
memory=512
if [ "${FUZZ_SANITIZER:-}" = address ]; then
  export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$CARGO_TARGET_DIR/address
  export RUSTFLAGS="$RUSTFLAGS -Zsanitizer=address" CFLAGS="${CFLAGS:-} -fsanitize=address"
  # What the sanitizer itself needs comes on top.
  memory=1536
fi

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for target in targets/*.rs; do targets+=("$(basename "$target" .rs)"); done
fi
cargo build --quiet --locked --release --target "$host" --bins
findings=$CARGO_TARGET_DIR/findings
mkdir -p "$findings"
share=$(((seconds + ${#targets[@]} - 1) / ${#targets[@]}))
for target in "${targets[@]}"; do
  grown=$CARGO_TARGET_DIR/corpus/$target
  mkdir -p "$grown" "corpus/$target"
  printf '%-16s ' "$target"
  log=$findings/$target.log
  # Every saved input first; then new ones, which are kept outside of the repository.
  if ! "$CARGO_TARGET_DIR/$host/release/$target" "$grown" "corpus/$target" ${FUZZ_CORPUS:+"$FUZZ_CORPUS"} -max_total_time="$share" -timeout=5 \
    -rss_limit_mb=$memory -malloc_limit_mb=$memory -max_len=65536 -artifact_prefix="$findings/$target-" \
    -print_final_stats=1 >"$log" 2>&1; then
    echo "FAILED: see $log"
    grep -E 'panicked|ERROR|SUMMARY|Test unit written' "$log" || tail -20 "$log"
    exit 1
  fi
  grep -oE 'number_of_executed_units: +[0-9]+|peak_rss_mb: +[0-9]+' "$log" | sed -E 's/.*: +//' | paste -sd' ' |
    awk '{ printf "%9d inputs, peak %3d MB\n", $1, $2 }'
done
