// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a trace. A file that cannot be read on is a format_error; rules that its
// events break are collected in a problem_log, so that one run tells of all of them.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace gander::tool {

class format_error : public std::runtime_error {
 public:
  format_error(std::uint64_t where, const std::string& what)
      : std::runtime_error(what), offset(where) {}

  std::uint64_t offset;  // in the file
};

enum class severity : std::uint8_t {
  broken,  // Go's own readers refuse it, too
  strict,  // they take it: they are lenient there, or show something wrong
};

struct problem {
  severity how;
  std::uint64_t offset;
  std::string what;
};

class problem_log {
 public:
  static constexpr std::size_t most_kept = 20;

  void add(severity how, std::uint64_t offset, std::string what) {
    ++(how == severity::broken ? broken_ : strict_);
    if (kept_.size() < most_kept) kept_.push_back({how, offset, std::move(what)});
  }
  void broken(std::uint64_t offset, std::string what) {
    add(severity::broken, offset, std::move(what));
  }
  void strict(std::uint64_t offset, std::string what) {
    if (strictly) add(severity::strict, offset, std::move(what));
  }

  // All of the other's, after these.
  void append(const problem_log& other) {
    broken_ += other.broken_;
    strict_ += other.strict_;
    for (const problem& p : other.kept_)
      if (kept_.size() < most_kept) kept_.push_back(p);
  }

  bool strictly = true;  // otherwise what Go's readers take is no problem

  std::uint64_t count() const { return broken_ + strict_; }
  std::uint64_t count(severity how) const { return how == severity::broken ? broken_ : strict_; }
  const std::vector<problem>& kept() const { return kept_; }  // the first ones

 private:
  std::uint64_t broken_ = 0, strict_ = 0;
  std::vector<problem> kept_;
};

}  // namespace gander::tool
