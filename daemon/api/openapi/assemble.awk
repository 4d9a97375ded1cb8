# Join the fragments of the API document into two C strings; between them go the schemas of the task types' parameters, which the
# daemon makes from its own tables (daemon/api/openapi/openapi.c).
#
# A fragment is a JSON object of sections. A section opens with a line  "NAME": {  indented by two blanks and ends with the next
# line that starts with two blanks and a brace; that is all this script knows of JSON. Sections of one name are joined in the order
# of the files. "document" goes to the top, "paths" below it, all others into "components".

/^  "[A-Za-z]+": \{$/ {
    section = $1
    gsub(/[":]/, "", section)
    if (!(section in body))
        order[++sections] = section
    opened = 1
    next
}
/^  \}/ { section = ""; next }
section != "" {
    sub(/^ +/, "")
    gsub(/@VERSION@/, version)
    body[section] = body[section] (opened && body[section] != "" ? ",\n" : body[section] != "" ? "\n" : "") $0
    opened = 0
}

# Character by character: how many backslashes a replacement text needs differs from awk to awk.
function c_string(text,    i, c, out) {
    out = "    \""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\n")
            out = out "\\n\"\n    \""
        else if (c == "\\" || c == "\"")
            out = out "\\" c
        else
            out = out c
    }
    return out "\""
}

END {
    before = "{\n" body["document"] ",\n\"paths\":{\n" body["paths"] "\n},\n\"components\":{\n\"schemas\":{\n"
    after = body["schemas"] "\n}"
    for (i = 1; i <= sections; i++)
        if (order[i] != "document" && order[i] != "paths" && order[i] != "schemas")
            after = after ",\n\"" order[i] "\":{\n" body[order[i]] "\n}"
    print "/* Made by assemble.awk from the fragments beside it. */"
    print "#include \"daemon/api/openapi/openapi.h\"\n"
    print "const char openapi_before[] =\n" c_string(before) ";\n"
    print "const char openapi_after[] =\n" c_string(after "\n}\n}\n") ";"
}
