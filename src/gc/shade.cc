// SPDX-License-Identifier: Apache-2.0
#include "gc/shade.h"

#include <gander/internal/lock.h>

#include <atomic>
#include <new>
#include <utility>

#include "base/check.h"
#include "heap/arena.h"
#include "os/os.h"

namespace gander::gc::shade {

relaxed<std::uint32_t> detail::cycle{0};
relaxed<bool> detail::keeps_overwritten{true};
relaxed<bool> detail::checks_written{false};

namespace {

internal::lock guard;  // all lists
shade_buffer* full[2] = {};
shade_buffer* unused = nullptr;
relaxed<std::uint32_t> waiting{0};   // full ones, to be marked
relaxed<bool> held_back{false};      // see hold_back_owners()
relaxed<std::size_t> made_bytes{0};  // of all

shade_buffer*& full_of(told what) noexcept { return full[static_cast<std::size_t>(what)]; }

// What has no room, and no memory to be put into, would be lost, and with it an object in use.
shade_buffer* take_unused() noexcept {
  if (unused == nullptr) {
    constexpr std::size_t block_bytes = std::size_t{1} << 15;
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    check(block != nullptr, "no memory for the write barrier");
    made_bytes = made_bytes + block_bytes;
    for (std::size_t i = 0; i < block_bytes / sizeof(shade_buffer); ++i) {
      auto* const b = new (block + i * sizeof(shade_buffer)) shade_buffer;
      b->next = unused;
      unused = b;
    }
  }
  shade_buffer* const b = unused;
  unused = b->next;
  b->next = nullptr;
  b->count = 0;
  return b;
}

// The owner may be stopped at any instant here, and the buffer read: until the count is set, at the
// end, all that stays is in it, some of it twice. If a cycle ends meanwhile the buffer is none of
// its successor's.
void drop_marked(shade_buffer& b) noexcept {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < b.count; ++i) {
    const std::uintptr_t word = b.words[i];
    const heap::object o = heap::find_object(word);
    // Where there is no object now there may be a new one before the cycle ends: it is marked.
    if (o.in == nullptr || o.in->is_marked(o.index)) continue;
    b.words[kept++] = word;
  }
  std::atomic_signal_fence(std::memory_order_release);  // the words before the count
  b.count = kept;
}

// Whether the full buffer may stay its owner's, for it is hardly full any more. Who is so far ahead
// that nothing has been marked of what he tells lets the collector get on.
bool has_room_without_marked(shade_buffer& b) noexcept {
  constexpr std::uint32_t many = 64;  // a quarter of a megabyte
  constexpr std::uint32_t too_many = 512;
  constexpr std::int64_t pause_ns = 50'000;
  if (waiting < many && !held_back) return false;
  drop_marked(b);
  if (b.count <= shade_buffer::capacity / 2) return true;
  if (waiting >= too_many || held_back) os::sleep_ns(pause_ns);
  return false;
}

// Hands a full buffer over, takes an empty one, and begins with it the cycle that is under way by
// now: who waits for the lock may miss the end of his.
void renew(shade_buffer*& own, told what) noexcept {
  const internal::lock_scope held(guard);
  // In the stop that looks at them, all of this or nothing has happened.
  if (own != nullptr && is_current(*own)) {
    own->next = std::exchange(full_of(what), own);
    own = nullptr;
    if (what == told::to_be_marked) waiting = waiting + 1;
  }
  if (own == nullptr) own = take_unused();
  own->count = 0;
  own->cycle = std::uint32_t{detail::cycle};
}

}  // namespace

void detail::make_room(shade_buffer*& own, shade_buffer*& lately) noexcept {
  const bool is_full = own != nullptr && is_current(*own);
  if (is_full && has_room_without_marked(*own)) return;
  renew(own, told::to_be_marked);
  if (lately == nullptr) {
    const internal::lock_scope held(guard);
    lately = take_unused();
  } else if (lately->cycle == own->cycle) {
    return;
  }
  for (auto& word : lately->words) word = 0;
  lately->cycle = std::uint32_t{own->cycle};
}

void detail::make_room_for_checker(shade_buffer*& own) noexcept { renew(own, told::to_be_checked); }

void begin(std::uint32_t cycle, bool keeps_overwritten, bool checks_written) noexcept {
  detail::cycle = cycle;
  detail::keeps_overwritten = keeps_overwritten;
  detail::checks_written = checks_written;
  held_back = false;
}

void hold_back_owners() noexcept { held_back = true; }

void hold() noexcept { guard.acquire(); }
void let_go() noexcept { guard.release(); }

shade_buffer* take_full(told what) noexcept {
  if (what == told::to_be_marked) waiting = 0;
  return std::exchange(full_of(what), nullptr);
}
bool any_to_be_marked() noexcept { return waiting != 0; }
std::size_t bytes() noexcept { return made_bytes; }

const shade_buffer* first_full(told what) noexcept { return full_of(what); }

void give_back(shade_buffer* first) noexcept {
  while (shade_buffer* const b = first) {
    first = b->next;
    b->next = unused;
    unused = b;
  }
}

}  // namespace gander::gc::shade
