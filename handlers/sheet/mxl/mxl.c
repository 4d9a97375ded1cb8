/* Finds out which of the three .mxl forms a file has, by its first bytes, and reads it. */
#include "handlers/sheet/mxl/mxl.h"

#include "handlers/sheet/grid/code_page.h"
#include "handlers/sheet/mxl/binary.h"
#include "handlers/sheet/mxl/brace.h"
#include "handlers/sheet/mxl/token.h"
#include "handlers/sheet/mxl/xml.h"

#include <inttypes.h>
#include <string.h>

#define HEAD_BYTES 25 /* the header of the binary form; every brace document is longer */

/* Returns the offset of the root group of the brace form, or 0. Bytes 6 to 12 do not matter: tools that treat the
 * file as text damage them, and the text behind is whole. A binary document of 123 columns also has "{" there, but
 * zeros behind it. */
static uint64_t brace_body(const unsigned char *h, size_t n)
{
    if (n < 17 || memcmp(h, "MOXCEL", 6) != 0)
        return 0;
    if (memcmp(h + 13, "\xef\xbb\xbf{", 4) == 0)
        return 16;
    return h[13] == '{' && h[14] != 0 ? 13 : 0;
}

static unsigned binary_version(const unsigned char *h)
{
    unsigned version = h[11] | (unsigned)h[12] << 8;
    bool zeros = memcmp(h + 6, "\0\0\0\0\0", 5) == 0;

    return zeros && (version == 2 || version == 6 || version == 7) ? version : 0;
}

/* Is there "<" behind an optional byte order mark and blanks? Expat does not accept blanks in front of a declaration,
 * so *start is the offset of "<". Expat itself recognises UTF-16. */
static bool looks_like_xml(struct mxl_in *in, const unsigned char *h, size_t n, uint64_t *start)
{
    *start = 0;
    if (n >= 2 && (memcmp(h, "\xff\xfe", 2) == 0 || memcmp(h, "\xfe\xff", 2) == 0))
        return true;
    mxl_in_seek(in, n >= 3 && memcmp(h, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    bool found = mxl_ahead(in) == '<';
    *start = mxl_in_offset(in);
    return found;
}

static int unknown_version(struct mxl_in *in, const unsigned char *h)
{
    if (!in->failed) {
        sheet_refuse(
            in->err, "mxl-version",
            "This .mxl file has an unknown version (%02x %02x %02x %02x %02x %02x %02x). Save the report as .xlsx.",
            h[6], h[7], h[8], h[9], h[10], h[11], h[12]);
        in->err->offset = 6;
        in->failed = true;
    }
    return -1;
}

/* Is the header as 1C writes it? Tools that treat the file as text turn its zeros into blanks. */
static bool header_whole(const unsigned char *h)
{
    return memcmp(h + 6, "\0\x08\0\1\0", 5) == 0;
}

static int by_content(struct mxl_in *in, struct mxl_out *out, const uint16_t *page)
{
    unsigned char h[64];
    uint64_t start;
    size_t n = in->file.length < sizeof h ? (size_t)in->file.length : sizeof h;

    if (mxl_in_copy(in, h, n))
        return -1;
    if (looks_like_xml(in, h, n, &start))
        return mxl_xml_read(in, out, start);
    if (n == 0 || memcmp(h, "MOXCEL", n < 6 ? n : 6) != 0)
        return mxl_fail_at(in, 0, "not-mxl", "This is no 1C spreadsheet document. Save the report as .xlsx or .mxl.");
    if (n < HEAD_BYTES)
        return mxl_in_truncated(in);
    uint64_t body = brace_body(h, n);
    if (body) {
        if (!header_whole(h))
            out->remark =
                "The header of the .mxl file is damaged, as by a tool that took it for text; its body is whole.";
        return mxl_brace_read(in, out, body);
    }
    unsigned version = binary_version(h);
    return version ? mxl_binary_read(in, out, version, page) : unknown_version(in, h);
}

int mxl_read(const struct sheet_input *input, const struct sheet_limits *limits, const struct grid_sink *sink,
             struct sheet_error *err)
{
    struct mxl_in in;
    struct mxl_out out;
    const uint16_t *page = code_page(limits->code_page);

    if (!page)
        return sheet_refuse(err, "mxl-codepage",
                            "Code page %u is unknown. Use 866, 1250, 1251, 1252, 1253, 1254 or 1257.",
                            limits->code_page);
    if (input->length > MXL_MAX_FILE)
        return sheet_refuse(err, "mxl-limit",
                            "The .mxl file is larger than %" PRIu64 " MiB. Split the report into parts.",
                            MXL_MAX_FILE >> 20);
    mxl_in_init(&in, input, err);
    mxl_out_init(&out, &in, limits, sink);
    int rc = by_content(&in, &out, page);
    if (rc && out.stopped)
        rc = out.verdict;
    mxl_out_fini(&out);
    mxl_in_fini(&in);
    return rc;
}
