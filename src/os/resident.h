// SPDX-License-Identifier: Apache-2.0
//
// The pages of the process in which there is anything: what has never been touched is skipped, and
// stays so. For a look at all memory, while nobody changes any mapping. One thread at a time; no
// memory is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace gander::os {

class resident_pages {
 public:
  resident_pages() noexcept;
  ~resident_pages();
  resident_pages(const resident_pages&) = delete;
  resident_pages& operator=(const resident_pages&) = delete;

  // visit(begin, end) for what can be read of [begin, end), whole pages of one mapping, in runs of
  // pages that are in memory or have been swapped out (of a shared mapping only the former). False:
  // the system does not tell.
  template <typename Visit>
  bool for_each(std::uintptr_t begin, std::uintptr_t end, bool shared, Visit&& visit) noexcept {
    using type = std::remove_reference_t<Visit>;
    return look(
        begin, end, shared,
        [](std::uintptr_t from, std::uintptr_t to, void* v) { (*static_cast<type*>(v))(from, to); },
        &visit);
  }

 private:
  using visitor = void (*)(std::uintptr_t begin, std::uintptr_t end, void* argument);
  bool look(std::uintptr_t begin, std::uintptr_t end, bool shared, visitor visit,
            void* argument) noexcept;

  int fd_;
};

}  // namespace gander::os
