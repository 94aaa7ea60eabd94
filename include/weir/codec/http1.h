// HTTP/1 message heads (RFC 9112) as views: no allocation, no copy, one pass.
//
// A connection first finds the end of a head with HeadScanner, then parses exactly those bytes. The views of a parsed
// head point into the parsed bytes and live as long as they do. The parser refuses every shape two parsers could read
// differently (request smuggling) instead of repairing it; ENGINEERING 3 lists them, the tests hold one case of each.
//
// Invariants of an accepted head: the framing is one of four and unambiguous; every name is a token; no value holds
// CR, LF, NUL or another control byte but tab; an HTTP/1.1 request has exactly one Host.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/codec/header_table.h"
#include "weir/codec/sender.h"

namespace weir::codec {

/// Largest head in bytes, start line and empty line included.
inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;
/// Most field lines in one head; one more is Fault::head_too_large.
inline constexpr std::size_t kMaxHeaderFields = 100;
/// Empty lines tolerated before a request line (RFC 9112 2.2).
inline constexpr std::size_t kMaxLeadingEmptyLines = 4;

/// One field line. `value` is without the white space around it.
struct HeaderField {
  Bytes name;
  Bytes value;
  HeaderId id;
};

enum class Method : std::uint8_t { get, head, post, put, delete_, patch, options, other };

/// How the end of the body is found. `length` may be 0 bytes. Requests are never `until_close`.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// The field lines of a head, in the order of arrival.
class FieldList {
 public:
  std::span<const HeaderField> all() const { return {fields_.data(), count_}; }
  bool contains(HeaderId id) const { return (present_ >> static_cast<unsigned>(id) & 1) != 0; }
  bool is_repeated(HeaderId id) const { return (repeated_ >> static_cast<unsigned>(id) & 1) != 0; }
  /// The first field with this id, or null. O(1) when there is none.
  const HeaderField* find(HeaderId id) const;
  /// The first field with this name in any case, or null. For names that are not in the table.
  const HeaderField* find(Bytes name) const;

  void clear() {
    count_ = 0;
    present_ = 0;
    repeated_ = 0;
  }
  /// False when there are kMaxHeaderFields already.
  bool add(const HeaderField& field) {
    if (count_ == kMaxHeaderFields) return false;
    fields_[count_++] = field;
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(field.id);
    repeated_ |= present_ & bit;
    present_ |= bit;
    return true;
  }

 private:
  std::size_t count_ = 0;
  std::uint64_t present_ = 0;   // a set of HeaderId
  std::uint64_t repeated_ = 0;  // those that came more than once
  std::array<HeaderField, kMaxHeaderFields> fields_;
};

/// A client's head. 4 KB: keep one per connection and parse into it again and again.
struct RequestHead {
  Method method = Method::other;
  Bytes method_text;
  /// Origin form ("/path?query") or "*"; of an absolute form only the path and query. Split it with split_target().
  Bytes target;
  /// host[:port] from Host or the absolute form; empty when HTTP/1.0 gave none.
  Bytes authority;
  bool http_1_1 = false;
  /// May the connection carry another request after this one?
  bool keep_alive = false;
  /// The client waits for "100 Continue" before it sends its body.
  bool expect_continue = false;
  Framing framing = Framing::none;
  /// Bytes of the body when framing is `length`, else 0.
  std::uint64_t content_length = 0;
  FieldList field_list;

  std::span<const HeaderField> fields() const { return field_list.all(); }
  const HeaderField* find(HeaderId id) const { return field_list.find(id); }
  const HeaderField* find(Bytes name) const { return field_list.find(name); }
  bool has_body() const { return framing == Framing::chunked || content_length > 0; }
};

/// A provider's head.
struct ResponseHead {
  int status = 0;
  Bytes reason;
  bool http_1_1 = false;
  /// May the connection carry another exchange after this answer?
  bool keep_alive = false;
  Framing framing = Framing::none;
  /// Bytes of the body when framing is `length`, else 0.
  std::uint64_t content_length = 0;
  FieldList field_list;

  std::span<const HeaderField> fields() const { return field_list.all(); }
  const HeaderField* find(HeaderId id) const { return field_list.find(id); }
  const HeaderField* find(Bytes name) const { return field_list.find(name); }
  /// 1xx: the real answer is still to come (101 is refused, weir never asks for an upgrade).
  bool is_interim() const { return status < 200; }
};

/// Finds the end of a head in a buffer that grows. Remembers where it stopped, so n bytes arriving one by one cost
/// O(n).
class HeadScanner {
 public:
  explicit HeadScanner(Sender sender) : sender_(sender) {}

  /// Where the head lies in the buffer: [begin, end), the empty line included, tolerated leading empty lines not.
  struct Place {
    std::size_t begin;
    std::size_t end;
    Bytes of(Bytes buffer) const { return buffer.substr(begin, end - begin); }
  };

  /// `buffer` holds all bytes since the start of the message; between calls it may grow and move, nothing else.
  /// Nothing while the head is incomplete. Faults: head_too_large, head_malformed (a bare LF), or the upstream ones.
  Result<std::optional<Place>> scan(Bytes buffer);

  /// Makes ready for the next head.
  void reset() {
    begin_ = 0;
    line_ = 0;
    scanned_ = 0;
  }

 private:
  Sender sender_;
  std::size_t begin_ = 0;    // after the leading empty lines
  std::size_t line_ = 0;     // start of the line that is being scanned
  std::size_t scanned_ = 0;  // no LF of that line before here
};

/// Parses exactly one complete head, the empty line included. Faults: head_malformed, head_ambiguous, head_too_large,
/// version_unsupported, coding_unsupported, expectation_unsupported, method_not_allowed (CONNECT). After a fault `out`
/// holds nothing of use.
Result<void> parse_request_head(Bytes head, RequestHead& out);

/// The same for an answer to a request of `method`. Faults: upstream_malformed, upstream_head_too_large.
Result<void> parse_response_head(Bytes head, Method method, ResponseHead& out);

/// Does any Connection field of this head name `name`, making it hop-by-hop (RFC 9110 7.6.1)?
bool is_connection_nominated(const FieldList& fields, Bytes name);
inline bool is_connection_nominated(const RequestHead& head, Bytes name) {
  return is_connection_nominated(head.field_list, name);
}
inline bool is_connection_nominated(const ResponseHead& head, Bytes name) {
  return is_connection_nominated(head.field_list, name);
}

}  // namespace weir::codec
