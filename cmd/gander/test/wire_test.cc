// SPDX-License-Identifier: Apache-2.0
//
// What is said of files that are no trace, are cut off, or whose batches and tables are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoder.h"

namespace gander::tool::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using e = event_type;

std::string at(std::size_t offset, const std::string& what) {
  return std::to_string(offset) + ": " + what;
}

bytes text(const std::string& s) { return bytes(s.begin(), s.end()); }

TEST(trace_wire, header_of_each_version) {
  for (const unsigned minor : {22U, 23U, 25U, 26U}) {
    const outcome result = read_bytes(full_trace(minor));
    EXPECT_EQ(result.refused + result.told(), "") << minor;
    EXPECT_EQ(result.totals.minor, minor);
    EXPECT_EQ(result.generations, (std::vector<std::uint64_t>{1, 2}));
  }
}

TEST(trace_wire, no_trace) {
  EXPECT_EQ(read_bytes({}).refused, "0: not a trace: there is nothing in it");
  EXPECT_EQ(read_bytes(text("go 1.2")).refused, "6: the header of the trace is cut off");
  EXPECT_THAT(read_bytes(text("hello")).refused, StartsWith("0: not a trace: it does not begin"));
  EXPECT_THAT(read_bytes(text("go 1.x trace. and more")).refused, StartsWith("0: not a trace"));
  EXPECT_THAT(read_bytes(text(std::string("go 1.23 trace\0x\0", 16))).refused,
              StartsWith("0: not a trace"));
  EXPECT_THAT(read_bytes(encoder(21).data()).refused, StartsWith("0: a trace in the old format"));
  for (const unsigned minor : {24U, 27U, 99U})
    EXPECT_THAT(read_bytes(encoder(minor).data()).refused, HasSubstr("which is not known"));
  EXPECT_EQ(read_bytes(encoder(23).data()).told(), "16: there is no generation in it\n");
}

TEST(trace_wire, batches) {
  EXPECT_THAT(read_bytes(encoder(23).raw({7}).data()).told(),
              StartsWith("16: a batch was expected, not a byte 7 (CPUSample)"));
  EXPECT_THAT(read_bytes(encoder(23).raw({1, 0, 1, 1, 0}).data()).told(),
              StartsWith("16: a batch of generation 0"));
  EXPECT_THAT(read_bytes(encoder(23).raw({1, 1, 1, 1, 0x81, 0x80, 4}).data()).told(),
              StartsWith("16: a batch of 65537 bytes: 65536 are the most"));
  EXPECT_THAT(read_bytes(encoder(23).raw({1, 1, 1, 1, 5, 1, 2}).data()).told(),
              StartsWith("23: a batch is cut off: 2 of 5 bytes"));
  EXPECT_THAT(read_bytes(encoder(23).raw({1, 1, 0x80}).data()).told(),
              StartsWith("18: a number is cut off"));
  const std::initializer_list<int> huge = {1,    0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 2};
  EXPECT_THAT(read_bytes(encoder(23).raw(huge).data()).told(),
              StartsWith("17: a number has more than 64 bits"));
}

// Go pads the length of its batches; and other formats may stand in batches of their own.
TEST(trace_wire, padded_numbers_and_experiments) {
  encoder out(23);
  out.raw({1, 1, 100, 1, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 8, 64});
  out.raw({49, 1, 1, 100, 1, 3, 1, 2, 3});
  out.strings(1, {});
  const outcome result = read_bytes(out.data());
  EXPECT_EQ(result.told(), "");
  EXPECT_EQ(result.totals.generations, 1U);
  EXPECT_THAT(read_bytes(encoder(22).raw({49, 1, 1, 100, 1, 0}).data()).told(),
              HasSubstr("a batch was expected"));
}

TEST(trace_wire, generations) {
  encoder out(23);
  EXPECT_EQ(read_bytes(out.sync(5).sync(6).sync(7).data()).told(), "");
  EXPECT_THAT(read_bytes(out.sync(9).data()).told(), HasSubstr("generation 9 after generation 7"));
  EXPECT_THAT(read_bytes(out.sync(7).data()).told(),
              HasSubstr("generation 7 after generation 9: it is left out"));
  encoder marked(26);
  marked.sync(3).end(3).sync(5).end(5);
  EXPECT_EQ(read_bytes(marked.data(), false).told(), "");
  EXPECT_THAT(read_bytes(marked.data()).told(), HasSubstr("generation 5 after generation 3"));
  EXPECT_EQ(read_bytes(marked.data()).gaps, 1U);
  EXPECT_THAT(read_bytes(marked.sync(6).data()).told(), HasSubstr("6 is left out: it has no end"));
  marked = encoder(26);
  marked.sync(1).sync(2).end(2);
  const outcome result = read_bytes(marked.data());
  EXPECT_THAT(result.told(), HasSubstr("generation 1 is left out: it has no end before"));
  EXPECT_EQ(result.generations, (std::vector<std::uint64_t>{2}));
}

