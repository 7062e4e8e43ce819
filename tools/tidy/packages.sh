#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What packagers read cannot be run here (vcpkg, Conan), or is not run by each test (Debian); so it
# is checked that it can be read, and speaks of the version in include/gander/version.h.
. "$(dirname "$0")/common.sh"

version=$(sed -nE 's/^#define GANDER_VERSION_[A-Z]+ ([0-9]+)$/\1/p' include/gander/version.h \
  2> /dev/null | paste -sd.)
soversion=${version%.*}

# speaks FILE PATTERN: some line of the file, if there is one, matches.
speaks() {
  [ ! -f "$1" ] || grep -qE "$2" "$1" || offend "$1: does not speak of version $version: no $2"
}
speaks debian/changelog "^gander \($version(~[^)]*)?\) "
speaks debian/control "^Package: libgander$soversion\$"
speaks packaging/vcpkg/ports/gander/vcpkg.json "\"version-semver\": \"$version\""

for file in $(find packaging -name '*.json' 2> /dev/null); do
  wrong=$(python3 -m json.tool "$file" 2>&1 > /dev/null) || offend "$file: $wrong"
done
for file in $(find packaging -name '*.py' 2> /dev/null); do
  wrong=$(python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$file" \
    2>&1) || offend "$file: $wrong"
done
exit $status
