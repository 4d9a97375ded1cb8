"""Lists of what is there, against the demo's files; and the search, against a model of its rules."""
import csv
import io
import json
import re
from urllib.parse import quote

import pytest

import samples
from demo_world import AS_OF
from test_pricelists import pages
from test_tasks import MOMENT, check_problem


def rows_of(name):
    return list(csv.DictReader(io.StringIO((samples.DEMO / f"{name}.csv").read_text(encoding="utf-8"))))


ALIKE = str.maketrans("ЁЅІЈАВЕКМНОРСТУХ", "ESIJABEKMHOPCTYX")


def norm(text):
    """As codes and part numbers are compared; Cyrillic letters that look Latin are."""
    return re.sub(r"[\W_]", "", text).upper().translate(ALIKE)


def read(client, path, name, query="", limit=200):
    """Every row, following the pages; none twice."""
    return [row for page in pages(client, f"/api/{path}?limit={limit}{query}") for row in page.json[name]]


# ---- Catalogue ----------------------------------------------------------------------------------------------------------


def test_warehouses(world):
    wanted = sorted((row["code"], row["name"]) for row in rows_of("warehouses"))
    got = read(world.client, "warehouses", "warehouses", limit=1)
    assert [(row["code"], row["name"]) for row in got] == wanted
    assert {row["code"]: row["stock_date"] is not None for row in got} == {code: code == "MAIN" for code, _name in wanted}
    main = next(row for row in got if row["code"] == "MAIN")
    assert main["import_id"] == world.client.get("/api/stock?limit=1").json["stock"][0]["import"]["id"]
    assert [row["code"] for row in read(world.other, "warehouses", "warehouses", "&q=mai")] == ["MAIN"]
    assert read(world.client, "warehouses", "warehouses", "&q=%25") == []


def test_parties(world):
    order = {"supplier": 1, "competitor": 2}
    wanted = sorted(rows_of("parties"), key=lambda row: (order[row["kind"]], row["code"]))
    got = read(world.client, "parties", "parties", limit=3)
    assert [(row["kind"], row["code"], row["name"], float(row["weight"]), row["active"]) for row in got] == \
        [(row["kind"], row["code"], row["name"], float(row.get("weight") or 1), (row.get("active") or "1") in ("1", "true", "yes")) for row in wanted]
    for kind in order:
        assert read(world.other, "parties", "parties", f"&kind={kind}", limit=2) == [row for row in got if row["kind"] == kind]
    for active in ("true", "false"):
        assert read(world.client, "parties", "parties", f"&active={active}") == [row for row in got if row["active"] == (active == "true")]
    word = got[0]["name"].split()[0].upper()
    assert read(world.client, "parties", "parties", "&q=" + quote(word)) == [row for row in got if word.lower() in (row["code"] + "\n" + row["name"]).lower()]


def test_rates(world):
    wanted = sorted(((row["currency"], row["rate_date"], int(row.get("nominal") or 1), float(row["rate"])) for row in rows_of("rates")),
                    key=lambda row: (row[0], -int(row[1].replace("-", ""))))
    got = read(world.client, "rates", "rates", limit=100)
    assert [(row["currency"], row["rate_date"], row["nominal"], float(row["rate"])) for row in got] == wanted
    some = read(world.other, "rates", "rates", "&currency=USD&from=2026-01-01&to=2026-01-31", limit=7)
    assert some == [row for row in got if row["currency"] == "USD" and "2026-01-01" <= row["rate_date"] <= "2026-01-31"] and some
    check_problem(world.client.get("/api/rates?from=yesterday"), 422, "invalid-parameters")


def test_categories(world):
    names = sorted({row["category"] for row in rows_of("components")})
    assert [row["category"] for row in read(world.client, "categories", "categories", limit=2)] == names
    assert [row["category"] for row in read(world.client, "categories", "categories", "&q=cp")] == [name for name in names if "CP" in name]


