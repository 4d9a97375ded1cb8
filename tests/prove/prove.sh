#!/bin/sh
# Prove the task table: see shm/README.md for what each part shows.
#
#   tests/prove/prove.sh [--quick] [--strict] [--seed N] [--kills N] [--part NAME]... BUILD_DIR
#
# --quick   every store instead of every instruction, 2000 deaths in the crowd instead of 100000, 120 in the daemon
#           instead of 1000, smaller models; minutes instead of half an hour
# --strict  count every poll of the daemon over 50 ms, whatever the machine does beside
# --seed N  ids, contents and choices follow from it (default: today's date, printed)
# --kills N deaths in the crowd, and in the daemon when that part is run alone
# --part    only these of: step corrupt race models mutants crowd daemon
#
# BUILD_DIR is a configured build: its libpfshm.a, the object code that ships, is what is stepped through. Ends with
# "N passed, N failed, N skipped"; exit code 0 only when nothing failed.
set -u

usage() {
    sed -n '2,/^set -u/s/^# \{0,1\}//p' "$0" | sed '$d'
    exit 64
}

quick='' strict='' kills='' parts='' build=''
seed=$(date +%Y%m%d)
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=--quick ;;
    --strict) strict=--strict ;;
    --seed) seed=$2; shift ;;
    --kills) kills=$2; shift ;;
    --part) parts="$parts $2"; shift ;;
    -*) usage ;;
    *) build=$1 ;;
    esac
    shift
done
[ -f "$build/Makefile" ] || usage
daemon_kills=1000
[ -z "$quick" ] || daemon_kills=120
[ "$parts" != " daemon" ] || daemon_kills=${kills:-$daemon_kills}
if [ -z "$kills" ]; then
    kills=100000
    [ -z "$quick" ] || kills=2000
fi
[ -n "$parts" ] || parts="step corrupt race models mutants crowd daemon"

source=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$build" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/prove.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
: >"$work/results"

# result pass|fail|skip SENTENCE: one check is done.
result() {
    printf '%s %s\n' "$1" "$2" >>"$work/results"
    [ "$1" = pass ] || printf '%s: %s\n' "$1" "$2"
}

wanted() {
    case " $parts " in *" $1 "*) return 0 ;; esac
    return 1
}

# --- building ------------------------------------------------------------------------------------------------------

# The flags that ship, as the build has them.
read_flags() {
    (cd "$build" && make -s prove-flags) >"$work/flags" || return 1
    cc=$(sed -n 's/^CC //p' "$work/flags")
    cppflags=$(sed -n 's/^CPPFLAGS //p' "$work/flags")
    cflags=$(sed -n 's/^CFLAGS //p' "$work/flags")
    ldflags=$(sed -n 's/^LDFLAGS //p' "$work/flags")
}

build_programs() {
    (cd "$build" && make -s libpfshm.a tests/prove/step tests/prove/crowd tests/prove/corrupt) >"$work/build.log" 2>&1
}

# sources_of PROGRAM: its own sources, in tests/prove.
sources_of() {
    case $1 in
    step) echo step.c stepper.c scenarios.c judge.c readers.c ;;
    corrupt) echo corrupt.c scenarios.c ;;
    crowd) echo crowd.c actors.c ;;
    race) echo race.c actors.c ;;
    esac
}

