/* The log of a task against a real server: only with the row's move, in order, bounded, gone with the row. */
#include "store/tasklog.h"
#include "tests/unit/store/db.h"

#define T0 1770000000000

static store_uuid id;
static char whole[2 * TASKLOG_MAX];
static size_t whole_len;

static unsigned claim(void)
{
    struct journal_row row;
    assert_int_equal(journal_claim(&db, id, node, &row), 1);
    unsigned attempt = row.attempt;
    journal_row_fini(&row);
    return attempt;
}

static void accept_one(void)
{
    struct journal_new task;
    make(&task);
    task.created_ms = T0;
    memcpy(id, task.id, sizeof id);
    OK(journal_insert(&db, &task));
}

static int setup_one(void **state)
{
    setup(state);
    accept_one();
    return 0;
}

static struct tasklog_text lines_of(const char *text)
{
    return (struct tasklog_text){text, strlen(text)};
}

static int add(uint64_t at, struct tasklog_text piece, void *ctx)
{
    const uint64_t *after = ctx;
    assert_int_equal(at, *after + whole_len);
    assert_true(piece.len > 0);
    memcpy(whole + whole_len, piece.text, piece.len);
    whole_len += piece.len;
    whole[whole_len] = '\0';
    return 0;
}

static const char *read_after(uint64_t after)
{
    whole_len = 0;
    whole[0] = '\0';
    OK(tasklog_each(&db, id, after, add, &after));
    return whole;
}

static uint64_t length(void)
{
    uint64_t n = 0;
    OK(tasklog_length(&db, id, &n));
    return n;
}

static const struct journal_end done = {
    .status = JOURNAL_SUCCEEDED, .outcome = OUTCOME_SUCCEEDED, .result = "{}", .done_ms = T0 + 1};

static void lines_come_with_the_move(void **state)
{
    (void)state;
    assert_string_equal(read_after(0), "");
    assert_int_equal(length(), 0);
    unsigned attempt = claim();
    assert_int_equal(tasklog_requeue(&db, id, node, attempt + 1, false, lines_of("lost\n")), 0);
    assert_int_equal(tasklog_requeue(&db, id, node, attempt, false, lines_of("первая\n")), 1);
    attempt = claim();
    assert_int_equal(attempt, 2);
    assert_int_equal(tasklog_finish(&db, id, node, JOURNAL_RUNNING, attempt, &done, lines_of("b\nc\n")), 1);
    assert_int_equal(tasklog_finish(&db, id, node, JOURNAL_RUNNING, attempt, &done, lines_of("late\n")), 0);
    assert_string_equal(read_after(0), "первая\nb\nc\n");
    assert_int_equal(length(), 17); /* bytes, not characters */
    assert_string_equal(read_after(13), "b\nc\n");
    assert_string_equal(read_after(16), "\n");
    assert_string_equal(read_after(17), "");
    assert_string_equal(read_after(UINT64_MAX / 2), "");
}

static void no_lines_are_no_piece(void **state)
{
    (void)state;
    assert_int_equal(tasklog_requeue(&db, id, node, claim(), true, (struct tasklog_text){NULL, 0}), 1);
    assert_int_equal(length(), 0);
}

/* More and more attempts fill the log up to the line that crosses the limit; one more line says so, once. */
static void is_bounded(void **state)
{
    (void)state;
    static char piece[TASKLOG_PIECE_MAX];
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = i % 100 == 99 || i == sizeof piece - 1 ? '\n' : 'x';
    /* Odd lengths: the limit falls inside a line and, for one of the tasks, exactly at its end. */
    static const size_t lengths[] = {sizeof piece, 10100, 16300, 100};
    for (size_t n = 0; n < sizeof lengths / sizeof lengths[0]; n++) {
        accept_one();
        struct tasklog_text text = {piece, lengths[n]};
        size_t pieces = TASKLOG_MAX / lengths[n] + 3;
        for (size_t i = 0; i < pieces; i++)
            assert_int_equal(tasklog_requeue(&db, id, node, claim(), true, text), 1);
        const char *all = read_after(0);
        const char *last = strstr(all, "The log of this task is full");
        assert_non_null(last);
        assert_true(last - all >= TASKLOG_MAX && last - all < TASKLOG_MAX + 100);
        assert_int_equal(last[-1], '\n');
        assert_ptr_equal(strchr(last, '\n') + 1, all + whole_len);
        assert_int_equal(length(), whole_len);
    }
}

static void goes_with_the_row(void **state)
{
    (void)state;
    assert_int_equal(tasklog_finish(&db, id, node, JOURNAL_RUNNING, claim(), &done, lines_of("a\n")), 1);
    assert_int_equal(length(), 2);
    assert_int_equal(journal_forget(&db, id), 1);
    assert_int_equal(length(), 0);
}

/* A queued task that somebody ends. */
static void ends_a_queued_one(void **state)
{
    (void)state;
    struct journal_end end = {.status = JOURNAL_CANCELLED, .outcome = OUTCOME_CANCELLED, .done_ms = T0 + 5};
    assert_int_equal(tasklog_finish(&db, id, node, JOURNAL_QUEUED, 0, &end, lines_of("ended\n")), 1);
    assert_int_equal(tasklog_finish(&db, id, node, JOURNAL_QUEUED, 0, &end, lines_of("ended\n")), 0);
    assert_string_equal(read_after(0), "ended\n");
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, setup_one, teardown)
    const struct CMUnitTest tests[] = {
        ONE(lines_come_with_the_move), ONE(no_lines_are_no_piece), ONE(is_bounded),
        ONE(goes_with_the_row),        ONE(ends_a_queued_one),
    };
    if (fixture_start() != 0)
        return 77; /* automake's "skipped" */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
