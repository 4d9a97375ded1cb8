/* The memory of expat while it reads an .mxl file, counted and bounded. */
#ifndef PF_SHEET_MXL_XML_MEMORY_H
#define PF_SHEET_MXL_XML_MEMORY_H

#include <expat.h>

/* Expat keeps every element and attribute name that it has met, so a file with ever new names would grow without end.
 * With this allocator it gets NULL beyond a limit and ends with XML_ERROR_NO_MEMORY. Expat's allocator has no context
 * argument, so there is one counter per thread: a parser process reads one file at a time, and tests stay separate. */
extern const XML_Memory_Handling_Suite mxl_xml_memory;

#endif
