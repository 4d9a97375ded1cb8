/* Host: which names are ours, and which values are not names at all. */
#include "daemon/http/hostname.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_loopback_names(void **state)
{
    static const char *const ours[] = {
        "localhost",   "LocalHost",         "localhost:8087", "localhost.:1", "page.localhost:8087", "127.0.0.1",
        "127.0.0.1:1", "127.255.1.2",       "[::1]",          "[::1]:8087",   "[0:0::1]:80",         "127.0.0.1.:1",
        "localhost:",  "[::ffff:127.0.0.1]"};
    static const char *const others[] = {"",
                                         ":80",
                                         "example.org",
                                         "localhost.example.org",
                                         "notlocalhost",
                                         "127.0.0.1.example.org",
                                         "127.0.0.1:80x",
                                         "127.0.0.1:80:80",
                                         "128.0.0.1",
                                         "127.1",
                                         "0177.0.0.1",
                                         "::1",
                                         "[::1",
                                         "[::1]x",
                                         "[::2]",
                                         "[127.0.0.1]",
                                         "localhost ",
                                         "localhost:80,example.org"};

    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (!hostname_is_loopback(ours[i], strlen(ours[i])))
            fail_msg("refused: %s", ours[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (hostname_is_loopback(others[i], strlen(others[i])))
            fail_msg("taken: %s", others[i]);
}

static void test_list(void **state)
{
    static const char list[] = " prices.example.org,Shop ,[2001:db8::1] 192.0.2.7";
    static const char *const in[] = {"prices.example.org", "PRICES.example.org.:443", "shop:80", "[2001:DB8:0::1]:8087",
                                     "192.0.2.7:1"};
    static const char *const out[] = {
        "example.org", "prices.example.org.evil", "sho", "", "[2001:db8::2]", "192.0.2.77", "shop:x"};

    (void)state;
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        if (!hostname_in_list(in[i], strlen(in[i]), list))
            fail_msg("not in the list: %s", in[i]);
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        if (hostname_in_list(out[i], strlen(out[i]), list))
            fail_msg("in the list: %s", out[i]);
    assert_false(hostname_in_list("x", 1, ""));
}

static void test_own_address(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0x7f000203)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_true(hostname_is_local("127.0.2.3:99", 12, fd));
    assert_false(hostname_is_local("127.0.2.4", 9, fd));
    assert_false(hostname_is_local("[::1]", 5, fd));
    assert_false(hostname_is_local("name", 4, fd));
    close(fd);
    assert_false(hostname_is_local("127.0.2.3", 9, fd));
}

static void test_check_of_a_list(void **state)
{
    static const char *const good[] = {"", " , ", "a", "a,b c", "prices.example.org, 10.0.0.1, [::1]"};
    static const char *const bad[] = {"a:80", "a b/c", ".a", "a.", "::1", "[::1", "[x]", "http://a", "*"};
    char item[100];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(hostname_list_check(good[i], item), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (hostname_list_check(bad[i], item) != -1)
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(hostname_list_check("a b:80", item), -1);
    assert_string_equal(item, "b:80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback_names),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_own_address),
        cmocka_unit_test(test_check_of_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