TEST(trace_wire, clock) {
  EXPECT_THAT(read_bytes(encoder(23).strings(1, {}).data()).told(),
              StartsWith("16: generation 1: it does not say the frequency"));
  EXPECT_THAT(read_bytes(encoder(23).sync(1).sync(1).data()).told(),
              HasSubstr("two frequencies of its clock"));
  EXPECT_THAT(read_bytes(encoder(23).sync(1, 0).data()).told(), HasSubstr("frequency 0"));
  EXPECT_THAT(read_bytes(encoder(25).sync(1).sync(1).data()).told(),
              HasSubstr("two snapshots of its clock"));
  EXPECT_THAT(read_bytes(encoder(25).batch(1, 1, 1, {50, 8, 64}).data()).told(),
              HasSubstr("no snapshot of its clock"));
  EXPECT_THAT(read_bytes(encoder(25).batch(1, 1, 1, {50, 9}).data()).told(),
              HasSubstr("a byte 9 (ProcsChange) does not belong"));
}

TEST(trace_wire, tables) {
  encoder out(23);
  out.sync(1).strings(1, {{1, "a"}, {2, "b"}, {1, "c"}});
  EXPECT_EQ(read_bytes(out.data()).told(),
            at(out.event_at(2), "generation 1: two strings with the id 1\n"));
  out = encoder(23);
  out.sync(1)
      .strings(1, {{1, "f"}})
      .stacks(1, {{4, {{16, 1, 1, 1}}}, {4, {}}, {5, {{17, 1, 9, 1}}}});
  EXPECT_EQ(read_bytes(out.data()).told(),
            at(out.event_at(1), "generation 1: two stacks with the id 4\n") +
                at(out.event_at(2), "generation 1: stack 5 names string 9, which is not there\n"));
  out = encoder(23);
  out.sync(1).strings(1, {{1, "f"}}).stacks(1, {{4, {{16, 1, 1, 1}}}, {5, {{16, 1, 1, 2}}}});
  EXPECT_THAT(read_bytes(out.data()).told(),
              StartsWith(at(out.event_at(1), "generation 1: stack 5 has 16 as the pc")));
  EXPECT_EQ(read_bytes(out.data(), false).told(), "");
  out = encoder(23);
  out.sync(1).strings(1, {{1, std::string(1025, 'x')}});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("a string of 1025 bytes: 1024"));
  out = encoder(23);
  out.sync(1).stacks(1, {{1, std::vector<written_frame>(129, {1, 0, 0, 1})}});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("a stack of 129 frames: 128"));
  out = encoder(23);
  out.sync(1).batch(1, 1, 1, {4, 5, 1, 9, 'x'});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("the batch ends too early"));
  EXPECT_THAT(read_bytes(out.batch(1, 1, 1, {4, 9}).data()).told(), HasSubstr("too early"));
  out = encoder(23);
  out.sync(1).batch(1, 1, 1, {4, 9});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("a String was expected, not a byte 9"));
  out = encoder(23);
  out.sync(1).strings(1, {}).samples(1, {{5, 1, 1, 1, 77}});
  EXPECT_EQ(read_bytes(out.data()).told(),
            at(out.event_at(0), "generation 1: CPUSample names stack 77, which is not there\n"));
}

TEST(trace_wire, events) {
  encoder out(23);
  out.sync(1).strings(1, {}).batch(1, 1, 1, {5, 1});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("a byte 5 (String) where an event"));
  out = encoder(23);
  out.sync(1).strings(1, {}).batch(1, 1, 1, {16, 1, 5});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("a number is cut off"));
  out = encoder(23);
  out.sync(1).strings(1, {}).events(1, 1, 10, {{e::heap_alloc, {1}, ~std::uint64_t{0}}});
  EXPECT_THAT(read_bytes(out.data()).told(), HasSubstr("the time of HeapAlloc overflows"));
}

// In the order of Go 1.23 the strings come last: without them the end is missing.
TEST(trace_wire, tables_cut_off) {
  encoder out(23);
  out.sync(1).events(1, 1, 1, {{e::proc_status, {0, 1}}, {e::go_status, {1, 1, 2}}});
  const std::size_t whole = out.sync(2).data().size();
  out.events(2, 1, 5, {{e::proc_status, {0, 1}}, {e::go_status, {1, 1, 2}}, {e::go_block, {3, 4}}});
  const outcome result = read_bytes(out.data());
  EXPECT_GT(out.data().size(), whole);
  EXPECT_EQ(result.told(),
            at(out.data().size(), "generation 2 is left out: its tables are missing\n"));
  EXPECT_EQ(result.generations, (std::vector<std::uint64_t>{1}));
}

// Cut at any place: a message, unless it is between two batches of the old versions, where an end
// looks like any other; and all that is complete.
TEST(trace_wire, cut_off_anywhere) {
  for (const unsigned minor : {22U, 23U, 25U, 26U}) {
    const bytes whole = full_trace(minor);
    const std::uint64_t second = read_bytes(whole).generations_at.at(1);
    std::size_t silent = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const outcome result = read_bytes(part);
      if (result.refused.empty() && result.problems.count() == 0) ++silent;
      EXPECT_EQ(result.refused.empty(), size >= 16) << size;
      if (size >= second) {
        ASSERT_GE(result.generations.size(), 1U) << minor << ", " << size << result.told();
        EXPECT_EQ(result.generations_at[0], 16U);
      }
      if (minor >= 26) {
        EXPECT_EQ(result.generations.size(), size >= second ? 1U : 0U) << size;
      }
    }
    EXPECT_LE(silent, minor >= 26 ? 1U : 4U) << minor;
  }
}

}  // namespace
}  // namespace gander::tool::testing
