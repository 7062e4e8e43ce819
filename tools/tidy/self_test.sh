#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Shows that every check passes a good tree and fails a bad one, each in a fresh folder that holds
# one file. Prints one line per case that went wrong.
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
cases=0

# verdict WANTED CHECK PATH TEXT: CHECK on a tree with that one file; WANTED is good or bad. A bad
# tree must be refused by name of the file, so that a check that breaks down does not pass for one
# that works.
verdict() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/$(dirname "$3")"
  printf '%b\n' "$4" > "$tree/$3"
  output=$("$here/$2.sh" "$tree" 2>&1)
  status=$?
  cases=$((cases + 1))
  got="status $status"
  [ $status -eq 0 ] && [ -z "$output" ] && got=good
  [ $status -eq 1 ] && echo "$output" | grep -q "^$3" && got=bad
  [ "$got" = "$1" ] && return
  failures=$((failures + 1))
  echo "$2 on '$4' in $3: $got, not $1: $output"
}
good() { verdict good "$@"; }
bad() { verdict bad "$@"; }
repeat() { awk -v n="$1" -v text="$2" 'BEGIN { while (n--) printf "%s", text }'; }

good layers src/chan/a.cc '#include "sched/g.h"\n#include "chan/a.h"\n#include <gander/chan.h>'
good layers src/base/a.cc '#include "trace/event.h"'
good layers src/base/a.cc '// #include "api/a.h"\n/*\n#include "api/a.h"\n*/'
good layers src/base/a_test.cc '#include "chan/chan.h"'
bad layers src/sched/a.cc '#include "chan/chan.h"'
bad layers src/sched/a.h '#  include "crash/report.h" // why'
bad layers src/crash/a.cc '#include "tracer/session.h"'
bad layers src/pprof/a.cc '#include "tracer/session.h"'
bad layers src/unwind/a.cc '#include "crash/report.h"'
bad layers src/misc/a.cc '#include "base/check.h"'
bad layers src/sched/a.cc '#include "g.h"'
bad layers include/gander/a.h '#include "base/check.h"'
bad layers include/gander/internal/a.h '#include "gander/chan.h"'

good lengths src/base/a.cc "$(repeat 100 x)"
good lengths src/base/a.cc "$(repeat 100 é)"
good lengths src/base/a.cc "$(repeat 400 'x\n')"
bad lengths src/base/a.cc "$(repeat 101 x)"
bad lengths tools/a.sh "$(repeat 801 'x\n')"

good thread_locals src/sched/a.cc '// gander:the-one-thread-local\nthread_local int m;'
good thread_locals src/sched/a.cc 'int my_thread_local; // thread_local\nauto s = "__thread";'
bad thread_locals src/sched/a.cc 'static thread_local int m;'
bad thread_locals include/gander/a.h 'extern __thread int m;'
bad thread_locals src/sched/a.cc 'auto s = "gander:the-one-thread-local"; thread_local int m;'
bad thread_locals src/a.cc "$(repeat 3 'thread_local int m; // gander:the-one-thread-local\n')"

good allocations src/base/a.cc '// malloc(1), new int\nauto s = "malloc(1)"; /* free(p) */'
good allocations src/base/a.cc 'new (where) T(1); T(const T&) = delete; c.free(p); free_list(p);'
good allocations src/base/a.cc '#include <new>\n#include <string>\nint new_g; std::string_view s;'
good allocations src/base/a.cc 'auto s = R"x(new int " // )x";'
good allocations src/api/a.cc '// gander:may-allocate: the result is a string\nstd::string stack();'
good allocations src/base/a_test.cc 'auto p = new int;'
bad allocations src/base/a.cc 'void* p = malloc(1);'
bad allocations src/base/a.cc 'void* p = std::calloc(1, 1);'
bad allocations src/base/a.cc 'x = a /* " */ + ::realloc(p, 2);'
bad allocations src/base/a.cc 'if (p) free (p);'
bad allocations src/base/a.cc "auto n = 1'000; free(p); auto m = 1'000;"
bad allocations src/base/a.cc "char c = '\"'; auto p = new int;"
bad allocations src/base/a.cc 'return new T[4];'
bad allocations src/base/a.cc 'return new\n  T(4);'
bad allocations src/base/a.cc 'return new (std::nothrow) T;'
bad allocations src/base/a.cc 'auto p = ::operator new(8);'
bad allocations src/base/a.cc 'delete p;'
bad allocations src/base/a.cc 'else delete p;'
bad allocations src/base/a.cc 'free(p);'
bad allocations src/base/a.cc 'if (x) delete[] p;'
bad allocations src/base/a.cc 'auto p = std::make_unique<int>();'
bad allocations src/base/a.cc 'std::vector<int> v;'
bad allocations src/base/a.cc 'auto s = R"(a\nb)"; std::string t;'
bad allocations src/base/a.cc 'std::printf("x");'

