#!/bin/sh
# assets.sh DIR FILE…: print the C source of the console's files (daemon/api/console/console.h). DIR holds them and index.html; FILE is a name
# below it. Packs with gzip, and with brotli if it is there. Fails if the files are larger than the page may be.
set -eu
dir=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hash_of() { sha256sum <"$1" | cut -c1-32; }
build=$( (for name in index.html "$@"; do printf '%s %s\n' "$(hash_of "$dir/$name")" "$name"; done) | sha256sum | cut -c1-12)

# The addresses of the files have the build in them. All modules are named, so that none can be missing after an upgrade.
make_page() {
    for name in "$@"; do
        case $name in
        js/boot.js) ;;
        *.js) printf '<link rel="modulepreload" href="assets/%s/%s">\n' "$build" "$name" ;;
        esac
    done >"$work/preload"
    sed -e "s,@BUILD@,$build,g" -e "/@PRELOAD@/{r $work/preload" -e 'd;}' "$dir/index.html" >"$work/index.html"
}

type_of() {
    case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *) echo "assets.sh: no media type for $1" >&2; exit 1 ;;
    esac
}

# bytes NAME FILE: a C array.
bytes() {
    printf 'static const unsigned char %s[] = {\n' "$1"
    od -An -v -tx1 "$2" | awk '{gsub(/ /, ",0x"); print substr($0, 2) ","}'
    printf '};\n'
}

# pack N NAME FILE: the arrays of file N; its line goes to the table.
pack() {
    gzip -9nc "$3" >"$work/gz"
    bytes "gzip_$1" "$work/gz"
    other='NULL, 0' packed=0
    if command -v brotli >/dev/null; then
        brotli -q 11 -c "$3" >"$work/br"
        bytes "brotli_$1" "$work/br"
        other="brotli_$1, sizeof brotli_$1"
        packed=$(wc -c <"$work/br")
    fi
    printf '    {"%s", "%s", "%s", %d, gzip_%d, sizeof gzip_%d, %s},\n' "$2" "$(type_of "$2")" "$(hash_of "$3")" "$(wc -c <"$3")" \
        "$1" "$1" "$other" >>"$work/table"
    printf '%s %d %d\n' "$2" "$(wc -c <"$work/gz")" "$packed" >>"$work/sizes"
}

# The page with all that belongs to it has at most 120 KiB as brotli packs it, which is what browsers ask for where it matters; gzip packs a
# sixth less well.
check_budget() {
    awk '{gzip += $2; brotli += $3}
        END {
            limit = brotli ? 120 : 140; size = (brotli ? brotli : gzip) / 1024
            if (size > limit) {printf "assets.sh: the files are %.1f KiB packed, more than %d\n", size, limit > "/dev/stderr"; exit 1}
        }' "$work/sizes"
}

# What is sent of scripts and styles: without indentation, comments of whole lines and types, which are half of it. Lines keep their numbers.
bare() {
    case $1 in
    *.js | *.css) awk '{sub(/^ +/, "")} /^\/\*/ && !/\*\/./ {inside = 1}
        {line = $0; gsub(/\/\*\* @[^*]*\*\/ ?/, "", line); print inside ? "" : line} inside && /\*\/$/ {inside = 0}' "$dir/$1" ;;
    *) cat "$dir/$1" ;;
    esac
}

make_page "$@"
echo '/* Made by web/assets.sh from the files beside it. */'
echo '#include "daemon/api/console/console.h"'
pack 0 index.html "$work/index.html"
n=1
for name in "$@"; do
    bare "$name" >"$work/bare"
    pack "$n" "$name" "$work/bare"
    n=$((n + 1))
done
check_budget
printf '\nconst struct web_file web_files[] = {\n'
cat "$work/table"
printf '    {NULL, NULL, NULL, 0, NULL, 0, NULL, 0},\n};\nconst char web_build[] = "%s";\n' "$build"
