// SPDX-License-Identifier: Apache-2.0

// gc_new_delete: the workloads of the collected heap by new and delete, each tree freed by who owns
// it.
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
    return new T{std::forward<Args>(args)...};
  }
  template <typename T>
  static T* raw(T* p) {
    return p;
  }
  static constexpr bool by_hand = true;
};

}  // namespace

int main(int argc, char** argv) {
  return gc_bench::program<policy>(argc, argv, gc_bench::pooled_server_mix<policy>);
}
