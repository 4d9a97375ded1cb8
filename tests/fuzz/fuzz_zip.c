/* Fuzzing of the ZIP directory and of the inflating: any bytes give entries that keep within the limits, or a
 * refusal. */
#include "handlers/sheet/xlsx/zip.h"

#include "tests/fuzz/sheet_replay.h"

#include <string.h>

enum { INFLATED_MAX = 16 << 20 };

static void read_part(struct zip *zip, const struct zip_entry *entry, size_t block)
{
    static unsigned char buf[70000];
    struct sheet_error err = {0};
    struct zip_part *part = zip_part_open(zip, entry, true, &err);
    uint64_t total = 0;
    ssize_t n = -1;
    while (part && (n = zip_part_read(part, buf, block, &err)) > 0)
        total += (uint64_t)n;
    require(n == 0 || (err.cls[0] != 0 && err.text[0] != 0));
    require(n < 0 || total == entry->size);
    require(zip->inflated <= INFLATED_MAX + sizeof buf);
    zip_part_close(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sheet_input input = replay_input(data, size);
    struct sheet_limits limits = sheet_default_limits;
    struct sheet_error err = {0};
    struct zip zip;
    limits.max_inflated = INFLATED_MAX;
    limits.max_entries = 1000;
    if (zip_open(&zip, &input, &limits, &err) < 0) {
        require(err.cls[0] != 0 && err.text[0] != 0);
        return 0;
    }
    require(zip.n_entries <= limits.max_entries);
    for (uint32_t i = 0; i < zip.n_entries; i++) {
        const struct zip_entry *entry = &zip.entries[i];
        require(i == 0 || strcmp(zip.entries[i - 1].key, entry->key) < 0);
        require(zip_find(&zip, entry->key) == entry);
        require(entry->limit <= size && entry->packed <= size && entry->offset < entry->limit);
        read_part(&zip, entry, i % 2 != 0 ? 65536 : 777);
    }
    zip_close(&zip);
    return 0;
}

#ifndef PF_LIBFUZZER
int main(int argc, char **argv)
{
    return replay_main(argc, argv, "fuzz/zip");
}
#endif
