// Writes HTTP/1 heads into bytes the caller gives: no allocation.
//
// What goes wrong is remembered and told once, by finish(); between, calls may follow each other without a look. Header
// injection cannot happen: a name that is not a token, or a value or target with CR, LF or another control byte, breaks
// the head instead of being written.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>

#include "weir/base/assert.h"
#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/base/secret.h"
#include "weir/codec/http1.h"
#include "weir/codec/sender.h"

namespace weir::codec {

/// Length of an IMF-fixdate (RFC 9110 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t kHttpDateBytes = 29;
/// Writes the date of a time in seconds since 1970-01-01 UTC (years 1970 to 9999). A shard may keep it for a second.
void write_http_date(std::uint64_t unix_seconds, char* out);

/// The standard reason phrase of a status; empty when there is none.
Bytes reason_phrase(int status);

/// Lines of a head checked once, when they are made, and written many times: what goes to a provider with every
/// request. May hold a credential, so the bytes are wiped at the end.
class HeadLines {
 public:
  /// The request line, as the first one. False, and nothing was added, when HeadWriter would refuse it.
  bool add_request_line(Bytes method, std::initializer_list<Bytes> target);
  /// The pieces of the value are joined. What HeadWriter would refuse is refused here: false, and nothing was added.
  bool add(Bytes name, std::initializer_list<Bytes> value);

 private:
  friend class HeadWriter;
  template <class Write>
  bool add(std::size_t most, Write write);
  Secret text_;
};

/// The name of a field that the program writes itself: a literal, checked by the compiler.
class FieldName {
 public:
  template <std::size_t N>
  consteval FieldName(const char (&name)[N]) : text_(name, N - 1) {
    WEIR_ASSERT(is_name(text_), "a field's name is lower case letters, digits and dashes");
  }
  constexpr Bytes text() const { return text_; }

 private:
  static consteval bool is_name(Bytes text) {
    for (const char c : text)
      if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
    return !text.empty();
  }
  Bytes text_;
};

class HeadWriter {
 public:
  /// `out` belongs to the caller and outlives the writer.
  explicit HeadWriter(MutableBytes out) : out_(out) {}

  /// "HTTP/1.1 200 OK". Exactly one of the two start lines comes first.
  void status_line(int status);
  /// "POST /v1/chat/completions HTTP/1.1". The pieces are joined: base path, path, "?", query.
  void request_line(Bytes method, std::initializer_list<Bytes> target);

  void field(FieldName name, Bytes value) { line(name.text(), {value}); }
  /// The pieces of the value are joined: {"Bearer ", credential.reveal()}.
  void field(FieldName name, std::initializer_list<Bytes> value) { line(name.text(), value); }
  /// A name that came from somewhere, and is checked as its value is.
  void named_field(Bytes name, std::initializer_list<Bytes> value);
  void named_field(Bytes name, Bytes value) { named_field(name, {value}); }
  void lines(const HeadLines& lines) { append(lines.text_.reveal()); }
  void content_length(std::uint64_t length);
  void chunked() { append("transfer-encoding: chunked\r\n"); }
  void date(std::uint64_t unix_seconds);

  /// Writes the empty line; the whole head, a view into the caller's bytes. When it did not fit or something in it was
  /// not allowed: head_too_large or head_malformed for a request line, for a status line (what we write comes from the
  /// provider) their upstream counterparts.
  Result<Bytes> finish();

  bool ok() const { return !overflow_ && !refused_; }

  /// Whole lines of a head that was parsed, and so has been checked, from the beginning of a name to behind a line end.
  void parsed_lines(Bytes lines) { append(lines); }

 private:
  friend class HeadLines;
  void append(Bytes text) {
    if (text.size() > out_.size() - size_) {
      overflow_ = true;
      return;
    }
    if (!text.empty()) std::memcpy(out_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void line(Bytes name, std::initializer_list<Bytes> value);

  MutableBytes out_;
  std::size_t size_ = 0;
  Sender origin_ = Sender::client;
  bool overflow_ = false;
  bool refused_ = false;
};

/// Fields that the operator has set for a provider: name in lower case, value.
using FieldPairs = std::span<const std::pair<std::string, std::string>>;

/// Writes the client's fields that a provider may see: not hop-by-hop or nominated by Connection, no credential,
/// nothing about the way here or about our own connection (host, content-length, accept-encoding), nothing of x-weir-,
/// nothing that is named as one of `ours`. The caller adds its own host, framing, accept-encoding and credential.
///
/// A name with '_' in place of '-' is treated as if it had '-': CGI, WSGI and their like cannot tell the two apart, so
/// that Content_Length and X_Api_Key would mean there what they must not mean.
void forward_request_fields(HeadWriter& writer, const RequestHead& head, FieldPairs ours = {});

/// Writes the provider's fields that a client may see: not hop-by-hop or nominated by Connection, no cookies, nothing
/// of the framing, nothing that a browser would take for ours. The caller adds its own framing, and what it wants in
/// place of `except`.
void forward_response_fields(HeadWriter& writer, const ResponseHead& head, HeaderId except = HeaderId::other);

}  // namespace weir::codec
