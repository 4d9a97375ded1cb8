# PF_FLAGS(VARIABLE, CFLAGS|LDFLAGS, FLAGS): add each flag that the compiler takes to VARIABLE.
AC_DEFUN([PF_FLAGS], [
  for pf_flag in m4_normalize([$3]); do
    pf_saved="$[]$2"
    $2="$[]$2 -Werror $pf_flag"
    AC_MSG_CHECKING([whether the compiler takes $pf_flag])
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_MSG_RESULT([yes]); $1="$[]$1 $pf_flag"], [AC_MSG_RESULT([no])])
    $2="$pf_saved"
  done
  AC_SUBST([$1])
])
