// SPDX-License-Identifier: Apache-2.0
//
// The cache of symbolizer.h and what turns a module's tables into printable frames. Reports have
// few distinct pcs, so everything read is kept: frames and names are laid down in an arena of
// reserved address space, and a slot of the table is set last. Arena and table are written under
// `owner` only; lookups take no lock.
#include "crash/symbolizer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>

#include "crash/fde.h"
#include "crash/go_name.h"
#include "crash/recoverable.h"
#include "crash/row_cache.h"
#include "crash/symbol_reader.h"
#include "os/os.h"

namespace gander::crash {
namespace {

constexpr std::size_t slot_count = 1u << 15;
constexpr std::size_t probe_limit = 64;
constexpr std::size_t arena_bytes = 64u << 20;
constexpr std::int64_t turn_ns = 100'000;
constexpr int turns = 2000;

struct answer {
  std::uintptr_t pc;
  std::uint32_t generation;
  std::span<const logical_frame> frames;
};

struct slot {
  std::atomic<const answer*> found{nullptr};
};

constinit std::atomic<slot*> table{nullptr};  // slot_count of them; null until started
constinit char* arena = nullptr;
constinit std::size_t arena_used = 0;
constinit std::atomic<int> owner{0};  // thread id
constinit std::atomic<std::uint32_t> generation{0};

void* lay_down(std::size_t bytes) noexcept {
  constexpr std::size_t alignment = alignof(std::max_align_t);
  std::size_t rounded = (bytes + alignment - 1) & ~(alignment - 1);
  if (rounded > arena_bytes - arena_used) return nullptr;
  void* at = arena + arena_used;
  arena_used += rounded;
  return at;
}

std::string_view lay_down(std::string_view s) noexcept {
  auto* at = static_cast<char*>(lay_down(s.size()));
  if (at == nullptr) return "?";
  std::memcpy(at, s.data(), s.size());
  return {at, s.size()};
}

std::size_t slot_of(std::uintptr_t pc) noexcept {
  return static_cast<std::size_t>((pc * 0x9e3779b97f4a7c15u) >> 40) % slot_count;
}

const answer* find_answer(slot* slots, std::uintptr_t pc) noexcept {
  std::uint32_t now = generation.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < probe_limit; ++i) {
    // Acquire: pairs with the release in keep(); the answer and its strings are complete.
    const answer* a = slots[(slot_of(pc) + i) % slot_count].found.load(std::memory_order_acquire);
    if (a == nullptr) return nullptr;
    if (a->pc == pc && a->generation == now) return a;
  }
  return nullptr;
}

// When all slots in reach are taken, or the arena is used up, the answer is not kept.
void keep(slot* slots, const answer* a) noexcept {
  for (std::size_t i = 0; i < probe_limit; ++i) {
    auto& found = slots[(slot_of(a->pc) + i) % slot_count].found;
    if (found.load(std::memory_order_relaxed) != nullptr) continue;
    found.store(a, std::memory_order_release);
    return;
  }
}

// Of the two names of a physical function: the mangled one tells its namespace, which debug
// information leaves out for functions with internal linkage.
const char* physical_name(const char* debug, const char* symbol) noexcept {
  auto mangled = [](const char* s) { return s != nullptr && std::strncmp(s, "_Z", 2) == 0; };
  if (mangled(debug) || symbol == nullptr) return debug;
  return mangled(symbol) || debug == nullptr ? symbol : debug;
}

void name_frame(const char* name, logical_frame& f) noexcept {
  if (name == nullptr) return;
  int signal = recoverable([&] {  // the demangler, too, follows what a damaged file says
    char chars[max_function_name];
    f.function = lay_down(go_function_name({name, strnlen(name, 64 << 10)}, chars));
  });
  if (signal != 0) f.function = "?";
}

std::uintptr_t entry_of(std::uintptr_t pc, const raw_symbols& raw) noexcept {
  memory_reader reader;
  fde f;
  return find_fde(pc, reader, f) ? f.pc_begin : raw.symbol_value;
}

void fill(std::uintptr_t pc, const module* m, const raw_symbols& raw,
          std::span<logical_frame> frames) noexcept {
  std::uintptr_t entry = entry_of(pc, raw);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    logical_frame& f = frames[i];
    const raw_frame r = i < raw.count ? raw.frames[i] : raw_frame{};
    bool physical = i + 1 == frames.size();
    f = {.function = "?",
         .file = m != nullptr ? m->path : "?",
         .line = 0,
         .inlined = !physical,
         .entry = entry,
         .in = m};
    if (r.file != nullptr) {
      f.file = r.file;
      f.line = static_cast<std::uint32_t>(std::max(r.line, 0));
    }
    name_frame(physical ? physical_name(r.function, raw.symbol) : r.function, f);
  }
  // Of a function without a name an offset says nothing; of the file it does, to addr2line.
  if (frames.back().function == "?") frames.back().entry = 0;
}

