// Bytes as views, and the handful of ASCII helpers that HTTP, SSE and configuration share.
// A view never owns; whoever hands one out says in its docstring how long it lives.
#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

/// Read-only bytes or text. Not NUL-terminated.
using Bytes = std::string_view;
/// Writable bytes.
using MutableBytes = std::span<char>;

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool equals_ignore_case(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  return true;
}

/// Empties it and gives its memory back, which an assignment would keep.
inline void give_back(std::string& text) { std::string().swap(text); }

/// Without leading and trailing spaces and tabs.
constexpr Bytes trim(Bytes text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Without leading and trailing spaces, tabs and line ends.
constexpr Bytes trim_lines(Bytes text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == Bytes::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// True when `part` is a view into `whole`.
inline bool is_within(Bytes part, Bytes whole) {
  return std::less_equal<>()(whole.data(), part.data()) &&
         std::less_equal<>()(part.data() + part.size(), whole.data() + whole.size());
}

/// A whole string of decimal digits (1 to 19 of them, so that it cannot overflow), else nothing. No sign, no space.
constexpr std::optional<std::uint64_t> parse_decimal(Bytes text) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

/// Compares in a time that depends on the lengths alone. For secrets and their hashes.
constexpr bool equals_constant_time(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  return difference == 0;
}

}  // namespace weir
