/* The linker puts these in the place of the real ones (--wrap): samples of price lists know the day they are read on. */
#include "tests/system/today.h"

#include "handlers/job.h"

#include <stdio.h>
#include <stdlib.h>

static struct value_date set; /* year 0: the real day */

struct value_date __real_job_today(const struct job_settings *settings);
struct value_date __real_job_tomorrow(void);
struct value_date __wrap_job_today(const struct job_settings *settings);
struct value_date __wrap_job_tomorrow(void);

struct value_date __wrap_job_today(const struct job_settings *settings)
{
    return set.year ? set : __real_job_today(settings);
}

struct value_date __wrap_job_tomorrow(void)
{
    return set.year ? value_date_from_days(value_date_days(set) + 1) : __real_job_tomorrow();
}

void today_install(void)
{
    const char *day = getenv("PF_TEST_TODAY");
    int year, month, mday;
    if (!day)
        return;
    if (sscanf(day, "%4d-%2d-%2d", &year, &month, &mday) != 3)
        abort();
    set = (struct value_date){year, month, mday};
}
