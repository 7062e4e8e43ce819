// SPDX-License-Identifier: Apache-2.0
#include "text_trace.h"

#include <map>
#include <sstream>
#include <stdexcept>

namespace gander::tool::testing {
namespace {

// "name=123"
std::uint64_t value_of(const std::string& token) {
  const std::size_t equals = token.find('=');
  if (equals == std::string::npos) throw std::runtime_error("no value: " + token);
  return std::stoull(token.substr(equals + 1));
}

// A literal of Go without escapes but \" and \\.
std::string unquote(const std::string& line) {
  const std::size_t first = line.find('"'), last = line.rfind('"');
  if (first == last) throw std::runtime_error("no text: " + line);
  std::string result;
  for (std::size_t i = first + 1; i < last; ++i) {
    if (line[i] == '\\') {
      ++i;
      if (line[i] != '"' && line[i] != '\\') throw std::runtime_error("an escape: " + line);
    }
    result += line[i];
  }
  return result;
}

}  // namespace

text_case parse_text_case(const std::string& text) {
  std::map<std::string, event_type, std::less<>> names;
  for (unsigned i = 1; i < 256; ++i)
    names.emplace(name_of(static_cast<event_type>(i)), static_cast<event_type>(i));
  text_case result;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // -- expect --
  std::getline(lines, line);
  result.succeeds = line == "SUCCESS";
  std::getline(lines, line);  // -- trace --
  while (std::getline(lines, line)) {
    line = line.substr(0, line.find('#'));
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    if (word == "Trace") {
      words >> word;  // Go1.22
      result.trace = encoder(static_cast<unsigned>(std::stoul(word.substr(4)))).data();
      continue;
    }
    if (line[0] == '\t') {  // of the entry above: the text of a string, or a frame
      if (word.starts_with("data=")) {
        const std::string data = unquote(line);
        put_number(result.trace, data.size());
        result.trace.insert(result.trace.end(), data.begin(), data.end());
        continue;
      }
      put_number(result.trace, value_of(word));
    } else {
      const auto found = names.find(word);
      if (found == names.end()) throw std::runtime_error("unknown event: " + line);
      put(result.trace, found->second);
    }
    while (words >> word) put_number(result.trace, value_of(word));
  }
  return result;
}

}  // namespace gander::tool::testing
