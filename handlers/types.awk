# Makes the list of task types from the files that define them, in the order of the arguments. Each file has one line
# that begins with TASK_TYPE(name).
/^TASK_TYPE\(/ {
    name = $0
    sub(/^TASK_TYPE\(/, "", name)
    sub(/\).*/, "", name)
    if (FILENAME in type)
        stop(FILENAME ": two lines TASK_TYPE(name): a file defines one task type")
    type[FILENAME] = name
}

function stop(why)
{
    print why > "/dev/stderr"
    failed = 1
    exit 1
}

END {
    if (failed)
        exit 1
    for (i = 1; i < ARGC; i++)
        if (!(ARGV[i] in type))
            stop(ARGV[i] ": no line TASK_TYPE(name) = {, so no task type is defined there")
    print "/* Made by handlers/types.awk from the list TASK_TYPES in handlers/include.am. */"
    print "#include \"handlers/task_type.h\"\n"
    for (i = 1; i < ARGC; i++)
        print "extern const struct task_type task_" type[ARGV[i]] ";"
    print "\nconst struct task_type *const task_types_built_in[] = {"
    for (i = 1; i < ARGC; i++)
        print "    &task_" type[ARGV[i]] ","
    print "    NULL,\n};"
    print "_Static_assert(sizeof task_types_built_in / sizeof *task_types_built_in <= TASK_TYPES_MAX + 1,"
    print "               \"more than TASK_TYPES_MAX task types\");"
}
