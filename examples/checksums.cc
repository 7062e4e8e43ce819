// SPDX-License-Identifier: Apache-2.0
//
// checksums FOLDER...: the CRC-32 of every regular file below, sorted by name. Exits with 1, and
// says why, when a file cannot be read; the others are not read to their end then.
//
// A task_group with one task for each file, so many at a time as there are permits. The first
// exception cancels the rest, and reaches main by wait(). The reads block their threads: the
// runtime sees to it that other goroutines have one.
#include <gander/gander.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
    table[byte] = crc;
  }
  return table;
}();

std::uint32_t crc32_of(const fs::path& path, const gander::context& ctx) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::uint32_t crc = ~0u;
  std::array<unsigned char, 1 << 14> block;
  while (!ctx.err() && file) {
    file.read(reinterpret_cast<char*>(block.data()), block.size());
    for (const unsigned char byte : std::span(block).first(static_cast<std::size_t>(file.gcount())))
      crc = (crc >> 8) ^ crc_table[(crc ^ byte) & 255];
  }
  return ~crc;
}

std::map<fs::path, std::uint32_t> checksums(const fs::path& folder) {
  std::map<fs::path, std::uint32_t> sums;
  gander::mutex guard;
  gander::semaphore permits(16);
  gander::task_group readers;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    permits.acquire();
    readers.go([&, path = entry.path()](const gander::context& ctx) {
      const gander::defer give_back([&] { permits.release(); });
      const std::uint32_t crc = crc32_of(path, ctx);
      const std::lock_guard held(guard);
      sums[path] = crc;
    });
  }
  readers.wait();
  return sums;
}

}  // namespace

int main(int argc, char** argv) {
  return gander::run([=] {
    try {
      for (int i = 1; i < argc; ++i)
        for (const auto& [path, crc] : checksums(argv[i]))
          std::printf("%08x  %s\n", crc, path.c_str());
      return 0;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "checksums: %s\n", e.what());
      return 1;
    }
  });
}
