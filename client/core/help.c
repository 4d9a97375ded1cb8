/* --help: made from the table of commands. At most 24 lines for a command. */
#include "client/core/cli.h"

#include "client/show/text.h"

#include <stdio.h>
#include <string.h>

#define LEFT 34

static void print_option(const struct cli_option *option)
{
    char left[64];
    snprintf(left, sizeof left, "%c%c%c --%s%s%s", option->letter ? '-' : ' ', option->letter ? option->letter : ' ',
             option->letter ? ',' : ' ', option->name, option->value ? " " : "", option->value ? option->value : "");
    printf("  %-26s %s\n", left, tr(option->help));
}

static void help_command(const struct cli_command *command)
{
    printf("priceforge %s%s%s%s\n%s\n\n", command->name, command->arguments[0] ? " " : "", command->arguments,
           command->options || command->starts ? " [OPTIONS]" : "", tr(command->summary));
    for (const char *const *example = command->examples; *example; example++)
        printf("  %s\n", *example);
    if (command->options)
        printf("\n");
    for (const struct cli_option *option = command->options; option && option->name; option++)
        print_option(option);
    if (command->starts)
        printf(_("  and --no-wait, --timeout, --strict, --set …; all options: man priceforge\n"));
}

static void list_commands(const struct cli *cli, const char *noun)
{
    for (const struct cli_command *const *c = cli->commands; *c; c++) {
        char left[64];
        size_t n = noun ? strlen(noun) : 0;
        if ((*c)->name[0] == '_' ||
            (noun && (strncmp((*c)->name, noun, n) != 0 || ((*c)->name[n] && (*c)->name[n] != ' '))))
            continue;
        snprintf(left, sizeof left, "%s %s", (*c)->name, (*c)->arguments);
        unsigned width = text_width(left); /* "…" has one column and three bytes */
        printf("  %s%*s %s\n", left, width < LEFT ? (int)(LEFT - width) : 0, "", tr((*c)->summary));
    }
}

void cli_help(const struct cli *cli, const char *name)
{
    if (cli->command && !name) {
        help_command(cli->command);
        return;
    }
    printf(_("priceforge COMMAND [ARGUMENTS] [OPTIONS]: the client of the task daemon\n\n"));
    if (!name)
        printf("  priceforge import stock.xlsx -w MAIN\n  priceforge recalculate --as-of 2026-02-05\n"
               "  priceforge pricelist create estimate\n\n");
    list_commands(cli, name);
    printf(_("\npriceforge COMMAND --help shows examples and options; man priceforge has all of it.\n"));
}
