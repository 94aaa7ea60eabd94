#include "weir/codec/http1_writer.h"

#include <algorithm>
#include <cstring>

#include "byte_class.h"
#include "weir/base/decimal.h"

namespace weir::codec {
namespace {

char* put_two_digits(char* out, unsigned value) {
  put_digits(out, 2, value);
  return out + 2;
}

std::size_t size_of(std::initializer_list<Bytes> pieces) {
  std::size_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  return size;
}

char* put(char* out, Bytes text) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// Does Connection name anything but close and keep-alive? Most heads do not: then no field needs a closer look.
bool has_nominations(const FieldList& fields) {
  if (!fields.contains(HeaderId::connection)) return false;
  for (const HeaderField& field : fields.all())
    if (field.id == HeaderId::connection && !equals_known(field.value, "keep-alive") &&
        !equals_known(field.value, "close"))
      return true;
  return false;
}

/// The id of a name that is not in the table as it stands, read as CGI reads it: '_' and '-' are one.
HeaderId find_folded(Bytes name) {
  constexpr std::size_t kLongest = 64;  // no name of the table is as long; of a family the beginning is enough
  char folded[kLongest];
  const std::size_t size = std::min(name.size(), kLongest);
  for (std::size_t i = 0; i < size; ++i) folded[i] = name[i] == '_' ? '-' : name[i];
  return find_header(Bytes(folded, size));
}

/// The field's line as it was parsed, with its end: a view, if it is written as we would write it ("name: value"), else
/// nothing. Behind every value of a parsed head come blanks or its line end.
Bytes plain_line(const HeaderField& field) {
  const char* const begin = field.name.data();
  const char* const name_end = begin + field.name.size();
  const char* const end = field.value.data() + field.value.size();
  if (field.value.data() != name_end + 2 || name_end[1] != ' ' || *end != '\r') return {};
  return {begin, static_cast<std::size_t>(end + 2 - begin)};
}

/// Writes the fields that may pass. They were checked when they were parsed; lines that follow each other and all pass
/// are copied together.
void relay(HeadWriter& writer, const FieldList& fields, HeaderSet may_pass, FieldPairs ours) {
  const bool nominations = has_nominations(fields);
  const auto is_ours = [ours](Bytes name) {
    return std::ranges::any_of(ours, [name](const auto& pair) { return equals_ignore_case(name, pair.first); });
  };
  const auto passes = [&](const HeaderField& field) {
    if (!may_pass.contains(field.id)) return false;
    if (nominations && is_connection_nominated(fields, field.name)) return false;
    if (field.id == HeaderId::other && !is_plain_name(field.name)) {  // no name of the table has '_'
      const char* end = field.name.data() + field.name.size();
      if (find_byte(field.name.data(), end, '_') != end && !may_pass.contains(find_folded(field.name))) return false;
    }
    return ours.empty() || !is_ours(field.name);
  };
  Bytes run;
  for (const HeaderField& field : fields.all()) {
    if (!passes(field)) continue;
    const Bytes line = plain_line(field);
    if (!run.empty() && line.data() == run.data() + run.size()) {
      run = {run.data(), run.size() + line.size()};
      continue;
    }
    if (!run.empty()) writer.parsed_lines(run);
    run = line;
    if (line.empty()) writer.named_field(field.name, field.value);
  }
  if (!run.empty()) writer.parsed_lines(run);
}

}  // namespace

// The Gregorian calendar in eras of 400 years = 146,097 days that begin on 1 March, so that the leap day is the last
// day of a year; 1970-01-01 is day 719,468 counted from 0000-03-01. Months from March have 153 days per five.
void write_http_date(std::uint64_t unix_seconds, char* out) {
  constexpr char kDays[] = "ThuFriSatSunMonTueWed";  // 1970-01-01 was a Thursday
  constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::uint64_t days = unix_seconds / 86400;
  const auto second = static_cast<unsigned>(unix_seconds % 86400);
  const std::uint64_t shifted = days + 719468;
  const std::uint64_t era = shifted / 146097;
  const auto day_of_era = static_cast<unsigned>(shifted % 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const unsigned month = (month_from_march + 2) % 12;  // 0 = January
  const auto year = static_cast<unsigned>(era * 400 + year_of_era + (month < 2 ? 1 : 0)) % 10000;

  char* at = put(out, Bytes(kDays + days % 7 * 3, 3));
  at = put_two_digits(put(at, ", "), day);
  at = put(put(put(at, " "), Bytes(kMonths + month * 3, 3)), " ");
  at = put_two_digits(put_two_digits(at, year / 100), year % 100);
  at = put_two_digits(put(at, " "), second / 3600);
  at = put_two_digits(put(at, ":"), second / 60 % 60);
  at = put_two_digits(put(at, ":"), second % 60);
  put(at, " GMT");
}

Bytes reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 424:
      return "Failed Dependency";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return {};
  }
}