good platform_ifdefs src/os/linux/a.cc '#ifdef __linux__'
good platform_ifdefs src/arch/a.h '#if defined(__x86_64__)'
good platform_ifdefs src/base/a.cc '#ifdef __SANITIZE_THREAD__\n// #ifdef __linux__'
bad platform_ifdefs src/base/a.cc '#ifdef __linux__'
bad platform_ifdefs src/sched/a.cc '#  if defined(FOO) && !defined(_WIN32)'
bad platform_ifdefs include/gander/a.h '#elif __i386__'

good licence src/base/a.cc '// SPDX-License-Identifier: Apache-2.0\nint x;'
good licence scripts/a '#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0'
bad licence src/base/a.cc 'int x;'
bad licence scripts/a '#!/bin/sh\n# hello'
bad licence cmd/a/a.cc 'int x;'
bad licence tools/a.sh '#!/bin/sh\n# Apache'

good public_headers include/gander/a.h '#pragma once\n#include <optional>'
bad public_headers include/gander/a.h '#pragma once\n#include <iostream>'
bad public_headers include/gander/a.h '#pragma once\n#include <regex>'
bad public_headers include/gander/a.h '#pragma once\n#include <functional>'
bad public_headers include/gander/a.h '#pragma once\nstd::size_t x;'
bad public_headers include/gander/a.h '#pragma once\n#ifndef NDEBUG\n#endif'
bad public_headers include/gander/a.h '#pragma once\n#  if defined(GANDER_DEBUG_CHECKS)\n#endif'
bad public_headers include/gander/a.h '#pragma once\n#include <cassert>\nvoid f() { assert(1); }'

good packages packaging/a.json '{"a": 1}'
good packages packaging/a/b.py 'def f():\n    return 1'
bad packages packaging/a.json '{"a": 1,}'
bad packages packaging/a/b.py 'def f():\nreturn 1'
bad packages debian/changelog 'gander (0.0.1) UNRELEASED'
bad packages debian/control 'Package: libgander7'
bad packages packaging/vcpkg/ports/gander/vcpkg.json '{"version-semver": "0.0.1"}'

good doc_examples include/gander/a.h '// Text.\n//   - not an example\nint x;'
good doc_examples include/gander/internal/a.h '//     idle → running'
good doc_examples README.md '```cmake\nproject(x)\n```'
good doc_examples test/api/doc_examples_test.cc 'int x;'
good doc_examples examples/a.cc '//     gander::yield();'
bad doc_examples include/gander/a.h '//     gander::yield();'
bad doc_examples docs/a.md '```cpp\nint main() {}\n```'
bad doc_examples include/gander/sync/a.h 'class a {\n  //     a::b();\n};'
bad doc_examples README.md '```cpp\nint main() {}\n```'

# Three checks take binaries.
# binary STATUS CHECK ASSEMBLY ARGUMENT...: CHECK on a library of that code.
binary() {
  wanted=$1
  check=$2
  text=$3
  shift 3
  printf '%b\n' "$text" > "$tree/a.S"
  ${CC:-cc} -shared -nostdlib -o "$tree/a.so" "$tree/a.S" 2> /dev/null
  "$here/$check.sh" "$tree/a.so" "$@" > /dev/null
  got=$?
  cases=$((cases + 1))
  [ $got -eq "$wanted" ] && return
  failures=$((failures + 1))
  echo "$check on '$text': status $got, not $wanted"
}
note='.section .note.GNU-stack,"",@progbits'
binary 0 exec_stack "$note"
binary 1 exec_stack '.section .note.GNU-stack,"x",@progbits'
table() { # BYTES
  printf '.data\\n.globl t\\n.type t, @object\\n.size t, %s\\nt: .fill %s, 1, 1\\n%s' \
    "$1" "$1" "$note"
}
binary 0 initial_values "$(table 12000)"
binary 1 initial_values "$(table 13000)"

mkdir "$tree/headers"
echo 'namespace gander { void go(); }' > "$tree/headers/a.h"
printf 'call _ZN6gander2goEv\n%b\n' "$note" > "$tree/user.S"
${CC:-cc} -c -o "$tree/user.o" "$tree/user.S"
shows() { printf '.globl %s\\n.type %s, @function\\n%s:\\n%s\\n' "$1" "$1" "$1" "$note"; }
binary 0 exports "$(shows _ZN6gander2goEv)" "$tree/headers"
binary 0 exports "$(shows __cxa_throw)" "$tree/headers"
binary 1 exports "$(shows gander_mcall)" "$tree/headers"
binary 1 exports "$(shows _ZN6gander4stopEv)" "$tree/headers"
binary 0 exports "$(shows _ZN6gander2goEv)" "$tree/headers" "$tree/user.o"
binary 1 exports "$(shows __cxa_throw)" "$tree/headers" "$tree/user.o"

echo "$cases cases, $failures failed"
[ $failures -eq 0 ]
