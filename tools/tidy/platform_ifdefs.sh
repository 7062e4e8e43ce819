#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The platform is a choice of folders: no #if on an operating system, processor, object format or
# libc outside src/os and src/arch.
. "$(dirname "$0")/common.sh"

names='__linux|linux|__unix|unix|_WIN(32|64)|__MINGW|__CYGWIN|_MSC_VER|__APPLE__|__FreeBSD__'
names="$names|__x86_64|__amd64|__i[3-6]86|i386|__aarch64|__arm|__riscv|_M_(X64|IX86|ARM|AMD64)"
names="$names|__LP64|_LP64|__ILP32|__SIZEOF_(POINTER|LONG|SIZE_T)__|__ELF__|__GLIBC|__MUSL"

hits=$(code $(sources src include | grep -Ev '^src/(os|arch)/') |
  grep -E ":[[:blank:]]*#[[:blank:]]*(el)?if.*[^A-Za-z0-9_]($names)")
offend_all "belongs in src/os or src/arch" <<END
$hits
END
exit $status
