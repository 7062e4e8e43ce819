# SPDX-License-Identifier: Apache-2.0
#
# The installed CMake package. gander::gander is gander::shared or gander::static, as
# BUILD_SHARED_LIBS or a component of that name asks; without either it is the static library.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/gander-targets.cmake)

set(gander_kind static)
if("shared" IN_LIST gander_FIND_COMPONENTS
   OR (BUILD_SHARED_LIBS AND NOT "static" IN_LIST gander_FIND_COMPONENTS))
  set(gander_kind shared)
endif()
if(NOT TARGET gander::gander)
  add_library(gander::gander ALIAS gander::${gander_kind})
endif()

set(gander_static_FOUND TRUE)
set(gander_shared_FOUND TRUE)
foreach(component IN LISTS gander_FIND_COMPONENTS)
  if(gander_FIND_REQUIRED_${component} AND NOT gander_${component}_FOUND)
    set(gander_FOUND FALSE)
    set(gander_NOT_FOUND_MESSAGE "gander has no component '${component}' (only static, shared)")
  endif()
endforeach()
unset(gander_kind)
