// SPDX-License-Identifier: Apache-2.0
//
// The table of module_table.h. What is in a module is read from its own ELF header in memory,
// through a memory_reader: the same code serves start-up and handler.
#include "crash/module_table.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/left_out.h"
#include "os/code_map.h"
#include "unwind/memory_reader.h"

namespace gander::crash {
namespace {

constexpr std::size_t path_bytes = 256;
constexpr unsigned max_segments = 64;

struct entry {
  module m;
  const void* handle = nullptr;
  char path[path_bytes] = {};
  std::atomic<bool> ready{false};
};

constinit std::array<entry, module_capacity> table{};  // all zero: it takes memory as it fills
const left_out of_table(table);
constinit std::atomic<std::size_t> claimed{0};
constinit std::array<char, path_bytes> executable{};

constexpr std::uintptr_t align_note(std::uintptr_t v) noexcept {
  return (v + 3) & ~std::uintptr_t{3};
}

void read_build_id(std::uintptr_t at, std::uintptr_t end, unwind::memory_reader& reader,
                   module& m) noexcept {
  for (unsigned notes = 0; notes < 16 && at + sizeof(ElfW(Nhdr)) <= end; ++notes) {
    ElfW(Nhdr) note;
    char name[4];
    if (reader.copy(&note, at, sizeof note) != sizeof note) return;
    std::uintptr_t name_at = at + sizeof note;
    std::uintptr_t value_at = name_at + align_note(note.n_namesz);
    bool gnu = note.n_namesz == sizeof name &&
               reader.copy(name, name_at, sizeof name) == sizeof name &&
               std::memcmp(name, "GNU", sizeof name) == 0;
    if (gnu && note.n_type == NT_GNU_BUILD_ID) {
      std::size_t bytes = std::min<std::size_t>(note.n_descsz, m.build_id.size());
      m.build_id_bytes = static_cast<std::uint8_t>(reader.copy(m.build_id.data(), value_at, bytes));
      return;
    }
    at = value_at + align_note(note.n_descsz);
  }
}

void read_segments(unwind::memory_reader& reader, module& m) noexcept {
  ElfW(Ehdr) header;
  if (reader.copy(&header, m.begin, sizeof header) != sizeof header ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr)))
    return;
  unsigned count = std::min<unsigned>(header.e_phnum, max_segments);
  for (unsigned i = 0; i < count; ++i) {
    ElfW(Phdr) segment;
    std::uintptr_t at = m.begin + header.e_phoff + i * sizeof segment;
    if (reader.copy(&segment, at, sizeof segment) != sizeof segment) return;
    std::uintptr_t begin = m.load_bias + segment.p_vaddr;
    std::uintptr_t end = begin + segment.p_memsz;
    if (segment.p_type == PT_NOTE && m.build_id_bytes == 0) read_build_id(begin, end, reader, m);
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    m.text_begin = m.text_begin == 0 ? begin : std::min(m.text_begin, begin);
    m.text_end = std::max(m.text_end, end);
  }
}

// The loader's name of the module, cut to what an entry holds.
void copy_path(const os::code_object& object, unwind::memory_reader& reader,
               char (&out)[path_bytes]) noexcept {
  out[0] = 0;
  if (object.path != nullptr)
    reader.copy_string(out, reinterpret_cast<std::uintptr_t>(object.path), path_bytes);
  if (out[0] == 0) std::memcpy(out, executable.data(), path_bytes);
}

const module* find_entry(const os::code_object& object, const char* path) noexcept {
  std::size_t count = std::min(claimed.load(std::memory_order_relaxed), table.size());
  for (std::size_t i = 0; i < count; ++i) {
    entry& e = table[i];
    // Acquire: pairs with the release in add(); the entry is complete.
    if (!e.ready.load(std::memory_order_acquire)) continue;
    // The path too: another module may be loaded where one was unloaded.
    if (e.m.begin == object.map_start && e.handle == object.handle && e.m.end == object.map_end &&
        std::strncmp(e.path, path, path_bytes) == 0)
      return &e.m;
  }
  return nullptr;
}

// Two threads may add one module twice: harmless, the first entry is found from then on.
const module* add(const os::code_object& object, const char (&path)[path_bytes],
                  unwind::memory_reader& reader) noexcept {
  std::size_t index = claimed.fetch_add(1, std::memory_order_relaxed);
  if (index >= table.size()) {
    claimed.store(table.size(), std::memory_order_relaxed);
    return nullptr;
  }
  entry& e = table[index];
  std::memcpy(e.path, path, path_bytes);
  e.handle = object.handle;
  e.m.index = static_cast<std::uint16_t>(index);
  e.m.begin = object.map_start;
  e.m.end = object.map_end;
  e.m.load_bias = object.load_bias;
  e.m.path = e.path;
  bool is_executable = object.path == nullptr || object.path[0] == 0;
  e.m.file = is_executable ? os::executable_file : e.path[0] == '/' ? e.path : "";
  read_segments(reader, e.m);
  // Release: publishes the entry to find_entry() and module_at().
  e.ready.store(true, std::memory_order_release);
  return &e.m;
}

const module* find_or_add(const os::code_object& object) noexcept {
  unwind::memory_reader reader;
  char path[path_bytes];
  copy_path(object, reader, path);
  const module* known = find_entry(object, path);
  return known != nullptr ? known : add(object, path, reader);
}

}  // namespace

void name_executable() noexcept {
  if (executable[0] == 0) os::executable_path(executable.data(), executable.size());
}

void load_modules() noexcept {
  name_executable();
  os::for_each_code_object([](const os::code_object& object) { find_or_add(object); });
}

const module* find_module(std::uintptr_t pc) noexcept {
  os::code_object object;
  return os::find_code_object(pc, object) ? find_or_add(object) : nullptr;
}

const module* module_at(std::size_t index) noexcept {
  if (index >= table.size() || !table[index].ready.load(std::memory_order_acquire)) return nullptr;
  return &table[index].m;
}

}  // namespace gander::crash