const answer* read_answer(std::uintptr_t pc) noexcept {
  raw_symbols raw;
  const module* m = find_module(pc);
  if (m != nullptr) read_symbols(*m, pc, raw);
  std::size_t count = std::max<std::size_t>(raw.count, 1);
  void* at = lay_down(sizeof(answer));
  void* frames_at = lay_down(count * sizeof(logical_frame));
  if (at == nullptr || frames_at == nullptr) return nullptr;
  auto* frames = static_cast<logical_frame*>(frames_at);
  for (std::size_t i = 0; i < count; ++i) ::new (frames + i) logical_frame;
  fill(pc, m, raw, {frames, count});
  return ::new (at) answer{pc, generation.load(std::memory_order_relaxed), {frames, count}};
}

bool become_owner(int thread) noexcept {
  for (int turn = 0; turn < turns; ++turn) {
    int free = 0;
    // Acquire: pairs with the release that gives it back; arena and readers are as left.
    if (owner.compare_exchange_strong(free, thread, std::memory_order_acquire,
                                      std::memory_order_relaxed))
      return true;
    if (free == thread) return false;  // a handler interrupted its own thread here
    os::sleep_ns(turn_ns);
  }
  return false;
}

// What is left when nothing can be read: the module, of which the address in the file can be told.
constinit const logical_frame unknown{.function = "?", .file = "?"};

struct unnamed {
  logical_frame frame;
  std::atomic<int> state{0};  // 0 empty -> 1 being filled -> 2 filled
};
constinit std::array<unnamed, module_capacity> unnamed_frames{};

std::span<const logical_frame> unnamed_at(std::uintptr_t pc) noexcept {
  const module* m = find_module(pc);
  if (m == nullptr) return {&unknown, 1};
  unnamed& u = unnamed_frames[m->index];
  int empty = 0;
  if (u.state.compare_exchange_strong(empty, 1)) {
    u.frame = {.function = "?", .file = m->path, .in = m};
    u.state.store(2);
  }
  return {u.state.load() == 2 ? &u.frame : &unknown, 1};
}

}  // namespace

// Whoever comes while another one starts it, a handler that interrupted that one too, does without
// names.
bool start_symbolizer() noexcept {
  static std::atomic<bool> begun{false};
  if (begun.exchange(true)) return table.load(std::memory_order_acquire) != nullptr;
  name_executable();
  arena = static_cast<char*>(os::reserve(arena_bytes));
  void* slots = os::reserve(slot_count * sizeof(slot));  // zero: each a valid, empty slot
  if (arena == nullptr || slots == nullptr) return false;
  // Release: pairs with the acquire in symbolize(); the arena is there.
  table.store(static_cast<slot*>(slots), std::memory_order_release);
  return true;
}

std::span<const logical_frame> symbolize(std::uintptr_t pc, bool is_return_address) noexcept {
  std::uintptr_t lookup = pc - is_return_address;
  slot* slots = table.load(std::memory_order_acquire);
  if (slots == nullptr) return unnamed_at(lookup);
  const answer* a = find_answer(slots, lookup);
  if (a != nullptr) return a->frames;
  int thread = os::thread_id();
  if (!become_owner(thread)) return unnamed_at(lookup);
  a = find_answer(slots, lookup);
  if (a == nullptr) {
    a = read_answer(lookup);
    if (a != nullptr) keep(slots, a);
  }
  // Not if somebody seized it meanwhile. Release: pairs with the acquire in become_owner().
  owner.compare_exchange_strong(thread, 0, std::memory_order_release, std::memory_order_relaxed);
  return a != nullptr ? a->frames : unnamed_at(lookup);
}

void seize_symbolizer() noexcept {
  abandon_symbol_readers();
  owner.store(0, std::memory_order_release);
}

// What was read so far is whole: what may be left in the middle is read in steps of its own.
void leave_symbolizer() noexcept {
  int self = os::thread_id();
  owner.compare_exchange_strong(self, 0, std::memory_order_release, std::memory_order_relaxed);
}

void forget_unloaded_code() noexcept {
  generation.fetch_add(1);
  forget_cached_rows();
}

}  // namespace gander::crash