# compile_tree TREE PROGRAM OUT FLAGS...: a program from the shm/ of a tree; of base/ shm/ needs the clock alone.
compile_tree() {
    tree=$1 program=$2 out=$3
    shift 3
    files=''
    for file in $(sources_of "$program"); do
        files="$files $source/tests/prove/$file"
    done
    # shellcheck disable=SC2086
    (cd "$build" && $cc -I"$tree" $cppflags "$@" $files "$tree"/shm/*.c "$source/base/clock.c" -o "$out" $ldflags) >"$out.log" 2>&1
}

# relink_tree TREE PROGRAM OUT FILES: the program that was built, with some of its shm/ taken from a tree. Only for changes
# of .c files: what a header says is compiled into everything.
relink_tree() {
    tree=$1 program=$2 out=$3
    shift 3
    cp "$build/libpfshm.a" "$tree/libpfshm.a" || return
    for file in "$@"; do
        object="$tree/$(basename "$file" .c).o"
        # shellcheck disable=SC2086
        (cd "$build" && $cc -I"$tree" $cppflags $cflags -c "$tree/$file" -o "$object") >>"$out.log" 2>&1 || return
        ar r "$tree/libpfshm.a" "$object" >>"$out.log" 2>&1 || return
    done
    objects=''
    for file in $(sources_of "$program"); do
        objects="$objects tests/prove/${file%.c}.o"
    done
    # shellcheck disable=SC2086
    (cd "$build" && $cc $cflags $objects "$tree/libpfshm.a" libpfbase.a -o "$out" $ldflags) >>"$out.log" 2>&1
}

# build_mutant PATCH TREE PROGRAM OUT
build_mutant() {
    files=$(sed -n 's|^+++ b/||p' "$1")
    case "$3 $files" in
    race*)
        # shellcheck disable=SC2086
        compile_tree "$2" "$3" "$4" $tsan_flags
        ;;
    *.h*)
        # shellcheck disable=SC2086
        compile_tree "$2" "$3" "$4" $cflags
        ;;
    *)
        # shellcheck disable=SC2086
        relink_tree "$2" "$3" "$4" $files
        ;;
    esac
}

# --- parts ---------------------------------------------------------------------------------------------------------

part_step() {
    "$build/tests/prove/step" $quick --seed "$seed"
    case $? in
    0) result pass "step" ;;
    77) result skip "step: not on this machine or not with sanitizers" ;;
    *) result fail "step: violations" ;;
    esac
}

part_corrupt() {
    if "$build/tests/prove/corrupt" $quick --seed "$seed"; then
        result pass "corrupt"
    else
        result fail "corrupt: violations"
    fi
}

part_crowd() {
    if "$build/tests/prove/crowd" --kills "$kills" --seed "$seed"; then
        result pass "crowd"
    else
        result fail "crowd: violations"
    fi
}

part_daemon() {
    if ! (cd "$build" && make -s priceforged-test tests/prove/poller) >"$work/daemon.log" 2>&1; then
        result fail "daemon: does not build"
        tail -5 "$work/daemon.log"
        return
    fi
    patience=--patience
    [ -z "$quick" ] || patience=''
    # shellcheck disable=SC2086
    /usr/bin/python3 "$source/tests/prove/holders.py" --kills "$daemon_kills" --seed "$seed" $patience $strict "$build"
    case $? in
    0) result pass "daemon" ;;
    77) result skip "daemon: its times, the machine is too busy" ;;
    *) result fail "daemon: violations" ;;
    esac
}

# ThreadSanitizer wants its mapping where randomisation with many bits does not leave it.
without_aslr() {
    if setarch -R true 2>/dev/null; then
        setarch -R "$@"
    else
        "$@"
    fi
}

tsan_flags="-w -std=gnu11 -g -O1 -fsanitize=thread -Dpthread_mutex_clocklock=prove_clocklock -pthread"

run_tsan() {
    TSAN_OPTIONS="halt_on_error=1" without_aslr "$@"
}

part_race() {
    # shellcheck disable=SC2086
    if ! compile_tree "$source" race "$work/race" $tsan_flags; then
        result skip "race: no ThreadSanitizer here"
    elif [ -n "$quick" ] && run_tsan "$work/race" --seconds 5 --seed "$seed"; then
        result pass "race"
    elif [ -z "$quick" ] && run_tsan "$work/race" --seconds 60 --seed "$seed"; then
        result pass "race"
    else
        result fail "race: ThreadSanitizer or the ledger complains"
    fi
}

# pan OPTIMISE MODEL DEFINES...: exit code 0 = no error found, 1 = an error, 2 = it did not run.
pan() {
    optimise=$1 model=$2
    shift 2
    dir="$work/pan-$(basename "$model" .pml)-$(echo "$*" | tr -cd 'A-Z0-9_')"
    mkdir "$dir" && (
        cd "$dir" || exit 2
        spin -a "$@" "$model" >spin.log 2>&1 || exit 2
        cc "$optimise" -w -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c >cc.log 2>&1 || exit 2
        timeout 600 ./pan -m20000 -n >pan.log 2>&1 || exit 2
        grep -q 'errors: [1-9]' pan.log && exit 1
        grep -q 'max search depth too small\|out of memory\|Search not completed' pan.log && exit 2
        grep -q 'errors: 0' pan.log || exit 2
    )
}

# A model is searched whole; with each of its mutants on, an error must be found.
part_models() {
    if ! command -v spin >/dev/null || ! command -v cc >/dev/null; then
        result skip "models: no spin here (apt install spin)"
        return
    fi
    for model in "$source"/tests/prove/models/*.pml; do
        name=$(basename "$model" .pml)
        fewer=''
        [ -n "$quick" ] && fewer=$(sed -n 's/^ \* QUICK: \([-A-Z_=0-9 ]*[A-Z0-9]\).*/\1/p' "$model")
        # shellcheck disable=SC2086
        if pan -O2 "$model" $fewer; then
            states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/pan-$name-"*/pan.log)
            printf 'model %-12s %s states, no error\n' "$name" "$states"
            result pass "model $name"
        else
            result fail "model $name: an error, or the search did not end"
        fi
        # shellcheck disable=SC2013
        for mutant in $(sed -n 's/.*MUTANTS: \([A-Z_ ]*\).*/\1/p' "$model"); do
            pan -O0 "$model" "-D$mutant" # found in no time: the compiler is what takes it
            if [ $? -eq 1 ]; then
                printf 'model %-12s %-20s caught\n' "$name" "$mutant"
                result pass "model $name, $mutant"
            else
                result fail "model $name: $mutant is not caught"
            fi
        done
    done
}

# run_mutant PROGRAM BINARY [SCENARIO]: does it complain? The line of heirs in front of the race takes no time.
run_mutant() {
    case $1 in
    step) timeout 120 "$2" --quick --first --seed "$seed" "$3" ;;
    corrupt) timeout 120 "$2" --quick --seed "$seed" ;;
    crowd) timeout 120 "$2" --first --kills 2000 --seed "$seed" ;;
    race) run_tsan timeout 120 "$2" --seconds 5 --seed "$seed" ;;
    esac
}

