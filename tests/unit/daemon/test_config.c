/* The configuration: every way to set a key, and every kind of fault. */
#include "tests/unit/daemon/config_file.h"

static void test_defaults(void **state)
{
    struct config *c = load_options(NULL, 0);

    (void)state;
    assert_string_equal(c->listen, "127.0.0.1:8087");
    assert_string_equal(c->user, "priceforge");
    assert_int_equal(c->max_upload, 64 << 20);
    assert_int_equal(c->runners, 2);
    assert_int_equal(c->slots, 1024);
    assert_int_equal(c->max_attempts, 3);
    assert_int_equal(c->start_status, 202);
    assert_int_equal(c->idle_timeout_s, 75);
    assert_int_equal(c->drain_s, 20);
    assert_in_range(c->workers, 1, 256);
    assert_true(c->private_database);
    assert_string_equal(c->db_name, "priceforge");
    assert_string_equal(c->base_currency, "RUB");
    assert_false(c->log_json);
    assert_int_equal(c->log_level, 6);
    config_free(&c);
    assert_null(c);
    config_free(&c);
}

static void test_state_dir_of_an_ordinary_user(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip();
    setenv("HOME", "/home/somebody", 1);
    unsetenv("XDG_STATE_HOME");
    struct config *c = load_options(NULL, 0);
    assert_string_equal(c->state_dir, "/home/somebody/.local/state/priceforge");
    config_free(&c);
}

static void test_paths_follow_the_state_directory(void **state)
{
    struct config *c = load_text("[paths]\nstate_dir = /srv/pf\n");

    (void)state;
    assert_string_equal(c->state_dir, "/srv/pf");
    assert_string_equal(c->runtime_dir, "/srv/pf/run");
    assert_string_equal(c->spool_dir, "/srv/pf/spool");
    assert_string_equal(c->private_socket, "/srv/pf/run/db.sock");
    config_free(&c);
}

static void test_relative_paths_are_refused(void **state)
{
    static const char *const options[] = {"paths.state_dir=here",      "paths.runtime_dir=./run",
                                          "auth.tokens_file=tokens",   "database.socket=db.sock",
                                          "database.password_file=pw", "database.tls_ca=ca.pem"};

    (void)state;
    for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
        struct config *c = NULL;
        assert_int_equal(load(NULL, &options[i], 1, &c), -1);
        assert_non_null(strstr(errors, "must be an absolute path"));
    }
}

static void test_file(void **state)
{
    struct config *c = load_text("# a comment\n; another\n\n[http]\nlisten = [::1]:99 ; behind a value\n"
                                 "workers=7\n  max_upload = 2G\n[log]\nformat = json\nlevel = debug\n[pricing]\n"
                                 "default_vat_rate = 12.5\n");

    (void)state;
    assert_string_equal(c->listen, "[::1]:99");
    assert_int_equal(c->workers, 7);
    assert_int_equal(c->max_upload, UINT64_C(2) << 30);
    assert_true(c->log_json);
    assert_int_equal(c->log_level, 7);
    assert_string_equal(c->default_vat_rate, "12.5");
    config_free(&c);
}

static void test_order_file_environment_option(void **state)
{
    const char *option = "tasks.slots=300";
    struct config *c = NULL;

    (void)state;
    write_file(file, "[tasks]\nslots = 100\nrunners = 5\nmax_attempts = 6\n", 0600);
    setenv("PRICEFORGE_TASKS_SLOTS", "200", 1);
    setenv("PRICEFORGE_TASKS_RUNNERS", "9", 1);
    setenv("PRICEFORGE_URL", "http://elsewhere", 1); /* the client's */
    assert_int_equal(load(file, &option, 1, &c), 0);
    unsetenv("PRICEFORGE_TASKS_SLOTS");
    unsetenv("PRICEFORGE_TASKS_RUNNERS");
    unsetenv("PRICEFORGE_URL");
    assert_int_equal(c->slots, 300);
    assert_int_equal(c->runners, 9);
    assert_int_equal(c->max_attempts, 6);
    config_free(&c);
}

static void test_environment_faults(void **state)
{
    struct config *c = NULL;

    (void)state;
    setenv("PRICEFORGE_HTTP_LISTENER", "x", 1);
    setenv("PRICEFORGE_HTTP_WORKERS", "many", 1);
    assert_int_equal(load(NULL, NULL, 0, &c), -1);
    unsetenv("PRICEFORGE_HTTP_LISTENER");
    unsetenv("PRICEFORGE_HTTP_WORKERS");
    assert_non_null(
        strstr(errors, "environment PRICEFORGE_HTTP_LISTENER: unknown key http.listener; did you mean http.listen?"));
    assert_non_null(strstr(errors, "environment PRICEFORGE_HTTP_WORKERS: http.workers = many: must be a whole number"));
}

