// SPDX-License-Identifier: Apache-2.0
#include "view/answer.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace gander::tool {

std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t length = most;
  while (length > most - 3 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return std::string(text.substr(0, length)) + "…";
}

response json_answer(const std::function<void(json_writer&)>& write, int status) {
  char* data = nullptr;
  std::size_t size = 0;
  std::FILE* const file = ::open_memstream(&data, &size);
  if (file == nullptr) throw std::bad_alloc();
  try {
    json_writer out(file);
    write(out);
  } catch (...) {
    std::fclose(file);
    std::free(data);
    throw;
  }
  std::fclose(file);
  response result{status, "application/json; charset=utf-8", std::string(data, size)};
  std::free(data);
  return result;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && last == end && !text.empty();
}

std::uint64_t number_parameter(const request& r, const std::string& name, std::uint64_t least,
                               std::uint64_t most) {
  const auto found = r.parameters.find(name);
  if (found == r.parameters.end()) throw refusal{400, "there is no parameter " + name};
  std::uint64_t number = 0;
  if (!parse_number(found->second, number) || number < least || number > most)
    throw refusal{400, "parameter " + name + ": a number from " + std::to_string(least) + " to " +
                           std::to_string(most) + " is wanted"};
  return number;
}

std::uint64_t number_parameter(const request& r, const std::string& name, std::uint64_t least,
                               std::uint64_t most, std::uint64_t missing) {
  return r.parameters.contains(name) ? number_parameter(r, name, least, most) : missing;
}

std::string text_parameter(const request& r, const std::string& name, const std::string& missing) {
  const auto found = r.parameters.find(name);
  return found == r.parameters.end() ? missing : found->second;
}

}  // namespace gander::tool
