// SPDX-License-Identifier: Apache-2.0
//
// The work of a marking: objects that are marked and have not been looked into yet, and pieces of
// large ones. In chunks: each marker (marker.h) fills and empties one of its own, and hands over
// and takes whole ones here. When there is no memory for another chunk work is lost, and known to
// be: it is found again by a look through all that is marked.
//
// A lock, a leaf, for a few instructions a chunk. Chunks are never given back.
#pragma once

#include <gander/internal/lock.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gander::gc {

// So many bytes to be looked through: of an object of one type, or of an array of them.
class work {
 public:
  work() noexcept = default;
  work(std::uintptr_t begin, std::size_t bytes, std::uint16_t type) noexcept
      : begin_(begin), bytes_and_type_(std::uint64_t{bytes} << 16 | type) {}

  std::uintptr_t begin() const noexcept { return begin_; }
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(bytes_and_type_ >> 16); }
  std::uint16_t type() const noexcept { return static_cast<std::uint16_t>(bytes_and_type_); }

 private:
  std::uintptr_t begin_;
  std::uint64_t bytes_and_type_;
};

struct work_chunk {
  static constexpr std::size_t capacity = 510;
  work_chunk* next = nullptr;
  std::size_t count = 0;
  work items[capacity];
};

class work_pool {
 public:
  constexpr work_pool() noexcept = default;
  work_pool(const work_pool&) = delete;
  work_pool& operator=(const work_pool&) = delete;

  // A chunk with work; nullptr when there is none.
  work_chunk* take() noexcept;
  // An empty one; nullptr when there is no memory.
  work_chunk* take_empty() noexcept;
  // With work or without.
  void put(work_chunk* c) noexcept;

  // Relaxed: a hint while others mark; when nobody does, true.
  bool has_work() const noexcept { return full_count_.load(std::memory_order_relaxed) != 0; }

  void lose_work() noexcept { has_lost_work_.store(true, std::memory_order_relaxed); }
  bool take_lost_work() noexcept {
    return has_lost_work_.exchange(false, std::memory_order_relaxed);
  }

  // What markers have marked.
  void count(std::size_t bytes) noexcept { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  std::size_t marked_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  void begin_count() noexcept { bytes_.store(0, std::memory_order_relaxed); }

  // For tests: no more than so many chunks.
  void limit(std::size_t most_chunks) noexcept { most_chunks_ = most_chunks; }

 private:
  internal::lock guard_;  // the lists, and how many chunks there are
  work_chunk* full_ = nullptr;
  work_chunk* empty_ = nullptr;
  std::size_t chunks_ = 0;
  std::size_t most_chunks_ = SIZE_MAX;
  std::atomic<std::size_t> full_count_{0};
  std::atomic<bool> has_lost_work_{false};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace gander::gc
