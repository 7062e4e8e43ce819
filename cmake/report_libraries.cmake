# SPDX-License-Identifier: Apache-2.0
#
# GANDER_REPORT_LIBRARIES, one object file of what the crash report takes from GCC's own folder, for
# Clang too (which reports the GCC it has selected): libbacktrace, and the demangler of libsupc++
# that never allocates. Linking the archives themselves has four faults:
#   - libstdc++.so does not export that demangler, and all of libsupc++.a would bring a second
#     exception runtime;
#   - libbacktrace asks dl_iterate_phdr for the modules: that takes the loader's lock, and makes it
#     read the debug information of all of them at its first use. Renamed, the call comes to us;
#   - a program's own copy of either would clash with ours: here all names are ours, or local;
#   - whoever links libgander.a would have to link them too.
# So the needed members are linked into one relocatable object, and renamed.
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
gander_gcc_file(libsupc++.a supcxx_archive)

set(imports backtrace_create_state backtrace_pcinfo backtrace_syminfo
            __gcclibcxx_demangle_callback)
set(exports gander_backtrace_create_state gander_backtrace_pcinfo gander_backtrace_syminfo
            gander_demangle_callback)
set(undefined "")
set(renames --redefine-sym dl_iterate_phdr=gander_report_iterate_phdr)
set(keeps "")
foreach(import export IN ZIP_LISTS imports exports)
  list(APPEND undefined -Wl,-u,${import})
  list(APPEND renames --redefine-sym ${import}=${export})
  list(APPEND keeps --keep-global-symbol=${export})
endforeach()

set(GANDER_REPORT_LIBRARIES ${CMAKE_CURRENT_BINARY_DIR}/report_libraries.o)
set(machine_flags ${compiler_flags}) # -m32, say; a sanitizer's runtime has no place in it
list(FILTER machine_flags INCLUDE REGEX "^-m")
# Groups of sections are dissolved: a program keeps but one group of a name, and would throw ours
# away with what is local to us in it (386 has such a one for each register that code loads with its
# own place).
if(NOT EXISTS ${GANDER_REPORT_LIBRARIES})
  set(parts ${GANDER_REPORT_LIBRARIES}.parts)
  execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} ${machine_flags} -r -nostdlib -Wl,--force-group-allocation
            ${undefined} -o ${parts} ${backtrace_archive} ${supcxx_archive}
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_OBJCOPY} ${renames} ${parts} COMMAND_ERROR_IS_FATAL ANY)
  # Twice, since the names to keep are the new ones.
  execute_process(COMMAND ${CMAKE_OBJCOPY} ${keeps} ${parts} ${GANDER_REPORT_LIBRARIES}
                  COMMAND_ERROR_IS_FATAL ANY)
endif()
