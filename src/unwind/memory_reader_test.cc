// SPDX-License-Identifier: Apache-2.0
#include "unwind/memory_reader.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "processor.h"
#include "unwind/walk_test_helper.h"

namespace gander::unwind {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t word = sizeof(std::uintptr_t);

// Two pages, the second of which cannot be read.
class memory_reader_of : public testing::TestWithParam<memory_reader::way> {
 protected:
  memory_reader_of() {
    base_ = static_cast<char*>(
        mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::memset(base_, 0x5a, page);
    mprotect(base_ + page, page, PROT_NONE);
    if (GetParam() == memory_reader::way::fault_recovery) faults_.emplace();
  }
  ~memory_reader_of() override { munmap(base_, 2 * page); }
  std::uintptr_t at(std::size_t offset) const {
    return reinterpret_cast<std::uintptr_t>(base_) + offset;
  }

  char* base_;
  std::optional<fault_handler> faults_;  // probes must do without
  memory_reader reader_{GetParam()};
  std::uintptr_t v_ = 0;
};

TEST_P(memory_reader_of, loads_what_is_there) {
  ASSERT_TRUE(reader_.load(at(8), v_));
  EXPECT_EQ(v_, ~std::uintptr_t{0} / 0xff * 0x5a);  // each byte
  EXPECT_TRUE(reader_.load(at(page - word), v_));
}

TEST_P(memory_reader_of, refuses_what_is_not) {
  errno = 77;
  EXPECT_FALSE(reader_.load(at(page), v_));
  EXPECT_FALSE(reader_.load(at(page - word / 2), v_));  // its second half
  EXPECT_FALSE(reader_.load(0, v_));
  EXPECT_FALSE(reader_.load(8, v_));
  for (std::uintptr_t address : processor::foreign_addresses)
    EXPECT_FALSE(reader_.load(address, v_)) << address;
  EXPECT_FALSE(reader_.load(~std::uintptr_t{0}, v_));
  EXPECT_EQ(errno, 77);
}

TEST_P(memory_reader_of, copies_up_to_the_edge) {
  char text[32] = {};
  EXPECT_EQ(reader_.copy(text, at(page - 5), sizeof text), 5u);
  EXPECT_EQ(std::string(text), "ZZZZZ");
  base_[3] = 'x', base_[4] = 0;
  EXPECT_EQ(reader_.copy_string(text, at(1), sizeof text), 3u);
  EXPECT_STREQ(text, "ZZx");
  EXPECT_EQ(reader_.copy_string(text, at(page - 3), sizeof text), 3u);
  EXPECT_STREQ(text, "ZZZ");
}

TEST(memory_reader, confined_reads_its_bounds_and_modules_and_no_more) {
  char* const mapped = static_cast<char*>(
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const auto at = [&](std::size_t offset) {
    return reinterpret_cast<std::uintptr_t>(mapped) + offset;
  };
  memory_reader reader(memory_reader::way::confined);
  std::uintptr_t v = 0;
  EXPECT_FALSE(reader.load(at(0), v)) << "it may be unmapped any time";
  reader.set_bounds(at(0), at(page));
  EXPECT_TRUE(reader.load(at(0), v));
  EXPECT_TRUE(reader.load(at(page - word), v));
  EXPECT_FALSE(reader.load(at(page - word + 1), v));
  EXPECT_FALSE(reader.load(at(page), v));
  static const std::uintptr_t of_module = 77;
  ASSERT_TRUE(reader.load(reinterpret_cast<std::uintptr_t>(&of_module), v));
  EXPECT_EQ(v, 77u);
  munmap(mapped, 2 * page);
}

INSTANTIATE_TEST_SUITE_P(both, memory_reader_of,
                         testing::Values(memory_reader::way::fault_recovery,
                                         memory_reader::way::page_probe));

}  // namespace
}  // namespace gander::unwind
