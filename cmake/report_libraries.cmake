# SPDX-License-Identifier: Apache-2.0
#
# One object, gander_report_libraries, of what the crash report takes from the compiler: libbacktrace and
# the demangler of libsupc++. Linking -lbacktrace and libsupc++.a instead has three faults:
#   - libsupc++.a would also resolve __cxa_throw and its kin, and give the program a second copy of them;
#     the demangler alone is reachable under an internal name only there;
#   - libbacktrace asks dl_iterate_phdr for the modules, which takes the loader's lock, and reads the
#     debug information of all of them at its first use; renamed, the call comes to us;
#   - a user's own copy of either library would clash with ours.
# So: link the needed members into one relocatable object, rename, and make the rest local.
function(gander_archive_path out name)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${name}
    OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT EXISTS "${path}")
    message(FATAL_ERROR "gander: the compiler does not come with ${name}")
  endif()
  set(${out} "${path}" PARENT_SCOPE)
endfunction()

function(gander_add_report_libraries target)
  gander_archive_path(backtrace libbacktrace.a)
  gander_archive_path(supcxx libsupc++.a)
  set(object "${CMAKE_CURRENT_BINARY_DIR}/gander_report_libraries.o")
  set(imports backtrace_create_state backtrace_pcinfo backtrace_syminfo __gcclibcxx_demangle_callback)
  set(exports gander_backtrace_create_state gander_backtrace_pcinfo gander_backtrace_syminfo
    gander_demangle_callback)
  set(undefined "")
  set(renames --redefine-sym dl_iterate_phdr=gander_report_iterate_phdr)
  set(keeps "")
  foreach(import export IN ZIP_LISTS imports exports)
    list(APPEND undefined -Wl,-u,${import})
    list(APPEND renames --redefine-sym ${import}=${export})
    list(APPEND keeps --keep-global-symbol ${export})
  endforeach()
  add_custom_command(OUTPUT "${object}"
    COMMAND ${CMAKE_CXX_COMPILER} -r -nostdlib ${undefined} -o "${object}" "${backtrace}" "${supcxx}"
    COMMAND ${CMAKE_OBJCOPY} ${renames} "${object}"
    COMMAND ${CMAKE_OBJCOPY} ${keeps} "${object}"
    DEPENDS "${backtrace}" "${supcxx}" COMMENT "Collecting libbacktrace and the demangler" VERBATIM)
  set_source_files_properties("${object}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  target_sources(${target} PRIVATE "${object}")
endfunction()
