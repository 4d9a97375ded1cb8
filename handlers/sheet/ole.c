/* The names in the directory of an OLE compound file. */
#include "handlers/sheet/ole.h"

#include "base/bytes.h"

enum {
    HEADER_SIZE = 512,
    ENTRY_SIZE = 128,
    HEADER_FATS = 109, /* sectors of the allocation table that the header itself lists: 7 MB of file */
    LISTS_MAX = 64,    /* further lists of such sectors that are followed: 500 MB of file */
    SECTORS_MAX = 1024 /* of the directory; also ends a chain that is a circle */
};

struct ole {
    const struct sheet_input *input;
    unsigned char header[HEADER_SIZE];
    uint32_t sector_size;
};

/* What a stream or storage with this name says about the file. */
enum { PASSWORD = 1, WORKBOOK = 2, REPORT = 4, TEXT = 8, SLIDES = 16, LETTER = 32, UNKNOWN = 64 };
static const struct {
    const char *name;
    int kind;
} known[] = {{"EncryptedPackage", PASSWORD},   {"EncryptionInfo", PASSWORD},
             {"Workbook", WORKBOOK},           {"Book", WORKBOOK},
             {"Main MetaData Stream", REPORT}, {"MD Programm text", REPORT},
             {"WordDocument", TEXT},           {"PowerPoint Document", SLIDES},
             {"__nameid_version1.0", LETTER}};

static uint64_t place(const struct ole *ole, uint32_t sector)
{
    return ((uint64_t)sector + 1) * ole->sector_size;
}

/* Reads word `index` of a sector. */
static bool read_word(const struct ole *ole, uint32_t sector, uint32_t index, uint32_t *value)
{
    unsigned char word[4];
    struct sheet_error ignored;

    if (input_read(ole->input, place(ole, sector) + index * (uint64_t)4, word, sizeof word, &ignored) < 0)
        return false;
    *value = get32(word);
    return true;
}

/* Finds the sector with part `index` of the allocation table. It is listed in the header, or in a chain of lists that
 * each end with the sector of the next one. */
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

/* Names are UTF-16LE. Their length in bytes, with the terminator, follows them. */
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

static int kinds_in(const unsigned char *entry)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (named(entry, known[i].name))
            return known[i].kind;
    return 0;
}

/* Looks at one sector of the directory. Returns false if it is not there. */
static bool look(const struct ole *ole, uint32_t sector, int *kinds)
{
    unsigned char entry[ENTRY_SIZE];
    struct sheet_error ignored;

    for (uint32_t at = 0; at < ole->sector_size; at += ENTRY_SIZE) {
        if (input_read(ole->input, place(ole, sector) + at, entry, sizeof entry, &ignored) < 0)
            return false;
        *kinds |= kinds_in(entry);
    }
    return true;
}

/* Returns all kinds found; UNKNOWN if there is no directory, as in a file that was cut off. */
static int read_kinds(const struct sheet_input *input)
{
    struct ole ole = {.input = input};
    struct sheet_error ignored;
    int kinds = 0;

    if (input_read(input, 0, ole.header, HEADER_SIZE, &ignored) < 0)
        return UNKNOWN;
    ole.sector_size = get16(ole.header + 30) == 12 ? 4096 : 512;
    uint32_t sector = get32(ole.header + 48);
    if (!look(&ole, sector, &kinds))
        return kinds != 0 ? kinds : UNKNOWN;
    for (int i = 1; i < SECTORS_MAX && next_sector(&ole, sector, &sector); i++)
        if (!look(&ole, sector, &kinds))
            break;
    return kinds;
}

static const char *document_of(int kinds)
{
    if (kinds & REPORT)
        return "The file is a 1C report itself (.ert). Run it and save the table that it shows as .xlsx or .mxl. Send "
               "that.";
    if (kinds & TEXT)
        return "The file is an old Word document (.doc). Copy its table into a workbook and save that as .xlsx.";
    if (kinds & SLIDES)
        return "The file is an old presentation (.ppt). Copy its table into a workbook and save that as .xlsx.";
    if (kinds & LETTER)
        return "The file is an e-mail (.msg). Save the .xlsx or .mxl that is attached to it and send that.";
    if (kinds & UNKNOWN)
        return "The file is an old Office document (.xls?), and it is cut off or damaged. Save it again as .xlsx.";
    return "The file is an old Office document without a table. Save the table as .xlsx.";
}

int ole_refuse(const struct sheet_input *input, struct sheet_error *err)
{
    int kinds = read_kinds(input);

    if (kinds & PASSWORD)
        return sheet_refuse(err, "encrypted",
                            "The file is protected by a password. Save it without a password and send that.");
    if (kinds & WORKBOOK)
        return sheet_refuse(err, "legacy-xls", "The file is an old .xls workbook. Save it as .xlsx and send that.");
    return sheet_refuse(err, "not-zip", "%s", document_of(kinds));
}
