/* What a sentence says, as fields: so that a program can say it in another language, and a page can offer what settles
 * it. Kept as text in a caller's buffer until it is written as JSON.
 *
 *   facts    a line for each: name, TAB, value
 *   choices  a line for each: parameter, TAB, value, TAB, label for people
 *
 * A line that does not fit is left out whole. TABs and other control characters of a value become spaces; a value has at
 * most FACT_CHARACTERS characters. Pure. */
#ifndef PF_BASE_FACTS_H
#define PF_BASE_FACTS_H

#include "base/json.h"

#define FACT_CHARACTERS 120

/* Both of one fault. */
struct fault_told {
    char facts[480], choices[1600];
};
/* Adds to one; the same rules. */
void told_fact(struct fault_told *told, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void told_choice(struct fault_told *told, const char *param, const char *value, const char *label);
/* Writes the members "args" and "choices". */
void told_json(struct json_out *out, const struct fault_told *told);

/* Adds to facts that end with a terminator; a name that is there already is left as it is. */
void facts_add(char *facts, size_t size, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A list of values alone, one a line; and the array of them. */
void facts_add_value(char *values, size_t size, const char *value);
void facts_values_json(struct json_out *out, const char *values);
void facts_add_choice(char *choices, size_t size, const char *param, const char *value, const char *label);
/* Writes them as an object of texts, and as an array of {param, value, label}. */
void facts_json(struct json_out *out, const char *facts);
void facts_choices_json(struct json_out *out, const char *choices);
/* Their members alone, into an object that is open. */
void facts_members(struct json_out *out, const char *facts);
/* One member: `n` bytes of a text from a file, cleaned and cut. */
void facts_put(struct json_out *out, const char *name, const char *text, size_t n);

#endif
