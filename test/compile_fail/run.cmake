# SPDX-License-Identifier: Apache-2.0
#
# cmake -DCOMPILER=… -DSOURCE=… -DINCLUDE=… -DPORT_INCLUDE=… -P run.cmake: compiles every CASE of a
# file. Case 0 must compile, each other must fail (or warn) with the words after its EXPECT.
file(STRINGS ${SOURCE} lines REGEX "CASE == [0-9]+")
set(failed 0)
foreach(line IN LISTS lines)
  string(REGEX MATCH "CASE == ([0-9]+)" unused "${line}")
  set(case ${CMAKE_MATCH_1})
  set(expected "")
  if(line MATCHES "EXPECT: (.*)")
    set(expected "${CMAKE_MATCH_1}")
  endif()
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -fsyntax-only -Werror -DCASE=${case} -I${INCLUDE}
            -I${PORT_INCLUDE} ${SOURCE}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(case EQUAL 0)
    if(NOT status EQUAL 0)
      message("case 0 must compile:\n${output}")
      set(failed 1)
    endif()
    continue()
  endif()
  string(FIND "${output}" "${expected}" found)
  if(status EQUAL 0)
    message("case ${case} compiles, but must not")
    set(failed 1)
  elseif(expected STREQUAL "" OR found EQUAL -1)
    message("case ${case} does not say '${expected}':\n${output}")
    set(failed 1)
  endif()
endforeach()
if(failed)
  message(FATAL_ERROR "see above")
endif()
