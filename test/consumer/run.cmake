# SPDX-License-Identifier: Apache-2.0
#
# One test: see CMakeLists.txt for the variables. Does in the folder WORK, emptied before, what an
# outside project does to come by the library, in the way HOW; then looks at its programs: what they
# print, and that they need no library but those of every C++ program, and ours if it is shared.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

# Runs a command that must succeed; its output is left in `output`.
function(step)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("${output}")
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "status ${status} of: ${command}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect wanted)
  step(${ARGN})
  if(NOT output STREQUAL "${wanted}")
    message(FATAL_ERROR "not the output that was expected:\n${wanted}")
  endif()
endfunction()

# Where it was installed first must stand nowhere, nor where it was built.
function(install_and_move)
  step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
  file(GLOB_RECURSE texts ${WORK}/first/*.pc ${WORK}/first/*.cmake ${WORK}/first/*.h)
  foreach(path IN LISTS texts)
    file(READ ${path} text)
    foreach(place ${SOURCE} ${BUILD} ${WORK})
      string(FIND "${text}" ${place} at)
      if(NOT at EQUAL -1)
        message(FATAL_ERROR "${path} speaks of ${place}")
      endif()
    endforeach()
  endforeach()
  file(REMOVE_RECURSE ${PREFIX})
  file(RENAME ${WORK}/first ${PREFIX})
endfunction()

function(check_libraries program kind)
  step(readelf -d ${program})
  string(REGEX MATCHALL "\\[[a-z+_0-9.-]*\\.so[.0-9]*\\]" needed "${output}")
  string(REGEX MATCH "libgander\\.so\\.[0-9]+\\.[0-9]+" ours "${needed}")
  list(FILTER needed EXCLUDE REGEX "lib(gander|stdc\\+\\+|gcc_s|c|m)\\.so|ld-linux")
  if(needed)
    message(FATAL_ERROR "${program} needs ${needed}")
  endif()
  if((kind STREQUAL "shared" AND NOT ours) OR (NOT kind STREQUAL "shared" AND ours))
    message(FATAL_ERROR "${program} is not linked to the ${kind} library: '${ours}'")
  endif()
endfunction()

function(build_project kind)
  set(shared OFF)
  if(kind STREQUAL "shared")
    set(shared ON)
  endif()
  step(${CMAKE_COMMAND} -S ${SOURCE}/test/consumer/project -B ${WORK} -G Ninja
       -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS}
       -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=${shared} ${ARGN})
  step(${CMAKE_COMMAND} --build ${WORK})
  check_consumer(${kind})
  # Modules may have the library each for itself, if their host has none.
  set(modules ${WORK}/libmodule_a.so ${WORK}/libmodule_b.so)
  expect("alone: 55\nboth: 110\nclosed\n" ${WORK}/plain_host ${modules})
  if(kind STREQUAL "shared")
    expect("alone: 55\nboth: 110\nclosed\n" ${WORK}/host ${modules})
  endif()
endfunction()

function(check_consumer kind)
  expect("consumer: gander ${VERSION}\n" ${WORK}/consumer)
  check_libraries(${WORK}/consumer ${kind})
endfunction()

# By hand, as a makefile does.
function(build_with_pkgconfig kind)
  set(module gander)
  set(flags "")
  if(kind STREQUAL "static")
    set(module gander-static)
  elseif(kind STREQUAL "everything-static")
    set(flags --static)
  endif()
  file(GLOB_RECURSE pc_file ${PREFIX}/*/${module}.pc)
  cmake_path(GET pc_file PARENT_PATH pc_folder)
  set(ENV{PKG_CONFIG_PATH} ${pc_folder})
  string(REPLACE "--" "-" linkage "${flags}")
  foreach(program IN ITEMS main:consumer fault:fault)
    string(REGEX MATCH "^[a-z]+" source ${program})
    string(REGEX MATCH "[a-z]+$" name ${program})
    step(sh -ec "${COMPILER} ${FLAGS} -std=c++20 $(pkg-config --cflags ${module}) \
-g -O2 -fnon-call-exceptions ${SOURCE}/test/consumer/${source}.cc -o ${name} ${linkage} \
$(pkg-config ${flags} --libs ${module}) -Wl,-rpath,$(pkg-config --variable=libdir ${module})")
  endforeach()
  check_consumer(${kind})
  expect("consumer: caught a fault at 0x10\n" ${WORK}/fault)
endfunction()

if(HOW STREQUAL "install")
  install_and_move()
elseif(HOW STREQUAL "package")
  build_project(${KIND} -DHOW=package -DCMAKE_PREFIX_PATH=${PREFIX})
elseif(HOW STREQUAL "subproject")
  # Also installed as a distribution does: into a staging folder, libraries in the folder of their
  # architecture.
  step(${COMPILER} -print-multiarch)
  string(STRIP "${output}" multiarch)
  build_project(static -DHOW=subproject -DGANDER_SOURCE=${SOURCE} -DGANDER_INSTALL=ON
                -DCMAKE_INSTALL_LIBDIR=lib/${multiarch})
  set(ENV{DESTDIR} ${WORK}/staged)
  step(${CMAKE_COMMAND} --install ${WORK} --prefix /usr)
  unset(ENV{DESTDIR})
  set(PREFIX ${WORK}/staged/usr)
  build_with_pkgconfig(shared)
  set(WORK ${WORK}/user)
  file(MAKE_DIRECTORY ${WORK})
  build_project(shared -DHOW=package -DCMAKE_PREFIX_PATH=${PREFIX})
else()
  build_with_pkgconfig(${KIND})
endif()
