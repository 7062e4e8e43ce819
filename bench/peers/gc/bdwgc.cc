// SPDX-License-Identifier: Apache-2.0

// gc_bdwgc: the workloads of the collected heap by Boehm's, Demers's and Weiser's collector, which
// stops the world and looks for pointers in all that an object holds.
//
// Its best settings: as many threads mark as there are processors for; pointers into the middle of
// an object count on stacks and in registers only, without which each object is a byte longer, and
// one of 16 takes 32; objects without pointers are said to be. GC_DONT_GC=1 turns it off.
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS  // std::thread does not meet them
#include <gc/gc.h>

#include <new>

#include "program.h"
#include "threads.h"

namespace {

struct policy : gc_bench::on_threads<policy> {
  template <typename T>
  using ptr = T*;
  template <typename T>
  using local = T*;

  template <typename T, typename... Args>
  static T* make(Args&&... args) {
    void* memory = nullptr;
    if constexpr (requires { T::pointer_free; })
      memory = GC_malloc_atomic(sizeof(T));
    else
      memory = GC_malloc(sizeof(T));
    gc_bench::expect(memory != nullptr, "out of memory");
    return ::new (memory) T{std::forward<Args>(args)...};
  }
  template <typename T>
  static T* raw(T* p) {
    return p;
  }

  static constexpr bool collects = true;
  static void collect() { GC_gcollect(); }

  template <typename F>
  static void run(int procs, const F& f) {
    GC_set_all_interior_pointers(0);
    GC_set_markers_count(static_cast<unsigned>(procs));
    GC_INIT();
    GC_allow_register_threads();
    f();
  }
  template <typename F>
  static void in_thread(const F& f) {
    GC_stack_base base;
    gc_bench::expect(GC_get_stack_base(&base) == GC_SUCCESS, "no stack");
    gc_bench::expect(GC_register_my_thread(&base) == GC_SUCCESS, "thread not registered");
    f();
    GC_unregister_my_thread();
  }
};

}  // namespace

int main(int argc, char** argv) {
  return gc_bench::program<policy>(argc, argv, gc_bench::pooled_server_mix<policy>);
}
