// SPDX-License-Identifier: Apache-2.0
//
// What the types of <gander/gc.h> ask of the collector: memory, the barrier, roots, weak cells,
// cleanups. docs/design/gc.md.
#pragma once

#include <gander/internal/user_cells.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)

namespace gander::internal {

// Where the objects of a type may hold pointers to others.
enum class gc_layout : std::uint8_t {
  none,          // nowhere: the collector does not look into them
  exact,         // at the words that `describe` tells, and nowhere else
  conservative,  // anywhere: each word is taken for what it may be
};

// What the collector knows of a type. One per type, in static storage; made known by the first
// allocation.
struct gc_type {
  std::string_view name;
  std::size_t bytes = 0;  // of one object: in an array, the distance to the next
  gc_layout layout = gc_layout::conservative;
  // exact: calls word(to, offset) for each offset, in bytes, of a word that may hold a pointer.
  void (*describe)(void (*word)(void* to, std::size_t offset), void* to) = nullptr;
  std::atomic<std::uint32_t> number{0};  // the collector's; 0: not known yet
};

// `bytes` bytes, zero, for one or more objects of the type, at a multiple of `align`, a power of
// two of at most 4,096. Throws std::bad_alloc. Any thread; non-switching.
void* gc_allocate(std::size_t bytes, std::size_t align, gc_type& type);

// Whether stores of pointers must be told: while marking is under way. On a line of its own: every
// store looks at it.
struct alignas(64) gc_phase {
  std::atomic<bool> marking{false};
};
extern gc_phase gc_now;

// A pointer to an object was overwritten by another one; either may be null, or point anywhere.
void gc_shade(const void* old_value, const void* new_value) noexcept;
// A pointer to an object was found where marking does not look.
void gc_keep(const void* value) noexcept;

// The barrier. The store comes before the look at the phase (docs/design/gc.md, H1), and neither
// the compiler nor a handler on this thread sees them the other way round.
//
// Inlined always: as a call, which GCC prefers in programs with many stores, it takes half as long
// again.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"  // the next is Clang's alone, the one after it GCC's
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
// Where a pointer may be null as far as GCC knows, and no code says what then, it takes the slot
// for an array without elements.
#pragma GCC diagnostic ignored "-Wstringop-overflow"
template <typename T>
[[gnu::always_inline]] inline void gc_store(T*& slot, T* value) noexcept {
  // Not an exchange, which would cost more than all the rest: who stores into one slot at the same
  // time as somebody else overwrites what he has not seen, and it is not told, so that a third one
  // who has just loaded it may lose it (test/model/marking.pml, mutant 11). gc::atomic_ptr is for
  // that.
  T* const old_value = std::atomic_ref<T*>(slot).load(std::memory_order_relaxed);
  std::atomic_ref<T*>(slot).store(value, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  // relaxed: the handshake that turns it on orders it.
  if (gc_now.marking.load(std::memory_order_relaxed)) [[unlikely]]
    gc_shade(old_value, value);
}
#pragma GCC diagnostic pop

// Tells the marking under way what [begin, begin + bytes) holds, which may be more than one object.
void gc_shade_words(const void* begin, std::size_t bytes) noexcept;

// What lies there has just been moved there off the stack of a goroutine that is parked, where it
// may be gone: the collector may not have looked at that stack yet.
inline void gc_moved_off_stack(const void* begin, std::size_t bytes) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);  // as in gc_store()
  if (gc_now.marking.load(std::memory_order_relaxed)) [[unlikely]]
    gc_shade_words(begin, bytes);
}

// A word outside of the heap that holds an object; for ever in the runtime's memory.
struct gc_root_cell {
  std::atomic<const void*> value{nullptr};
  gc_root_cell* next = nullptr;  // free ones; the collector's
};
gc_root_cell* gc_take_root();  // null; throws std::bad_alloc
void gc_put_root(gc_root_cell* cell) noexcept;

// The one weak cell of the object that `inside` points into: an object of the collected heap. Its
// word is null once the object is gone. Throws std::bad_alloc; nullptr when that is no object.
struct gc_weak_cell {
  std::atomic<std::uintptr_t> object{0};
};
gc_weak_cell* gc_weak_to(const void* inside);
// The object's address, held by the caller from now on; nullptr when it is gone.
void* gc_weak_lock(gc_weak_cell* cell) noexcept;

// Something to be done once an object is gone; it lies in the runtime's cells and may hold pointers
// to other objects. `run` does it, on a goroutine of the collector's, and gives the memory back.
struct gc_cleanup {
  void (*run)(gc_cleanup* self) = nullptr;
  void (*drop)(gc_cleanup* self) noexcept = nullptr;  // gives the memory back, without
  bool keeps_object = false;   // `run` uses the object, which is kept for one cycle more
  std::uintptr_t object = 0;   // if it is kept; set before `run`
  gc_cleanup* next = nullptr;  // the collector's
  std::uint64_t number = 0;    // the collector's
};
// False when `inside` points into no object. Throws std::bad_alloc.
bool gc_add_cleanup(const void* inside, gc_cleanup* what);
// False when it has run, or is about to. `number` is the cleanup's when it was added.
bool gc_stop_cleanup(const void* inside, std::uint64_t number) noexcept;

}  // namespace gander::internal

#pragma GCC visibility pop
