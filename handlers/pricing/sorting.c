/* Sorts a handful up to ten thousand values: few by insertion, more by a heap. In place: qsort() of the C library may
 * allocate, and for a handful its calls through a pointer cost more than the sorting. */
#include "handlers/pricing/quotes_impl.h"

enum { FEW = 24 };

static void insert_prices(int64_t *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int64_t value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static void sift_price(int64_t *values, size_t root, size_t n)
{
    int64_t value = values[root];

    for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && values[child + 1] > values[child])
            child++;
        if (values[child] <= value)
            break;
        values[root] = values[child];
        root = child;
    }
    values[root] = value;
}

void sort_prices(int64_t *values, size_t n)
{
    if (n <= FEW) {
        insert_prices(values, n);
        return;
    }
    for (size_t i = n / 2; i-- > 0;)
        sift_price(values, i, n);
    for (size_t end = n - 1; end > 0; end--) {
        int64_t largest = values[0];
        values[0] = values[end];
        values[end] = largest;
        sift_price(values, 0, end);
    }
}

typedef bool (*before_fn)(uint32_t a, uint32_t b, const void *ctx);

static void insert_indices(uint32_t *values, size_t n, before_fn before, const void *ctx)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t value = values[i];
        size_t at = i;
        for (; at > 0 && before(value, values[at - 1], ctx); at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static void sift_index(uint32_t *values, size_t root, size_t n, before_fn before, const void *ctx)
{
    uint32_t value = values[root];

    for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && before(values[child], values[child + 1], ctx))
            child++;
        if (!before(value, values[child], ctx))
            break;
        values[root] = values[child];
        root = child;
    }
    values[root] = value;
}

void sort_indices(uint32_t *values, size_t n, before_fn before, const void *ctx)
{
    if (n <= FEW) {
        insert_indices(values, n, before, ctx);
        return;
    }
    for (size_t i = n / 2; i-- > 0;)
        sift_index(values, i, n, before, ctx);
    for (size_t end = n - 1; end > 0; end--) {
        uint32_t last = values[0];
        values[0] = values[end];
        values[end] = last;
        sift_index(values, 0, end, before, ctx);
    }
}
