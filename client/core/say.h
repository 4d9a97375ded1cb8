/* What the command says to people: errors, notes and questions on standard error, or one JSON document on standard
 * output. One state per process, set by say_init(). Formats are given in English and said in the user's language
 * (client/show/tr.h). */
#ifndef PF_CORE_SAY_H
#define PF_CORE_SAY_H

#include "client/show/tr.h"

#include <stdbool.h>
#include <stddef.h>

struct say_wishes {
    bool json, jsonl, quiet, yes, no_input;
    int verbose; /* 0 to 2 */
    bool mute;   /* not even errors */
};

void say_init(const struct say_wishes *wishes);
bool say_json(void);  /* one document */
bool say_jsonl(void); /* events as lines */
bool say_quiet(void);
int say_verbose(void);

/* "priceforge: what: text", or with --json the document {"exit":…,"problem":…}. `what` may be NULL. Returns `code`. */
int say_error(int code, const char *what, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for a problem that the server sent, `json` as it came; `text` is for people. */
int say_problem(int code, const char *what, const char *text, const char *json);
/* On standard error; not with -q or --json. */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A result on standard output; not with --json. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A question to be answered with yes or no: true = yes. -y answers it; without a terminal, or with --no-input, the
 * answer is no, and what was asked is said. */
bool say_ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Can anybody be asked? */
bool say_can_ask(void);
/* Asks for a number from 1 to `most`; 0 = none. */
unsigned say_choose(unsigned most);

#endif
