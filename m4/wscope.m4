# Checks that configure.ac makes more than once.

# WSCOPE_NEED(PREFIX, MODULES, WHAT NEEDS IT, DEBIAN, FEDORA, HOMEBREW)
# A library found through pkg-config, or a failure that names the packages to install.
AC_DEFUN([WSCOPE_NEED],
[PKG_CHECK_MODULES([$1], [$2], [], [AC_MSG_ERROR([$3 ($2), which was not found.
  Debian: $4    Fedora: $5    Homebrew: $6
  If it is installed in a place of its own, name its pkgconfig folder in PKG_CONFIG_PATH.])])])

# WSCOPE_CFLAG(VARIABLE, FLAG)
# Append FLAG to VARIABLE if the compiler takes it without a warning, given the builder's CFLAGS.
AC_DEFUN([WSCOPE_CFLAG],
[AC_MSG_CHECKING([whether $CC takes $2])
wscope_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $2"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]])],
                  [AC_MSG_RESULT([yes])
                   $1="$$1 $2"],
                  [AC_MSG_RESULT([no])])
CFLAGS=$wscope_save_CFLAGS])

# WSCOPE_TRY_LINK(FLAGS, IF-YES, IF-NO)
# Whether a program can be compiled and linked with FLAGS.
AC_DEFUN([WSCOPE_TRY_LINK],
[AC_MSG_CHECKING([whether $CC links with $1])
wscope_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $1"
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [wscope_links=yes], [wscope_links=no])
CFLAGS=$wscope_save_CFLAGS
AC_MSG_RESULT([$wscope_links])
AS_IF([test $wscope_links = yes], [$2], [$3])])

# WSCOPE_LINK_WRAP
# Unit tests fail one allocation at a time, which takes a linker that redirects symbols. The flags
# are substituted as UNIT_WRAP.
AC_DEFUN([WSCOPE_LINK_WRAP],
[AC_CACHE_CHECK([whether the linker has --wrap], [wscope_cv_link_wrap],
[wscope_save_LDFLAGS=$LDFLAGS
LDFLAGS="$LDFLAGS -Wl,--wrap=malloc"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n) { return n ? 0 : 0; }]], [[return malloc(1) != 0;]])],
               [wscope_cv_link_wrap=yes], [wscope_cv_link_wrap=no])
LDFLAGS=$wscope_save_LDFLAGS])
UNIT_WRAP=-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup
AC_SUBST([UNIT_WRAP])])
