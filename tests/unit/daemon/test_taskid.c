/* Ids of new tasks: version and variant in each, none twice, all other bits both ways. */
#include "daemon/task/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY 10000 /* several blocks of random bytes */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(store_uuid));
}

static void ids_are_random_uuids(void **state)
{
    static store_uuid ids[MANY];
    store_uuid all_and, all_or = {0};
    const store_uuid fixed_and = {[6] = 0x40, [8] = 0x80}; /* version 4, variant 10 */
    const store_uuid free_bits = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x4f, 0xff,
                                  0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    (void)state;
    memset(all_and, 0xff, sizeof all_and);
    for (size_t i = 0; i < MANY; i++) {
        taskid_new(ids[i]);
        for (size_t byte = 0; byte < sizeof ids[i]; byte++) {
            all_and[byte] &= ids[i][byte];
            all_or[byte] |= ids[i][byte];
        }
    }
    assert_memory_equal(all_and, fixed_and, sizeof all_and);
    assert_memory_equal(all_or, free_bits, sizeof all_or);
    qsort(ids, MANY, sizeof ids[0], by_bytes);
    for (size_t i = 1; i < MANY; i++)
        assert_memory_not_equal(ids[i - 1], ids[i], sizeof ids[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids_are_random_uuids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
