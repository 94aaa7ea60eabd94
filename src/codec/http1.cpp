#include "weir/codec/http1.h"

#include <algorithm>
#include <limits>

#include "byte_class.h"
#include "weir/codec/url.h"

namespace weir::codec {
namespace {

constexpr Bytes kHeadEnd = "\r\n\r\n";

/// A cursor over one head. Every step checks the end, so a head without its empty line is malformed, not an overrun.
struct Cursor {
  const char* at;
  const char* end;

  std::size_t left() const { return static_cast<std::size_t>(end - at); }
  Bytes from(const char* begin) const { return {begin, static_cast<std::size_t>(at - begin)}; }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool take_line_end() {
    if (left() < 2 || at[0] != '\r' || at[1] != '\n') return false;
    at += 2;
    return true;
  }
  Bytes take_all(std::uint8_t byte_class) {
    const char* begin = at;
    while (at != end && is(*at, byte_class)) ++at;
    return from(begin);
  }
};

enum class Version : std::uint8_t { malformed, unsupported, http_1_0, http_1_1 };

Version take_version(Cursor& cursor) {
  const char* v = cursor.at;
  if (cursor.left() < 8 || Bytes(v, 5) != "HTTP/" || !is_digit(v[5]) || v[6] != '.' || !is_digit(v[7]))
    return Version::malformed;
  cursor.at += 8;
  if (v[5] != '1' || v[7] > '1') return Version::unsupported;
  return v[7] == '1' ? Version::http_1_1 : Version::http_1_0;
}

Method method_of(Bytes text) {
  switch (text.size()) {
    case 3:
      return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4:
      return text == "POST" ? Method::post : text == "HEAD" ? Method::head : Method::other;
    case 5:
      return text == "PATCH" ? Method::patch : Method::other;
    case 6:
      return text == "DELETE" ? Method::delete_ : Method::other;
    case 7:
      return text == "OPTIONS" ? Method::options : Method::other;
    default:
      return Method::other;
  }
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// All field lines and the empty line, which must be the last bytes. The head ends with CRLF CRLF (the caller looked),
/// so whatever is not an empty line is followed by a CR that ends every run of blanks and every value: no step looks
/// for the end but the search for the colon.
Result<void> take_fields(Cursor cursor, Sender sender, FieldList& fields) {
  const char* at = cursor.at;
  const char* const end = cursor.end;
  fields.clear();
  while (at[0] != '\r' || at[1] != '\n') {
    const char* const colon = find_byte(at, end, ':');
    if (colon == at || colon == end) return fail(head_malformed(sender));
    const Bytes name(at, static_cast<std::size_t>(colon - at));
    // A name of the table needs no look at its bytes: it equals a token. Others may hold anything up to the colon:
    // white space, obs-fold, a whole line without a colon.
    const bool is_ahead = static_cast<std::size_t>(end - at) >= kHeaderLookahead;
    const HeaderId id = is_ahead ? find_header_in(at, name.size()) : find_header(name);
    if ((id == HeaderId::other || id >= HeaderId::x_forwarded) && !is_token(name)) return fail(head_malformed(sender));

    const char* value = colon + 1;
    if (*value == ' ') ++value;  // nearly always, and nearly always one
    while (is_blank(*value)) ++value;
    const char* const line_end = find_end_of_value(value, end);
    if (line_end[0] != '\r' || line_end[1] != '\n') return fail(head_malformed(sender));
    const char* value_end = line_end;
    while (value_end != value && is_blank(value_end[-1])) --value_end;
    if (!fields.add({name, {value, static_cast<std::size_t>(value_end - value)}, id}))
      return fail(head_too_large(sender));
    at = line_end + 2;
  }
  if (at + 2 != end) return fail(head_malformed(sender));
  return {};
}

/// Takes the next element of a comma-separated list of tokens off `rest`; empty elements are skipped (RFC 9110 5.6.1).
/// An empty view at the end.
Bytes next_element(Bytes& rest) {
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const Bytes element = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (!element.empty()) return element;
  }
  return {};
}

/// Calls visit(element) for every element of every Connection field; stops when it returns true, and returns that.
template <class Visit>
bool any_connection_element(const FieldList& fields, Visit visit) {
  if (!fields.contains(HeaderId::connection)) return false;
  for (const HeaderField& field : fields.all()) {
    if (field.id != HeaderId::connection) continue;
    Bytes rest = field.value;
    for (Bytes element = next_element(rest); !element.empty(); element = next_element(rest))
      if (visit(element)) return true;
  }
  return false;
}

/// RFC 9112 9.3: 1.1 persists unless told to close, 1.0 closes unless told to persist; "close" wins.
bool is_persistent(const FieldList& fields, bool http_1_1) {
  if (!fields.contains(HeaderId::connection)) return http_1_1;
  if (!fields.is_repeated(HeaderId::connection)) {  // nearly all heads
    const Bytes only = fields.find(HeaderId::connection)->value;
    if (equals_known(only, "keep-alive")) return true;
    if (equals_known(only, "close")) return false;
  }
  bool persists = http_1_1;
  const bool closes = any_connection_element(fields, [&persists](Bytes element) {
    if (equals_known(element, "keep-alive")) persists = true;
    return equals_known(element, "close");
  });
  return persists && !closes;
}

struct Length {
  Framing framing = Framing::none;
  std::uint64_t bytes = 0;
};

/// Exactly "chunked". Empty list elements, which RFC 9110 5.6.1 would let us skip, are refused: whoever stands before
/// us and does not know that rule reads no coding there, and takes the body for the next request.
Result<void> check_coding(Bytes value, Sender sender) {
  if (equals_known(value, "chunked")) return {};
  Bytes rest = value;
  const Bytes first = next_element(rest);
  if (!first.empty() && !equals_known(first, "chunked")) return fail(coding_unsupported(sender));
  return fail(head_ambiguous(sender));  // repeated, not the last one, or beside an empty element
}

/// What Content-Length and Transfer-Encoding say (RFC 9112 6), refusing whatever could be read in two ways. That
/// includes a repeated equal length, which RFC 9112 6.3 would let us repair, and a client's leading zeros, which some
/// take for octal (servers that reserve the digits before they know the length do write them).
Result<Length> read_length(const FieldList& fields, bool http_1_1, Sender sender) {
  const bool has_coding = fields.contains(HeaderId::transfer_encoding);
  const bool has_length = fields.contains(HeaderId::content_length);
  if (!has_coding && !has_length) return Length{};
  if (has_coding) {
    if (has_length || !http_1_1 || fields.is_repeated(HeaderId::transfer_encoding)) return fail(head_ambiguous(sender));
    if (auto known = check_coding(fields.find(HeaderId::transfer_encoding)->value, sender); !known)
      return fail(known.error());
    return Length{Framing::chunked, 0};
  }
  if (fields.is_repeated(HeaderId::content_length)) return fail(head_ambiguous(sender));
  const Bytes digits = fields.find(HeaderId::content_length)->value;
  const auto length = parse_decimal(digits);
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!length || *length > largest) return fail(head_ambiguous(sender));
  if (sender == Sender::client && digits.size() > 1 && digits[0] == '0') return fail(head_ambiguous(sender));
  return Length{Framing::length, *length};
}

/// The target's form (RFC 9112 3.2) and the authority: of the absolute form, which Host must then repeat, else Host's.
Result<void> read_target(RequestHead& out) {
  if (out.field_list.is_repeated(HeaderId::host)) return fail(Fault::head_malformed);
  const HeaderField* host = out.find(HeaderId::host);
  if (host == nullptr && out.http_1_1) return fail(Fault::head_malformed);
  out.authority = host == nullptr ? Bytes{} : host->value;
  if (!out.authority.empty() && !parse_authority(out.authority)) return fail(Fault::head_malformed);

  const Bytes target = out.target;
  if (target[0] == '/') return {};
  if (target == "*") return out.method == Method::options ? Result<void>{} : fail(Fault::head_malformed);
  if (out.method_text == "CONNECT") return fail(Fault::method_not_allowed);
  const std::size_t mark = target.find("://");
  if (mark == Bytes::npos) return fail(Fault::head_malformed);
  const Bytes scheme = target.substr(0, mark);
  if (!equals_ignore_case(scheme, "http") && !equals_ignore_case(scheme, "https")) return fail(Fault::head_malformed);
  const Bytes rest = target.substr(mark + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const Bytes authority = rest.substr(0, path);
  if (!parse_authority(authority)) return fail(Fault::head_malformed);
  if (host != nullptr && !equals_ignore_case(authority, host->value)) return fail(Fault::head_malformed);
  if (path < rest.size() && rest[path] == '?') return fail(Fault::head_malformed);  // no "/" in it to point at
  out.authority = authority;
  out.target = path == rest.size() ? Bytes("/") : rest.substr(path);
  return {};
}

Result<void> read_expectation(RequestHead& out) {
  if (!out.field_list.contains(HeaderId::expect)) return {};
  for (const HeaderField& field : out.fields())
    if (field.id == HeaderId::expect && !equals_known(field.value, "100-continue"))
      return fail(Fault::expectation_unsupported);
  out.expect_continue = out.http_1_1;  // RFC 9110 10.1.1: ignored in a 1.0 request
  return {};
}

}  // namespace

const HeaderField* FieldList::find(HeaderId id) const {
  if (!contains(id)) return nullptr;
  const HeaderField* field = fields_.data();
  while (field->id != id) ++field;
  return field;
}

const HeaderField* FieldList::find(Bytes name) const {
  for (const HeaderField& field : all())
    if (equals_ignore_case(field.name, name)) return &field;
  return nullptr;
}

Result<std::optional<HeadScanner::Place>> HeadScanner::scan(Bytes buffer) {
  const char* const begin = buffer.data() + begin_;
  const char* const end = buffer.data() + std::min(buffer.size(), begin_ + kMaxHeadBytes);
  const char* line = buffer.data() + line_;
  ByteFinder feeds(buffer.data() + scanned_, end, '\n');
  for (;;) {
    const char* const feed = feeds.next();
    if (feed == end) {
      if (end == begin + kMaxHeadBytes) return fail(head_too_large(sender_));
      line_ = static_cast<std::size_t>(line - buffer.data());
      scanned_ = static_cast<std::size_t>(end - buffer.data());
      return std::nullopt;
    }
    if (feed == line || feed[-1] != '\r') return fail(head_malformed(sender_));
    const bool is_empty = feed == line + 1;
    const bool is_first = line == begin;
    line = feed + 1;
    if (!is_empty) continue;
    const auto behind = static_cast<std::size_t>(line - buffer.data());
    if (!is_first) return Place{begin_, behind};
    if (sender_ == Sender::provider || begin_ == 2 * kMaxLeadingEmptyLines) return fail(head_malformed(sender_));
    begin_ = line_ = scanned_ = behind;
    return scan(buffer);  // the limit has moved with it; at most kMaxLeadingEmptyLines times
  }
}

Result<void> parse_request_head(Bytes head, RequestHead& out) {
  if (head.size() > kMaxHeadBytes) return fail(Fault::head_too_large);
  Cursor cursor{head.data(), head.data() + head.size()};
  out.method_text = cursor.take_all(kToken);
  if (out.method_text.empty() || !cursor.take(' ')) return fail(Fault::head_malformed);
  out.method = method_of(out.method_text);
  const char* target = cursor.at;
  cursor.at = find_end_of_target(target, cursor.end);
  out.target = cursor.from(target);
  if (out.target.empty() || !cursor.take(' ')) return fail(Fault::head_malformed);
  const Version version = take_version(cursor);
  if (version == Version::malformed || !cursor.take_line_end() || !head.ends_with(kHeadEnd))
    return fail(Fault::head_malformed);
  if (version == Version::unsupported) return fail(Fault::version_unsupported);
  out.http_1_1 = version == Version::http_1_1;

  if (auto taken = take_fields(cursor, Sender::client, out.field_list); !taken) return taken;
  const auto length = read_length(out.field_list, out.http_1_1, Sender::client);
  if (!length) return fail(length.error());
  out.framing = length->framing;
  out.content_length = length->bytes;
  out.keep_alive = is_persistent(out.field_list, out.http_1_1);
  out.expect_continue = false;
  if (auto read = read_target(out); !read) return read;
  return read_expectation(out);
}

Result<void> parse_response_head(Bytes head, Method method, ResponseHead& out) {
  if (head.size() > kMaxHeadBytes) return fail(Fault::upstream_head_too_large);
  Cursor cursor{head.data(), head.data() + head.size()};
  const Version version = take_version(cursor);
  if (version != Version::http_1_0 && version != Version::http_1_1) return fail(Fault::upstream_malformed);
  out.http_1_1 = version == Version::http_1_1;
  if (!cursor.take(' ')) return fail(Fault::upstream_malformed);
  const char* s = cursor.at;
  if (cursor.left() < 3 || s[0] < '1' || !is_digit(s[0]) || !is_digit(s[1]) || !is_digit(s[2]))
    return fail(Fault::upstream_malformed);
  out.status = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
  cursor.at += 3;
  out.reason = {};
  if (cursor.take(' ')) out.reason = cursor.take_all(kValue);  // real servers leave out the reason, some the space too
  if (!cursor.take_line_end() || !head.ends_with(kHeadEnd)) return fail(Fault::upstream_malformed);
  if (out.status == 101) return fail(Fault::upstream_malformed);  // weir never asks for an upgrade

  if (auto taken = take_fields(cursor, Sender::provider, out.field_list); !taken) return taken;
  const auto length = read_length(out.field_list, out.http_1_1, Sender::provider);
  if (!length) return fail(length.error());
  out.keep_alive = is_persistent(out.field_list, out.http_1_1);
  out.framing = length->framing;
  out.content_length = length->bytes;
  const bool never_has_body = out.status < 200 || out.status == 204;
  if (never_has_body || out.status == 304 || method == Method::head) {
    // RFC 9112 6.3: no body whatever the fields say. In an answer to HEAD and in a 304 they describe another answer;
    // elsewhere they announce bytes that must not come: do not read a next answer out of those.
    if (never_has_body && (length->framing == Framing::chunked || length->bytes > 0)) out.keep_alive = false;
    out.framing = Framing::none;
    out.content_length = 0;
  } else if (length->framing == Framing::none) {
    out.framing = Framing::until_close;
    out.keep_alive = false;
  }
  return {};
}

bool is_connection_nominated(const FieldList& fields, Bytes name) {
  return any_connection_element(fields, [name](Bytes element) { return equals_ignore_case(element, name); });
}

}  // namespace weir::codec
