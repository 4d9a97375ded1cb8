#!/usr/bin/env bash
# ./dev bench: every measurement, as ratios side by side in one run. bench.sh BUILD [NAME…]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd); shift
make -s -j2 -C "$build" priceforged-test tests/bench/bare_evhttp tests/bench/pollers tests/bench/journal_floor
PF_BUILD=$build exec /usr/bin/python3 "$here/bench.py" "$@"
