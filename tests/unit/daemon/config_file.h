/* A directory with a configuration file, loaded with what it says on standard error caught. Included once by a test
 * program. */
#ifndef PF_TESTS_CONFIG_FILE_H
#define PF_TESTS_CONFIG_FILE_H

#include "daemon/config/config.h"
#include "daemon/config/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char dir[64], file[96], secret[96], errors[8192];

static inline int set_up(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/pf-config-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/conf", dir);
    snprintf(secret, sizeof secret, "%s/secret", dir);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    unlink(file);
    unlink(secret);
    return rmdir(dir);
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
    unlink(path); /* it may be read-only */
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    chmod(path, mode);
}

/* Load with standard error caught in `errors`. */
static inline int load(const char *path, const char *const *overrides, unsigned n, struct config **out)
{
    FILE *caught = tmpfile();
    int saved = dup(STDERR_FILENO);

    assert_non_null(caught);
    fflush(stderr);
    dup2(fileno(caught), STDERR_FILENO);
    int rc = config_load(path, overrides, n, out);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(caught);
    errors[fread(errors, 1, sizeof errors - 1, caught)] = '\0';
    fclose(caught);
    if (rc == 0)
        assert_string_equal(errors, "");
    return rc;
}

static inline struct config *load_text(const char *text)
{
    struct config *config = NULL;

    write_file(file, text, 0600);
    if (load(file, NULL, 0, &config) < 0)
        fail_msg("%s", errors);
    return config;
}

/* The file is refused, and the message has file, line and these words. */
static inline void refuse(const char *text, unsigned line, const char *words)
{
    struct config *config = NULL;
    char where[128];

    write_file(file, text, 0600);
    assert_int_equal(load(file, NULL, 0, &config), -1);
    assert_null(config);
    snprintf(where, sizeof where, "priceforged: %s:%u: ", file, line);
    if (!strstr(errors, where) || !strstr(errors, words))
        fail_msg("expected '%s…%s' in:\n%s", where, words, errors);
}

static inline void refuse_option(const char *option, const char *words)
{
    struct config *config = NULL;

    assert_int_equal(load(NULL, &option, 1, &config), -1);
    if (!strstr(errors, words))
        fail_msg("expected '%s' in:\n%s", words, errors);
}

static inline struct config *load_options(const char *const *options, unsigned n)
{
    struct config *config = NULL;

    if (load(NULL, options, n, &config) < 0)
        fail_msg("%s", errors);
    return config;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
