/* The derived lists as seen through the table: order of claims, limits, eviction, index under churn, rebuild. */
#include "tests/unit/shm/help.h"

/* The number of the next claimed task, 0 when there is none. */
static unsigned claim_number(struct shm_segment *seg, struct shm_handle *handle)
{
    struct shm_task task;
    unsigned number;
    int error = shm_table_claim(seg, help_me, handle, &task);

    if (error == -EAGAIN)
        return 0;
    assert_int_equal(error, 0);
    memcpy(&number, task.id, sizeof number);
    return number;
}

static void test_claims_in_order(void **state)
{
    struct shm_segment *seg = help_segment(16);
    struct shm_handle handle;

    (void)state;
    assert_int_equal(claim_number(seg, &handle), 0);
    for (unsigned i = 1; i <= 6; i++)
        help_ready(seg, i, (uint8_t)(i % 2 == 0 ? 0 : 1)); /* type 1 has a limit of 2 */
    assert_int_equal(claim_number(seg, &handle), 1);
    assert_int_equal(claim_number(seg, &handle), 2);
    assert_int_equal(claim_number(seg, &handle), 3);
    assert_int_equal(claim_number(seg, &handle), 4);
    assert_int_equal(claim_number(seg, &handle), 6); /* 5 would be the third of its type */
    assert_int_equal(claim_number(seg, &handle), 0);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_limit_opens_again(void **state)
{
    struct shm_segment *seg = help_segment(16);
    struct shm_handle first, other;

    (void)state;
    help_ready(seg, 1, 2); /* limit 1 */
    help_ready(seg, 2, 2);
    help_ready(seg, 3, 2);
    assert_int_equal(claim_number(seg, &first), 1);
    assert_int_equal(claim_number(seg, &other), 0);
    assert_int_equal(help_move(seg, first, TASK_RUNNING), 0);
    assert_int_equal(claim_number(seg, &other), 0);
    assert_int_equal(help_move(seg, first, TASK_FAILED), 0);
    assert_int_equal(claim_number(seg, &other), 2);
    assert_int_equal(help_move(seg, other, TASK_FREE), 0);
    assert_int_equal(claim_number(seg, &other), 3);
    help_check(seg);
    shm_segment_free(&seg);
}

static void test_requeued_keeps_its_place(void **state)
{
    struct shm_segment *seg = help_segment(16);
    struct shm_handle one, two, handle;

    (void)state;
    for (unsigned i = 1; i <= 4; i++)
        help_ready(seg, i, 0);
    assert_int_equal(claim_number(seg, &one), 1);
    assert_int_equal(claim_number(seg, &two), 2);
    assert_int_equal(help_move(seg, two, TASK_READY), 0);
    assert_int_equal(help_move(seg, one, TASK_READY), 0);
    help_check(seg);
    for (unsigned i = 1; i <= 4; i++)
        assert_int_equal(claim_number(seg, &handle), i);
    shm_segment_free(&seg);
}

static void test_cancel_from_the_middle(void **state)
{
    struct shm_segment *seg = help_segment(16);
    struct shm_handle handles[6], handle;

    (void)state;
    for (unsigned i = 1; i <= 5; i++)
        handles[i] = help_ready(seg, i, 0);
    assert_int_equal(help_move(seg, handles[3], TASK_CANCELLED), 0);
    assert_int_equal(help_move(seg, handles[1], TASK_CANCELLED), 0);
    assert_int_equal(help_move(seg, handles[5], TASK_FREE), 0);
    help_check(seg);
    assert_int_equal(claim_number(seg, &handle), 2);
    assert_int_equal(claim_number(seg, &handle), 4);
    assert_int_equal(claim_number(seg, &handle), 0);
    shm_segment_free(&seg);
}

static void test_full_of_live_tasks(void **state)
{
    struct shm_segment *seg = help_segment(8);
    struct shm_handle handle, last = {0, 0};
    uint8_t id[16];

    (void)state;
    for (unsigned i = 1; i <= 8; i++)
        last = help_ready(seg, i, 0);
    help_id(id, 9);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &handle), -ENOSPC);
    help_check(seg);
    assert_int_equal(help_move(seg, last, TASK_CANCELLED), 0);
    assert_int_equal(shm_table_reserve(seg, help_me, id, 0, &handle), 0);
    assert_int_equal(handle.slot, last.slot);
    assert_true(handle.generation == last.generation + 1);
    assert_false(help_found(seg, 8));
    help_check(seg);
    shm_segment_free(&seg);
}

/* Oldest by done_ms, whatever the order of arrival; a time before 1970 is older than all. */
static void test_eviction_order(void **state)
{
    static const int64_t done[8] = {500, 100, 800, 300, -7, 600, 200, 700};
    static const unsigned oldest[8] = {5, 2, 7, 4, 1, 6, 8, 3};
    struct shm_segment *seg = help_segment(8);

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        help_final(seg, i + 1, done[i]);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(help_found(seg, oldest[i]));
        help_reserve(seg, 100 + i, 0);
        assert_false(help_found(seg, oldest[i]));
        help_check(seg);
    }
    shm_segment_free(&seg);
}

static void test_free_slot_before_eviction(void **state)
{
    struct shm_segment *seg = help_segment(8);

    (void)state;
    for (unsigned i = 1; i <= 7; i++)
        help_final(seg, i, i);
    help_reserve(seg, 50, 0);
    for (unsigned i = 1; i <= 7; i++)
        assert_true(help_found(seg, i));
    shm_segment_free(&seg);
}

/* --- churn against a model --- */

#define CHURN_IDS 40

