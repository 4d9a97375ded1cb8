/* Every refusal of a file must tell the user what to do. */
#ifndef PF_TEST_ADVICE_H
#define PF_TEST_ADVICE_H

#include <stdbool.h>
#include <string.h>

/* Does the last sentence tell what to do? */
static inline bool tells_what_to_do(const char *sentence)
{
    static const char *const verbs[] = {"Save ", "Send ", "Split ", "Open ", "Copy ", "Shorten ", "Unpack ", "Export "};
    const char *last = sentence;
    size_t n = strlen(sentence);
    for (const char *p = sentence; (p = strstr(p, ". ")); p++)
        last = p + 2;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strncmp(last, verbs[i], strlen(verbs[i])) == 0)
            return n > 0 && sentence[n - 1] == '.';
    return false;
}

#endif
