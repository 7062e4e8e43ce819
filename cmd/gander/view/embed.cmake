# SPDX-License-Identifier: Apache-2.0
#
# cmake -DOUTPUT=FILE.cc -DFILES=A;B -P embed.cmake: the files as a source for page_files.h.
# As arrays, since strings of C++ end at 64 KiB for some compilers.
set(arrays "")
set(entries "")
foreach(file IN LISTS FILES)
  cmake_path(GET file FILENAME name)
  string(MAKE_C_IDENTIFIER "file_${name}" identifier)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char ${identifier}[] = {${bytes}};\n")
  string(APPEND entries "    {\"${name}\", {${identifier}, sizeof(${identifier})}},\n")
endforeach()
file(WRITE ${OUTPUT} "// Written by embed.cmake.
#include \"view/page_files.h\"

namespace gander::tool {
namespace {

${arrays}
constexpr page_file files[] = {
${entries}};

}  // namespace

std::span<const page_file> page_files() { return files; }

}  // namespace gander::tool
")
