/* How texts are cut into words for searching. White space is between the words; inside a word what is neither letter nor
 * digit does not count, but a word may also be found from behind it: "DDR5-5600" is found by DDR55600 and by 5600. All in
 * capitals. One expression cuts what is stored and what is looked for, so that they cannot differ. */
#ifndef PF_SCHEMA_WORDS_H
#define PF_SCHEMA_WORDS_H

/* A table j with a column chunk, from an SQL expression of a text: what stands between white space, with one hyphen for
 * any other signs. A text of white space gives one empty chunk. */
#define STORE_SEARCH_CHUNKS(text)                                                                                      \
    "JSON_TABLE(CONCAT('[\"', REPLACE(TRIM(REGEXP_REPLACE(REGEXP_REPLACE(UPPER(" text " COLLATE "                      \
    "utf8mb4_uca1400_as_ci), '[^[:alnum:][:space:]]+', '-'), '[[:space:]]+', ' ')), ' ', '\",\"'), '\"]'), '$[*]' "    \
    "COLUMNS (chunk VARCHAR(255) COLLATE utf8mb4_nopad_bin PATH '$')) j"
#define STORE_WHOLE_WORD "LEFT(REPLACE(j.chunk, '-', ''), 64)"

/* The words of a component `c`, of its name, its lot code and its normalised code: rows of j and k, each with one word. */
#define STORE_COMPONENT_WORDS                                                                                          \
    STORE_SEARCH_CHUNKS("CONCAT(c.name, ' ', c.lot_code COLLATE utf8mb4_uca1400_as_ci, ' ', c.lot_norm)")              \
    " STRAIGHT_JOIN JSON_TABLE('[1,1,1,1,1,1,1,1,1,1,1,1]', '$[*]' COLUMNS (n FOR ORDINALITY)) k ON k.n <= 1 + "       \
    "CHAR_LENGTH(j.chunk) - CHAR_LENGTH(REPLACE(j.chunk, '-', ''))"
#define STORE_COMPONENT_WORD "LEFT(REPLACE(SUBSTRING_INDEX(j.chunk, '-', -CAST(k.n AS SIGNED)), '-', ''), 64)"

/* Write the words of the components that come out of `from` as `c`. In the order of the primary key: in any other order
 * a hundred thousand components take six times as long. */
#define STORE_LEARN_WORDS(from, where)                                                                                 \
    "INSERT IGNORE INTO component_word (gram, lot_code, word, source) SELECT LEFT(" STORE_COMPONENT_WORD               \
    ", 3) AS g, c.lot_code, " STORE_COMPONENT_WORD " AS w, 1 FROM " from " STRAIGHT_JOIN " STORE_COMPONENT_WORDS       \
    " WHERE " STORE_COMPONENT_WORD " <> '' AND " where " ORDER BY g, c.lot_code, w"

#endif
