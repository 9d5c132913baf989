#!/usr/bin/env bash
# Fuzzes every target in turn: run.sh SECONDS-IN-ALL [TARGET…]. See docs/IMAGING.md, "Fuzzing".
#
# FUZZ_SEED=NUMBER tries the inputs of an earlier run again, as far as a machine gets in the time.
#
# libFuzzer finds its way by coverage counters that the stable compiler inserts when asked like this; cargo-fuzz, which
# only sets the same flags, is not needed. A crash, a hang or too much memory ends the run with exit code 1; the input
# stands in target/fuzz/findings, and in what is printed. FUZZ_CORPUS=FOLDER adds files to start from.
#
# FUZZ_SANITIZER=address builds everything with AddressSanitizer, in target/fuzz-address: our code, every crate with its
# unsafe code, and the C decoders (not the standard library). It needs clang and its runtime, in Debian `clang` and
# `libclang-rt-14-dev`. The flag of rustc for this is not stable; naming LLVM's pass is, but then every function has to be
# marked for it, and the linking within a crate (thin-local LTO) left out, which crashes on what the pass adds.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-120}
shift || true
host=$(rustc --print host-tuple)
counters="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares"
export RUSTFLAGS="--cfg fuzzing -Cdebug-assertions=yes -Coverflow-checks=yes -Cdebuginfo=line-tables-only $counters"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../../../target}/fuzz
if command -v clang >/dev/null; then
  # Coverage of OpenJPEG and Zstandard as well; gcc has no such counters.
  export CC=clang CFLAGS="-g -fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp"
fi
memory=512 timeout=5
if [ "${FUZZ_SANITIZER:-}" = address ]; then
  RUSTFLAGS+=" -Clto=off -Cpasses=forceattrs -Cpasses=asan -Cllvm-args=-force-attribute=sanitize_address
    -Clinker=clang -Clink-arg=-fsanitize=address"
  CFLAGS+=" -fsanitize=address"
  CARGO_TARGET_DIR+=-address
  # Every block of memory gets company, and every access is looked at twice.
  memory=2048 timeout=25
fi
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for target in targets/*.rs; do targets+=("$(basename "$target" .rs)"); done
fi
cargo build --quiet --locked --release --target "$host" --bins
findings=$CARGO_TARGET_DIR/findings
mkdir -p "$findings"
seed=${FUZZ_SEED:-$RANDOM}
echo "seed $seed"
share=$(((seconds + ${#targets[@]} - 1) / ${#targets[@]}))
for target in "${targets[@]}"; do
  grown=$CARGO_TARGET_DIR/corpus/$target
  mkdir -p "$grown" "corpus/$target"
  printf '%-16s ' "$target"
  log=$findings/$target.log
  # Every saved input first; then new ones, which are kept outside of the repository.
  if ! "$CARGO_TARGET_DIR/$host/release/$target" "$grown" "corpus/$target" ${FUZZ_CORPUS:+"$FUZZ_CORPUS"} -max_total_time="$share" -timeout="$timeout" \
    -rss_limit_mb="$memory" -max_len=65536 -seed="$seed" -artifact_prefix="$findings/$target-" \
    -print_final_stats=1 >"$log" 2>&1; then
    echo "FAILED: see $log"
    grep -E 'panicked|ERROR|SUMMARY|Test unit written' "$log" || tail -20 "$log"
    # A machine of CI is gone with its files.
    finding=$(sed -n 's/.*Test unit written to //p' "$log")
    [ -z "$finding" ] || echo "base64 --decode <<<$(gzip -9 --stdout "$finding" | base64 --wrap=0) | gunzip"
    exit 1
  fi
  grep -oE 'number_of_executed_units: +[0-9]+|peak_rss_mb: +[0-9]+' "$log" | sed -E 's/.*: +//' | paste -sd' ' |
    awk '{ printf "%9d inputs, peak %3d MB\n", $1, $2 }'
done
