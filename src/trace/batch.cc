// SPDX-License-Identifier: Apache-2.0
#include "trace/batch.h"

#include <gander/internal/lock.h>

#include <algorithm>
#include <new>

#include "os/os.h"

namespace gander::trace {

relaxed<std::uint32_t> current_generation{0};

namespace pool {
namespace {

internal::lock guard;  // all below
char* memory = nullptr;
std::size_t memory_bytes = 0;
std::size_t allowed_bytes = 0;
published<std::size_t> carved_bytes{0};
batch* free_batches[size_classes] = {};
batch* open_batches = nullptr;
batch* full_first = nullptr;
batch* full_last = nullptr;
relaxed<std::size_t> full_payload{0};
bool may_find_free_block = false;  // something has become free since none was found

void push_free(batch* b) noexcept {
  b->state = batch_state::free;
  b->next = free_batches[b->size_class];
  free_batches[b->size_class] = b;
}

// Makes a block into free batches of one class. The first one is written last: by its class a
// frozen reader tells where the others are.
void carve(char* block, unsigned size_class) noexcept {
  const std::size_t bytes = bytes_of_class[size_class];
  for (std::size_t at = block_bytes; at != 0;) {
    at -= bytes;
    batch* const b = new (block + at) batch;
    b->capacity_bytes = static_cast<std::uint32_t>(bytes - sizeof(batch));
    b->size_class = size_class;
    push_free(b);
  }
}

bool carve_new_block(unsigned size_class, std::size_t most_bytes) noexcept {
  if (carved_bytes + block_bytes > most_bytes) return false;
  carve(memory + carved_bytes, size_class);
  carved_bytes = carved_bytes + block_bytes;  // a frozen reader sees the batches
  return true;
}

bool is_all_free(char* block) noexcept {
  const std::size_t bytes = bytes_of_class[reinterpret_cast<batch*>(block)->size_class];
  for (std::size_t at = 0; at < block_bytes; at += bytes)
    if (reinterpret_cast<batch*>(block + at)->state != batch_state::free) return false;
  return true;
}

// Makes a block of another class, all of which is free, into one of this class. (Ten thousand
// threads leave small batches behind, of which no big one can be had.)
bool carve_free_block(unsigned size_class) noexcept {
  if (!may_find_free_block) return false;
  for (std::size_t at = 0; at < carved_bytes; at += block_bytes) {
    char* const block = memory + at;
    const unsigned before = reinterpret_cast<batch*>(block)->size_class;
    if (before == size_class || !is_all_free(block)) continue;
    for (batch** link = &free_batches[before]; *link != nullptr;) {
      char* const b = reinterpret_cast<char*>(*link);
      if (b >= block && b < block + block_bytes)
        *link = (*link)->next;
      else
        link = &(*link)->next;
    }
    carve(block, size_class);
    return true;
  }
  may_find_free_block = false;
  return false;
}

}  // namespace

bool open(std::size_t most_bytes) noexcept {
  const internal::lock_scope held(guard);
  if (memory == nullptr) {
    // Address space for more than the first session asks for: the next may have a flight recorder.
    constexpr std::size_t reserved =
        sizeof(void*) == 8 ? std::size_t{1} << 30 : std::size_t{64} << 20;
    for (memory_bytes = reserved; memory_bytes >= 16 * block_bytes; memory_bytes /= 2) {
      memory = static_cast<char*>(os::reserve(memory_bytes));
      if (memory != nullptr) break;
    }
    if (memory == nullptr) return false;
  }
  allowed_bytes = std::clamp(most_bytes, allowed_bytes, std::max(allowed_bytes, memory_bytes));
  return true;
}

batch* take(writer* owner, std::uint64_t thread, unsigned wanted) noexcept {
  const internal::lock_scope held(guard);
  // Tables, which have no owner, may go beyond: without them all of a generation is lost.
  const std::size_t most_bytes = owner != nullptr ? allowed_bytes : memory_bytes;
  for (unsigned size_class = std::min(wanted, size_classes - 1) + 1; size_class-- > 0;) {
    batch* b = free_batches[size_class];
    if (b == nullptr) {
      if (!carve_new_block(size_class, most_bytes) && !carve_free_block(size_class)) continue;
      b = free_batches[size_class];
    }
    free_batches[size_class] = b->next;
    b->owner = owner;
    b->thread = thread;
    b->used_bytes = 0;
    b->generation = current_generation;
    b->previous = b->next = nullptr;
    b->state = owner != nullptr ? batch_state::open : batch_state::own;
    if (owner == nullptr) return b;
    b->next = open_batches;
    if (open_batches != nullptr) open_batches->previous = b;
    open_batches = b;
    return b;
  }
  return nullptr;
}

void close(batch* b) noexcept {
  const internal::lock_scope held(guard);
  if (b->next != nullptr) b->next->previous = b->previous;
  if (b->previous != nullptr)
    b->previous->next = b->next;
  else
    open_batches = b->next;
  b->next = nullptr;
  b->owner = nullptr;
  b->state = batch_state::full;
  if (full_last != nullptr)
    full_last->next = b;
  else
    full_first = b;
  full_last = b;
  full_payload = full_payload + b->used_bytes;
}

writer* any_writer() noexcept {
  const internal::lock_scope held(guard);
  return open_batches != nullptr ? open_batches->owner : nullptr;
}

batch* take_all() noexcept {
  const internal::lock_scope held(guard);
  batch* const first = full_first;
  for (batch* b = first; b != nullptr; b = b->next) b->state = batch_state::out;
  full_first = full_last = nullptr;
  full_payload = 0;
  return first;
}

void give_back(batch* first) noexcept {
  const internal::lock_scope held(guard);
  while (first != nullptr) {
    batch* const b = first;
    first = b->next;
    push_free(b);
  }
  may_find_free_block = true;
}

frozen_memory frozen() noexcept { return {memory, carved_bytes}; }

std::size_t full_bytes() noexcept { return full_payload; }

}  // namespace pool
}  // namespace gander::trace
