// SPDX-License-Identifier: Apache-2.0
//
// What a class may tell the collector about itself, each by one line in the class, without a
// semicolon.
#pragma once

#include <gander/internal/gc_for_each.h>
#include <gander/internal/gc_layout.h>

#include <cstddef>

// The fields that hold pointers to objects of the collected heap: gc::ptr and its like, containers
// of gc.h, arrays and structs of them. It promises that no other field does, and that nothing is
// lost when the destructor does not run.
//
//     class tree {
//      public:
//       explicit tree(int key) : key_(key) {}
//       int key() const { return key_; }
//
//      private:
//       GANDER_GC_FIELDS(tree, left_, right_)
//       int key_;
//       gander::gc::ptr<tree> left_;
//       gander::gc::ptr<tree> right_;
//     };
//
// A class that says nothing is looked at word by word, which is right, but costs more, and may take
// a number for a pointer. Aggregates, and classes without pointers that are aggregates, need not
// say anything. A class derived from one that says it is taken as one that says nothing, unless it
// has a line of its own (that may name fields of the base, too). GANDER_GC_FIELDS(T) alone: no
// pointers.
#define GANDER_GC_FIELDS(type, ...)                                    \
  friend struct ::gander::internal::gc_access;                         \
  using gander_gc_declared [[maybe_unused]] = type;                    \
  [[maybe_unused]] static constexpr auto gander_gc_fields() noexcept { \
    using gander_gc_self [[maybe_unused]] = type;                      \
    return ::gander::internal::gc_members<gander_gc_self>(             \
        nullptr GANDER_GC_FOR_EACH(GANDER_GC_MEMBER, __VA_ARGS__));    \
  }
#define GANDER_GC_MEMBER(field) , &gander_gc_self::field

// That the destructor must run. It does so some time after the object has become unreachable, on a
// goroutine of the collector's; until it has, all that the object points to stays. It may use those
// objects, though their own destructors may have run before.
//
//     struct log_file {
//       GANDER_GC_DESTROY(log_file)
//       int fd = -1;
//       ~log_file() { if (fd >= 0) ::close(fd); }
//     };
//
// Objects whose end must not be late want a destructor that is called in time instead: that of a
// local, or a close() of their own.
#define GANDER_GC_DESTROY(type)                      \
  friend struct ::gander::internal::gc_access;       \
  using gander_gc_destroyed [[maybe_unused]] = type; \
  [[maybe_unused]] static constexpr void gander_gc_destroy() noexcept {}
