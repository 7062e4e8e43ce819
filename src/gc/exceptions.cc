// SPDX-License-Identifier: Apache-2.0
#include "gc/exceptions.h"

#include <gander/internal/gc_runtime.h>
#include <gander/internal/lock.h>

#include <array>
#include <atomic>
#include <new>

#include "base/check.h"
#include "os/os.h"
#include "os/page_probe.h"

namespace gander::gc::exceptions {
namespace {

struct node {
  void* object = nullptr;
  std::size_t bytes = 0;
  destroyer destroy = nullptr;
  node* next = nullptr;
};

struct alignas(64) part {
  internal::lock guard;
  std::array<node*, 16> chains{};
  node* unused = nullptr;
  // For when there is no memory, which exceptions tell of.
  std::array<node, 8> reserve;
  std::size_t reserve_used = 0;
};

constexpr std::size_t part_count = 64;
constinit part parts[part_count];
// All relaxed. `watched` is set before there can be a collected object, and not in a forked child.
std::atomic<bool> watched{false};
std::atomic<bool> begun{false};
std::atomic<bool> is_child{false};

// Of those that were not entered when they got their memory.
constexpr std::size_t unknown_bytes = 4096;

std::uint32_t hash(const void* object) noexcept {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(object) / 16) * 0x9e3779b1U;
}

part& part_of(const void* object) noexcept { return parts[hash(object) >> 26]; }
static_assert(part_count == 1 << 6);

node*& chain_of(part& in, const void* object) noexcept {
  return in.chains[hash(object) >> 22 & 15];
}

// nullptr: there is no memory, and no collected object yet. (One that is put into the exception
// later would be lost; without memory it is not made.)
node* take(part& from) noexcept {
  if (from.unused == nullptr) {
    constexpr std::size_t block_bytes = 4096;
    char* const block = static_cast<char*>(os::reserve(block_bytes));
    if (block == nullptr) {
      if (!begun.load(std::memory_order_relaxed)) return nullptr;
      // What is not entered loses what it holds.
      check(from.reserve_used < from.reserve.size(), "no memory to keep what an exception holds");
      return &from.reserve[from.reserve_used++];
    }
    for (std::size_t i = 0; i < block_bytes / sizeof(node); ++i) {
      auto* const n = new (block + i * sizeof(node)) node;
      n->next = from.unused;
      from.unused = n;
    }
  }
  node* const n = from.unused;
  from.unused = n->next;
  return n;
}

// Where the exception is linked, or null. REQUIRES: the part's lock, or that there is one thread.
node** find(part& in, const void* object) noexcept {
  node** link = &chain_of(in, object);
  while (*link != nullptr && (*link)->object != object) link = &(*link)->next;
  return *link != nullptr ? link : nullptr;
}

// False: see take(). REQUIRES: the part's lock.
bool put(part& in, const node& what) noexcept {
  node* const n = take(in);
  if (n == nullptr) return false;
  node*& first = chain_of(in, what.object);
  *n = {what.object, what.bytes, what.destroy, first};
  first = n;
  return true;
}

// The exception stays entered until its destructor has run: that may still use what it holds.
void destroy_and_leave(void* object) {
  part& in = part_of(object);
  const bool locks = !is_child.load(std::memory_order_relaxed);  // see after_fork()
  if (locks) in.guard.acquire();
  node** const link = find(in, object);
  const destroyer destroy = link != nullptr ? (*link)->destroy : nullptr;
  if (locks) in.guard.release();
  if (destroy != nullptr) destroy(object);
  leave(object);
}

// One that is entered late was made before: whoever looked at all of them in between has not seen
// it, nor what it holds, if nothing else does.
void tell(void* object, std::uintptr_t end) noexcept {
  // relaxed: it changes in stops; it was entered, under a lock that a stop holds, before this look
  if (!internal::gc_now.marking.load(std::memory_order_relaxed)) return;
  internal::gc_shade_words(object, end - reinterpret_cast<std::uintptr_t>(object));
}

// How far from its begin the exception can be read: an entry may be late, with a size that was
// guessed, and of one whose memory went by a way that is not hooked the pages may be gone.
std::uintptr_t end_of(const node& n) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(n.object);
  const std::uintptr_t end = begin + n.bytes;
  std::uintptr_t at = begin;
  while (at < end && os::page_is_readable(at))
    at = (at & ~(os::probe_page_bytes - 1)) + os::probe_page_bytes;
  return at < end ? at : end;
}

}  // namespace

void watch() noexcept { watched.store(true, std::memory_order_relaxed); }
void begin() noexcept { begun.store(true, std::memory_order_relaxed); }

void after_fork() noexcept {
  watched.store(false, std::memory_order_relaxed);
  is_child.store(true, std::memory_order_relaxed);
}

// Also when there is no collected object yet: one may be put into the exception later.
//
// Nothing that comes to be in it need be told: who makes it has been looked at when marking began,
// and so all that he can find is held, or found by the barrier. (That of 2015 looks at all
// exceptions again.)
void enter(void* object, std::size_t bytes) noexcept {
  if (!watched.load(std::memory_order_relaxed)) return;
  part& in = part_of(object);
  const internal::lock_scope held(in.guard);
  if (node** const old = find(in, object))  // nobody has said that it went
    **old = {object, bytes, nullptr, (*old)->next};
  else
    put(in, {object, bytes});
}

destroyer enter_thrown(void* object, destroyer destroy) noexcept {
  if (!watched.load(std::memory_order_relaxed)) return destroy;
  part& in = part_of(object);
  const node late{object, unknown_bytes, destroy};
  {
    const internal::lock_scope held(in.guard);
    if (node** const link = find(in, object)) {
      (*link)->destroy = destroy;
      return destroy_and_leave;
    }
    if (!put(in, late)) return destroy;
  }
  tell(object, end_of(late));
  return destroy_and_leave;
}

void leave(void* object) noexcept {
  if (!watched.load(std::memory_order_relaxed)) return;
  part& in = part_of(object);
  const internal::lock_scope held(in.guard);
  node** const link = find(in, object);
  if (link == nullptr) return;
  node* const n = *link;
  *link = n->next;
  n->next = in.unused;
  in.unused = n;
}

void hold() noexcept {
  for (part& each : parts) each.guard.acquire();
}

void let_go() noexcept {
  for (part& each : parts) each.guard.release();
}

void detail::for_each(void (*visit)(void* to, std::uintptr_t begin, std::uintptr_t end),
                      void* to) noexcept {
  for (const part& each : parts)
    for (const node* first : each.chains)
      for (const node* n = first; n != nullptr; n = n->next)
        visit(to, reinterpret_cast<std::uintptr_t>(n->object), end_of(*n));
}

}  // namespace gander::gc::exceptions
