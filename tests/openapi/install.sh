#!/usr/bin/env bash
# install.sh [DIR]: install what DIR/package-lock.json names (without DIR: what the tests of the API document run), once for each lock file,
# and print the folder. Fails if npm is not there or cannot install.
set -euo pipefail
here=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")}" && pwd)
own=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$(cd "$own/../.." && pwd)/build-node
dir=$place/$(sha256sum <"$here/package-lock.json" | cut -c1-16)
command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 1; }
mkdir -p "$place"
exec 9>"$place/lock" # tests may run side by side
flock 9
if [ ! -d "$dir" ]; then
    rm -rf "$place/new"
    mkdir "$place/new"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$place/new"
    (cd "$place/new" && npm ci --no-progress >&2)
    mv "$place/new" "$dir"
fi
printf '%s\n' "$dir"
