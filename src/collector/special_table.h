// SPDX-License-Identifier: Apache-2.0
//
// The table of specials.h: chains in buckets, twice as many whenever they hold as many as there
// are. The addresses in it hold nothing, for nobody looks through it.
//
// Lock: the owner's.
#pragma once

#include <gander/internal/gc_runtime.h>

#include <cstddef>
#include <cstdint>

namespace gander::collector {

struct special {
  std::uintptr_t object = 0;
  internal::gc_weak_cell* weak = nullptr;
  internal::gc_cleanup* cleanups = nullptr;  // the newest first
  special* next = nullptr;
};

class special_table {
 public:
  constexpr special_table() noexcept = default;
  special_table(const special_table&) = delete;
  special_table& operator=(const special_table&) = delete;

  // nullptr: there is none; or there is no memory for one.
  special* find(std::uintptr_t object) const noexcept;
  special* find_or_add(std::uintptr_t object) noexcept;

  template <typename Visit>
  void for_each(Visit&& visit) noexcept {
    for (std::size_t i = 0; i < bucket_count_; ++i)
      for (special* s = buckets_[i]; s != nullptr; s = s->next) visit(*s);
  }

  template <typename Condition>
  void remove_if(Condition&& condition) noexcept {
    for (std::size_t i = 0; i < bucket_count_; ++i)
      for (special** link = &buckets_[i]; *link != nullptr;) {
        special* const s = *link;
        if (!condition(*s)) {
          link = &s->next;
          continue;
        }
        *link = s->next;
        s->next = unused_;
        unused_ = s;
        --size_;
      }
  }

  std::size_t size() const noexcept { return size_; }

 private:
  bool grow() noexcept;
  special* take() noexcept;
  special** bucket_of(std::uintptr_t object) const noexcept;

  special** buckets_ = nullptr;
  std::size_t bucket_count_ = 0;  // a power of two
  std::size_t size_ = 0;
  special* unused_ = nullptr;
};

}  // namespace gander::collector
