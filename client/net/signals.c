/* Signals. */
#include "client/net/signals.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t got;

static void note(int number)
{
    got = number;
}

void signals_init(void)
{
    struct sigaction action = {.sa_handler = note};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

int signals_got(void)
{
    return (int)got;
}

void signals_forget(void)
{
    got = 0;
}

void signals_sleep(int64_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0 && !got)
        nanosleep(&pause, NULL);
}
