/* Test data and a repeatable stream of random numbers for unit tests. */
#ifndef PF_TESTDATA_H
#define PF_TESTDATA_H

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The tree of tests/data/pricing/<name>; the directory comes from PF_DATA. Freed with yajl_tree_free(). */
static inline yajl_val testdata_json(const char *name)
{
    const char *dir = getenv("PF_DATA");
    char path[4096], why[128];
    snprintf(path, sizeof path, "%s/pricing/%s", dir ? dir : "tests/data", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened: set PF_DATA to tests/data", path);
    fseek(file, 0, SEEK_END);
    size_t n = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, n, file), n);
    fclose(file);
    yajl_val tree = json_parse(text, n, 32, why, sizeof why);
    if (!tree)
        fail_msg("%s: %s", path, why);
    free(text);
    return tree;
}

/* Array member; its length in *n. */
static inline yajl_val *testdata_list(yajl_val object, const char *key, size_t *n)
{
    yajl_val list = json_member(object, key);
    if (!YAJL_IS_ARRAY(list))
        fail_msg("no list %s", key);
    *n = list->u.array.len;
    return list->u.array.values;
}

static inline const char *testdata_string(yajl_val object, const char *key)
{
    return json_member_string(object, key, NULL);
}

/* xorshift64*: the same numbers in every run, so that a failure can be seen again. */
static inline uint64_t testdata_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ULL;
}

#endif
