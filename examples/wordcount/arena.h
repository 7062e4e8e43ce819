// SPDX-License-Identifier: Apache-2.0

// Memory for the bytes of words, freed all at once.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace wordcount {

class arena {
 public:
  // A copy that stays where it is for as long as the arena lives.
  std::string_view copy(std::string_view bytes) {
    char* const place = allocate(bytes.size());
    std::memcpy(place, bytes.data(), bytes.size());
    return {place, bytes.size()};
  }

 private:
  static constexpr std::size_t chunk_size = std::size_t{256} << 10;

  char* allocate(std::size_t size) {
    if (size > chunk_size / 4) return add_chunk(size);  // its own, and the last chunk goes on
    if (size > room_) {
      next_ = add_chunk(chunk_size);
      room_ = chunk_size;
    }
    room_ -= size;
    return std::exchange(next_, next_ + size);
  }

  char* add_chunk(std::size_t size) {
    return chunks_.emplace_back(std::make_unique_for_overwrite<char[]>(size)).get();
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace wordcount
