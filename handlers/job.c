/* How a task ends: fills and releases the ending. Also tells what day it is. */
#include "handlers/job.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* C can only tell the local time of the zone in TZ. */
struct value_date job_today(const struct job_settings *settings)
{
    const char *tz = getenv("TZ"), *zone = settings->time_zone;
    char *before = tz ? strdup(tz) : NULL;
    time_t now = time(NULL);
    struct tm tm;
    if (zone && *zone)
        setenv("TZ", zone, 1);
    tzset();
    localtime_r(&now, &tm);
    if (before)
        setenv("TZ", before, 1);
    else
        unsetenv("TZ");
    tzset();
    free(before);
    return (struct value_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

struct value_date job_tomorrow(void)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    const struct value_date today = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
    return value_date_from_days(value_date_days(today) + 1);
}

void job_check_day(struct value_date date, struct value_date tomorrow, const char *pointer, struct param_faults *faults)
{
    char day[11];
    if (date.year == 0 || value_date_compare(date, tomorrow) <= 0)
        return;
    value_date_format(tomorrow, day);
    param_faults_add(faults, pointer, "range", "must not be after tomorrow");
    param_faults_fact(faults, "max", "%s", day);
}

const char *job_phase_name(enum job_phase phase)
{
    static const char *const names[JOB_PHASES] = {"working",   "waiting_turn", "reading",
                                                  "comparing", "calculating",  "saving"};
    return phase < JOB_PHASES ? names[phase] : names[PHASE_WORKING];
}

/* snprintf() cuts at a byte; the database would refuse half a character. */
static void end_at_character(char *text, size_t size, int wanted)
{
    if (wanted < 0)
        text[0] = '\0';
    if (wanted < (int)size)
        return;
    size_t start = size - 1;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    size_t len;
    if (start > 0 && utf8_decode(text + start - 1, size - start, &len) == UTF8_BAD)
        text[start - 1] = '\0';
}

void job_ending_fail(struct job_ending *ending, const char *code, const char *format, ...)
{
    /* The ending may have been filled as a success before. */
    job_ending_fini(ending);
    ending->message[0] = '\0';
    ending->outcome = OUTCOME_FAILED;
    snprintf(ending->error_code, sizeof ending->error_code, "%s", code);
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(ending->error, sizeof ending->error, format, args);
    va_end(args);
    end_at_character(ending->error, sizeof ending->error, wanted);
}

void job_ending_told(struct job_ending *ending, const struct fault_told *told)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    told_json(&out, told);
    json_object_end(&out);
    free(ending->error_more);
    ending->error_more = json_out_copy(&out);
    ending->told_len = strlen(ending->error_more);
    json_out_fini(&out);
}

void job_ending_more(struct job_ending *ending, const char *object, size_t len)
{
    static const struct fault_told nothing;
    if (!ending->error_more)
        job_ending_told(ending, &nothing);
    char *both = json_joined(ending->error_more, ending->told_len, object, len, &len);
    free(ending->error_more);
    ending->error_more = both;
}

void job_ending_fini(struct job_ending *ending)
{
    free(ending->result);
    free(ending->error_more);
    ending->result = ending->error_more = NULL;
}
