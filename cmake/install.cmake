# SPDX-License-Identifier: Apache-2.0
#
# Headers, both libraries, the CMake package and two pkg-config files: gander (the shared library)
# and gander-static. All paths in them are relative to where they stand, so an installed tree may be
# moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

list(TRANSFORM GANDER_LIBRARIES PREPEND gander_ OUTPUT_VARIABLE libraries)
if(TARGET gander_static)
  list(APPEND libraries gander_static_program)
endif()
install(TARGETS ${libraries} gander_frame_pointers gander_fault_exceptions EXPORT gander_targets
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/gander src/arch/${GANDER_ARCH}/include/gander
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gander)
install(EXPORT gander_targets FILE gander-targets.cmake NAMESPACE gander::
        DESTINATION ${package_folder})
# Before 1.0 a minor version may break its users, as semantic versioning has it.
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
else()
  set(compatibility SameMajorVersion)
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gander-config-version.cmake
                                 COMPATIBILITY ${compatibility})
install(FILES cmake/gander-config.cmake ${PROJECT_BINARY_DIR}/gander-config-version.cmake
        DESTINATION ${package_folder})

# gdb's script, also where a gdb of the same prefix looks for what belongs to the library: under the
# library's full name. (Both have it inside, but gdb trusts its own folder without being told.)
install(FILES ${GANDER_GDB_SCRIPT} DESTINATION ${CMAKE_INSTALL_DATADIR}/gander)
if(TARGET gander_shared)
  install(CODE "
    set(folder \"${CMAKE_INSTALL_LIBDIR}\")
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\")
    set(data \"${CMAKE_INSTALL_DATADIR}\")
    cmake_path(ABSOLUTE_PATH data BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\")
    file(INSTALL \"${GANDER_GDB_SCRIPT}\" DESTINATION \"\${data}/gdb/auto-load\${folder}\"
         RENAME $<TARGET_FILE_NAME:gander_shared>-gdb.py)")
endif()

set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
           BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pkgconfig_folder}
           OUTPUT_VARIABLE prefix_from_pkgconfig) # relative: --install --prefix may still change it
set(modules gander)
if(TARGET gander_static)
  list(APPEND modules gander-static)
endif()
set(alone "")
if(NOT TARGET gander_shared)
  set(alone " -Wl,-z,nodelete") # -lgander is the static library then: as gander-static.pc
endif()
# For pkg-config --static, which programs linked with -static ask.
list(TRANSFORM GANDER_STATIC_FLAGS PREPEND -Wl, OUTPUT_VARIABLE static_flags)
list(JOIN static_flags " " static_flags)
foreach(name IN LISTS modules)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${pkgconfig_folder})
endforeach()
