/* The configuration: secrets, a dump that reads back, reloads, and the table behind it all. */
#include "tests/unit/daemon/config_file.h"

#include <fcntl.h>
#include <limits.h>

static void load_with_secret(const char *text, mode_t mode, const char *words)
{
    char option[128];
    const char *options[] = {"database.host=h", "database.user=u", option};
    struct config *c = NULL;

    write_file(secret, text, mode);
    snprintf(option, sizeof option, "database.password_file=%s", secret);
    int rc = load(NULL, options, 3, &c);
    if (!words) {
        assert_int_equal(rc, 0);
        assert_string_equal(c->db_password, "hunter2");
        config_free(&c);
        return;
    }
    assert_int_equal(rc, -1);
    if (!strstr(errors, words) || strstr(errors, "hunter2"))
        fail_msg("expected '%s' and no secret in: %s", words, errors);
}

static void test_password_file(void **state)
{
    (void)state;
    load_with_secret("hunter2\n", 0600, NULL);
    load_with_secret("hunter2", 0400, NULL);
    load_with_secret("hunter2\r\nmore\n", 0640, NULL);
    load_with_secret("hunter2\n", 0644, "other accounts can read or change it; run: chmod 600");
    load_with_secret("hunter2\n", 0604, "other accounts can read");
    load_with_secret("hunter2\n", 0620, "other accounts can read");
    load_with_secret("\nhunter2\n", 0600, "its first line is empty");
    load_with_secret("", 0600, "its first line is empty");
    refuse_option("database.password_file=/x", "neither database.host nor database.socket");
}

static void test_systemd_credential(void **state)
{
    char path[128];
    const char *options[] = {"database.host=h", "database.user=u"};

    (void)state;
    snprintf(path, sizeof path, "%s/db-password", dir);
    write_file(path, "hunter2\n", 0400);
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    struct config *c = load_options(options, 2);
    unsetenv("CREDENTIALS_DIRECTORY");
    unlink(path);
    assert_string_equal(c->db_password, "hunter2");
    config_free(&c);
}

static void dump_to_file(const struct config *c)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    config_dump(c, fd);
    close(fd);
}

static void test_dump_reads_back(void **state)
{
    const char *options[] = {
        "paths.state_dir=/srv/x", "http.max_upload=7M",          "tasks.slots=99", "log.format=json",
        "database.socket=/tmp/s", "pricing.default_vat_rate=10", "http.listen="};
    struct config *c = load_options(options, 7), *again = NULL;

    (void)state;
    dump_to_file(c);
    assert_int_equal(load(file, NULL, 0, &again), 0);
    for (const struct config_key *key = config_keys; key->section; key++) {
        if (!config_key_equal(key, c, again))
            fail_msg("%s.%s does not read back", key->section, key->name);
    }
    config_free(&c);
    config_free(&again);
}

static void test_dump_keeps_the_secret(void **state)
{
    char option[128], text[20000];
    const char *options[] = {"database.host=h", "database.user=u", option};

    (void)state;
    write_file(secret, "hunter2\n", 0600);
    snprintf(option, sizeof option, "database.password_file=%s", secret);
    struct config *c = load_options(options, 3);
    dump_to_file(c);
    config_free(&c);
    FILE *in = fopen(file, "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    assert_non_null(strstr(text, "password_file = "));
    assert_null(strstr(text, "hunter2"));
}

static void test_long_comments_and_last_lines(void **state)
{
    char text[2000] = "# ";

    (void)state;
    memset(text + 2, 'c', 900);
    strcat(text, "\n[http]\nworkers = 5"); /* no newline at the end */
    struct config *c = load_text(text);
    assert_int_equal(c->workers, 5);
    config_free(&c);
}

/* "-" is a minus sign to troff unless it is escaped. */
static void escape_for_troff(const char *text, char *out)
{
    for (; *text; text++) {
        if (*text == '-')
            *out++ = '\\';
        *out++ = *text;
    }
    *out = '\0';
}

static void test_manual_page_describes_every_key(void **state)
{
    const char *data = getenv("PF_DATA");
    char path[PATH_MAX], help[1000], entry[1200];
    static char page[65536];

    (void)state;
    if (!data || !data[0])
        skip();
    int root = (int)strlen(data) - (int)strlen("/tests/data");
    snprintf(path, sizeof path, "%.*s/man/priceforged.conf.5", root > 0 ? root : 0, data);
    FILE *in = fopen(path, "r");
    if (!in)
        skip();
    page[fread(page, 1, sizeof page - 1, in)] = '\0';
    fclose(in);
    for (const struct config_key *key = config_keys; key->section; key++) {
        escape_for_troff(key->help, help);
        snprintf(entry, sizeof entry, ".B %s\n%s", key->name, help);
        if (!strstr(page, entry))
            fail_msg("man/priceforged.conf.5 is older than %s.%s: make it again with man/conf5.py", key->section,
                     key->name);
    }
}

static unsigned changes, fixed_changes;

static void count_change(const char *name, const char *before, const char *after, bool needs_restart, void *ctx)
{
    (void)ctx;
    assert_string_not_equal(before, after);
    assert_non_null(strchr(name, '.'));
    changes++;
    fixed_changes += needs_restart;
}

static void test_reload(void **state)
{
    const char *before[] = {"tasks.slots=100", "log.level=info", "paths.state_dir=/a"};
    const char *after[] = {"tasks.slots=200", "log.level=debug", "paths.state_dir=/b"};
    struct config *running = load_options(before, 3), *next = load_options(after, 3);

    (void)state;
    changes = fixed_changes = 0;
    config_compare(running, next, count_change, NULL);
    assert_int_equal(changes, 4); /* with runtime_dir, which follows */
    assert_int_equal(fixed_changes, 3);
    config_keep_fixed(running, next);
    assert_int_equal(next->slots, 100);
    assert_int_equal(next->log_level, 7);
    assert_string_equal(next->state_dir, "/a");
    assert_string_equal(next->spool_dir, "/a/spool");
    assert_string_equal(next->private_socket, "/a/run/db.sock");
    config_free(&running);
    config_free(&next);
}

static void test_table_is_complete(void **state)
{
    unsigned n = 0;

    (void)state;
    for (const struct config_key *key = config_keys; key->section; key++, n++) {
        assert_ptr_equal(config_key_find(key->section, key->name), key); /* no name twice */
        assert_true(strlen(key->help) > 10);
        assert_null(strchr(key->help, '\n'));
        assert_non_null(key->unit);
        if (key->type == CONFIG_CHOICE)
            assert_non_null(key->choices);
    }
    assert_in_range(n, 30, 64);
}

int main(void)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    const struct CMUnitTest tests[] = {
        TEST(test_password_file),
        TEST(test_systemd_credential),
        TEST(test_dump_reads_back),
        TEST(test_dump_keeps_the_secret),
        TEST(test_reload),
        TEST(test_long_comments_and_last_lines),
        TEST(test_manual_page_describes_every_key),
        TEST(test_table_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
