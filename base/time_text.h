/* Moments as text: "2026-02-05T12:00:00.123Z", always in UTC and with milliseconds. Pure functions, any process. */
#ifndef PF_BASE_TIME_TEXT_H
#define PF_BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_TEXT_SIZE 25                       /* with the terminator */
#define TIME_TEXT_DAY  10                       /* characters of the day */
#define TIME_TEXT_LAST INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Writes a moment, given in milliseconds since 1970. A moment outside the years 0 to 9999 becomes the nearest one
 * inside: the text always has the same length. */
void time_text(int64_t ms, char out[TIME_TEXT_SIZE]);
/* Parses what time_text() writes, with any UTC offset, with or without a fraction of a second:
 *
 *   "2026-02-05T12:00:00Z"  "2026-02-05T15:00:00.5+03:00"  "2026-02-05" (the first moment of the day, UTC)
 *
 * A space may stand for the "+" of an offset: a query string turns an unescaped "+" into a space. Returns false if
 * the text is something else, a day before 1970, or a moment after TIME_TEXT_LAST. */
bool time_parse(const char *text, int64_t *ms);

#endif