static void test_unknown_keys(void **state)
{
    (void)state;
    refuse("[http]\nworker = 2\n", 2, "unknown key http.worker; did you mean http.workers?");
    refuse("[htpp]\nlisten = x\n", 2, "did you mean http.listen?");
    refuse("[weather]\nforecast = rain\n", 2, "unknown key weather.forecast; priceforged --dump-config lists all keys");
    refuse("listen = 1\n", 1, "stands before the first [section]");
}

static void test_syntax(void **state)
{
    (void)state;
    refuse("[http]\n\nnonsense\n", 3, "not understood");
    refuse("[http\nworkers = 1\n", 1, "not understood");
    refuse("[http]\nworkers = 1\n[tasks]\nrunners = 1\n[http]\nworkers = 2\n", 6, "http.workers is given twice");
    char text[600] = "[http]\nlisten = ";
    memset(text + strlen(text), 'x', 500);
    strcat(text, "\n");
    refuse(text, 2, "the line is longer than");
}

static void test_values(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"[http]\nworkers = 0", "http.workers = 0: must be a whole number from 1 to 256"},
        {"[http]\nworkers = -1", "must be a whole number"},
        {"[http]\nworkers = 1.5", "must be a whole number"},
        {"[http]\nworkers = 0x10", "must be a whole number"},
        {"[http]\nworkers = 99999999999999999999", "must be a whole number"},
        {"[http]\nworkers =", "must be a whole number"},
        {"[http]\nmax_upload = 64X", "must be a number of bytes from 1K to 1T"},
        {"[http]\nmax_upload = 64MB", "must be a number of bytes"},
        {"[http]\nmax_upload = 99999999999T", "must be a number of bytes"},
        {"[http]\nmax_upload = 5", "must be a number of bytes"},
        {"[http]\nstart_status = 201", "must be 200 or 202"},
        {"[http]\nlisten = 8087", "must be ADDRESS:PORT"},
        {"[http]\nlisten = 127.0.0.1:", "must be ADDRESS:PORT"},
        {"[http]\nlisten = 127.0.0.1:70000", "must be ADDRESS:PORT"},
        {"[http]\nlisten = ::1:80", "must be ADDRESS:PORT"},
        {"[http]\nlisten = [::1:80", "must be ADDRESS:PORT"},
        {"[http]\nlisten = example.org:80", "must be ADDRESS:PORT"},
        {"[log]\nlevel = loud", "must be error or warn or info or debug"},
        {"[log]\nformat = xml", "must be text or json"},
        {"[pricing]\nbase_currency = rub", "must be a currency code"},
        {"[pricing]\nbase_currency = RUBL", "must be a currency code"},
        {"[pricing]\ndefault_vat_rate = 100.01", "must be a percentage"},
        {"[pricing]\ndefault_vat_rate = -1", "must be a percentage"},
        {"[pricing]\ndefault_vat_rate = 1.234", "must be a percentage"},
        {"[pricing]\ndefault_vat_rate = 5.", "must be a percentage"},
        {"[paths]\nstate_dir =", "must not be empty"},
        {"[daemon]\nuser =", "must not be empty"},
        {"[tasks]\nslots = 7", "from 8 to 1048576"},
        {"[database]\nport = 0", "from 1 to 65535"},
        {"[database]\npool = 1M", "from 5M to 1T"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(cases[i].line, 2, cases[i].words);
}

static void test_exposure_needs_tokens(void **state)
{
    char option[300];

    (void)state;
    refuse_option("http.listen=0.0.0.0:8087", "http.listen = 0.0.0.0:8087: must be a loopback address");
    refuse_option("http.listen=[::]:8087", "must be a loopback address");
    refuse_option("pricing.time_zone=Mars/Phobos", "pricing.time_zone = Mars/Phobos: must be a name of");
    refuse_option("pricing.time_zone=Europe", "must be a name of");
    refuse_option("pricing.time_zone=../zoneinfo/UTC", "must be a name of");
    refuse_option("auth.tokens_file=/nonexistent/tokens",
                  "auth.tokens_file = /nonexistent/tokens: No such file or directory");
    write_file(file, "# none yet\n", 0644);
    snprintf(option, sizeof option, "auth.tokens_file=%s", file);
    const char *const options[] = {"http.listen=0.0.0.0:8087", option};
    struct config *c = load_options(options, 2);
    assert_string_equal(c->listen, "0.0.0.0:8087");
    config_free(&c);
    assert_int_equal(chmod(file, 0664), 0);
    refuse_option(option, "accounts other than its owner can write it");
    write_file(file, "3f09c2aa read nonsense 2026-01-01 never x\n", 0600);
    assert_int_equal(chmod(file, 0600), 0);
    refuse_option(option, "line 1: the digest is not 64 hexadecimal digits");
}

