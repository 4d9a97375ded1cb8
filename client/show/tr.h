/* The language of what people read: the locale's if there is a catalogue of it (client/po), else English. For programs it
 * is always English: with --json nothing is translated.
 *
 *   _("text")     the translation now; also the format of a message
 *   N_("text")    marks a text that is translated later, by tr()
 *   tr_word()     a word of the server: "phase", "saving". The catalogue has it under "phase:saving"
 *   tr_told()     a sentence of the server, by its code and the facts in it (x-texts of the API document)
 *
 * say(), say_note(), say_error() and say_ask() translate their formats themselves. client/po/messages.py finds all of
 * these. */
#ifndef PF_SHOW_TR_H
#define PF_SHOW_TR_H

#include <libintl.h>
#include <stdbool.h>
#include <yajl/yajl_tree.h>

#define _(text)        gettext(text)
#define N_(text)       text
/* The words of one and of several, for ngettext() later. */
#define NP_(one, many) one, many

/* Takes the locale of the environment. `machine`: English whatever it says. */
void tr_init(bool machine);
/* gettext() that leaves "" alone. */
const char *tr(const char *text) __attribute__((format_arg(1)));
/* The translation of a word of the server, or `otherwise`. */
const char *tr_word(const char *kind, const char *word, const char *otherwise);
/* The same as a sentence with places "{name}", filled from the members of `args`; `otherwise`, what the server said, if there is
 * none. "{detail}" is what the server said. The caller frees it. */
char *tr_told(const char *kind, const char *code, yajl_val args, const char *otherwise);

#endif
