/* Query strings, the router, the chunked decoder and the table of problems. */
#include "daemon/http/chunk.h"
#include "daemon/http/query.h"
#include "daemon/http/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_query_pairs(void **state)
{
    struct param_raw *params;
    char *text;
    size_t n;

    (void)state;
    assert_int_equal(query_parse("a=1&b=%D0%B6+x&c&=y&&d=e=f", &params, &n, &text), 0);
    assert_int_equal(n, 5);
    assert_string_equal(params[0].value, "1");
    assert_string_equal(params[1].value, "\xd0\xb6 x");
    assert_string_equal(params[2].name, "c");
    assert_string_equal(params[2].value, "");
    assert_string_equal(params[3].name, "");
    assert_string_equal(params[3].value, "y");
    assert_string_equal(params[4].value, "e=f");
    free(params);
    free(text);
    assert_int_equal(query_parse("", &params, &n, &text), 0);
    assert_null(params);
    assert_int_equal(n, 0);
}

static void test_query_bounds(void **state)
{
    char query[400] = "";
    struct param_raw *params;
    char *text;
    size_t n;

    (void)state;
    for (unsigned i = 0; i < QUERY_PARAMS_MAX; i++)
        strcat(query, i == 0 ? "a" : "&a");
    assert_int_equal(query_parse(query, &params, &n, &text), 0);
    assert_int_equal(n, QUERY_PARAMS_MAX);
    free(params);
    free(text);
    strcat(query, "&a");
    assert_int_equal(query_parse(query, &params, &n, &text), -1);
}

static void test_escapes(void **state)
{
    static const struct {
        const char *text;
        enum query_verdict want;
    } cases[] = {{"abc", QUERY_OK},
                 {"%41", QUERY_OK},
                 {"%d0%b6", QUERY_OK},
                 {"%F0%9F%98%80", QUERY_OK},
                 {"%", QUERY_BAD_ESCAPE},
                 {"%4", QUERY_BAD_ESCAPE},
                 {"%g1", QUERY_BAD_ESCAPE},
                 {"a%00", QUERY_NUL},
                 {"%2F", QUERY_SLASH},
                 {"%5c", QUERY_SLASH},
                 {"%ff", QUERY_NOT_UTF8},
                 {"%d0", QUERY_NOT_UTF8},
                 {"%d0a", QUERY_NOT_UTF8},
                 {"%c0%af", QUERY_NOT_UTF8},
                 {"%ed%a0%80", QUERY_NOT_UTF8},
                 {"%f4%90%80%80", QUERY_NOT_UTF8}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(query_check_escapes(cases[i].text, strlen(cases[i].text), true), cases[i].want);
    assert_int_equal(query_check_escapes("%2F", 3, false), QUERY_OK);
}

static void handler(struct http_request *request)
{
    (void)request;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/tasks", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_POST, "/tasks", handler, BODY_MEMORY, NULL, SCOPE_NONE},
    {HTTP_GET, "/tasks/summary", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/tasks/{id}", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_DELETE, "/tasks/{id}", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_POST, "/tasks/{id}/cancel", handler, BODY_MEMORY, NULL, SCOPE_NONE},
    {HTTP_GET, "/lists/{a}/diff/{b}", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, "/templates/{table}.csv", handler, BODY_NONE, NULL, SCOPE_NONE},
    {HTTP_GET, NULL, NULL, BODY_NONE, NULL, SCOPE_NONE},
};

struct found {
    enum router_verdict verdict;
    struct router_match match;
    char args[HTTP_ARGS][HTTP_ARG_SIZE];
};

static void look(struct router *router, enum http_method method, const char *path, struct found *found)
{
    memset(found, 0, sizeof *found);
    found->match.args = found->args;
    found->verdict = router_find(router, method, path, strlen(path), &found->match);
}

static void test_router_finds(void **state)
{
    struct router *router = router_new(routes);
    struct found found;

    (void)state;
    look(router, HTTP_GET, "/", &found);
    assert_ptr_equal(found.match.route, &routes[0]);
    look(router, HTTP_HEAD, "/tasks", &found);
    assert_ptr_equal(found.match.route, &routes[1]);
    look(router, HTTP_GET, "/tasks/summary", &found);
    assert_ptr_equal(found.match.route, &routes[3]);
    look(router, HTTP_GET, "/tasks/a%20b", &found);
    assert_ptr_equal(found.match.route, &routes[4]);
    assert_string_equal(found.args[0], "a b");
    look(router, HTTP_POST, "/tasks/summary/cancel", &found); /* the literal leads nowhere: back to {id} */
    assert_ptr_equal(found.match.route, &routes[6]);
    assert_string_equal(found.args[0], "summary");
    look(router, HTTP_GET, "/lists/1/diff/2", &found);
    assert_ptr_equal(found.match.route, &routes[7]);
    assert_string_equal(found.args[0], "1");
    assert_string_equal(found.args[1], "2");
    look(router, HTTP_GET, "/templates/rates.csv", &found);
    assert_ptr_equal(found.match.route, &routes[8]);
    assert_string_equal(found.args[0], "rates");
    router_free(&router);
    assert_null(router);
}

static void test_router_refuses(void **state)
{
    static const char *const nowhere[] = {
        "/x",    "/tasks/", "/tasks/a/b", "/tasks//cancel", "/templates/.csv", "/templates/rates", "/lists/1/diff",
        "/Tasks"};
    struct router *router = router_new(routes);
    char longest[300] = "/tasks/";
    struct found found;

    (void)state;
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        look(router, HTTP_GET, nowhere[i], &found);
        assert_int_equal(found.verdict, ROUTE_NO_PATH);
    }
    memset(longest + 7, 'x', HTTP_ARG_SIZE - 1);
    look(router, HTTP_GET, longest, &found);
    assert_int_equal(found.verdict, ROUTE_FOUND);
    longest[7 + HTTP_ARG_SIZE - 1] = 'x';
    look(router, HTTP_GET, longest, &found);
    assert_int_equal(found.verdict, ROUTE_NO_PATH);
    look(router, HTTP_PUT, "/tasks", &found);
    assert_int_equal(found.verdict, ROUTE_NO_METHOD);
    assert_string_equal(found.match.allow, "GET, HEAD, POST, OPTIONS");
    look(router, HTTP_OTHER, "/tasks/1", &found);
    assert_string_equal(found.match.allow, "GET, HEAD, DELETE, OPTIONS");
    router_free(&router);
}

/* The bound is on what was meant, however it was written. */
static void test_router_counts_decoded_bytes(void **state)
{
    struct router *router = router_new(routes);
    struct found found;
    char path[1000] = "/templates/", wanted[HTTP_ARG_SIZE] = "";

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        strcat(path, "%F0%9F%A7%B2");
        strcat(wanted, "\xF0\x9F\xA7\xB2");
    }
    strcat(path, ".csv");
    look(router, HTTP_GET, path, &found);
    assert_int_equal(found.verdict, ROUTE_FOUND);
    assert_string_equal(found.args[0], wanted);
    memcpy(path + strlen(path) - 4, "%41.csv", sizeof "%41.csv");
    look(router, HTTP_GET, path, &found);
    assert_int_equal(found.verdict, ROUTE_NO_PATH);
    router_free(&router);
}

