"""Stock, part numbers and templates over HTTP, on the demo data and on stock made here."""
import pytest

from test_tasks import check_problem


def pages(client, path, member, limit):
    """All rows of a list, walked by its cursors; the pages' sizes."""
    rows, sizes, cursor = [], [], None
    while True:
        answer = client.get(path + ("&" if "?" in path else "?") + f"limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200, answer
        body = answer.json
        assert set(body) == {member, "next_cursor"}
        rows += body[member]
        sizes.append(len(body[member]))
        cursor = body["next_cursor"]
        assert (answer.headers["Link"] is not None) == (cursor is not None)
        if cursor is None:
            return rows, sizes
        assert answer.headers["Link"].endswith(f'cursor={cursor}>; rel="next"')


def test_try(world):
    a = world.client.get("/api/stock?limit=2")
    print(a.json)
    a = world.client.get("/api/stock/unmatched?limit=3")
    print(a.json)
    rows, sizes = pages(world.client, "/api/stock", "stock", 50)
    print(len(rows), sizes)
    rows, sizes = pages(world.client, "/api/stock/unmatched?warehouse=MAIN", "unmatched", 7)
    print(len(rows), sizes)
    assert 0
