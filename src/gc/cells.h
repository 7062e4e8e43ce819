// SPDX-License-Identifier: Apache-2.0
//
// The list of the runtime's cells (internal/user_cells.h): memory of the C++ heap in which users'
// values lie, and so pointers to collected objects. In several parts, by address, so that threads
// that make and drop channels do not wait for each other.
//
// A lock for each part, leaves, held for a few instructions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gander::gc::cells {

// Between these nobody changes the list, and only then it may be gone through.
void hold() noexcept;
void let_go() noexcept;

// In a forked child others may have been at the list: it is left alone from now on.
void after_fork() noexcept;

namespace detail {
using visitor = void (*)(void* to, std::uintptr_t begin, std::uintptr_t end);
void for_each(visitor visit, void* to) noexcept;
}  // namespace detail

// visit(begin, end) for the memory of each. REQUIRES: held.
template <typename Visit>
void for_each(Visit&& visit) noexcept {
  detail::for_each([](void* v, std::uintptr_t begin,
                      std::uintptr_t end) { (*static_cast<Visit*>(v))(begin, end); },
                   &visit);
}

}  // namespace gander::gc::cells
