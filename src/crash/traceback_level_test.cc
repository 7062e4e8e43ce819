// SPDX-License-Identifier: Apache-2.0
#include "crash/traceback_level.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace gander::crash {
namespace {

std::string in_force() {
  const traceback_level t = current_traceback();
  return std::to_string(t.level) + (t.all ? " all" : "") + (t.crash ? " crash" : "");
}

class traceback : public ::testing::Test {
 protected:
  static void environment_says(const char* word) {
    word != nullptr ? ::setenv("GOTRACEBACK", word, 1) : ::unsetenv("GOTRACEBACK");
    read_traceback_environment();
  }
  static void program_says(std::string_view word) { set_traceback(parse_traceback(word)); }

  void SetUp() override {
    const char* const word = std::getenv("GOTRACEBACK");
    before_ = word != nullptr ? word : "";
  }
  void TearDown() override {
    environment_says(before_.empty() ? nullptr : before_.c_str());
    set_traceback({0, false, false});
  }

 private:
  std::string before_;
};

TEST_F(traceback, the_words_are_gos) {
  const struct {
    const char* word;
    const char* level;
  } words[] = {{"none", "0"},    {"0", "0 all"},           {"single", "1"},
               {"all", "1 all"}, {"1", "1 all"},           {"system", "2 all"},
               {"2", "2 all"},   {"7", "2 all"},           {"crash", "2 all crash"},
               {"wer", "1"},     {"what is this", "0 all"}};
  for (const auto& w : words) {
    environment_says(w.word);
    EXPECT_EQ(in_force(), w.level) << w.word;
  }
  environment_says(nullptr);
  EXPECT_EQ(in_force(), "1");
}

TEST_F(traceback, a_program_lowers_what_it_has_raised) {
  environment_says(nullptr);
  program_says("crash");
  EXPECT_EQ(in_force(), "2 all crash");
  program_says("all");
  EXPECT_EQ(in_force(), "1 all");
  program_says("single");
  EXPECT_EQ(in_force(), "1");
}

TEST_F(traceback, nothing_goes_below_the_environment) {
  environment_says("all");
  program_says("none");
  EXPECT_EQ(in_force(), "1 all");
  program_says("crash");
  program_says("single");
  EXPECT_EQ(in_force(), "1 all");
}

TEST_F(traceback, what_the_program_said_stands_when_the_environment_is_read_later) {
  program_says("system");
  environment_says(nullptr);
  EXPECT_EQ(in_force(), "2 all");
}

}  // namespace
}  // namespace gander::crash
