/* The command priceforge: for administrators, beside the daemon. */
#include "client/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: priceforge token add [-f FILE] [-s SCOPES] [-d DAYS] NAME\n"
    "       priceforge token list [-f FILE] [-u DIRECTORY]\n"
    "       priceforge token revoke [-f FILE] ID...\n"
    "       priceforge --version | --help\n"
    "Keeps the file of API tokens that auth.tokens_file in priceforged.conf names. See priceforge(1).\n";

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("priceforge " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    int code = argc >= 3 && strcmp(argv[1], "token") == 0 ? token_command(argc - 2, argv + 2) : TOKEN_USAGE;
    if (code == TOKEN_USAGE)
        fputs(usage, stderr);
    return code;
}
