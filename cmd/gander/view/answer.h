// SPDX-License-Identifier: Apache-2.0
//
// The parts that the answers of api.cc are made of: JSON in memory, parameters, names cut to a
// length that keeps answers small.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "trace/json_writer.h"
#include "view/http.h"

namespace gander::tool {

// Names may have 1 KiB in the file.
constexpr std::size_t longest_name = 400;
// At a character's end, with "…" behind it.
std::string cut(std::string_view text, std::size_t most = longest_name);

response json_answer(const std::function<void(json_writer&)>& write, int status = 200);

// A number that is all digits, within the limits; `missing` when there is none. Throws a refusal.
std::uint64_t number_parameter(const request& r, const std::string& name, std::uint64_t least,
                               std::uint64_t most, std::uint64_t missing);
// The same without a value to take instead.
std::uint64_t number_parameter(const request& r, const std::string& name, std::uint64_t least,
                               std::uint64_t most);
std::string text_parameter(const request& r, const std::string& name,
                           const std::string& missing = {});

// All digits, and no more than 64 bits.
bool parse_number(std::string_view text, std::uint64_t& number);

}  // namespace gander::tool
