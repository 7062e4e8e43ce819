# SPDX-License-Identifier: Apache-2.0
#
# The names of the system calls of the machine that is built for, out of the kernel's own header:
# os/linux/system_call_names.inc has a line X(0, read) for each.
set(GANDER_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)
set(names_file ${GANDER_GENERATED_DIR}/os/linux/system_call_names.inc)
separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")
file(WRITE ${GANDER_GENERATED_DIR}/system_calls.h "#include <sys/syscall.h>\n")
execute_process(
  COMMAND ${CMAKE_CXX_COMPILER} ${flags} -x c++ -E -dM ${GANDER_GENERATED_DIR}/system_calls.h
  OUTPUT_VARIABLE macros RESULT_VARIABLE result ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the compiler does not tell the system calls:\n${errors}")
endif()
string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ [0-9]+\n" lines "${macros}")
list(TRANSFORM lines REPLACE "#define __NR_([a-z0-9_]+) ([0-9]+)\n" "X(\\2, \\1)\n")
list(REMOVE_DUPLICATES lines)
list(JOIN lines "" text)
if(text STREQUAL "")
  message(FATAL_ERROR "the compiler tells of no system call")
endif()
file(CONFIGURE OUTPUT ${names_file} CONTENT "${text}" @ONLY)
