/* Content-Digest: what is taken, what is passed over, what is refused. */
#include "daemon/accept/contentdigest.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Of "hello\n". */
#define HELLO "WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM="

static void takes_sha_256(void **state)
{
    (void)state;
    static const char *const headers[] = {"sha-256=:" HELLO ":", "SHA-256=:" HELLO ":",
                                          "sha-512=:AAAA:, sha-256=:" HELLO ":",
                                          "sha-256=:" HELLO ":, md5=:AA=:", "md5=:AA=:,\tsha-256=:" HELLO ":;x=1"};
    uint8_t wanted[32], digest[32];
    assert_int_equal(EVP_Digest("hello\n", 6, wanted, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        memset(digest, 0, sizeof digest);
        assert_int_equal(contentdigest_parse(headers[i], digest), 1);
        assert_memory_equal(digest, wanted, sizeof digest);
    }
}

static void passes_over_others(void **state)
{
    (void)state;
    static const char *const headers[] = {
        NULL, "", " ", ",", "sha-512=:AAAA:", "x-sha-256=:AAAA:", "sha-2567=:AAAA:", "sha-256"};
    uint8_t digest[32];
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_int_equal(contentdigest_parse(headers[i], digest), 0);
}

static void refuses_what_is_no_digest(void **state)
{
    (void)state;
    static const char *const headers[] = {"sha-256=",
                                          "sha-256=:",
                                          "sha-256=::",
                                          "sha-256=" HELLO,
                                          "sha-256=:" HELLO,
                                          "sha-256=:WJG1tSLV3whtD:",
                                          "sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vg==:",
                                          "sha-256=:WJG1tSLV3whtD_CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=:",
                                          "sha-256=:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgMx:",
                                          "sha-256=:" HELLO ":, sha-256=:x:"};
    uint8_t digest[32];
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_int_equal(contentdigest_parse(headers[i], digest), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_sha_256),
        cmocka_unit_test(passes_over_others),
        cmocka_unit_test(refuses_what_is_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
