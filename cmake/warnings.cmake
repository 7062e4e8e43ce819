# SPDX-License-Identifier: Apache-2.0
#
# gander_warnings: the warnings under which everything of ours compiles. Linked PRIVATE only, so
# that neither a parent project nor an outside consumer ever sees them.
add_library(gander_warnings INTERFACE)
set(warnings
    -Wall -Wextra -Wpedantic -Wshadow
    -Wconversion -Wsign-conversion # the second is part of the first for Clang, but not for GCC
    -Wnon-virtual-dtor -Woverloaded-virtual -Wundef -Wvla -Wmissing-declarations -Wextra-semi
    -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND warnings -Wduplicated-cond -Wlogical-op)
endif()
if(GANDER_WERROR)
  list(APPEND warnings -Werror)
endif()
target_compile_options(gander_warnings INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>")
