/* The directory of an OLE compound file, as far as its names go. */
#include "handlers/sheet/ole.h"

#include "handlers/sheet/bytes.h"
#include "handlers/sheet/zip.h"

enum {
    HEADER_SIZE = 512,
    ENTRY_SIZE = 128,
    HEADER_FATS = 109, /* sectors of the allocation table that the header itself lists: 7 MB of file */
    LISTS_MAX = 64,    /* further lists of such sectors that are followed: 500 MB of file */
    SECTORS_MAX = 1024 /* of the directory; also ends a chain that runs in a circle */
};

struct ole {
    const struct sheet_input *input;
    unsigned char header[HEADER_SIZE];
    uint32_t sector_size;
};

struct names {
    bool workbook, encrypted;
};

static uint64_t place(const struct ole *ole, uint32_t sector)
{
    return ((uint64_t)sector + 1) * ole->sector_size;
}

/* Word `index` of a sector. */
static bool read_word(const struct ole *ole, uint32_t sector, uint32_t index, uint32_t *value)
{
    unsigned char word[4];
    struct sheet_error ignored;
    if (input_read(ole->input, place(ole, sector) + index * (uint64_t)4, word, sizeof word, &ignored) < 0)
        return false;
    *value = get32(word);
    return true;
}

/* The sector that holds part `index` of the allocation table: listed in the header, or in a chain of lists, each of
 * which ends with the sector of the next. */
static bool fat_sector(const struct ole *ole, uint32_t index, uint32_t *sector)
{
    uint32_t per = ole->sector_size / 4 - 1, list = get32(ole->header + 68);
    if (index < HEADER_FATS) {
        *sector = get32(ole->header + 76 + index * (size_t)4);
        return true;
    }
    index -= HEADER_FATS;
    if (index / per >= LISTS_MAX)
        return false;
    for (; index >= per; index -= per)
        if (!read_word(ole, list, per, &list))
            return false;
    return read_word(ole, list, index, sector);
}

static bool next_sector(const struct ole *ole, uint32_t sector, uint32_t *next)
{
    uint32_t per = ole->sector_size / 4, fat;
    return fat_sector(ole, sector / per, &fat) && read_word(ole, fat, sector % per, next);
}

/* Names are UTF-16LE with their length in bytes, terminator included, behind them. */
static bool named(const unsigned char *entry, const char *name)
{
    size_t n = strlen(name);
    if (get16(entry + 64) != (n + 1) * 2)
        return false;
    for (size_t i = 0; i < n; i++)
        if (get16(entry + i * 2) != (unsigned char)name[i])
            return false;
    return true;
}

static bool look(const struct ole *ole, uint32_t sector, struct names *names)
{
    unsigned char entry[ENTRY_SIZE];
    struct sheet_error ignored;
    for (uint32_t at = 0; at < ole->sector_size; at += ENTRY_SIZE) {
        if (input_read(ole->input, place(ole, sector) + at, entry, sizeof entry, &ignored) < 0)
            return false;
        names->encrypted |= named(entry, "EncryptedPackage") || named(entry, "EncryptionInfo");
        names->workbook |= named(entry, "Workbook") || named(entry, "Book");
    }
    return true;
}

static struct names read_names(const struct sheet_input *input)
{
    struct ole ole = {.input = input};
    struct names names = {0};
    struct sheet_error ignored;
    if (input_read(input, 0, ole.header, HEADER_SIZE, &ignored) < 0)
        return names;
    ole.sector_size = get16(ole.header + 30) == 12 ? 4096 : 512;
    uint32_t sector = get32(ole.header + 48);
    for (int i = 0; i < SECTORS_MAX && look(&ole, sector, &names); i++)
        if (!next_sector(&ole, sector, &sector))
            break;
    return names;
}

int ole_refuse(const struct sheet_input *input, struct sheet_error *err)
{
    struct names names = read_names(input);
    if (names.encrypted)
        return sheet_refuse(err, "encrypted",
                            "The file is protected by a password. Save it without one and send that.");
    if (names.workbook)
        return sheet_refuse(err, "legacy-xls", "The file is an old .xls workbook. Save it as .xlsx and send that.");
    return sheet_refuse(err, "not-zip", "The file is an old Office document without a table. Save the table as .xlsx.");
}
