/* What ps shows: the kernel reads a process's command line from the memory where its arguments were put at exec. */
#include "daemon/process/spawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

extern char **environ;

static struct {
    char *start;
    size_t size;
    char **names; /* the moved environment: both blocks live for ever, setenv() may hold on to either */
    char *strings;
} title;

/* A copy of the environment in two blocks, since setenv() and unsetenv() free nothing that they replace. */
static void move_environment(unsigned n, size_t bytes)
{
    title.names = calloc(n + 1, sizeof *title.names);
    title.strings = malloc(bytes + 1);
    if (!title.names || !title.strings)
        abort();
    char *at = title.strings;
    for (unsigned i = 0; i < n; i++) {
        title.names[i] = at;
        at = stpcpy(at, environ[i]) + 1;
    }
    environ = title.names;
}

/* The strings of the environment follow those of the arguments; as far as they do without a gap, the room is ours once
 * they have been copied away. */
void title_init(int argc, char **argv)
{
    unsigned n = 0;
    size_t bytes = 0;

    if (argc < 1 || title.start)
        return;
    char *end = argv[0];
    for (int i = 0; i < argc && argv[i] == end; i++)
        end += strlen(argv[i]) + 1;
    for (; environ[n]; n++) {
        if (environ[n] == end)
            end += strlen(environ[n]) + 1;
        bytes += strlen(environ[n]) + 1;
    }
    move_environment(n, bytes);
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