# try_mutant PATCH TREE "PROGRAM [SCENARIO]" WORDS: the program must complain, and of this.
try_mutant() {
    name=$(basename "$1" .patch)
    program=${3%% *} scenario=''
    [ "$program" = "$3" ] || scenario=${3#* }
    if ! build_mutant "$1" "$2" "$program" "$2/$program"; then
        [ "$program" = race ] && result skip "mutant $name: no ThreadSanitizer here" && return
        result fail "mutant $name: does not compile"
        sed 5q "$2/$program.log"
        return
    fi
    run_mutant "$program" "$2/$program" "$scenario" >"$2/log" 2>&1
    case $? in
    0) result fail "mutant $name: not caught by $3" ;;
    77) result skip "mutant $name: no single steps here" ;;
    124) result fail "mutant $name: $3 did not end" ;;
    *)
        if seen=$(grep -m1 -E "$4" "$2/log"); then
            printf 'mutant %-26s caught by %s:%s\n' "$name" "$program" \
                "$(echo "$seen" | sed 's/^ *first: */ /; s/ (pid=.*//' | cut -c1-90)"
            result pass "mutant $name"
        else
            result fail "mutant $name: $3 complains, but not of \"$4\""
            tail -3 "$2/log"
        fi
        ;;
    esac
}

# A patch says in its head what catches it, and by which words one knows that it was caught for what it is.
one_mutant() {
    name=$(basename "$1" .patch)
    tree="$work/mutant-$name"
    mkdir -p "$tree" && cp -R "$source/shm" "$tree/shm" || return
    if ! patch -s -p1 -d "$tree" <"$1" >"$tree/patch.log" 2>&1; then
        result fail "mutant $name: its patch no longer fits"
        return
    fi
    sed -n 's/^Caught by: //p' "$1" >"$tree/catchers"
    sed -n 's/^Seen as: //p' "$1" | paste "$tree/catchers" - >"$tree/wanted"
    while IFS='	' read -r catcher words; do
        try_mutant "$1" "$tree" "$catcher" "$words" </dev/null
    done <"$tree/wanted"
}

part_mutants() {
    for mutant in "$source"/tests/prove/mutants/*.patch; do
        one_mutant "$mutant"
    done
}

# --- all of it -----------------------------------------------------------------------------------------------------

# lane PART...: one after the other, into files that are printed in order.
lane() {
    for part in "$@"; do
        wanted "$part" || continue
        began=$(date +%s)
        { "part_$part"; printf '[%s: %d s]\n\n' "$part" "$(($(date +%s) - began))"; } >"$work/out.$part" 2>&1
    done
}

show() {
    for part in "$@"; do
        [ -f "$work/out.$part" ] && cat "$work/out.$part"
    done
}

if ! read_flags || ! build_programs; then
    cat "$work/build.log" 2>/dev/null
    echo "prove: the programs do not build in $build"
    exit 1
fi
echo "prove: seed $seed${quick:+, quick}"
echo
# Two lanes, since there are at least two cores; the crowd and the daemon alone, since they measure waiting.
lane step corrupt mutants &
lane race models &
wait
show step corrupt race models mutants
lane crowd
show crowd
lane daemon
show daemon

count() { grep -c "^$1 " "$work/results"; }
echo "$(count pass) passed, $(count fail) failed, $(count skip) skipped"
[ "$(count fail)" -eq 0 ] && [ "$(count pass)" -gt 0 ]
