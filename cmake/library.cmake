# SPDX-License-Identifier: Apache-2.0
#
# The library: compiled once, position-independent, then packed as libgander.a and libgander.so, or
# one of them (GANDER_LIBRARIES). gander::gander is the one that BUILD_SHARED_LIBS chooses.
find_package(Threads REQUIRED)

# GANDER_SOURCES, GANDER_UNIT_TESTS and GANDER_MICRO_BENCHMARKS: all of src/ that this platform
# builds.
file(GLOB GANDER_SOURCES CONFIGURE_DEPENDS
     src/*/*.cc src/os/${GANDER_OS}/*.cc src/arch/${GANDER_ARCH}/*.cc src/arch/${GANDER_ARCH}/*.S)
set(GANDER_UNIT_TESTS ${GANDER_SOURCES})
set(GANDER_MICRO_BENCHMARKS ${GANDER_SOURCES})
list(FILTER GANDER_SOURCES EXCLUDE REGEX "_(test|bench|model)\\.cc$")
list(FILTER GANDER_UNIT_TESTS INCLUDE REGEX "_test\\.cc$")
list(FILTER GANDER_MICRO_BENCHMARKS INCLUDE REGEX "_bench\\.cc$")

# What every user of the library needs, in the tree and installed. No macro: none may have to be the
# same in all files of a program (tidy/public_headers.sh).
function(gander_interface target)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src/arch/${GANDER_ARCH}/include>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC Threads::Threads)
endfunction()

# For all that includes src/: the library itself, its unit tests, the benchmarks.
add_library(gander_internals INTERFACE)
target_include_directories(gander_internals INTERFACE
  ${PROJECT_SOURCE_DIR}/src ${GANDER_GENERATED_DIR})
target_compile_definitions(gander_internals INTERFACE
  GANDER_DEBUG_CHECKS=$<BOOL:${GANDER_DEBUG_CHECKS}>)

add_library(gander_objects OBJECT ${GANDER_SOURCES})
gander_interface(gander_objects)
# Hidden but for what public headers declare (they say so by a pragma): calls among our own
# functions need no table, and may be inlined.
set_target_properties(gander_objects PROPERTIES POSITION_INDEPENDENT_CODE ON
                      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_link_libraries(gander_objects PRIVATE gander_internals gander_warnings)
# Frame pointers and tables at every instruction make each of our frames readable from a signal;
# probed frames make an overflow meet the guard instead of hopping over it.
target_compile_options(gander_objects PRIVATE
  -fstack-clash-protection -fno-omit-frame-pointer -fasynchronous-unwind-tables)

# To look at a type, that sanitizer opens a pipe: a dying process may have no descriptor left.
if(CMAKE_CXX_FLAGS MATCHES "sanitize=undefined")
  target_compile_options(gander_objects PRIVATE -fno-sanitize=vptr)
endif()

# The file that holds gdb's script. Properties of files hold for one folder of the build: who
# compiles GANDER_SOURCES elsewhere calls this there.
set(GANDER_GDB_SCRIPT ${PROJECT_SOURCE_DIR}/src/debugger/gander-gdb.py)
function(gander_hold_gdb_script)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/sched/g_table.cc PROPERTIES
    OBJECT_DEPENDS ${GANDER_GDB_SCRIPT}
    COMPILE_DEFINITIONS GANDER_GDB_SCRIPT="${GANDER_GDB_SCRIPT}")
endfunction()
gander_hold_gdb_script()

# The collector reads memory that others write, have poisoned, or have left uninitialized.
if(CMAKE_CXX_FLAGS MATCHES "sanitize=(address|thread)")
  set_source_files_properties(
    src/gc/marker.cc src/collector/scan.cc src/collector/checkmark.cc src/collector/leak_search.cc
    PROPERTIES COMPILE_OPTIONS "-fno-sanitize=address,thread;-O2")
endif()

# What runs in the handler that stops running threads: it may interrupt the thread sanitizer itself.
# And what looks at traces when all threads stand still, which it does not know. Not what takes a
# lock in a live program, too: it would not see that one hands memory on.
# (row_cache.cc has nothing but atomics; a report writes there while others stand still, perhaps in
# the sanitizer, under the lock of its memory for atomics.)
if(CMAKE_CXX_FLAGS MATCHES "sanitize=thread")
  set_source_files_properties(
    src/unwind/row_cache.cc src/crash/freeze.cc src/crash/part.cc src/crash/thread_table.cc
    src/os/${GANDER_OS}/futex.cc
    src/arch/${GANDER_ARCH}/regs.cc src/arch/${GANDER_ARCH}/context.cc
    src/tracer/crash_trace.cc src/tracer/event_reader.cc src/tracer/frozen.cc
    src/tracer/file_format.cc src/tracer/look_back.cc src/tracer/tables.cc
    PROPERTIES COMPILE_OPTIONS "-fno-sanitize=thread;-O2")
endif()

set_source_files_properties(${GANDER_REPORT_LIBRARIES} PROPERTIES EXTERNAL_OBJECT ON)
foreach(kind IN LISTS GANDER_LIBRARIES)
  string(TOUPPER ${kind} type)
  add_library(gander_${kind} ${type} $<TARGET_OBJECTS:gander_objects> ${GANDER_REPORT_LIBRARIES})
  gander_interface(gander_${kind})
  set_target_properties(gander_${kind} PROPERTIES
    OUTPUT_NAME gander EXPORT_NAME ${kind} LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  add_library(gander::${kind} ALIAS gander_${kind})
endforeach()
# A module that holds the runtime stays in the process when it is closed by dlclose: threads and
# signal handlers run in it until the end.
set(stay LINKER:-z,nodelete)
# For programs linked with -static: the table by which reports find call-frame information, which
# GCC leaves out there, and src/crash/throw_wrap.cc in front of what throws.
set(GANDER_STATIC_FLAGS
    --eh-frame-hdr
    --wrap=__cxa_throw --wrap=__cxa_allocate_exception --wrap=__cxa_free_exception
    --wrap=_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE)
if(TARGET gander_static)
  target_link_options(gander_static INTERFACE ${stay})
  add_library(gander_static_program INTERFACE)
  target_link_libraries(gander_static_program INTERFACE gander_static)
  list(TRANSFORM GANDER_STATIC_FLAGS PREPEND LINKER: OUTPUT_VARIABLE flags)
  target_link_options(gander_static_program INTERFACE -static ${flags})
  set_target_properties(gander_static_program PROPERTIES EXPORT_NAME static_program)
  add_library(gander::static_program ALIAS gander_static_program)
endif()
if(TARGET gander_shared)
  set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  target_link_options(gander_shared PRIVATE ${stay} LINKER:--version-script=${exports})
  set_target_properties(gander_shared PROPERTIES LINK_DEPENDS ${exports})
endif()

if(TARGET gander_shared AND (BUILD_SHARED_LIBS OR NOT TARGET gander_static))
  set(chosen shared)
  set(other static)
else()
  set(chosen static)
  set(other shared)
endif()
add_library(gander::gander ALIAS gander_${chosen})
if(TARGET gander_${other} AND NOT PROJECT_IS_TOP_LEVEL AND NOT GANDER_INSTALL)
  set_target_properties(gander_${other} PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

# For users' own code: what makes their frames cheap to walk and their overflows safe to report.
add_library(gander_frame_pointers INTERFACE)
target_compile_options(gander_frame_pointers INTERFACE
  -fno-omit-frame-pointer -fstack-clash-protection)
# For code whose faults shall be thrown as exceptions (debug::set_panic_on_fault).
add_library(gander_fault_exceptions INTERFACE)
target_compile_options(gander_fault_exceptions INTERFACE -fnon-call-exceptions)
foreach(name frame_pointers fault_exceptions)
  set_target_properties(gander_${name} PROPERTIES EXPORT_NAME ${name})
  add_library(gander::${name} ALIAS gander_${name})
endforeach()
