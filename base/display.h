/* Text from a client that is only shown: in a log, on a terminal, on a page. */
#ifndef PF_BASE_DISPLAY_H
#define PF_BASE_DISPLAY_H

/* Replaces in place, byte by byte, the characters that could disturb the place where the text is shown: control
 * characters (C0, DEL, C1), line and paragraph separators, and the marks, embeddings, overrides and isolates that
 * change the direction of text. Each byte becomes `with`. The text must be valid UTF-8. */
void display_clean(char *text, char with);

#endif
