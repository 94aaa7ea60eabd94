#include "weir/dialect/gemini_partial_arguments.h"

#include <algorithm>

namespace weir::dialect::gemini {

namespace {

/// Appends `text` with a backslash before every quote and backslash.
void append_backslashed(std::string& out, Bytes text) {
  std::size_t run = 0;
  for (std::size_t at = text.find_first_of("\"\\"); at != Bytes::npos; at = text.find_first_of("\"\\", at + 1)) {
    out += text.substr(run, at - run);
    out += '\\';
    run = at;
  }
  out += text.substr(run);
}

/// One past the quote that ends the string which begins at `at`.
std::size_t behind_string(Bytes json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

}  // namespace

void append_escapes(std::string& out, Bytes inside) { append_backslashed(out, inside); }

void append_as_text(std::string& out, Bytes json) {
  constexpr Bytes kWhite = " \t\r\n";
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      const std::size_t end = behind_string(json, at);
      append_backslashed(out, json.substr(at, end - at));
      at = end;
    } else {
      if (kWhite.find(json[at]) == Bytes::npos) out += json[at];
      ++at;
    }
  }
}

/// `$.name`, `$.list[0]`, `$['name']`. The number of segments; 0 when it is no such path or too deep.
std::size_t PartialArguments::parse(Bytes path, Segments& segments) {
  if (path.size() > kMaxPathSize || !path.starts_with('$')) return 0;
  std::size_t count = 0;
  for (std::size_t at = 1; at < path.size();) {
    if (count == kMaxDepth) return 0;
    Segment& segment = segments[count++];
    if (path[at] == '.') {
      const std::size_t end = std::min(path.find_first_of(".[", at + 1), path.size());
      segment = {at + 1, end - at - 1, false};
      at = end;
    } else if (path.substr(at).starts_with("['")) {
      const std::size_t end = path.find("']", at + 2);
      if (end == Bytes::npos) return 0;
      segment = {at + 2, end - at - 2, false};
      at = end + 2;
    } else if (path[at] == '[') {
      const std::size_t end = path.find(']', at);
      if (end == Bytes::npos || end == at + 1) return 0;
      segment = {at + 1, end - at - 1, true};
      const Bytes digits = path.substr(segment.offset, segment.size);
      if (digits.find_first_not_of("0123456789") != Bytes::npos) return 0;
      at = end + 1;
    } else {
      return 0;
    }
    if (segment.size == 0) return 0;
  }
  if (count > 0 && segments[0].is_index) return 0;  // arguments are an object
  return count;
}

/// Closes the open string and the containers that hold segments from `depth` on.
void PartialArguments::close_to(std::size_t depth, std::string& out) {
  if (string_open_) out += R"(\")";
  string_open_ = false;
  for (std::size_t level = depth_; level-- > depth;) out += segments_[level].is_index ? ']' : '}';
}

bool PartialArguments::add(const Piece& piece, std::string& out) {
  Segments segments;
  const std::size_t depth = parse(piece.path, segments);
  if (depth == 0) return false;
  if (string_open_ && piece.is_string && piece.path == path_) {
    append_escapes(out, piece.value);
  } else {
    std::size_t common = 0;
    const auto same = [&](std::size_t level) {
      const Segment &a = segments_[level], &b = segments[level];
      return a.is_index == b.is_index && Bytes(path_).substr(a.offset, a.size) == piece.path.substr(b.offset, b.size);
    };
    while (common + 1 < std::min(depth, depth_) && same(common)) ++common;
    if (depth_ > 0) {
      if (segments[common].is_index != segments_[common].is_index) return false;  // an object cannot become a list
      close_to(common + 1, out);  // the container that holds the segments at `common` goes on
      out += ',';
    }
    for (std::size_t level = common; level < depth; ++level) {
      const Segment& segment = segments[level];
      if (level > common || depth_ == 0) out += segment.is_index ? '[' : '{';
      if (segment.is_index) continue;
      out += R"(\")";
      append_escapes(out, piece.path.substr(segment.offset, segment.size));
      out += R"(\":)";
    }
    if (piece.is_string) {
      out += R"(\")";
      append_escapes(out, piece.value);
      string_open_ = true;
    } else {
      append_as_text(out, piece.value);
    }
    path_ = piece.path;
    segments_ = segments;
    depth_ = depth;
  }
  if (string_open_ && !piece.more) {
    out += R"(\")";
    string_open_ = false;
  }
  return true;
}

void PartialArguments::close(std::string& out) {
  if (depth_ > 0) close_to(0, out);
  reset();
}

}  // namespace weir::dialect::gemini