def test_a_category_may_be_empty_or_russian(daemon):
    client = daemon.worker(0)
    assert read(client, "categories", "categories") == []
    samples.load_csv(daemon, "components", "lot_code,name,category\nA,a,\nB,b,Память\nC,c,CPU\nD,d,Память\n".encode())
    names = [row["category"] for row in read(client, "categories", "categories", limit=1)]
    assert names == ["", "CPU", "Память"]
    assert [row["category"] for row in read(client, "categories", "categories", "&q=" + quote("МЯТ"))] == ["Память"]
    assert [row["category"] for row in read(client, "categories", "categories", "&q=u")] == ["CPU"]


def test_part_numbers(world):
    got = read(world.client, "part-numbers", "part_numbers", limit=50)
    assert [(row["pn_norm"], row["vendor_norm"]) for row in got] == sorted((row["pn_norm"], row["vendor_norm"]) for row in got)
    assert sorted((row["part_number"], row["lot_code"]) for row in got) == sorted((row["part_number"], row["lot_code"]) for row in rows_of("part_numbers"))
    names = {row["lot_code"]: row["name"] for row in rows_of("components")}
    assert all(row["name"] == names[row["lot_code"]] and MOMENT.fullmatch(row["created_at"]) for row in got)
    for query, keep in (("&q=klv-a", lambda row: row["pn_norm"].startswith("KLVA")), ("&lot=cpu%20klv%208c-150w", lambda row: row["lot_code"] == "CPU-KLV-8C-150W"),
                        ("&vendor=kelvar", lambda row: row["vendor_norm"] == "KELVAR"), ("&vendor=kelvar&q=KLV-E", lambda row: row["pn_norm"].startswith("KLVE")),
                        ("&lot=CPU-KLV-8C-150W&q=klv", lambda row: row["lot_code"] == "CPU-KLV-8C-150W")):
        wanted = [row for row in got if keep(row)]
        assert read(world.other, "part-numbers", "part_numbers", query, limit=3) == wanted and wanted, query
    body = check_problem(world.client.get("/api/part-numbers?q=--&lot=NOPE"), 422, "invalid-parameters")
    assert {(fault["pointer"], fault["code"]) for fault in body["errors"]} == {("/q", "E_PN_EMPTY"), ("/lot", "unknown-lot")}


