/* Filter, order, cursor, marks. */
#include "client/top/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static const struct rows *sorting; /* for qsort() */

static int of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_order(const void *left, const void *right)
{
    const struct top_task *a = *(const struct top_task *const *)left, *b = *(const struct top_task *const *)right;
    int rc = 0;
    switch (sorting->order) {
    case ORDER_ID:
        rc = strcmp(a->id, b->id);
        break;
    case ORDER_TYPE:
        rc = strcmp(a->type, b->type);
        break;
    case ORDER_WHO:
        rc = strcmp(a->who, b->who);
        break;
    case ORDER_STATE:
        rc = strcmp(a->state, b->state);
        break;
    case ORDER_PROGRESS:
        rc = of(a->progress, b->progress);
        break;
    case ORDER_BEGAN:
        rc = of(a->began_ms, b->began_ms);
        break;
    case ORDER_SERVER:
    case ORDERS:
        break;
    }
    if (rc == 0)
        rc = a < b ? -1 : 1; /* as the server has them */
    return sorting->reverse ? -rc : rc;
}

static void lower(const char *text, wchar_t *out, size_t size)
{
    size_t n = mbstowcs(out, text, size - 1);
    out[n == (size_t)-1 ? 0 : n] = L'\0';
    for (; *out; out++)
        *out = (wchar_t)towlower((wint_t)*out);
}

static bool fits(const struct top_task *task, const wchar_t *wanted)
{
    const char *const parts[] = {task->id, task->type, task->who, task->state, task->what, task->message};
    wchar_t text[256];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        lower(parts[i], text, sizeof text / sizeof text[0]);
        if (wcsstr(text, wanted))
            return true;
    }
    return false;
}

static void forget_marks(struct rows *rows, const struct picture *picture)
{
    unsigned kept = 0;
    for (unsigned m = 0; m < rows->n_marked; m++)
        for (unsigned i = 0; i < picture->n; i++)
            if (strcmp(picture->task[i].id, rows->marked[m]) == 0) {
                memmove(rows->marked[kept++], rows->marked[m], sizeof rows->marked[m]);
                break;
            }
    rows->n_marked = kept;
}

void rows_make(struct rows *rows, const struct picture *picture)
{
    wchar_t wanted[sizeof rows->filter];
    lower(rows->filter, wanted, sizeof wanted / sizeof wanted[0]);
    rows->n = 0;
    for (unsigned i = 0; i < picture->n; i++)
        if (fits(&picture->task[i], wanted))
            rows->row[rows->n++] = &picture->task[i];
    sorting = rows;
    qsort(rows->row, rows->n, sizeof(const struct top_task *), by_order);
    for (unsigned i = 0; i < rows->n; i++)
        if (strcmp(rows->row[i]->id, rows->at) == 0)
            rows->cursor = i;
    forget_marks(rows, picture);
    rows_move(rows, 0);
}

void rows_move(struct rows *rows, int by)
{
    int64_t at = (int64_t)rows->cursor + by;
    if (at >= (int64_t)rows->n)
        at = (int64_t)rows->n - 1;
    rows->cursor = at < 0 ? 0 : (unsigned)at;
    snprintf(rows->at, sizeof rows->at, "%s", rows->n ? rows->row[rows->cursor]->id : "");
}

void rows_scroll(struct rows *rows, unsigned height)
{
    if (rows->cursor < rows->first)
        rows->first = rows->cursor;
    if (height > 0 && rows->cursor >= rows->first + height)
        rows->first = rows->cursor - height + 1;
    if (rows->first + height > rows->n)
        rows->first = rows->n > height ? rows->n - height : 0;
}

bool rows_is_marked(const struct rows *rows, const char *id)
{
    for (unsigned i = 0; i < rows->n_marked; i++)
        if (strcmp(rows->marked[i], id) == 0)
            return true;
    return false;
}

void rows_mark(struct rows *rows, const char *id)
{
    for (unsigned i = 0; i < rows->n_marked; i++)
        if (strcmp(rows->marked[i], id) == 0) {
            memmove(rows->marked + i, rows->marked + i + 1, (rows->n_marked - i - 1) * sizeof rows->marked[0]);
            rows->n_marked--;
            return;
        }
    if (rows->n_marked < TOP_TASKS)
        snprintf(rows->marked[rows->n_marked++], sizeof rows->marked[0], "%s", id);
}

void rows_mark_all(struct rows *rows)
{
    rows->n_marked = 0;
    for (unsigned i = 0; i < rows->n; i++)
        rows_mark(rows, rows->row[i]->id);
}

const struct top_task *rows_current(const struct rows *rows)
{
    return rows->n ? rows->row[rows->cursor] : NULL;
}
