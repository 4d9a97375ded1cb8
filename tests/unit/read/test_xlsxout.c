/* Workbooks: what stands in the sheet, that the bytes are the same each time, and that none is given out with a hole. */
#include "handlers/read/xlsxout.h"

#include "handlers/read/xlsxcheck.h"
#include "handlers/sheet/xlsx/zip.h"
#include "tests/unit/testdata.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

struct book {
    int directory, fd;
    uint64_t len;
};

static struct book begin(struct xlsx_out **out, bool large)
{
    struct book book = {.directory = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    book.fd = openat(book.directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(book.fd >= 0);
    struct xlsx_table table = {.fd = book.fd,
                               .directory_fd = book.directory,
                               .sheet = "2026-02-05-001",
                               .title = "A <list>",
                               .made_s = 1770285600,
                               .large = large};
    *out = xlsx_out_new(&table);
    assert_non_null(*out);
    return book;
}

static void book_free(struct book *book)
{
    close(book->fd);
    close(book->directory);
}

static char *part_of(const struct book *book, const char *name)
{
    struct sheet_input input = {.fd = book->fd, .length = book->len};
    struct sheet_error err;
    struct zip zip;
    assert_int_equal(zip_open(&zip, &input, &sheet_default_limits, &err), 0);
    const struct zip_entry *entry = zip_find(&zip, name);
    assert_non_null(entry);
    char *text = calloc(1, entry->size + 1);
    assert_non_null(text);
    struct zip_part *part = zip_part_open(&zip, entry, true, &err);
    assert_non_null(part);
    assert_int_equal(zip_part_read(part, (unsigned char *)text, entry->size + 1, &err), (ssize_t)entry->size);
    zip_part_close(&part);
    zip_close(&zip);
    return text;
}

static char *whole(const struct book *book)
{
    char *bytes = malloc(book->len);
    assert_non_null(bytes);
    assert_int_equal(pread(book->fd, bytes, book->len, 0), (ssize_t)book->len);
    return bytes;
}

static void put_row(struct xlsx_out *out, const char *text, int64_t number)
{
    xlsx_out_text(out, text);
    xlsx_out_number(out, number, 4, number % 100 ? 4 : 2);
    xlsx_out_day(out, "2026-02-05");
    xlsx_out_end(out);
}

static void put_headings(struct xlsx_out *out)
{
    xlsx_out_heading(out, "code", 24);
    xlsx_out_heading(out, "price", 12);
    xlsx_out_heading(out, "day", 12);
    xlsx_out_end(out);
}

/* ---- Cells ---- */

static void assert_in(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("no %s in %s", wanted, text);
}

static void texts_stay_texts(void **state)
{
    (void)state;
    static const struct {
        const char *given, *wanted;
    } cells[] = {
        {"00123", "<t>00123</t>"},
        {"1E5", "<t>1E5</t>"},
        {"1234567890123456789", "<t>1234567890123456789</t>"},
        {"=1+1", "<t>=1+1</t>"},
        {"{=A1}", "<t>{=A1}</t>"},
        {"http://x/", "<t>http://x/</t>"},
        {"a&b<c>", "<t>a&amp;b&lt;c&gt;</t>"},
        {" b ", "<t xml:space=\"preserve\"> b </t>"},
        {"_x0041_", "<t>_x005F_x0041_</t>"},
        {"_x_x004g_", "<t>_x_x004g_</t>"},
        {"_x00AF", "<t>_x00AF</t>"},
        {"a\x01\r", "<t>a_x0001__x000D_</t>"},
        {"\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD", "<t>_xFFFE__xFFFF_\xEF\xBF\xBD</t>"},
    };
    struct xlsx_out *out;
    struct book book = begin(&out, false);
    put_headings(out);
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        put_row(out, cells[i].given, 100);
    assert_int_equal(xlsx_out_close(&out, &book.len), 0);
    assert_null(out);
    char *sheet = part_of(&book, "xl/worksheets/sheet1.xml");
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        assert_in(sheet, cells[i].wanted);
    assert_null(strstr(sheet, "<f>"));
    assert_null(strstr(sheet, "hyperlink"));
    free(sheet);
    book_free(&book);
}

static void numbers_and_empty_cells(void **state)
{
    (void)state;
    struct xlsx_out *out;
    struct book book = begin(&out, false);
    put_headings(out);
    put_row(out, NULL, 99500);
    put_row(out, "", 99999999999999);
    xlsx_out_text(out, "b");
    xlsx_out_number(out, -7250, 3, 2);
    xlsx_out_day(out, NULL);
    xlsx_out_end(out);
    assert_int_equal(xlsx_out_close(&out, &book.len), 0);
    char *sheet = part_of(&book, "xl/worksheets/sheet1.xml");
    assert_null(strstr(sheet, "r=\"A2\""));
    assert_null(strstr(sheet, "r=\"A3\""));
    assert_null(strstr(sheet, "r=\"C4\""));
    const char *second = strstr(sheet, "r=\"B3\""), *third = strstr(sheet, "r=\"B4\"");
    assert_true(strtod(strstr(sheet, "<v>") + 3, NULL) == 9.95);
    assert_true(strtod(strstr(second, "<v>") + 3, NULL) == 9999999999.9999);
    assert_true(strtod(strstr(third, "<v>") + 3, NULL) == -7.25);
    assert_in(sheet, "<v>46058</v>");
    assert_in(sheet, "state=\"frozen\"");
    assert_in(sheet, "<autoFilter ref=\"A1:C4\"/>");
    assert_in(sheet, "numberStoredAsText=\"1\"");
    free(sheet);
    char *core = part_of(&book, "docprops/core.xml");
    assert_in(core, "2026-02-05T10:00:00Z");
    assert_in(core, "A &lt;list&gt;");
    free(core);
    book_free(&book);
}

static void headings_alone(void **state)
{
    (void)state;
    struct xlsx_out *out;
    struct book book = begin(&out, false);
    put_headings(out);
    assert_int_equal(xlsx_out_close(&out, &book.len), 0);
    char *sheet = part_of(&book, "xl/worksheets/sheet1.xml");
    assert_in(sheet, "<autoFilter ref=\"A1:C1\"/>");
    free(sheet);
    book_free(&book);
}

/* ---- Whole files ---- */

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int write_many(struct book *book, unsigned rows, bool large)
{
    struct xlsx_out *out;
    char text[64];
    *book = begin(&out, large);
    put_headings(out);
    for (unsigned i = 0; i < rows; i++) {
        snprintf(text, sizeof text, "LOT-%05u of %08x", i, i * 2654435761u);
        put_row(out, text, i * 10000);
    }
    return xlsx_out_close(&out, &book->len);
}

static void same_bytes_each_time(void **state)
{
    (void)state;
    for (int large = 0; large < 2; large++) {
        struct book one, other;
        assert_int_equal(write_many(&one, 3000, large), 0);
        sleep(large ? 0 : 2); /* times in a ZIP have steps of two seconds */
        setenv("TZ", large ? "UTC" : "Asia/Tokyo", 1);
        assert_int_equal(write_many(&other, 3000, large), 0);
        char *a = whole(&one), *b = whole(&other);
        assert_int_equal(one.len, other.len);
        assert_memory_equal(a, b, one.len);
        free(a);
        free(b);
        book_free(&one);
        book_free(&other);
    }
}

/* Each file may grow to `limit` bytes, as if the disk were full then. Whatever is lost where: a workbook is whole or
 * refused. */
static void nothing_is_lost_unseen(void **state)
{
    (void)state;
    struct rlimit before, limit;
    struct book good, book;
    unsigned refused = 0, taken = 0, files = open_files();
    assert_int_equal(write_many(&good, 1500, false), 0);
    char *sheet = part_of(&good, "xl/worksheets/sheet1.xml"), *wanted = whole(&good);
    size_t size = strlen(sheet);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t most = size > 20000 ? size - 20000 : 0; most < size + 4096; most += 256) {
        limit = before;
        limit.rlim_cur = most;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        int rc = write_many(&book, 1500, false);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        if (rc == 0) {
            char *bytes = whole(&book);
            assert_int_equal(book.len, good.len);
            assert_memory_equal(bytes, wanted, good.len);
            free(bytes);
        }
        *(rc == 0 ? &taken : &refused) += 1;
        assert_true(rc == 0 || rc == -EFBIG || rc == -ENOSPC);
        book_free(&book);
    }
    assert_true(refused > 40 && taken > 10);
    assert_int_equal(open_files(), files + 2); /* those of `good` */
    free(sheet);
    free(wanted);
    book_free(&good);
}

static void a_hole_is_seen(void **state)
{
    (void)state;
    struct book book;
    assert_int_equal(write_many(&book, 200, false), 0);
    char *sheet = part_of(&book, "xl/worksheets/sheet1.xml");
    const char *rows = strstr(sheet, "<sheetData>") + 11, *last = strstr(sheet, "<row r=\"201\"");
    struct xlsx_written written = {.fd = book.fd, .len = book.len, .rows = 201, .before_last = (uint64_t)(last - rows)};
    assert_int_equal(xlsx_check(&written), 0);
    written.before_last++;
    assert_int_equal(xlsx_check(&written), -ENOSPC);
    written.before_last--;
    written.rows = 202;
    assert_int_equal(xlsx_check(&written), -ENOSPC);
    written.rows = 201;
    written.len--;
    assert_int_equal(xlsx_check(&written), -ENOSPC);
    free(sheet);
    book_free(&book);
}

static void nothing_stays_open(void **state)
{
    (void)state;
    unsigned before = open_files();
    struct xlsx_out *out;
    struct book book = begin(&out, false);
    put_headings(out);
    put_row(out, "a", 100);
    xlsx_out_free(&out);
    assert_null(out);
    book_free(&book);
    assert_int_equal(write_many(&book, 10, false), 0);
    book_free(&book);
    assert_int_equal(open_files(), before);
}

static void a_sheet_without_a_name(void **state)
{
    (void)state;
    struct xlsx_out *out;
    struct book book = begin(&out, false);
    xlsx_out_free(&out);
    close(book.fd);
    struct xlsx_table table = {
        .fd = book.fd, .directory_fd = book.directory, .sheet = "[bad]", .title = "", .made_s = 1};
    assert_null(xlsx_out_new(&table));
    assert_true(errno != 0);
    close(book.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_texts),       cmocka_unit_test(numbers_and_empty_cells),
        cmocka_unit_test(headings_alone),         cmocka_unit_test(same_bytes_each_time),
        cmocka_unit_test(nothing_is_lost_unseen), cmocka_unit_test(a_hole_is_seen),
        cmocka_unit_test(nothing_stays_open),     cmocka_unit_test(a_sheet_without_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
