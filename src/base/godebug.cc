// SPDX-License-Identifier: Apache-2.0
#include "base/godebug.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/print.h"

namespace gander {

godebug_settings godebug;

namespace {

struct flag {
  std::string_view name;
  bool godebug_settings::*setting;
};

constexpr flag flags[] = {
    {"clobberfree", &godebug_settings::clobberfree},
    {"dumponquit", &godebug_settings::dumponquit},
    {"flightrecorder", &godebug_settings::flightrecorder},
    {"gccheckmark", &godebug_settings::gccheckmark},
    {"gcstoptheworld", &godebug_settings::gcstoptheworld},
    {"gcstress", &godebug_settings::gcstress},
    {"gctrace", &godebug_settings::gctrace},
    {"invalidptr", &godebug_settings::invalidptr},
    {"leakcheck", &godebug_settings::leakcheck},
    {"tracebackgroup", &godebug_settings::tracebackgroup},
};

bool set_flag(bool godebug_settings::*setting, std::string_view value) noexcept {
  if (value != "0" && value != "1") return false;
  godebug.*setting = value == "1";
  return true;
}

bool set_number(std::int64_t godebug_settings::*setting, std::string_view value, std::int64_t least,
                std::int64_t most) noexcept {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most) return false;
  godebug.*setting = number;
  return true;
}

bool set_signal(std::string_view value) noexcept {
  if (value.substr(0, 3) == "SIG") value.remove_prefix(3);
  if (value.empty() || value.size() >= sizeof godebug.flightsignal) return false;
  std::memcpy(godebug.flightsignal, value.data(), value.size());
  godebug.flightsignal[value.size()] = '\0';
  return true;
}

bool set_barrier(std::string_view value) noexcept {
  godebug.gcbarrier_dijkstra = value == "dijkstra";
  return godebug.gcbarrier_dijkstra || value == "hybrid";
}

void refuse(std::string_view name, std::string_view value, std::string_view wanted) noexcept {
  char buffer[256];
  text_writer(buffer, STDERR_FILENO)
      .text("gander: GODEBUG=")
      .text(name)
      .text("=")
      .text(value)
      .text(" is not ")
      .text(wanted)
      .text(", ignored\n");
}

void set(std::string_view name, std::string_view value) noexcept {
  for (const flag& f : flags)
    if (f.name == name && !set_flag(f.setting, value)) refuse(name, value, "0 or 1");
  using settings = godebug_settings;
  if (name == "traceadvanceperiod" &&
      !set_number(&settings::traceadvanceperiod_ns, value, 1, INT64_MAX))
    refuse(name, value, "a number of nanoseconds");
  if (name == "memprofilerate" && !set_number(&settings::memprofilerate, value, 0, 1 << 30))
    refuse(name, value, "a number of bytes");
  if (name == "gcbarrier" && !set_barrier(value)) refuse(name, value, "hybrid or dijkstra");
  if (name == "flightsignal" && !set_signal(value)) refuse(name, value, "the name of a signal");
}

}  // namespace

void read_godebug() noexcept {
  static std::atomic<bool> done{false};
  if (done.exchange(true)) return;
  const char* rest = std::getenv("GODEBUG");
  while (rest != nullptr && *rest != '\0') {
    const std::string_view word(rest, std::strcspn(rest, ","));
    const std::size_t equals = std::min(word.find('='), word.size());
    set(word.substr(0, equals), word.substr(std::min(equals + 1, word.size())));
    rest += word.size();
    if (*rest == ',') ++rest;
  }
}

}  // namespace gander
