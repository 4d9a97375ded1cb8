/* shm/segment: sizes, limits, names, guard pages, what a stranger's write does. */
#include "tests/unit/shm/help.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>

static const struct shm_geometry small = {.slots = 8, .procs = 2, .types = 1};

static void test_new_and_free(void **state)
{
    struct shm_segment *seg = NULL;

    (void)state;
    assert_int_equal(shm_segment_new(&small, &seg), 0);
    assert_non_null(seg);
    assert_true(shm_segment_intact(seg));
    assert_memory_equal(shm_segment_geometry(seg), &small, sizeof small);
    assert_int_equal(shm_segment_bytes(seg) % (uint64_t)sysconf(_SC_PAGESIZE), 0);
    assert_true(shm_segment_bytes(seg) > 8 * sizeof(struct shm_slot));
    help_check(seg);
    shm_segment_free(&seg);
    assert_null(seg);
    shm_segment_free(&seg);
}

static void test_boot_differs(void **state)
{
    struct shm_segment *one = NULL, *two = NULL;

    (void)state;
    assert_int_equal(shm_segment_new(&small, &one), 0);
    assert_int_equal(shm_segment_new(&small, &two), 0);
    assert_true(shm_segment_boot(one) != shm_segment_boot(two));
    assert_true(shm_segment_layout() != 0);
    assert_int_equal(shm_segment_layout(), shm_segment_layout());
    shm_segment_free(&one);
    shm_segment_free(&two);
}

static void test_geometry_limits(void **state)
{
    const struct shm_geometry bad[] = {
        {.slots = 7, .procs = 2, .types = 1},          {.slots = 1048577, .procs = 2, .types = 1},
        {.slots = 8, .procs = 1, .types = 1},          {.slots = 8, .procs = 4097, .types = 1},
        {.slots = 8, .procs = 2, .types = 0},          {.slots = 8, .procs = 2, .types = SHM_MAX_TYPES + 1},
        {.slots = UINT32_MAX, .procs = 2, .types = 1},
    };
    struct shm_segment *seg = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(shm_segment_new(&bad[i], &seg), -EINVAL);
    assert_null(seg);
}

static unsigned named_objects(void)
{
    DIR *dir = opendir("/dev/shm");
    unsigned found = 0;
    char mine[64];

    if (!dir)
        return 0;
    (void)snprintf(mine, sizeof mine, "priceforge-%ld-", (long)getpid());
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        found += strncmp(entry->d_name, mine, strlen(mine)) == 0;
    (void)closedir(dir);
    return found;
}

static void test_leaves_no_name(void **state)
{
    struct shm_segment *seg = NULL;

    (void)state;
    assert_int_equal(shm_segment_new(&small, &seg), 0);
    assert_int_equal(named_objects(), 0);
    shm_segment_free(&seg);
}

static void test_parts_on_own_lines(void **state)
{
    struct shm_segment *seg = help_segment(9);
    const void *parts[] = {seg->header, seg->lock,  seg->procs,  seg->derived, seg->free_stack,
                           seg->index,  seg->nodes, seg->finals, seg->slots,   seg->rests};

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_int_equal((uintptr_t)parts[i] % SHM_PAIR, 0);
        if (i > 0)
            assert_true((uintptr_t)parts[i - 1] < (uintptr_t)parts[i]);
    }
    assert_int_equal(seg->index_mask + 1, 32);
    shm_segment_free(&seg);
}

static bool touch_kills(volatile char *at)
{
    pid_t child = help_fork();

    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        *at = 1;
        _exit(0);
    }
    int status = help_wait(child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void test_guard_pages(void **state)
{
    struct shm_segment *seg = help_segment(8);
    char *first = (char *)seg->header;

    (void)state;
    assert_true(touch_kills(first - 1));
    assert_true(touch_kills(first + seg->bytes));
    shm_segment_free(&seg);
}

static void test_overwritten_header(void **state)
{
    struct shm_segment *seg = help_segment(8);
    char why[100] = "";

    (void)state;
    seg->header->slots++;
    assert_false(shm_segment_intact(seg));
    assert_false(shm_table_check(seg, why, sizeof why));
    assert_string_equal(why, "I0: the header was overwritten");
    seg->header->slots--;
    atomic_store(&seg->header->magic, SHM_MAGIC ^ 1);
    assert_false(shm_segment_intact(seg));
    shm_segment_free(&seg);
}

/* In a mount namespace of its own with a /dev/shm of 1 MiB. Exit code: 0 = refused with ENOSPC, 77 = may not mount. */
static _Noreturn void new_on_tiny_shm(void)
{
    const struct shm_geometry big = {.slots = 1024, .procs = 8, .types = 1};
    struct shm_segment *seg = NULL;

    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") != 0)
        _exit(77);
    if (shm_segment_new(&small, &seg) != 0)
        _exit(1);
    shm_segment_free(&seg);
    _exit(shm_segment_new(&big, &seg) == -ENOSPC && !seg && named_objects() == 0 ? 0 : 2);
}

static void test_full_dev_shm(void **state)
{
    pid_t child = help_fork();

    (void)state;
    if (child == 0)
        new_on_tiny_shm();
    int status = help_wait(child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_child_uses_parents_mapping(void **state)
{
    struct shm_segment *seg = help_segment(8);
    pid_t child = help_fork();

    (void)state;
    if (child == 0) {
        struct shm_handle handle;
        uint8_t id[16];
        help_id(id, 1);
        _exit(shm_table_reserve(seg, help_me, id, 0, &handle) == 0 && handle.slot == 0 ? 0 : 1);
    }
    assert_int_equal(help_wait(child), 0);
    help_check(seg);
    assert_int_equal(atomic_load(&seg->derived->by_state[TASK_RESERVED]), 1);
    shm_segment_free(&seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_and_free),
        cmocka_unit_test(test_boot_differs),
        cmocka_unit_test(test_geometry_limits),
        cmocka_unit_test(test_leaves_no_name),
        cmocka_unit_test(test_parts_on_own_lines),
        cmocka_unit_test(test_guard_pages),
        cmocka_unit_test(test_overwritten_header),
        cmocka_unit_test(test_full_dev_shm),
        cmocka_unit_test(test_child_uses_parents_mapping),
    };

    return cmocka_run_group_tests_name("shm/segment", tests, NULL, NULL);
}
