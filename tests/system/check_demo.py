"""Compare the demo's stock import (result on standard input) with the expected numbers; exit 1 and name every difference."""
import json
import sys

result = json.load(sys.stdin)
expected = json.load(open(sys.argv[1], encoding="utf-8"))
again = result["inserted"] == 0

wanted = {key: expected[key] for key in ("stock_date", "rows_total", "rows_skipped", "rows_rejected", "rows_accepted",
                                         "duplicates_merged", "matched", "unmatched", "errors", "warnings", "qty_total", "value_total")}
wanted.update({key: (expected["second_run"] if again else expected)[key] for key in ("inserted", "updated", "unchanged", "deleted")})
wrong = {key: (result.get(key), value) for key, value in wanted.items() if result.get(key) != value}
columns = result["file"]["columns"]
if columns != expected["columns"]:
    wrong["file.columns"] = (columns, expected["columns"])
for key, (got, want) in wrong.items():
    print(f"demo: {key} is {got!r}, expected {want!r}", file=sys.stderr)
print("the result is the expected one" + (": everything unchanged" if again else "") if not wrong else "the result differs")
sys.exit(1 if wrong else 0)
