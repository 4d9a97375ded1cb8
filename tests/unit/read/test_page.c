/* Pages: a walk through a list, and cursors that do not belong to it. */
#include "handlers/read/page.h"

#include "tests/unit/testdata.h"

static const struct param_spec specs[] = {
    {.name = "warehouse", .kind = PARAM_STRING, .help = "Filter."},
    {.name = "lots", .kind = PARAM_STRINGS, .otherwise = "[]", .help = "Filter."},
    PAGE_PARAMS,
    {.name = NULL},
};

/* A page of list `name` with these parameters. Returns page_open()'s value. */
static int open_page(struct page *page, const char *name, const char *warehouse, const char *lots, const char *limit,
                     const char *cursor)
{
    struct param_raw raw[] = {
        {"warehouse", warehouse}, {"lots", lots}, {"limit", limit}, {"cursor", cursor ? cursor : ""}};
    struct param_faults faults = {.n = 0};
    char why[80];
    char *text = params_from_text(specs, raw, 4, &faults);
    assert_non_null(text);
    yajl_val params = json_parse(text, strlen(text), 4, why, sizeof why);
    int rc = page_open(page, name, 2, params, &faults);
    assert_int_equal(faults.n, rc == 0 ? 0 : 1);
    if (rc != 0) {
        assert_string_equal(faults.fault[0].pointer, "/cursor");
        assert_string_equal(faults.fault[0].code, "cursor");
    }
    yajl_tree_free(params);
    free(text);
    return rc;
}

struct row {
    char number[8], letter[8];
};

/* The rows 000 a, 000 b, 001 a … behind the page's start, as the database would give them. */
static unsigned offer(struct page *page, const struct row *rows, unsigned n, struct row *seen)
{
    unsigned taken = 0, asked = 0;
    for (unsigned i = 0; i < n && asked < page_want(page); i++) {
        int order = strcmp(rows[i].number, page_after(page, 0, ""));
        if (order < 0 || (order == 0 && strcmp(rows[i].letter, page_after(page, 1, "")) <= 0))
            continue;
        const char *key[] = {rows[i].number, rows[i].letter};
        asked++;
        if (page_take(page, key))
            seen[taken++] = rows[i];
    }
    return taken;
}

static void walks_to_the_end(void **state)
{
    (void)state;
    struct row rows[41], seen[60];
    for (unsigned i = 0; i < 41; i++) {
        snprintf(rows[i].number, sizeof rows[i].number, "%03u", i / 3);
        snprintf(rows[i].letter, sizeof rows[i].letter, "%s", i % 3 == 0 ? "a" : i % 3 == 1 ? "б" : "…");
    }
    for (unsigned limit = 1; limit <= 42; limit++) {
        char text[8], cursor[PAGE_CURSOR_BYTES];
        const char *next = NULL;
        unsigned n = 0, pages = 0;
        snprintf(text, sizeof text, "%u", limit);
        do {
            struct page page;
            assert_int_equal(open_page(&page, "stock", "MAIN", "", text, next), 0);
            n += offer(&page, rows, 41, seen + n);
            next = page_next(&page, cursor);
            pages++;
        } while (next);
        assert_int_equal(n, 41);
        assert_int_equal(pages, (41 + limit - 1) / limit);
        assert_memory_equal(seen, rows, sizeof rows);
    }
}

static void lowers_the_limit(void **state)
{
    (void)state;
    struct page page;
    assert_int_equal(open_page(&page, "stock", "", "", "", NULL), 0);
    assert_int_equal(page.limit, 50);
    assert_int_equal(open_page(&page, "stock", "", "", "200", NULL), 0);
    assert_int_equal(page.limit, 200);
    assert_int_equal(open_page(&page, "stock", "", "", "100000", NULL), 0);
    assert_int_equal(page.limit, 200);
}

static const char *a_cursor(char cursor[PAGE_CURSOR_BYTES])
{
    struct page page;
    const char *key[] = {"KLV32R548", ""};
    assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "1", NULL), 0);
    assert_true(page_take(&page, key));
    assert_null(page_next(&page, cursor));
    assert_false(page_take(&page, key));
    return page_next(&page, cursor);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct page page;
    char cursor[PAGE_CURSOR_BYTES];
    assert_non_null(a_cursor(cursor));
    assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "7", cursor), 0); /* the limit may change */
    assert_string_equal(page_after(&page, 0, "x"), "KLV32R548");
    assert_string_equal(page_after(&page, 1, "x"), "");
    assert_int_equal(open_page(&page, "unmatched", "MAIN", "a,b", "1", cursor), -1);
    assert_int_equal(open_page(&page, "stock", "SIDE", "a,b", "1", cursor), -1);
    assert_int_equal(open_page(&page, "stock", "", "a,b", "1", cursor), -1);
    assert_int_equal(open_page(&page, "stock", "MAIN", "a", "1", cursor), -1);
    assert_int_equal(open_page(&page, "stock", "MAIN", "b,a", "1", cursor), -1);
    assert_int_equal(open_page(&page, "stock", "MAIN", "", "1", cursor), -1);
    assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "1", "no hex"), -1);
    assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "1", "00"), -1);
}

/* A cursor is refused if any byte of it is changed; nothing is read past its end. */
static void refuses_every_mangled_one(void **state)
{
    (void)state;
    char cursor[PAGE_CURSOR_BYTES], mangled[PAGE_CURSOR_BYTES + 8];
    assert_non_null(a_cursor(cursor));
    size_t n = strlen(cursor);
    struct page page;
    for (size_t i = 0; i < n; i++) {
        memcpy(mangled, cursor, n + 1);
        mangled[i] = cursor[i] == '0' ? '1' : '0';
        assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "1", mangled), -1);
        if (i > 0) {
            memcpy(mangled, cursor, i);
            mangled[i] = '\0';
            assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "1", mangled), -1);
        }
    }
    snprintf(mangled, sizeof mangled, "%s00", cursor);
    assert_int_equal(open_page(&page, "stock", "MAIN", "a,b", "1", mangled), -1);
}

static void longest_keys_fit(void **state)
{
    (void)state;
    struct page page;
    char key[PAGE_KEY_BYTES], cursor[PAGE_CURSOR_BYTES];
    memset(key, 'A', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    const char *keys[] = {key, key};
    assert_int_equal(open_page(&page, "stock", "", "", "1", NULL), 0);
    assert_true(page_take(&page, keys));
    assert_false(page_take(&page, keys));
    assert_non_null(page_next(&page, cursor));
    assert_int_equal(open_page(&page, "stock", "", "", "1", cursor), 0);
    assert_string_equal(page_after(&page, 1, ""), key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_to_the_end),          cmocka_unit_test(lowers_the_limit),
        cmocka_unit_test(refuses_what_does_not_fit), cmocka_unit_test(refuses_every_mangled_one),
        cmocka_unit_test(longest_keys_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