struct model {
    struct shm_handle handle[CHURN_IDS];
    uint8_t state[CHURN_IDS];
};

static unsigned rng_next(uint64_t *rng)
{
    *rng = *rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*rng >> 33);
}

/* The model learns of an eviction by its old handle. */
static void model_evict(struct shm_segment *seg, struct model *model, struct shm_handle new)
{
    struct shm_task task;
    uint64_t version;

    for (unsigned i = 0; i < CHURN_IDS; i++)
        if (model->state[i] != TASK_FREE && model->handle[i].slot == new.slot) {
            assert_true(task_state_final((enum task_state)model->state[i]));
            assert_int_equal(shm_table_read(seg, model->handle[i], &task, &version), -ESRCH);
            model->state[i] = TASK_FREE;
        }
}

static void churn_reserve(struct shm_segment *seg, struct model *model, unsigned i, uint8_t type)
{
    struct shm_handle handle;
    uint8_t id[16];

    help_id(id, i);
    int error = shm_table_reserve(seg, help_me, id, type, &handle);
    if (error == -ENOSPC)
        return;
    assert_int_equal(error, 0);
    model_evict(seg, model, handle);
    model->handle[i] = handle;
    model->state[i] = TASK_RESERVED;
}

static void churn_claim(struct shm_segment *seg, struct model *model)
{
    struct shm_handle handle;
    unsigned number = claim_number(seg, &handle);

    if (number == 0 && model->handle[0].slot != handle.slot)
        return;
    for (unsigned i = 0; i < CHURN_IDS; i++)
        if (model->state[i] == TASK_READY && model->handle[i].slot == handle.slot)
            model->state[i] = TASK_CLAIMED;
}

static void churn_move(struct shm_segment *seg, struct model *model, unsigned i, unsigned dice)
{
    static const uint8_t next[TASK_STATES][4] = {
        [TASK_RESERVED] = {TASK_READY, TASK_READY, TASK_FREE, TASK_SUCCEEDED},
        [TASK_READY] = {TASK_CANCELLED, TASK_READY, TASK_FAILED, TASK_FREE},
        [TASK_CLAIMED] = {TASK_RUNNING, TASK_RUNNING, TASK_READY, TASK_CANCELLED},
        [TASK_RUNNING] = {TASK_RUNNING, TASK_SUCCEEDED, TASK_READY, TASK_FAILED},
        [TASK_SUCCEEDED] = {TASK_FREE, TASK_FREE, TASK_FREE, TASK_FREE},
        [TASK_FAILED] = {TASK_FREE, TASK_FREE, TASK_FREE, TASK_FREE},
        [TASK_CANCELLED] = {TASK_FREE, TASK_FREE, TASK_FREE, TASK_FREE},
    };
    uint8_t to = next[model->state[i]][dice % 4];

    assert_int_equal(help_move(seg, model->handle[i], (enum task_state)to), 0);
    model->state[i] = to;
}

static void model_compare(struct shm_segment *seg, const struct model *model)
{
    for (unsigned i = 0; i < CHURN_IDS; i++)
        assert_int_equal(help_found(seg, i), model->state[i] != TASK_FREE && model->state[i] != TASK_RESERVED);
}

static void test_churn(void **state)
{
    struct shm_segment *seg = help_segment(24);
    static struct model model;
    uint64_t rng = 1;

    (void)state;
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = 1 + rng_next(&rng) % (CHURN_IDS - 1);
        unsigned dice = rng_next(&rng);
        if (dice % 5 == 0)
            churn_claim(seg, &model);
        else if (model.state[i] == TASK_FREE)
            churn_reserve(seg, &model, i, (uint8_t)(dice / 5 % 3));
        else
            churn_move(seg, &model, i, dice / 5);
        help_check(seg);
        if (step % 50 == 0)
            model_compare(seg, &model);
        if (step % 97 == 0) {
            assert_int_equal(shm_lock(seg), 0);
            assert_int_equal(shm_table_rebuild(seg), 0);
            shm_unlock(seg);
            help_check(seg);
        }
    }
    shm_segment_free(&seg);
}

/* Ids that all want the same place in the index: wrap-around and shifting back. */
static void test_colliding_ids(void **state)
{
    struct shm_segment *seg = help_segment(16);
    unsigned numbers[12], count = 0;
    struct shm_handle handles[12];

    (void)state;
    for (unsigned number = 1; count < 12; number++) {
        uint8_t id[16];
        uint64_t half[2];
        help_id(id, number);
        memcpy(half, id, sizeof half);
        uint64_t mixed = (half[0] ^ half[1] * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
        if ((mixed >> 32 & 31) >= 30) /* the last two of 32 entries */
            numbers[count++] = number;
    }
    for (unsigned i = 0; i < 12; i++)
        handles[i] = help_ready(seg, numbers[i], 0);
    for (unsigned i = 0; i < 12; i += 2) {
        assert_int_equal(help_move(seg, handles[i], TASK_FREE), 0);
        help_check(seg);
    }
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(help_found(seg, numbers[i]), i % 2);
    shm_segment_free(&seg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims_in_order),
        cmocka_unit_test(test_limit_opens_again),
        cmocka_unit_test(test_requeued_keeps_its_place),
        cmocka_unit_test(test_cancel_from_the_middle),
        cmocka_unit_test(test_full_of_live_tasks),
        cmocka_unit_test(test_eviction_order),
        cmocka_unit_test(test_free_slot_before_eviction),
        cmocka_unit_test(test_churn),
        cmocka_unit_test(test_colliding_ids),
    };

    return cmocka_run_group_tests_name("shm/queue", tests, NULL, NULL);
}
