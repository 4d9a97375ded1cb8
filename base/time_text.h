/* Moments as text: "2026-02-05T12:00:00.123Z", always UTC, with milliseconds. Pure functions, any process. */
#ifndef PF_BASE_TIME_TEXT_H
#define PF_BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_TEXT_SIZE 25                       /* with the terminator */
#define TIME_TEXT_DAY  10                       /* characters of the day */
#define TIME_TEXT_LAST INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Writes a moment, milliseconds since 1970. A moment before the year 0 or after the year 9999 becomes the first or the
 * last moment of that range: the text always has the same length. */
void time_text(int64_t ms, char out[TIME_TEXT_SIZE]);
/* Parses what time_text() writes, with any UTC offset ("Z", "+03:00", "-03:00"; " 03:00" as "+" arrives in an unescaped query),
 * with or without a fraction of a second, and a day alone ("2026-02-05" is its first moment in UTC).
 * Returns false if the text is something else, a day before 1970, or a moment after TIME_TEXT_LAST. */
bool time_parse(const char *text, int64_t *ms);

#endif
