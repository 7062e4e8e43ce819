# SPDX-License-Identifier: Apache-2.0
#
# The installed CMake package: gander::shared and gander::static, or the one that was built.
# gander::gander is the one that a component of that name, or else BUILD_SHARED_LIBS, asks for; when
# nothing does, the static library. gander::static_program is gander::static in a program that is
# linked with -static.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/gander-targets.cmake)

foreach(kind static shared)
  if(TARGET gander::${kind})
    set(gander_${kind}_FOUND TRUE)
  endif()
endforeach()

if(gander_shared_FOUND
   AND (NOT gander_static_FOUND OR "shared" IN_LIST gander_FIND_COMPONENTS
        OR (BUILD_SHARED_LIBS AND NOT "static" IN_LIST gander_FIND_COMPONENTS)))
  set(gander_kind shared)
else()
  set(gander_kind static)
endif()
if(NOT TARGET gander::gander)
  add_library(gander::gander ALIAS gander::${gander_kind})
endif()
unset(gander_kind)

foreach(component IN LISTS gander_FIND_COMPONENTS)
  if(gander_FIND_REQUIRED_${component} AND NOT gander_${component}_FOUND)
    set(gander_FOUND FALSE)
    set(gander_NOT_FOUND_MESSAGE "this copy of gander has no component '${component}'")
  endif()
endforeach()
