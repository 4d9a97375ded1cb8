/* Catalogues of messages. */
#include "client/show/tr.h"

#include "base/bytes.h"
#include "base/json.h"
#include "client/show/text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 96

static const char *wanted_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "C";
}

/* The locale is not installed here, as on many servers. A catalogue needs none: its language goes by LANGUAGE. */
static void do_without_locale(void)
{
    const char *wanted = wanted_locale();
    if ((strstr(wanted, "UTF-8") || strstr(wanted, "utf8")) && setlocale(LC_ALL, "C.UTF-8"))
        setenv("LANGUAGE", wanted, 0);
}

void tr_init(bool machine)
{
    const char *own = getenv("TEXTDOMAINDIR");
    if (!setlocale(LC_ALL, ""))
        do_without_locale();
    setlocale(LC_NUMERIC, "C"); /* numbers are written as the server sends them */
    if (machine || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        return;
    bindtextdomain("priceforge", own && *own ? own : PF_LOCALEDIR);
    textdomain("priceforge");
}

const char *tr(const char *text)
{
    return *text ? gettext(text) : text;
}

const char *tr_word(const char *kind, const char *word, const char *otherwise)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "%s:%s", kind, word);
    const char *found = gettext(key);
    return found == key ? otherwise : found;
}

/* ---- Sentences with facts --------------------------------------------------------------------------------------- */

/* A fact as text: several are a list. Returns false if it is not there. */
static bool add_fact(struct bytes *out, yajl_val args, const char *name)
{
    yajl_val value = json_member(args, name);
    const char *text = value ? YAJL_IS_NUMBER(value) ? YAJL_GET_NUMBER(value) : YAJL_GET_STRING(value) : NULL;
    if (text)
        text_add(out, tr_word(name, text, text));
    for (size_t i = 0; YAJL_IS_ARRAY(value) && i < YAJL_GET_ARRAY(value)->len; i++) {
        const char *item = YAJL_GET_STRING(YAJL_GET_ARRAY(value)->values[i]);
        text_add(out, i > 0 ? ", " : "");
        text_add(out, item ? item : "");
    }
    return text || YAJL_IS_ARRAY(value);
}

static void fill(struct bytes *out, const char *sentence, yajl_val args, const char *sent)
{
    char name[32];
    while (*sentence) {
        size_t plain = strcspn(sentence, "{"), n = sentence[plain] ? strcspn(sentence + plain + 1, "}") : 0;
        text_addf(out, "%.*s", (int)plain, sentence);
        sentence += plain;
        if (*sentence == '\0')
            break;
        snprintf(name, sizeof name, "%.*s", (int)n, sentence + 1);
        if (!add_fact(out, args, name) && strcmp(name, "unit") != 0)
            text_add(out, strcmp(name, "detail") == 0 ? sent : "…"); /* …: an empty cell */
        sentence += n + 2;
    }
}

char *tr_told(const char *kind, const char *code, yajl_val args, const char *otherwise)
{
    struct bytes out = {0};
    const char *sentence = tr_word(kind, code, NULL);
    if (sentence)
        fill(&out, sentence, args, otherwise);
    if (out.len > 0 && out.data[out.len - 1] == ' ')
        out.len--; /* a number without a unit */
    if (!sentence)
        text_addf(&out, "%s", otherwise);
    bytes_add_char(&out, '\0');
    return out.data;
}