def test_quotes(world):
    got = read(world.client, "quotes", "quotes")
    assert [(row["quoted_on"], row["id"]) for row in got] == sorted(((row["quoted_on"], row["id"]) for row in got), reverse=True)
    demo = rows_of("quotes")
    assert sorted((row["party"]["kind"], row["party"]["code"], row["quoted_on"], float(row["price"]), row["status"]) for row in got) == \
        sorted((row["party_kind"], row["party_code"], row["quoted_on"], float(row["price"]), row.get("status") or "active") for row in demo)
    code, number = got[5]["party"]["code"], next(row for row in got if row["part_number"])
    twice = len({row["party"]["kind"] for row in got if row["party"]["code"] == code}) > 1
    kind = f"&kind={got[5]['party']['kind']}" if twice else ""
    lot = next(row["lot_code"] for row in got if row["lot_code"])
    for query, keep in ((f"&party={code}{kind}", lambda row: row["party"] == got[5]["party"]), (f"&lot={lot}", lambda row: row["lot_code"] == lot),
                        ("&status=rejected", lambda row: row["status"] == "rejected"), ("&status=active", lambda row: row["status"] == "active"),
                        ("&from=2026-01-10&to=2026-01-20", lambda row: "2026-01-10" <= row["quoted_on"] <= "2026-01-20"),
                        ("&pn=" + quote(number["part_number"]), lambda row: row["pn_norm"] == number["pn_norm"]),
                        (f"&lot={lot}&party={code}{kind}&status=active&from=2025-12-01", lambda row: row["lot_code"] == lot and
                         row["party"] == got[5]["party"] and row["status"] == "active" and row["quoted_on"] >= "2025-12-01")):
        wanted = [row for row in got if keep(row)]
        assert read(world.other, "quotes", "quotes", query, limit=23) == wanted, query
        assert wanted or "&party" in query and "&lot" in query, query
    body = check_problem(world.client.get("/api/quotes?party=NOPE&lot=NOPE&pn=-"), 422, "invalid-parameters")
    assert {(fault["pointer"], fault["code"]) for fault in body["errors"]} == {("/party", "unknown-party"), ("/lot", "unknown-lot"), ("/pn", "E_PN_EMPTY")}
    body = check_problem(world.client.get("/api/quotes?kind=supplier"), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/kind"


def test_a_party_code_of_both_kinds_asks_for_the_kind(daemon):
    samples.load_csv(daemon, "parties", "kind,code,name\nsupplier,X,Ix\ncompetitor,X,Iks\n")
    samples.load_csv(daemon, "components", "lot_code,name\nA,a\n")
    samples.load_csv(daemon, "quotes", "party_kind,party_code,lot_code,price,currency,quoted_on\nsupplier,X,A,1,RUB,2026-02-01\ncompetitor,X,A,2,RUB,2026-02-01\n")
    client = daemon.worker(0)
    body = check_problem(client.get("/api/quotes?party=X"), 422, "invalid-parameters")
    assert [(fault["pointer"], fault["code"]) for fault in body["errors"]] == [("/kind", "required")]
    assert [row["price"] for row in read(client, "quotes", "quotes", "&party=X&kind=competitor")] == ["2.0000"]


@pytest.mark.parametrize("path", ["warehouses", "parties", "rates", "categories", "part-numbers", "quotes"])
def test_a_cursor_belongs_to_its_list(world, path):
    cursor = world.client.get("/api/components?limit=1").json["next_cursor"]
    body = check_problem(world.client.get(f"/api/{path}?cursor={cursor}"), 422, "invalid-parameters")
    assert body["errors"][0]["pointer"] == "/cursor"
    answer = world.client.get(f"/api/{path}?limit=1")
    assert world.other.get(f"/api/{path}?limit=1", {"If-None-Match": answer.headers["ETag"]}).status == 304


# ---- Search -------------------------------------------------------------------------------------------------------------


def words(text):
    """What a text is found by: its words without the signs in them, also from behind each sign."""
    found = set()
    for chunk in text.upper().split():
        parts = [part for part in re.split(r"[\W_]+", chunk) if part]
        found |= {"".join(parts[i:]) for i in range(len(parts))}
    return found


class Model:
    def __init__(self, components, numbers):
        self.words = {}
        for row in components:
            self.words[row["lot_code"]] = words(row["name"]) | words(row["lot_code"]) | {norm(row["lot_code"])}
        for row in numbers:
            self.words[row["lot_code"]] = self.words[row["lot_code"]] | {norm(row["part_number"])}

    def find(self, q):
        asked = [word for chunk in q.upper().split() for word in [re.sub(r"[\W_]", "", chunk)] if word]

        def has(code, word):
            return any(one.startswith(word) for one in self.words[code])
        return sorted(code for code in self.words if asked and (all(has(code, word) for word in asked) or has(code, norm(q))))


def found(client, q, query="", limit=200):
    return [row["lot_code"] for row in read(client, "components", "components", f"&q={quote(q)}{query}", limit)]


QUERIES = ["процессор", "ПРОЦЕССОР kelvar", "cpu-klv", "klv-24c", "24c", "150w", "KLV A302X99", "klv-a302x99", "a302x99", "mem", "mem-32g", "3,0", "п", "пр", "к", "8",
           "12 ядер", "24 ядер процессор kelvar", "zzz", "%", "_", "ssd 1.92", "1.92", "нет такого", "ccc процессор", "cpu klv 150w", "acc-"]


@pytest.mark.parametrize("q", QUERIES)
def test_search(world, q):
    model = Model(rows_of("components"), rows_of("part_numbers"))
    wanted = model.find(q)
    assert found(world.client, q) == wanted
    assert found(world.other, q, limit=3) == wanted
    cpu = {row["lot_code"] for row in rows_of("components") if row["category"] == "CPU"}
    assert found(world.client, q, "&category=CPU") == [code for code in wanted if code in cpu]


def test_searches_find_something(world):
    model = Model(rows_of("components"), rows_of("part_numbers"))
    assert sum(bool(model.find(q)) for q in QUERIES) > 15


def big_catalogue(daemon, n):
    """More rows of a word than are read without a thought, and words that begin late in the order of codes."""
    kinds = [("ACC", "Принадлежность"), ("CPU", "Процессор"), ("MEM", "Память"), ("SSD", "Накопитель")]
    rows = [{"lot_code": f"{kinds[i % 4][0]}-K{i % 7}-{i:05d}", "name": f"{kinds[i % 4][1]} серия {i}, {i % 64} ГБ", "category": kinds[i % 4][0]} for i in range(n)]
    numbers = [{"part_number": f"TRX-{i * 7919 % 100003:05d}", "lot_code": rows[i]["lot_code"]} for i in range(0, n, 3)]
    samples.load_csv(daemon, "components", ("lot_code,name,category\n" + "".join(f'{r["lot_code"]},"{r["name"]}",{r["category"]}\n' for r in rows)).encode())
    samples.load_csv(daemon, "part_numbers", "part_number,lot_code\n" + "".join(f'{r["part_number"]},{r["lot_code"]}\n' for r in numbers))
    return rows, numbers


def test_frequent_words(daemon):
    """Each way to find: rare and frequent words, short ones, several at once; always the model's rows in order."""
    rows, numbers = big_catalogue(daemon, 18000)
    model, client = Model(rows, numbers), daemon.worker(0)
    for q in ("серия", "память", "процессор 63", "trx", "trx-0", "mem-k", "k3", "k", "1", "0", "с", "серия память k3", "накопитель 12 trx", "ssd-k6-0", "17", "acc cpu", "гб 63 с"):
        wanted, got, cursor = model.find(q), [], ""
        for _page in range(3):
            answer = client.get(f"/api/components?limit=150&q={quote(q)}{cursor}")
            assert answer.status == 200, (q, answer)
            got += [row["lot_code"] for row in answer.json["components"]]
            if not answer.json["next_cursor"]:
                break
            cursor = "&cursor=" + answer.json["next_cursor"]
        assert got == wanted[:450], (q, len(wanted), [pair for pair in zip(got, wanted) if pair[0] != pair[1]][:3])


def test_the_search_follows_what_changes(daemon):
    client = daemon.worker(0)
    samples.load_csv(daemon, "components", "lot_code,name\nA-1,red apple\nB-2,green apple\n")
    assert found(client, "apple") == ["A-1", "B-2"] and found(client, "red") == ["A-1"]
    samples.load_csv(daemon, "components", "lot_code,name\nA-1,Red Pear\nC-3,pear tree\n")
    assert found(client, "apple") == ["B-2"] and found(client, "pear") == ["A-1", "C-3"] and found(client, "a1") == ["A-1"] and found(client, "red") == ["A-1"]

    def change(method, **mapping):
        if method == "PUT":
            answer = client.request("PUT", "/api/part-numbers", json.dumps(mapping), {"Content-Type": "application/json"})
        else:
            answer = client.request("DELETE", "/api/part-numbers?" + "&".join(f"{key}={value}" for key, value in mapping.items()))
        assert answer.status == 200, answer

    change("PUT", part_number="PN-77", lot_code="A-1")
    change("PUT", part_number="PN-77", vendor="Acme", lot_code="A-1")
    assert found(client, "pn7") == ["A-1"]
    change("DELETE", part_number="PN-77")
    assert found(client, "pn 77") == ["A-1"]  # the other vendor's is left
    change("PUT", part_number="PN-77", vendor="Acme", lot_code="B-2")
    assert found(client, "pn-77") == ["B-2"]
    change("DELETE", part_number="PN-77", vendor="Acme")
    assert found(client, "pn77") == []
    samples.load_csv(daemon, "part_numbers", "part_number,lot_code\nPEAR,B-2\n")
    assert found(client, "pear") == ["A-1", "B-2", "C-3"]
