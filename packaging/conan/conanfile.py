# SPDX-License-Identifier: Apache-2.0
"""A Conan 2 recipe of the tree that it stands in: conan create packaging/conan

One kind of library, as the option `shared` says. Users get the package's own CMake files, with
gander::gander, gander::frame_pointers and gander::fault_exceptions.
"""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir


class Gander(ConanFile):
    name = "gander"
    description = "Goroutines, channels, select and crash reports for C++"
    license = "Apache-2.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    default_options = {"shared": False}

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._root, "include", "gander", "version.h"))
        numbers = re.findall(r"#define GANDER_VERSION_\w+ (\d+)", header)
        self.version = ".".join(numbers)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, self._root, self.export_sources_folder)

    def validate(self):
        if self.settings.os != "Linux" or self.settings.arch != "x86_64":
            raise ConanInvalidConfiguration("gander runs on Linux on x86_64")
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["GANDER_LIBRARIES"] = "shared" if self.options.shared else "static"
        for part in ("TESTS", "BENCH", "EXAMPLES", "COMMAND"):
            toolchain.cache_variables[f"GANDER_BUILD_{part}"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))  # Conan writes its own

    def package_info(self):
        self.cpp_info.libs = ["gander"]
        self.cpp_info.system_libs = ["pthread"]
        if not self.options.shared:
            self.cpp_info.sharedlinkflags = ["-Wl,-z,nodelete"]
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "gander")]
        self.cpp_info.set_property("cmake_find_mode", "none")  # ours is found instead
        self.cpp_info.set_property("pkg_config_name", "gander")
