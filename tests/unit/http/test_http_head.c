/* The strict head check: what passes, what does not and why, and that the end of a head is found the same however it
 * arrives. */
#include "daemon/http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int judge(const char *text, struct http_head *head, const char **slug, const char **why)
{
    size_t seen = 0;
    int end = head_end(text, strlen(text), &seen, slug, why);

    assert_int_not_equal(end, 0);
    return end < 0 ? -1 : head_check(text, (size_t)end, head, slug, why);
}

static void assert_span(const char *text, struct head_span span, const char *want)
{
    assert_int_equal(span.len, strlen(want));
    assert_memory_equal(text + span.at, want, span.len);
}

static void test_reads_what_matters(void **state)
{
    const char *text = "POST /a/b?c=d HTTP/1.1\r\nHost: h\r\ncontent-LENGTH: 42\r\nContent-Type:  text/csv; x=y \r\n"
                       "Expect: 100-Continue\r\nSec-Fetch-Site: cross-site\r\nRequest-Id: abc\r\n\r\nbody";
    struct http_head head;
    const char *slug, *why;

    (void)state;
    assert_int_equal(judge(text, &head, &slug, &why), 0);
    assert_int_equal(head.method, HTTP_POST);
    assert_span(text, head.target, "/a/b?c=d");
    assert_span(text, head.path, "/a/b");
    assert_span(text, head.content_type, "text/csv; x=y");
    assert_span(text, head.fetch_site, "cross-site");
    assert_span(text, head.request_id, "abc");
    assert_true(head.has_length && head.expect_continue && head.has_content_type && !head.chunked);
    assert_int_equal(head.length, 42);
    assert_int_equal(head.minor, 1);
}

static void test_http_1_0_needs_no_host_and_waits_for_nothing(void **state)
{
    struct http_head head;
    const char *slug, *why;

    (void)state;
    assert_int_equal(judge("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", &head, &slug, &why), 0);
    assert_int_equal(head.minor, 0);
    assert_false(head.expect_continue);
}

static void test_later_versions_are_1_1(void **state)
{
    struct http_head head;
    const char *slug, *why;

    (void)state;
    assert_int_equal(judge("GET / HTTP/1.9\r\nHost: h\r\n\r\n", &head, &slug, &why), 0);
    assert_int_equal(head.minor, 1);
    assert_true(head.later_minor);
}

static void test_connection_is_a_list(void **state)
{
    static const struct {
        const char *lines;
        bool close, keep_alive, list;
    } cases[] = {
        {"", false, false, false},
        {"Connection: close\r\n", true, false, false},
        {"Connection: Keep-Alive\r\n", false, true, false},
        {"Connection: keep-alive, Close\r\n", true, true, true},
        {"Connection: te\r\nConnection: close\r\n", true, false, true},
        {"Connection:\r\n", false, false, true},
        {"Connection: ,, close ,\r\n", true, false, true},
        {"Connection: closed, disclose, keep-alive-not\r\n", false, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        struct http_head head;
        const char *slug, *why;
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", cases[i].lines);
        assert_int_equal(judge(text, &head, &slug, &why), 0);
        assert_int_equal(head.close, cases[i].close);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
        assert_int_equal(head.connection_list, cases[i].list);
    }
}

static void test_what_a_body_and_conditions_say(void **state)
{
    struct http_head head;
    const char *slug, *why;

    (void)state;
    assert_int_equal(
        judge("PUT / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nIf-Match:\r\nIf-None-Match: *\r\n\r\n", &head,
              &slug, &why),
        0);
    assert_true(head.has_encoding && head.has_if_match && head.has_if_none_match);
    assert_int_equal(
        judge("PUT / HTTP/1.1\r\nHost: h\r\nContent-Encoding: identity\r\nRequest-Id: a\r\nRequest-Id: a\r\n"
              "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n",
              &head, &slug, &why),
        0);
    assert_true(!head.has_encoding && !head.has_if_match && !head.has_if_none_match && head.expect_continue);
    assert_int_equal(head.request_id.len, 0);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text, *slug;
    } bad[] = {
        {"GET / HTTP/1.1\r\n\r\n", "bad-request"},
        {"GET // HTTP/1.1\r\nHost: h\r\n\r\n", "bad-request"},
        {"GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", "bad-request"},
        {"GET /%2f HTTP/1.1\r\nHost: h\r\n\r\n", "bad-request"},
        {"GET /?%zz HTTP/1.1\r\nHost: h\r\n\r\n", "bad-request"},
        {"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\n x\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551617\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\n\r\n", "expectation-failed"},
        {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "version-not-supported"},
        {"GET / HTTP/0.9\r\nHost: h\r\n\r\n", "version-not-supported"},
        {"GET / HTTP/1.2\r\n\r\n", "bad-request"}, /* as of 1.1 */
        {"GET / HTTP/1.1\r\nHost: h\r\nOrigin: http://h\r\nOrigin: http://h\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: none\r\n\r\n", "bad-request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue, wonders\r\n\r\n", "expectation-failed"},
        {"GET / HTTP/1.99\r\nHost: h\r\n\r\n", "bad-request"},
        {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "bad-request"},
    };
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *slug = NULL, *why = NULL;
        if (judge(bad[i].text, &head, &slug, &why) != -1)
            fail_msg("accepted: %s", bad[i].text);
        assert_string_equal(slug, bad[i].slug);
        assert_true(strlen(why) > 10);
    }
}

