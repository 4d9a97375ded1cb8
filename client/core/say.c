/* Errors, notes, questions. */
#include "client/core/say.h"

#include "base/json.h"
#include "client/show/bar.h"
#include "client/show/screen.h"
#include "client/show/text.h"
#include "client/show/tr.h"

#include <errno.h>
#include <langinfo.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct say_wishes wishes;

void say_init(const struct say_wishes *with)
{
    wishes = *with;
}

bool say_json(void)
{
    return wishes.json;
}

bool say_jsonl(void)
{
    return wishes.jsonl;
}

bool say_quiet(void)
{
    return wishes.quiet;
}

int say_verbose(void)
{
    return wishes.verbose;
}

static void print_cleaned(FILE *out, const char *text)
{
    char *clean = text_clean(text, 0);
    fprintf(out, "%s\n", clean);
    free(clean);
}

static void print_problem(int code, const char *json, const char *text)
{
    struct json_out out;
    json_out_init(&out);
    json_object(&out);
    if (wishes.jsonl)
        json_put_string(&out, "event", "error");
    json_put_int(&out, "exit", code);
    json_key(&out, "problem");
    if (json) {
        json_raw(&out, json, strlen(json));
    } else {
        json_object(&out);
        json_put_string(&out, "type", "client");
        json_put_string(&out, "title", "Client error");
        json_put_string(&out, "detail", text);
        json_object_end(&out);
    }
    json_object_end(&out);
    printf("%s\n", json_out_text(&out, NULL));
    json_out_fini(&out);
}

int say_problem(int code, const char *what, const char *text, const char *json)
{
    struct bytes line = {0};
    if (wishes.mute)
        return code;
    bar_clear();
    if (wishes.json || wishes.jsonl)
        return print_problem(code, json, text), code;
    text_addf(&line, "priceforge: %s%s%s", what ? what : "", what ? ": " : "", text);
    bytes_add_char(&line, '\0');
    print_cleaned(stderr, line.data);
    bytes_free(&line);
    return code;
}

int say_error(int code, const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = text_format(tr(format), args);
    va_end(args);
    say_problem(code, what, text, NULL);
    free(text);
    return code;
}

void say_note(const char *format, ...)
{
    va_list args;
    if (wishes.quiet || wishes.json || wishes.jsonl)
        return;
    va_start(args, format);
    char *text = text_format(tr(format), args);
    va_end(args);
    bar_clear();
    print_cleaned(stderr, text);
    free(text);
}

void say(const char *format, ...)
{
    va_list args;
    if (wishes.json || wishes.jsonl)
        return;
    va_start(args, format);
    vprintf(tr(format), args);
    va_end(args);
    putchar('\n');
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

bool say_can_ask(void)
{
    return !wishes.no_input && !wishes.json && !wishes.jsonl && isatty(STDIN_FILENO) == 1 && screen_err_is_terminal();
}

static bool read_line(char *buf, size_t size)
{
    fflush(stderr);
    if (!fgets(buf, (int)size, stdin)) {
        fputc('\n', stderr);
        return false;
    }
    buf[strcspn(buf, "\n")] = '\0';
    return true;
}

/* As the locale or the language writes it, or y. */
static bool means_yes(const char *answer)
{
    regex_t yes;
    if (answer[0] == 'y' || answer[0] == 'Y')
        return true;
    /* How an answer begins that means yes. */
    const char *const patterns[] = {nl_langinfo(YESEXPR), _("^[yY]")};
    bool found = false;
    for (size_t i = 0; i < 2 && !found && *answer; i++) {
        if (regcomp(&yes, patterns[i], REG_EXTENDED | REG_NOSUB) != 0)
            continue;
        found = regexec(&yes, answer, 0, NULL, 0) == 0;
        regfree(&yes);
    }
    return found;
}

bool say_ask(const char *format, ...)
{
    char answer[64];
    va_list args;
    if (wishes.yes)
        return true;
    va_start(args, format);
    char *text = text_format(tr(format), args), *clean = text_clean(text, 0);
    va_end(args);
    bool ask = say_can_ask(), agreed = false;
    bar_clear();
    if (ask) {
        fprintf(stderr, _("%s [y/N] "), clean);
        agreed = read_line(answer, sizeof answer) && means_yes(answer);
    } else if (!wishes.json && !wishes.jsonl) {
        fprintf(stderr, _("priceforge: not confirmed: %s Answer with --yes.\n"), clean);
    }
    free(clean);
    free(text);
    return agreed;
}

unsigned say_choose(unsigned most)
{
    char answer[16];
    if (!say_can_ask())
        return 0;
    fprintf(stderr, _("1–%u, or Enter to stop: "), most);
    if (!read_line(answer, sizeof answer))
        return 0;
    unsigned long number = strtoul(answer, NULL, 10);
    return number >= 1 && number <= most ? (unsigned)number : 0;
}
