# SPDX-License-Identifier: Apache-2.0
#
# An overlay port of the tree that it stands in:
#
#     vcpkg install gander --overlay-ports=packaging/vcpkg/ports
#
# A registry's copy takes the source by vcpkg_from_git instead. One kind of library, the triplet's,
# as vcpkg has it.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

set(kind static)
if(VCPKG_LIBRARY_LINKAGE STREQUAL "dynamic")
  set(kind shared)
endif()

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DGANDER_LIBRARIES=${kind}
    -DGANDER_BUILD_TESTS=OFF
    -DGANDER_BUILD_BENCH=OFF
    -DGANDER_BUILD_EXAMPLES=OFF
    -DGANDER_BUILD_COMMAND=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/gander)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
