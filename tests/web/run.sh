#!/usr/bin/env bash
# run.sh BUILD [FILE…]: the tests of the console against the daemon of BUILD, by node's own runner. The last line is "N passed, N failed, N skipped".
# What npm cannot install, and what needs a browser where there is none, is skipped and counted.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- "$here"/*.test.mjs
node=$("$here/../openapi/install.sh" "$here") || node=
logs=$(mktemp -d)
export PF_BUILD=$build PF_WEB_NODE=$node logs
# One log a file. A file that ends without its counts has failed.
printf '%s\0' "$@" | xargs -0 -P $(($(nproc) + 1)) -I{} sh -c '
    log=$logs/$(basename "$1")
    timeout 900 node --test --test-reporter=tap "$1" >"$log" 2>&1 || echo "# status" >>"$log"' sh {}
grep -lE '^ *not ok |^# status' "$logs"/* | xargs -r cat
awk 'FNR == 1 {files++} /^# (pass|fail|cancelled|skipped|todo) [0-9]+$/ {n[$2] += $3; if ($2 == "pass") told++} /^# status$/ {bad++}
    END {
        failed = n["fail"] + n["cancelled"] + n["todo"] + files - told
        if (bad > 0 && !failed) failed = bad
        if (!(n["pass"] + n["skipped"])) failed++
        printf "%d passed, %d failed, %d skipped\n", n["pass"], failed, n["skipped"]
        exit failed > 0
    }' "$logs"/*
rc=$?
rm -rf "$logs"
exit $rc
