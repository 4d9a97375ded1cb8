#!/bin/sh
# check-installed.sh DESTDIR SBINDIR BINDIR SYSCONFDIR UNITDIR SYSUSERSDIR PKGDATADIR PKGLIBEXECDIR: is the tree that "make install" made whole?
# Every program runs, no file names a place that only the build knew, and the unit is one that systemd would start.
set -eu
root=$1 sbin=$2 bin=$3 sysconf=$4 units=$5 sysusers=$6 data=$7 libexec=$8
fail() { printf 'installed tree: %s\n' "$*" >&2; exit 1; }

"$root$sbin/priceforged" --version
"$root$bin/priceforge" --version
"$root$bin/priceforge-cells" --version
"$root$libexec/priceforge-admin" --version
"$root$libexec/priceforge-admin" db --help | grep -F "$sysconf/priceforge/priceforged.conf" >/dev/null || fail "priceforge-admin reads another default file"
"$root$sbin/priceforged" --help | grep -F "$sysconf/priceforge/priceforged.conf" >/dev/null || fail "priceforged reads another default file"
PATH=/usr/sbin:/usr/bin:/sbin:/bin "$root$sbin/priceforged" -t -c "$root$sysconf/priceforge/priceforged.conf"

unit=$root$units/priceforge.service
for file in "$unit" "${unit%service}socket" "$root$sysusers/priceforge.conf" "$root$sysconf/priceforge/priceforged.conf" "$root$data"/*; do
    [ -s "$file" ] || fail "$file is missing or empty"
    ! grep -n '@[A-Za-z_]*@' "$file" || fail "$file: a name was not replaced"
done
grep -F "ExecStart=$sbin/priceforged " "$unit" || fail "the unit starts another program"

# It may only be silent: systemd warns about what it does not know, and goes on.
if command -v systemd-analyze >/dev/null; then
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    sed -e "s|=$sbin/|=$root$sbin/|" "$unit" >"$copy/priceforge.service"
    cp "${unit%service}socket" "$copy"
    said=$(systemd-analyze verify --man=no "$copy/priceforge.service" "$copy/priceforge.socket" 2>&1) || fail "systemd-analyze verify: $said"
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
else
    echo "installed tree: systemd-analyze is not here; the unit was not verified"
fi
echo "installed tree: in order"
