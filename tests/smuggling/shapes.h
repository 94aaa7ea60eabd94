// Reads shapes.txt, whose head describes it. For tests: a mistake in the file ends the program with its line.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::smuggling {

struct Shape {
  std::string name;
  bool is_request = true;
  std::string bytes;
  std::vector<std::string> verdict;  ///< between the semicolons
};

using Words = std::map<std::string, std::string>;  ///< what stands in braces, and what stands for it

inline std::string decimal(const std::string& text) { return std::to_string(text.size()); }
inline std::string hexadecimal(const std::string& text, bool capitals = false) {
  char digits[20];
  std::snprintf(digits, sizeof digits, capitals ? "%zX" : "%zx", text.size());
  return digits;
}

/// The words of the file's head. `key` is the client's, `json` a good answer.
inline Words words(const std::string& key, const std::string& body, const std::string& evil, const std::string& json) {
  Words all;
  all["post"] = "POST /v1/chat/completions HTTP/1.1";
  all["host"] = "Host: weir.test";
  all["auth"] = "Authorization: Bearer " + key;
  all["start"] = all["post"] + "\r\n" + all["host"] + "\r\n" + all["auth"];
  all["body"] = body;
  all["length"] = decimal(body);
  all["hex"] = hexadecimal(body);
  all["HEX"] = hexadecimal(body, true);
  all["chunks"] = all["hex"] + "\r\n" + body + "\r\n0\r\n\r\n";
  all["evil"] = all["start"] + "\r\nContent-Length: " + decimal(evil) + "\r\n\r\n" + evil;
  all["evil_length"] = decimal(all["evil"]);
  all["json"] = json;
  all["json_length"] = decimal(json);
  all["json_hex"] = hexadecimal(json);
  return all;
}

namespace detail {

[[noreturn]] inline void give_up(std::size_t line, const std::string& what) {
  std::fprintf(stderr, "shapes.txt:%zu: %s\n", line, what.c_str());
  std::exit(1);
}

inline std::string expand(const std::string& text, const Words& words, std::size_t line) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      const char escape = at + 1 < text.size() ? text[at + 1] : ' ';
      const std::string escapes = "rnt0s\\";
      if (const std::size_t place = escapes.find(escape); place != std::string::npos) {
        out += "\r\n\t\0 \\"[place];
        at += 1;
      } else if (escape == 'x' && at + 3 < text.size()) {
        out += static_cast<char>(std::strtoul(text.substr(at + 2, 2).c_str(), nullptr, 16));
        at += 3;
      } else {
        give_up(line, "an unknown escape");
      }
      continue;
    }
    const std::size_t close = text[at] == '{' ? text.find('}', at) : std::string::npos;
    if (close == std::string::npos || text[at + 1] == '"') {  // a brace of JSON
      out += text[at];
      continue;
    }
    const std::string word = text.substr(at + 1, close - at - 1);
    if (const auto found = words.find(word); found != words.end()) {
      out += found->second;
    } else if (const std::size_t star = word.find('*'); star != std::string::npos && star + 2 == word.size()) {
      out.append(std::strtoul(word.c_str(), nullptr, 10), word.back());
    } else {
      give_up(line, "an unknown word {" + word + "}");
    }
    at = close;
  }
  return out;
}

}  // namespace detail

inline std::vector<Shape> read(const std::string& path, const Words& words) {
  std::ifstream file(path);
  std::vector<Shape> shapes;
  std::string text;
  std::size_t line = 0;
  while (std::getline(file, text)) {
    ++line;
    if (text.empty() || text[0] == '#') continue;
    if (text.starts_with("request: ") || text.starts_with("answer: ")) {
      shapes.push_back({text.substr(text.find(' ') + 1), text[0] == 'r', {}, {}});
      continue;
    }
    if (shapes.empty()) detail::give_up(line, "a shape begins with its name");
    Shape& shape = shapes.back();
    if (text.starts_with("-> ")) {
      for (std::size_t at = 3; at < text.size();) {
        const std::size_t end = std::min(text.find("; ", at), text.size());
        shape.verdict.push_back(text.substr(at, end - at));
        at = end + 2;
      }
    } else if (text == "|") {
      shape.bytes += "\r\n";
    } else if (text.starts_with("| ")) {
      const bool is_open = text.ends_with('\\') && !text.ends_with("\\\\");
      shape.bytes += detail::expand(text.substr(2, text.size() - 2 - is_open), words, line);
      if (!is_open) shape.bytes += "\r\n";
    } else {
      detail::give_up(line, "neither a name, a verdict nor bytes");
    }
  }
  return shapes;
}

}  // namespace weir::smuggling