/* Decode with reads of `step` bytes. Returns the body's length or -1. */
static int decode(const char *text, size_t step, char *out)
{
    struct chunk_reader reader;
    size_t n = strlen(text), at = 0, len = 0;

    chunk_init(&reader);
    while (at < n && reader.state != CHUNK_DONE) {
        size_t data, here = n - at < step ? n - at : step;
        long taken = chunk_take(&reader, (const unsigned char *)text + at, here, &data);
        if (taken < 0)
            return -1;
        at += (size_t)taken;
        memcpy(out + len, text + at - data, data);
        len += data;
    }
    out[len] = '\0';
    return reader.state == CHUNK_DONE ? (int)at : -2;
}

static void test_chunks(void **state)
{
    static const char *const good[] = {"5\r\nhello\r\n0\r\n\r\n",
                                       "2\r\nhe\r\n003;a=b\r\nllo\r\n0;x\r\nA: b\r\nC:\r\n\r\n"};
    static const char *const bad[] = {
        "5\nhello\r\n0\r\n\r\n", "\r\n",          "g\r\n",     "0x5\r\nhello",     "5 \r\nhello",
        "5\r\nhello0",           "5\r\nhello\n0", "0\r\n\n",   "0\r\n: x\r\n\r\n", "0\r\n X: y\r\n\r\n",
        "0000000000000000\r\n",  "-1\r\n",        "5;\x01\r\n"};
    char out[64];

    (void)state;
    for (size_t step = 1; step < 40; step++) {
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
            assert_int_equal(decode(good[i], step, out), strlen(good[i]));
            assert_string_equal(out, "hello");
        }
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            assert_int_equal(decode(bad[i], step, out), -1);
    }
}

static void test_problem_table(void **state)
{
    (void)state;
    for (size_t i = 0; http_problem_at(i); i++) {
        const struct http_problem *problem = http_problem_at(i);
        assert_true(problem->status >= 400 && problem->status < 600);
        assert_true(problem->title[0] != '\0' && problem->detail[0] != '\0' && problem->advice[0] != '\0');
        assert_ptr_equal(http_problem_find(problem->slug), problem);
    }
    assert_int_equal(http_problem_find("invalid-parameters")->status, 422);
    assert_null(http_problem_find("no-such"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_pairs),    cmocka_unit_test(test_query_bounds),
        cmocka_unit_test(test_escapes),        cmocka_unit_test(test_router_finds),
        cmocka_unit_test(test_router_refuses), cmocka_unit_test(test_router_counts_decoded_bytes),
        cmocka_unit_test(test_chunks),         cmocka_unit_test(test_problem_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
