# SPDX-License-Identifier: Apache-2.0
#
# cmake -DHOW=package|pkgconfig|fetch -DKIND=static|shared -DSOURCE=... -DPREFIX=... -DWORK=...
#       -DVERSION=... -DCOMPILER=... -DC_COMPILER=... -DFLAGS=... -P run.cmake
#
# Builds main.cc in a folder emptied before, as an outside project comes by the library; then checks
# what the program prints and whether it is linked to the kind of library that was asked for.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
set(shared OFF)
set(module gander-static)
if(KIND STREQUAL "shared")
  set(shared ON)
  set(module gander)
endif()

function(step)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("${output}")
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "status ${status} of: ${command}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

if(HOW STREQUAL "pkgconfig") # by hand, as a makefile does
  file(GLOB_RECURSE pc_file ${PREFIX}/*/${module}.pc)
  cmake_path(GET pc_file PARENT_PATH pc_folder)
  set(ENV{PKG_CONFIG_PATH} ${pc_folder})
  step(sh -ec "${COMPILER} ${FLAGS} -std=c++20 $(pkg-config --cflags ${module}) \
${SOURCE}/test/consumer/main.cc -o ${WORK}/consumer $(pkg-config --libs ${module}) \
-Wl,-rpath,$(pkg-config --variable=libdir ${module})")
else()
  step(${CMAKE_COMMAND} -S ${SOURCE}/test/consumer/project -B ${WORK} -G Ninja
       -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS}
       -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=${shared} -DCMAKE_PREFIX_PATH=${PREFIX}
       -DHOW=${HOW} -DGANDER_SOURCE=${SOURCE})
  step(${CMAKE_COMMAND} --build ${WORK})
endif()

step(${WORK}/consumer)
if(NOT output STREQUAL "consumer: gander ${VERSION}\n")
  message(FATAL_ERROR "the program printed: ${output}")
endif()

step(readelf -d ${WORK}/consumer)
string(FIND "${output}" "libgander.so" place)
if((shared AND place EQUAL -1) OR (NOT shared AND NOT place EQUAL -1))
  message(FATAL_ERROR "not linked to the ${KIND} library")
endif()
