// SPDX-License-Identifier: Apache-2.0
//
// What travels: message<T>::make(id) and message<T>::read(value), which checks that value is whole.
// One type for each way in which channels carry elements.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "stress/dice.h"
#include "stress/ledger.h"

namespace gander::stress {

inline std::uint64_t checksum(std::uint64_t id) { return dice(id).next(); }

struct letter {
  std::uint64_t id;
  std::uint64_t sum;

  explicit letter(std::uint64_t of) : id(of), sum(checksum(of)) {}
  std::uint64_t open() const {
    if (sum != checksum(id)) fail("a message is damaged");
    return id;
  }
};

struct stumble {};  // what a fussy message throws

// Its moves are user code, and one in some dozens throws before it has changed anything.
class fussy {
 public:
  explicit fussy(std::uint64_t id) : letter_(std::make_unique<letter>(id)) {}
  fussy(fussy&& other) : letter_((maybe_stumble(), std::move(other.letter_))) {}
  fussy& operator=(fussy&&) = delete;

  std::uint64_t open() const {
    if (letter_ == nullptr) fail("a message has been moved from");
    return letter_->open();
  }

 private:
  static void maybe_stumble() {
    constexpr unsigned interval = 37;
    static std::atomic<unsigned> moves{0};
    if (moves.fetch_add(1, std::memory_order_relaxed) % interval == 0) throw stumble{};
  }

  std::unique_ptr<letter> letter_;
};

using wide = std::array<std::uint64_t, 25>;  // copied under a lock; a torn one shows

template <typename T>
struct message;

template <>
struct message<std::uint64_t> {
  static std::uint64_t make(std::uint64_t id) { return id << 32 | (checksum(id) & 0xffffffff); }
  static std::uint64_t read(std::uint64_t value) {
    const std::uint64_t id = value >> 32;
    if (make(id) != value) fail("a number is damaged");
    return id;
  }
};

template <>
struct message<std::string> {
  static std::string make(std::uint64_t id) {
    return std::to_string(id) + std::string(static_cast<std::size_t>(1 + id % 40), ' ') +
           std::to_string(checksum(id));
  }
  static std::uint64_t read(const std::string& value) {
    const std::uint64_t id = std::strtoull(value.c_str(), nullptr, 10);
    if (make(id) != value) fail("a string is damaged");
    return id;
  }
};

template <>
struct message<std::unique_ptr<letter>> {
  static std::unique_ptr<letter> make(std::uint64_t id) { return std::make_unique<letter>(id); }
  static std::uint64_t read(const std::unique_ptr<letter>& value) {
    if (value == nullptr) fail("a pointer has been moved from");
    return value->open();
  }
};

template <>
struct message<fussy> {
  static fussy make(std::uint64_t id) { return fussy(id); }
  static std::uint64_t read(const fussy& value) { return value.open(); }
};

template <>
struct message<wide> {
  static wide make(std::uint64_t id) {
    wide value;
    value.fill(id);
    return value;
  }
  static std::uint64_t read(const wide& value) {
    for (const std::uint64_t word : value)
      if (word != value[0]) fail("a wide message is torn");
    return value[0];
  }
};

}  // namespace gander::stress
