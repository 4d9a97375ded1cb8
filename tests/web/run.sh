#!/usr/bin/env bash
# run.sh BUILD [FILE…]: the tests of the console against the daemon of BUILD, by node's own runner. The last line is "N passed, N failed, N skipped".
# What npm cannot install, and what needs a browser where there is none, is skipped and counted.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- "$here"/*.test.mjs
node=$("$here/../openapi/install.sh" "$here") || node=
log=$(mktemp)
PF_BUILD=$build PF_WEB_NODE=$node timeout 900 node --test --test-reporter=tap "$@" >"$log" 2>&1
rc=$?
grep -E '^ *not ok ' "$log" && cat "$log"
awk -v rc="$rc" '/^# (pass|fail|cancelled|skipped|todo) [0-9]+$/ {n[$2] = $3}
    END {
        failed = n["fail"] + n["cancelled"] + n["todo"]
        if (rc && !failed) failed = 1
        if (!(n["pass"] + n["skipped"])) failed++
        printf "%d passed, %d failed, %d skipped\n", n["pass"], failed, n["skipped"]
        exit failed > 0
    }' "$log"
rc=$?
rm -f "$log"
exit $rc
