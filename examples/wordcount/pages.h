// SPDX-License-Identifier: Apache-2.0

// Zeroed memory straight from the system, on huge pages where it offers them: a table of a million
// words touched at random costs more in page faults and TLB misses than in hashing otherwise.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace wordcount {

// An array of trivial T, all bytes zero at first. Moves, does not copy.
template <class T>
class zeroed_array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit zeroed_array(std::size_t size) : size_(size) {
    data_ = checked(::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    ask_for_huge_pages();
  }
  zeroed_array(zeroed_array&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  zeroed_array& operator=(zeroed_array&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~zeroed_array() {
    if (data_ != nullptr) ::munmap(data_, bytes());
  }

  // Adds zeros behind what is there, which is neither copied nor touched, but may be elsewhere now.
  void grow(std::size_t size) {
    data_ = checked(::mremap(data_, bytes(), size * sizeof(T), MREMAP_MAYMOVE));
    size_ = size;
    ask_for_huge_pages();
  }

  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t huge_page = std::size_t{2} << 20;

  static T* checked(void* memory) {
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void ask_for_huge_pages() {
    if (bytes() >= huge_page) ::madvise(data_, bytes(), MADV_HUGEPAGE);  // a wish; refusal is fine
  }
  std::size_t bytes() const { return size_ * sizeof(T); }

  T* data_ = nullptr;
  std::size_t size_;
};

}  // namespace wordcount
