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

#include "base/left_out.h"
#include "crash/go_name.h"
#include "crash/recoverable.h"
#include "crash/runtime_frames.h"
#include "crash/symbol_reader.h"
#include "os/os.h"
#include "unwind/fde.h"
#include "unwind/row_cache.h"

namespace gander::crash {
namespace {

constexpr std::size_t slot_count = 1u << 15;
constexpr std::size_t probe_limit = 64;
constexpr std::size_t arena_bytes = (sizeof(void*) == 8 ? 64u : 16u) << 20;
constexpr std::int64_t turn_ns = 100'000;
constexpr int turns_to_read = 2000;
constexpr int turns_to_hold = 20'000;
constexpr int turns_to_await = 5'000;

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
constinit std::atomic<int> owner{0};   // thread id of who reads; of who only asks, its negative
constinit std::atomic<int> holder{0};  // thread id of who alone may read
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
  unwind::memory_reader reader;
  unwind::fde f;
  return unwind::find_fde(pc, reader, f) ? f.pc_begin : raw.symbol_value;
}

// Debug information may leave the namespace out of an inlined function's name. In a hidden function
// such a one is the user's code, unless it stands in our headers, or in the function's own file.
void classify(std::span<logical_frame> frames) noexcept {
  const logical_frame& physical = frames.back();
  const bool hidden_whole = is_runtime_function(physical.function);
  const std::string_view callable = callable_of_entry(physical.function);
  for (logical_frame& f : frames) {
    const bool bare = f.inlined && is_bare_name(f.function);
    const bool ours = is_library_file(f.file) || f.file == physical.file;
    f.hidden = bare ? hidden_whole && ours : is_runtime_function(f.function);
    f.callable = callable;
  }
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
  classify(frames);
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

// Nobody else reads, and nobody else holds it. The two flags are a Dekker pair (seq_cst): who reads
// looks for a holder after he has asked, who holds looks for one that asks after he has become
// holder; one of them sees the other. Who only asks may be stopped there, and is not waited for:
// the holder takes the word from him, and so does a handler on his own thread; he finds that out
// when he would go on. (Once he was the owner at once: stopped there he kept all names from the
// report.)
bool try_become_owner(int thread) noexcept {
  int now = owner.load();
  if (now > 0) return false;
  if (holder.load() == thread) return owner.compare_exchange_strong(now, thread);
  if (now != 0 && now != -thread) return false;
  if (!owner.compare_exchange_strong(now, -thread)) return false;
  int asked = -thread;
  const int held_by = holder.load();
  if (held_by == 0 || held_by == thread) return owner.compare_exchange_strong(asked, thread);
  owner.compare_exchange_strong(asked, 0);
  return false;
}

// For the holder: that those who have asked before he held it do not go on.
bool nobody_reads() noexcept {
  int now = owner.load();
  return now == 0 || (now < 0 && owner.compare_exchange_strong(now, 0));
}

// False, too, in a handler that interrupted its own thread in here.
template <typename Try>
bool wait_until(Try&& succeeds, int thread, int turns) noexcept {
  for (int turn = 0; turn < turns; ++turn) {
    if (succeeds()) return true;
    if (owner.load() == thread) return false;
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
const left_out of_unnamed_frames(unnamed_frames);

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
  const auto try_to_read = [&] { return try_become_owner(thread); };
  if (!wait_until(try_to_read, thread, turns_to_read)) return unnamed_at(lookup);
  a = find_answer(slots, lookup);
  if (a == nullptr) {
    a = read_answer(lookup);
    if (a != nullptr) keep(slots, a);
  }
  owner.compare_exchange_strong(thread, 0);  // not if somebody seized it meanwhile
  return a != nullptr ? a->frames : unnamed_at(lookup);
}

bool hold_symbolizer() noexcept {
  const int thread = os::thread_id();
  int free = 0;
  if (!holder.compare_exchange_strong(free, thread)) return false;
  return wait_until(nobody_reads, thread, turns_to_hold);
}

void let_go_of_symbolizer() noexcept {
  int thread = os::thread_id();
  holder.compare_exchange_strong(thread, 0);
}

void await_readers(int dying) noexcept {
  const int self = os::thread_id();
  int free = 0;
  if (!holder.compare_exchange_strong(free, self)) return;
  wait_until([dying] { return nobody_reads() || owner.load() == dying; }, self, turns_to_await);
}

void seize_symbolizer() noexcept {
  if (owner.exchange(0) > 0) abandon_symbol_readers();
  holder.store(0);
}

// What was read so far is whole: what may be left in the middle is read in steps of its own.
void leave_symbolizer() noexcept {
  int self = os::thread_id();
  owner.compare_exchange_strong(self, 0);
}

void forget_unloaded_code() noexcept {
  generation.fetch_add(1);
  unwind::forget_cached_rows();
}

}  // namespace gander::crash
