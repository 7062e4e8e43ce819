// SPDX-License-Identifier: Apache-2.0
#include "debugger/session.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gander::testing {
namespace {

// Puts what an answer is between its mark and the next. gdb's errors would go to stderr.
constexpr const char* answer =
    "python\n"
    "def answer(number, command):\n"
    "  print('@@%d@@' % number)\n"
    "  try: print(gdb.execute(command, to_string=True))\n"
    "  except gdb.error as e: print('error:', e)";

std::string mark(std::size_t number) { return "@@" + std::to_string(number) + "@@\n"; }

// @5 as an expression of gdb's.
std::string with_ids(std::string command) {
  for (std::size_t at = 0; (at = command.find('@', at)) != command.npos;)
    command.replace(at, 2, "debugged::ids[" + command.substr(at + 1, 1) + "]");
  return command;
}

// "{0, 3, 4, …}"
std::vector<long> numbers_in(const std::string& text) {
  std::vector<long> numbers;
  for (std::size_t at = text.find('{'); at != text.npos; at = text.find(',', at + 1))
    numbers.push_back(std::atol(text.c_str() + at + 1));
  return numbers;
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

std::string session::goroutine(std::size_t with_mark) const {
  return "goroutine " + std::to_string(with_mark < ids.size() ? ids[with_mark] : -1);
}

session debug(const std::string& program, const std::vector<std::string>& options,
              std::vector<std::string> commands) {
  commands.push_back("output debugged::ids");
  std::vector<std::string> words =
      joined({"-ex", "set python print-stack full", "-ex", "set width 0"}, options);
  words.insert(words.end(), {"-ex", answer});
  for (std::size_t i = 0; i < commands.size(); ++i)
    words.insert(words.end(), {"-ex", "python answer(" + std::to_string(i) + ", '''" +
                                          with_ids(commands[i]) + "''')"});
  const child_result result = gdb(program, words);
  session s;
  s.all = result.out + result.err;
  EXPECT_EQ(result.exit_status, 0);
  for (const char* trouble : {"Traceback", "Python Exception", "Error while executing Python"})
    EXPECT_EQ(s.all.find(trouble), std::string::npos) << s.all;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::size_t begin = result.out.find(mark(i));
    if (begin == std::string::npos) {
      ADD_FAILURE() << "no answer to " << commands[i] << '\n' << s.all;
      s.answers.resize(commands.size());
      return s;
    }
    const std::size_t from = begin + mark(i).size();
    const std::size_t end = result.out.find(mark(i + 1), from);
    s.answers.push_back(result.out.substr(from, end == std::string::npos ? end : end - from));
  }
  s.ids = numbers_in(s.answers.back());
  return s;
}

std::vector<std::string> alive(int count) {
  return joined(trusting, {"-ex", "break debugged::everything_stands", "-ex",
                           "run " + std::to_string(count)});
}

std::vector<std::string> dead(const std::string& core) { return joined(trusting, {"-core", core}); }

}  // namespace gander::testing
