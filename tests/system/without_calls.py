"""without_calls.py NAME… -- COMMAND…: run a command as on a kernel that lacks these system calls (they fail with ENOSYS).

"prctl=22" is prctl with 22 as its first argument."""
import ctypes
import os
import sys

ALLOW, ENOSYS = 0x7FFF0000, 0x00050000 | 38
EQUAL = 4


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def main(names, command):
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ALLOW))
    for name in names:
        name, _, value = name.partition("=")
        call = library.seccomp_syscall_resolve_name(name.encode())
        rules = (Compare * 1)(Compare(0, EQUAL, int(value or 0), 0))
        if library.seccomp_rule_add_array(context, ENOSYS, call, 1 if value else 0, rules) != 0:
            sys.exit(f"no rule for {name}")
    if library.seccomp_load(context) != 0:
        sys.exit("no filter here")
    os.execv(command[0], command)


if __name__ == "__main__":
    split = sys.argv.index("--")
    main(sys.argv[1:split], sys.argv[split + 1:])
