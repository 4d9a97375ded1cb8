/* Where a worksheet has the summary rows of its outline. The part says it in front of its rows, but sheet() tells it
 * before they are read: the beginning of the part is read for it alone. */
#include "handlers/sheet/xlsx/xlsx.h"

#include <stdlib.h>

static bool says_above(const struct xml_attr *attr)
{
    return attr &&
           ((attr->len == 1 && attr->value[0] == '0') || (attr->len == 5 && memcmp(attr->value, "false", 5) == 0));
}

/* Only the properties of the sheet have such an element in front of the rows. */
static bool read_properties(struct xml *xml)
{
    struct xml_token token = {0};
    enum xml_event event;

    while ((event = xml_next(xml, &token)) > XML_DONE) {
        if (event != XML_START && event != XML_LEAF)
            continue;
        if (XML_IS(&token, "outlinePr"))
            return !says_above(xml_attr_find(&token, "summaryBelow", 12));
        if (XML_IS(&token, "sheetData"))
            return true;
    }
    return true;
}

bool summary_below(struct zip *zip, const struct zip_entry *entry)
{
    struct sheet_error ignored; /* the pass that reads the part meets its faults too */
    struct zip_part *part = zip_part_open(zip, entry, false, &ignored);

    if (!part)
        return true;
    struct xml *xml = xml_new(part_source, part, &ignored);
    bool below = read_properties(xml);
    xml_free(&xml);
    zip_part_close(&part);
    return below;
}
