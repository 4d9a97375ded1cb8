#!/bin/sh
# CPU time and peak memory of the .xlsx reader on 500 000 rows of 8 columns, beside other readers of the same file.
#   bench_xlsx.sh BUILD [ROWS]
# BUILD is a build directory without sanitizers. The list is written by xlsx_make.py of the directory in PF_TOOLS, which also
# tells the CRC-32 of all cells: ours must have read exactly those. Beside it: expat alone on the inflated parts (no reader that
# stands on expat can take less), xlsxio (xlsxio_xlsx2csv, where it is installed) and openpyxl's read_only mode (where
# python3 has it). Every program is a process of its own; the best of three runs counts, of openpyxl's one.
# Goals: 5 times less CPU than xlsxio, 25 times less than openpyxl, 32 MiB beside the shared strings. Exits 1 when one is missed.
set -eu
build=${1:?usage: bench_xlsx.sh BUILD [ROWS]}
rows=${2:-500000}
: "${PF_TOOLS:?set PF_TOOLS to the directory of xlsx_make.py}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s -C "$build" tests/bench/bench_xlsx
ours=$(cd "$build" && pwd)/tests/bench/bench_xlsx
python3 "$PF_TOOLS/xlsx_make.py" "$rows" "$work/list.xlsx" >"$work/facts.json"
python3 - "$ours" "$work" <<'PY'
import json, os, re, shutil, subprocess, sys, zipfile

ours, work = sys.argv[1:]
file = work + '/list.xlsx'
facts = json.load(open(work + '/facts.json'))


def run(*command):
    """(CPU seconds, peak KiB, output) of one process."""
    child = subprocess.Popen(command, stdout=open(work + '/out', 'w'), stderr=subprocess.DEVNULL, cwd=work)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit('%s failed' % command[0])
    out = open(work + '/out').read(200)
    own = re.search('rss_kib=([0-9]+)', out)
    return usage.ru_utime + usage.ru_stime, int(own.group(1)) if own else usage.ru_maxrss, out


def best(*command, times=3):
    return min(run(*command) for _ in range(times))


OPENPYXL = '''
import openpyxl, sys
book, n = openpyxl.load_workbook(sys.argv[1], read_only=True), 0
for sheet in book:
    for row in sheet.iter_rows(values_only=True):
        n += sum(value is not None for value in row)
print(n)
'''
others = [('expat alone', best(ours, '--expat', file), None)]
if shutil.which('xlsxio_xlsx2csv'):
    others.append(('xlsxio', best('xlsxio_xlsx2csv', file), 5))
else:
    print('xlsxio is not installed: left out')
python = next((p for p in ('python3', '/usr/bin/python3')
               if subprocess.run([p, '-c', 'import openpyxl'], stderr=subprocess.DEVNULL).returncode == 0), None)
if python:
    others.append(('openpyxl', best(python, '-c', OPENPYXL, file, times=1), 25))
else:
    print('openpyxl is not installed: left out')

crc = re.search('crc=([0-9a-f]+)', run(ours, '--crc', file)[2]).group(1)
cpu, peak, _ = best(ours, file)
looking = best(ours, '--merges', file)[0]
strings = zipfile.ZipFile(file).getinfo('xl/sharedStrings.xml').file_size / 2**20
print('%-12s %7.2f s %7.1f MiB   %d rows, %d cells, %d MB/s of sheet' % (
    'ours', cpu, peak / 1024, facts['rows'], facts['cells'],
    zipfile.ZipFile(file).getinfo('xl/worksheets/sheet1.xml').file_size / 1e6 / cpu))
print('%-12s %7.2f s                looking for merged areas first' % ('', looking))
missed = []
for name, (other, other_peak, _), goal in others:
    print('%-12s %7.2f s %7.1f MiB   %.1f times ours%s' % (
        name, other, other_peak / 1024, other / cpu, ' (goal %d)' % goal if goal else ''))
    if goal and other < goal * cpu:
        missed.append(name)
if crc != facts['crc']:
    missed.append('CRC of the cells: %s, not %s' % (crc, facts['crc']))
if peak > (32 + strings) * 1024:
    missed.append('memory')
print('xlsx: %.2f s, %.1f MiB with %.1f MiB of strings, cells %s: %s' % (
    cpu, peak / 1024, strings, 'right' if crc == facts['crc'] else 'WRONG', 'MISSED ' + ', '.join(missed) if missed else 'ok'))
sys.exit(1 if missed else 0)
PY
