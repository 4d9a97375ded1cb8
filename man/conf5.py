#!/usr/bin/env python3
"""Make priceforged.conf.5 from the daemon's own list of keys:

    env -i priceforged --dump-config | man/conf5.py > man/priceforged.conf.5

tests/unit/daemon/test_config refuses a page that does not describe every key as the daemon does."""

import re
import sys

HEAD = r""".\" Made by man/conf5.py from priceforged --dump-config; change daemon/config/table.c instead.
.TH PRICEFORGED.CONF 5 "" "priceforge" "File formats"
.SH NAME
priceforged.conf \- configuration of the price forge daemon
.SH DESCRIPTION
.BR priceforged (8)
reads the file that \fB\-c\fR names, or /etc/priceforge/priceforged.conf (\fBpriceforged \-\-help\fR names the directory of
this build). Paths are absolute. Lines are \fB[section]\fR, \fBkey = value\fR, or comments that begin with # or ;.
Sizes take the suffixes K, M, G and T (powers of 1024). An unknown key or a wrong value stops the start with exit
status 78 and a message that names file, line and value and says what is allowed.
.PP
Each key can also be set in the environment, as \fBPRICEFORGE_\fISECTION\fB_\fIKEY\fR in capital letters, and with the option
\fB\-o\fR \fIsection.key\fR=\fIvalue\fR. The option overrides the environment, the environment overrides the file. Keys marked
reloadable can be changed by SIGHUP.
"""

TAIL = r""".SH EXAMPLE
.nf
[http]
listen = 127.0.0.1:8087
max_upload = 256M

[database]
socket = /run/mysqld/mysqld.sock
.fi
.SH SEE ALSO
.BR priceforged (8)
"""


def escape(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + text if text[:1] in (".", "'") else text


def main():
    sys.stdout.write(HEAD)
    text = ""
    for line in sys.stdin:
        line = line.rstrip("\n")
        section = re.fullmatch(r"\[(\w+)\]", line)
        key = re.match(r"(\w+) = ", line + " ")
        if section:
            sys.stdout.write(".SH [%s]\n" % section.group(1))
        elif line.startswith("# "):
            text = line[2:]
        elif key:
            sys.stdout.write(".TP\n.B %s\n%s\n" % (key.group(1), escape(text)))
    sys.stdout.write(TAIL)


main()
