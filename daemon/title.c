/* What ps shows: the kernel reads a process's command line from the memory where its arguments were put at exec. */
#include "daemon/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

extern char **environ;

static struct {
    char *start;
    size_t size;
} title;

/* The strings of the environment follow those of the arguments; as far as they do without a gap, the room is ours once
 * they have been copied away. */
void title_init(int argc, char **argv)
{
    unsigned n = 0;
    char *end;

    if (argc < 1)
        return;
    end = argv[0];
    for (int i = 0; i < argc && argv[i] == end; i++)
        end += strlen(argv[i]) + 1;
    while (environ[n])
        n++;
    char **copies = calloc(n + 1, sizeof *copies);
    if (!copies)
        abort();
    for (unsigned i = 0; i < n; i++) {
        if (environ[i] == end)
            end += strlen(environ[i]) + 1;
        copies[i] = strdup(environ[i]);
        if (!copies[i])
            abort();
    }
    environ = copies;
    title.start = argv[0];
    title.size = (size_t)(end - argv[0]);
}

void title_set(const char *role)
{
    char name[16];

    snprintf(name, sizeof name, "pf-%.12s", role);
    for (char *s = name; *s; s++) {
        if (*s == ' ')
            *s = '-';
    }
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (title.size == 0)
        return;
    memset(title.start, 0, title.size);
    snprintf(title.start, title.size, "priceforged: %s", role);
}