static void test_good_values(void **state)
{
    static const char *const options[] = {
        "pricing.default_vat_rate=0",     "http.listen=localhost:0", "tasks.slots=8",
        "http.max_upload=1048577",        "http.body_min_rate=0",    "http.start_status=200",
        "pricing.default_vat_rate=100.00"};
    struct config *c = load_options(options, sizeof options / sizeof options[0]);

    (void)state;
    assert_string_equal(c->listen, "localhost:0");
    assert_int_equal(c->max_upload, 1048577);
    assert_int_equal(c->start_status, 200);
    config_free(&c);
    const char *none = "http.listen=";
    c = load_options(&none, 1);
    assert_string_equal(c->listen, "");
    config_free(&c);
}

static void test_options(void **state)
{
    (void)state;
    refuse_option("nonsense", "-o: nonsense: must be section.key=value");
    refuse_option("http.workers", "must be section.key=value");
    refuse_option("http.=3", "must be section.key=value");
    refuse_option("http.wrokers=3", "did you mean http.workers?");
    refuse_option("http.workers=", "must be a whole number");
    refuse_option("database.name=a`b", "must be at most 64 letters");
    refuse_option("http.server_names=a, b:80",
                  "http.server_names: b:80: must be a host name or an address, without a port");
    refuse_option("daemon.user=a\nb", "must be one line without control characters");
    refuse_option("daemon.user= x", "must not begin or end with a blank");
    refuse_option("paths.state_dir=/a ;b", "must not begin or end with a blank or contain");
}

static void test_all_faults_are_told_at_once(void **state)
{
    refuse("[http]\nworkers = x\nlisten = y\nfoo = z\n", 2, "http.workers");
    (void)state;
    assert_non_null(strstr(errors, ":3: http.listen"));
    assert_non_null(strstr(errors, ":4: unknown key http.foo"));
}

static void test_many_faults_are_cut(void **state)
{
    char text[4000] = "[http]\n";
    struct config *c = NULL;
    unsigned lines = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(text, "unheard_of_key = 1\n");
    write_file(file, text, 0600);
    assert_int_equal(load(file, NULL, 0, &c), -1);
    for (const char *s = errors; *s; s++)
        lines += *s == '\n';
    assert_int_equal(lines, 21);
    assert_non_null(strstr(errors, "further faults are not shown"));
}

static void test_file_cannot_be_read(void **state)
{
    struct config *c = NULL;

    (void)state;
    assert_int_equal(load("/nonexistent/conf", NULL, 0, &c), -1);
    assert_non_null(strstr(errors, "/nonexistent/conf: cannot read the configuration file: No such file or directory"));
    assert_int_equal(load(dir, NULL, 0, &c), -1);
    assert_non_null(strstr(errors, "it is a directory"));
}

static void test_long_runtime_directory(void **state)
{
    char option[200] = "paths.runtime_dir=/";
    const char *options[] = {option};

    (void)state;
    memset(option + strlen(option), 'r', 89);
    struct config *c = load_options(options, 1);
    config_free(&c);
    strcat(option, "r");
    refuse_option(option, "too long for the sockets in it (91 bytes, at most 90)");
}

static void test_database_choices(void **state)
{
    (void)state;
    struct config *c = load_text("[database]\nhost = db1\nuser = app\nport = 3307\n");
    struct store_config store = config_store(c, 5, 60);
    assert_false(c->private_database);
    assert_string_equal(store.host, "db1");
    assert_int_equal(store.port, 3307);
    assert_string_equal(store.user, "app");
    assert_null(store.tls_ca);
    assert_int_equal(store.read_timeout_s, 5);
    assert_int_equal(store.statement_timeout_s, 60);
    config_free(&c);
    c = load_text("[paths]\nstate_dir = /s\n");
    store = config_store(c, 0, 0);
    assert_string_equal(store.socket, "/s/run/db.sock");
    config_free(&c);
    c = load_text("[database]\nsocket = /run/mysqld/mysqld.sock\n");
    assert_false(c->private_database);
    config_free(&c);
    refuse_option("database.host=db1", "database.host needs database.user");
    refuse_option("database.user=app", "database.user needs database.host or database.socket");
    const char *both[] = {"database.host=a", "database.socket=/b", "database.user=c"};
    assert_int_equal(load(NULL, both, 3, &c), -1);
    assert_non_null(strstr(errors, "are both given; keep one"));
}

int main(void)
{
    unsetenv("CREDENTIALS_DIRECTORY");
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_state_dir_of_an_ordinary_user),
        TEST(test_paths_follow_the_state_directory),
        TEST(test_relative_paths_are_refused),
        TEST(test_file),
        TEST(test_order_file_environment_option),
        TEST(test_environment_faults),
        TEST(test_unknown_keys),
        TEST(test_syntax),
        TEST(test_values),
        TEST(test_exposure_needs_tokens),
        TEST(test_good_values),
        TEST(test_options),
        TEST(test_all_faults_are_told_at_once),
        TEST(test_many_faults_are_cut),
        TEST(test_file_cannot_be_read),
        TEST(test_long_runtime_directory),
        TEST(test_database_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
