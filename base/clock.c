#include "base/clock.h"

#include <stdlib.h>

static struct timespec read_clock(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        abort();
    return now;
}

static int64_t in_ms(struct timespec now)
{
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
    return in_ms(read_clock(CLOCK_MONOTONIC));
}

int64_t clock_mono_us(void)
{
    struct timespec now = read_clock(CLOCK_MONOTONIC);

    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

double clock_mono_s(void)
{
    struct timespec now = read_clock(CLOCK_MONOTONIC);

    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int64_t clock_coarse_ms(void)
{
    return in_ms(read_clock(CLOCK_MONOTONIC_COARSE));
}

int64_t clock_wall_ms(void)
{
    return in_ms(read_clock(CLOCK_REALTIME));
}

int64_t clock_not_before(int64_t ms, int64_t earlier)
{
    return ms > earlier ? ms : earlier;
}

struct timespec clock_mono(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

struct timespec clock_add_ms(struct timespec when, int64_t ms)
{
    int64_t ns = when.tv_nsec + ms % 1000 * 1000000;

    when.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    when.tv_nsec = (long)(ns % 1000000000);
    return when;
}