void HeadWriter::status_line(int status) {
  origin_ = Sender::provider;
  if (status < 100 || status > 999) {
    refused_ = true;
    return;
  }
  if (status == 200) return append("HTTP/1.1 200 OK\r\n");
  char digits[3] = {static_cast<char>('0' + status / 100)};
  put_two_digits(digits + 1, static_cast<unsigned>(status % 100));
  append("HTTP/1.1 ");
  append(Bytes(digits, 3));
  append(" ");
  append(reason_phrase(status));
  append("\r\n");
}

void HeadWriter::request_line(Bytes method, std::initializer_list<Bytes> target) {
  origin_ = Sender::client;
  if (method.empty() || !all(method, kToken)) refused_ = true;
  append(method);
  append(" ");
  const std::size_t target_begin = size_;
  for (Bytes piece : target) {
    if (const char* end = piece.data() + piece.size(); find_end_of_target(piece.data(), end) != end) refused_ = true;
    append(piece);
  }
  if (size_ == target_begin) refused_ = true;
  append(" HTTP/1.1\r\n");
}

void HeadWriter::named_field(Bytes name, std::initializer_list<Bytes> value) {
  if (name.empty() || !is_token(name)) refused_ = true;
  line(name, value);
}

void HeadWriter::line(Bytes name, std::initializer_list<Bytes> value) {
  constexpr Bytes kColon = ": ";
  constexpr Bytes kEnd = "\r\n";
  const std::size_t size = name.size() + kColon.size() + size_of(value) + kEnd.size();
  if (size > out_.size() - size_) {
    overflow_ = true;
    return;
  }
  char* const begin = out_.data() + size_;
  char* end = put(put(begin, name), kColon);
  for (const Bytes piece : value) end = put(end, piece);
  // Name and colon are of bytes that a value may hold, too.
  if (!is_value({begin, static_cast<std::size_t>(end - begin)})) refused_ = true;
  put(end, kEnd);
  size_ += size;
}

void HeadWriter::content_length(std::uint64_t length) {
  constexpr Bytes kName = "content-length: ";
  if (kName.size() + decimal_size(length) + 2 > out_.size() - size_) {
    overflow_ = true;
    return;
  }
  char* const begin = out_.data() + size_;
  char* const end = put(put_decimal(put(begin, kName), length), "\r\n");
  size_ += static_cast<std::size_t>(end - begin);
}

void HeadWriter::date(std::uint64_t unix_seconds) {
  char text[kHttpDateBytes];
  write_http_date(unix_seconds, text);
  field("date", Bytes(text, sizeof text));
}

template <class Write>
bool HeadLines::add(std::size_t most, Write write) {
  std::string text(text_.reveal().size() + most, '\0');
  HeadWriter writer(text);
  writer.append(text_.reveal());
  write(writer);
  if (!writer.ok()) return false;
  text.resize(writer.size_);
  text_ = Secret(std::move(text));
  return true;
}

bool HeadLines::add(Bytes name, std::initializer_list<Bytes> value) {
  return add(name.size() + size_of(value) + 4, [&](HeadWriter& writer) { writer.named_field(name, value); });
}

bool HeadLines::add_request_line(Bytes method, std::initializer_list<Bytes> target) {
  return add(method.size() + size_of(target) + 12, [&](HeadWriter& writer) { writer.request_line(method, target); });
}

Result<Bytes> HeadWriter::finish() {
  append("\r\n");
  if (refused_) return fail(head_malformed(origin_));
  if (overflow_) return fail(head_too_large(origin_));
  return Bytes(out_.data(), size_);
}

void forward_request_fields(HeadWriter& writer, const RequestHead& head, FieldPairs ours) {
  constexpr HeaderSet kMayForward = HeaderSet::of(may_forward);
  relay(writer, head.field_list, kMayForward, ours);
}

void forward_response_fields(HeadWriter& writer, const ResponseHead& head, HeaderId except) {
  constexpr HeaderSet kMayReturn = HeaderSet::of(may_return);
  relay(writer, head.field_list, except == HeaderId::other ? kMayReturn : kMayReturn.without(except), {});
}

}  // namespace weir::codec
