// SPDX-License-Identifier: Apache-2.0
#include "trace/event.h"

#include "trace/text.h"

namespace gander::tool {
namespace {

std::string describe(const frame& f, const generation& tables) {
  return printable(tables.string(f.function)) + " " + printable(tables.string(f.file)) + ":" +
         std::to_string(f.line);
}

}  // namespace

std::uint64_t event::stack() const {
  if (type == event_type::cpu_sample) return arguments[0];
  const event_spec* const spec = timed_event(static_cast<std::uint8_t>(type));
  if (spec == nullptr) return 0;
  for (std::size_t i = 0; i < spec->count; ++i)
    if (spec->arguments[i].kind == argument_kind::stack && spec->arguments[i].name == "stack")
      return arguments[i];
  return 0;
}

std::string describe(const event& e, const generation& tables) {
  std::string line = std::to_string(e.time_ns);
  const auto add = [&line](std::string_view name, const std::string& value) {
    line.append(" ").append(name).append("=").append(value);
  };
  const auto id = [](std::uint64_t number) {
    return number == ~std::uint64_t{0} ? std::string("-") : std::to_string(number);
  };
  add("M", id(e.thread));
  add("P", id(e.proc));
  add("G", id(e.goroutine));
  line.append(" ").append(name_of(e.type));
  const event_spec* const spec = timed_event(static_cast<std::uint8_t>(e.type));
  for (std::size_t i = 0; spec != nullptr && i < spec->count; ++i) {
    const argument& a = spec->arguments[i];
    if (a.kind == argument_kind::string)
      add(a.name, quoted(tables.string(e.arguments[i])));
    else if (a.kind == argument_kind::number || a.kind == argument_kind::thread)
      add(a.name, id(e.arguments[i]));
  }
  const auto transition = [&](const char* what, std::uint64_t whose, auto from, auto to) {
    line.append(" ").append(what).append(" ").append(std::to_string(whose)).append(": ");
    line.append(name_of(from)).append(" -> ");
    line.append(to == decltype(to)::none ? std::string_view("ended") : name_of(to));
  };
  if (e.g.any()) transition("goroutine", e.g.id, e.g.from, e.g.to);
  if (e.p.any()) transition("P", e.p.id, e.p.from, e.p.to);
  const std::vector<frame>& frames = tables.stack(e.stack());
  if (!frames.empty()) line.append(" at ").append(describe(frames.front(), tables));
  return line;
}

std::string describe_stacks(const event& e, const generation& tables) {
  std::string lines;
  const auto add = [&](std::string_view name, std::uint64_t stack) {
    for (const frame& f : tables.stack(stack))
      lines.append("\t").append(name).append(" ").append(describe(f, tables)).append("\n");
  };
  if (e.type == event_type::cpu_sample) add("stack", e.arguments[0]);
  const event_spec* const spec = timed_event(static_cast<std::uint8_t>(e.type));
  for (std::size_t i = 0; spec != nullptr && i < spec->count; ++i)
    if (spec->arguments[i].kind == argument_kind::stack)
      add(spec->arguments[i].name, e.arguments[i]);
  return lines;
}

}  // namespace gander::tool