static void test_every_control_character_is_refused_everywhere(void **state)
{
    static const char good[] = "GET /ab HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
    struct http_head head;
    const char *slug, *why;

    (void)state;
    for (size_t at = 0; at < sizeof good - 3; at++)
        for (int c = 0; c < 32; c++) {
            char text[sizeof good];
            size_t seen = 0;
            int end;
            memcpy(text, good, sizeof good);
            if (text[at] == c || good[at] == '\r' || good[at] == '\n' || (c == '\t' && strchr(": hy", good[at])))
                continue; /* a tab may stand in a value; line ends have their own tests */
            text[at] = (char)c;
            end = head_end(text, sizeof good - 1, &seen, &slug, &why);
            if (end > 0 && head_check(text, (size_t)end, &head, &slug, &why) == 0)
                fail_msg("accepted byte %d at %zu", c, at);
        }
}

static void test_end_is_found_byte_by_byte(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET";
    const char *slug, *why;
    size_t seen = 0, n = 0;
    int end = 0;

    (void)state;
    while (end == 0 && n < sizeof text - 1)
        end = head_end(text, ++n, &seen, &slug, &why);
    assert_int_equal(end, sizeof text - 1 - 3);
    assert_int_equal(n, end);
}

static void test_limit_is_the_same_however_it_arrives(void **state)
{
    char *text = malloc(HEAD_BYTES_MAX + 10);
    const char *slug = NULL, *why;
    size_t seen = 0;

    (void)state;
    memset(text, 'x', HEAD_BYTES_MAX + 10);
    memcpy(text + HEAD_BYTES_MAX - 4, "\r\n\r\n", 4);
    assert_int_equal(head_end(text, HEAD_BYTES_MAX + 10, &seen, &slug, &why), HEAD_BYTES_MAX);
    seen = 0;
    assert_int_equal(head_end(text + 1, HEAD_BYTES_MAX - 2, &seen, &slug, &why), 0);
    memset(text, 'x', HEAD_BYTES_MAX + 10);
    memcpy(text + HEAD_BYTES_MAX - 3, "\r\n\r\n", 4);
    seen = 0;
    assert_int_equal(head_end(text, HEAD_BYTES_MAX + 10, &seen, &slug, &why), -1);
    assert_string_equal(slug, "head-too-large");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_matters),
        cmocka_unit_test(test_http_1_0_needs_no_host_and_waits_for_nothing),
        cmocka_unit_test(test_later_versions_are_1_1),
        cmocka_unit_test(test_connection_is_a_list),
        cmocka_unit_test(test_what_a_body_and_conditions_say),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_every_control_character_is_refused_everywhere),
        cmocka_unit_test(test_end_is_found_byte_by_byte),
        cmocka_unit_test(test_limit_is_the_same_however_it_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
