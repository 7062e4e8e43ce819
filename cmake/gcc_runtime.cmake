# SPDX-License-Identifier: Apache-2.0
#
# Two parts that stand in GCC's own folder, for Clang too (which reports the GCC it has selected):
#   libbacktrace   the archive is on the linker's path of both compilers; its header only on GCC's,
#                  so it is added behind all others (-idirafter: GCC's intrinsics must not shadow
#                  Clang's)
#   the demangler  __gcclibcxx_demangle_callback never allocates, but libstdc++.so does not export
#                  it. The archive libsupc++.a as a whole would bring a second copy of the exception
#                  runtime, so its one object is taken out, every other name in it made local.
# Sets GANDER_BACKTRACE_INCLUDE and GANDER_DEMANGLER (an object file).
separate_arguments(compiler_flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")

function(gander_gcc_file name result)
  execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} ${compiler_flags} -print-file-name=${name}
    OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  if(NOT IS_ABSOLUTE "${path}")
    message(FATAL_ERROR "gander: ${CMAKE_CXX_COMPILER} has no ${name}; it comes with Debian's g++")
  endif()
  file(REAL_PATH "${path}" path)
  set(${result} "${path}" PARENT_SCOPE)
endfunction()

gander_gcc_file(libbacktrace.a backtrace_archive)
cmake_path(GET backtrace_archive PARENT_PATH gcc_folder)
# The second place is for -m32 and its like, whose archives stand in a subfolder of their own.
find_path(GANDER_BACKTRACE_INCLUDE backtrace.h PATHS ${gcc_folder}/include ${gcc_folder}/../include
          NO_DEFAULT_PATH REQUIRED)
mark_as_advanced(GANDER_BACKTRACE_INCLUDE)

gander_gcc_file(libsupc++.a supcxx_archive)
set(GANDER_DEMANGLER ${CMAKE_CURRENT_BINARY_DIR}/demangler.o)
if(NOT EXISTS ${GANDER_DEMANGLER})
  execute_process(
    COMMAND ${CMAKE_AR} p ${supcxx_archive} cp-demangle.o
    OUTPUT_FILE ${GANDER_DEMANGLER}.all COMMAND_ERROR_IS_FATAL ANY)
  execute_process(
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=__gcclibcxx_demangle_callback
            ${GANDER_DEMANGLER}.all ${GANDER_DEMANGLER} COMMAND_ERROR_IS_FATAL ANY)
endif()
