#!/bin/sh
# Speed and memory of the .mxl reader on 1 000 000 product rows.
#   bench_mxl.sh BUILD [ROWS]
# BUILD is a build directory without sanitizers. The report is written by mxl_make.py of the directory in PF_TOOLS.
# Goals: at least 100 MB of input per second of CPU, at most 32 MiB of memory. Exits 1 when one is missed.
set -eu
build=${1:?usage: bench_mxl.sh BUILD [ROWS]}
rows=${2:-1000000}
: "${PF_TOOLS:?set PF_TOOLS to the directory of mxl_make.py}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s -C "$build" tests/bench/bench_mxl
python3 "$PF_TOOLS/mxl_make.py" "$rows" "$work/report.mxl" >"$work/facts.json"
"$build/tests/bench/bench_mxl" "$work/report.mxl" 3 | tee "$work/result.json"
python3 - "$work" <<'PY'
import json, sys
facts = json.load(open(sys.argv[1] + '/facts.json'))
got = json.load(open(sys.argv[1] + '/result.json'))
want_rows = facts['products'] + facts['groups'] + 6
ok = got['rows'] == want_rows and got['mb_per_s'] >= 100 and got['peak_kib'] <= 32 * 1024
print('mxl: %d rows, %d MB/s (goal 100), %.1f MiB (goal 32): %s'
      % (got['rows'], got['mb_per_s'], got['peak_kib'] / 1024, 'ok' if ok else 'MISSED'))
sys.exit(0 if ok else 1)
PY
