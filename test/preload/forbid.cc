// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a test program, forbids system calls before main:
//
//     LD_PRELOAD=libforbid.so FORBID="membarrier=ENOSYS madvise:2:102=EINVAL" PROGRAM
//
// refuses membarrier, and madvise where argument 2 is 102. A word that is not understood, or a
// kernel without filters, ends the program at once: a test must not pass because nothing was
// forbidden.
#include "support/forbid.h"

#include <cstdio>
#include <sstream>
#include <string_view>

namespace gander::testing {
namespace {

struct named_number {
  std::string_view name;
  long number;
};

constexpr named_number calls[] = {
    {"clone", SYS_clone},     {"clone3", SYS_clone3},
    {"madvise", SYS_madvise}, {"membarrier", SYS_membarrier},
    {"openat", SYS_openat},   {"poll", SYS_poll},
    {"tgkill", SYS_tgkill},   {"sched_getaffinity", SYS_sched_getaffinity}};
constexpr named_number errors[] = {{"EACCES", EACCES},
                                   {"EAGAIN", EAGAIN},
                                   {"EINVAL", EINVAL},
                                   {"ENOSYS", ENOSYS},
                                   {"EPERM", EPERM}};

[[noreturn]] void give_up(const std::string& word) {
  std::fprintf(stderr, "forbid: cannot do '%s'\n", word.c_str());
  ::_exit(125);
}

long find(std::span<const named_number> table, std::string_view name, const std::string& word) {
  for (const named_number& entry : table)
    if (entry.name == name) return entry.number;
  give_up(word);
}

// CALL[:ARGUMENT:VALUE]=ERROR
forbidden_call parse(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) give_up(word);
  const std::size_t colon = word.find(':');
  forbidden_call call{
      find(calls, std::string_view(word).substr(0, colon < equals ? colon : equals), word),
      static_cast<int>(find(errors, std::string_view(word).substr(equals + 1), word))};
  if (colon < equals &&
      std::sscanf(word.c_str() + colon, ":%d:%u=", &call.argument, &call.value) != 2)
    give_up(word);
  return call;
}

[[gnu::constructor]] void forbid_what_is_asked() {
  const char* const asked = std::getenv("FORBID");
  std::istringstream words(asked != nullptr ? asked : "");
  std::vector<forbidden_call> all;
  for (std::string word; words >> word;) all.push_back(parse(word));
  if (all.empty() || !forbid(all)) give_up(words.str());
}

}  // namespace
}  // namespace gander::testing
