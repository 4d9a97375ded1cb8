/* libFuzzer target: the form scanner, over a memory file. The first byte chooses how long the boundary is. */
#include "daemon/accept/multipart.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/http_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static struct multipart form;
    char why[100];

    if (fd < 0)
        fd = memfd_create("form", MFD_CLOEXEC);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    if (multipart_scan(fd, size, "B", &form, why, sizeof why) == 0) {
        if (form.files != 1 || form.file_offset + form.file_length > size)
            abort();
        for (unsigned i = 0; i < form.n_fields; i++)
            if (strlen(form.field[i].value) > MULTIPART_VALUE_MAX || form.field[i].name[0] == '\0')
                abort();
        multipart_fini(&form);
    } else if (why[0] == '\0') {
        abort();
    }
    return 0;
}
