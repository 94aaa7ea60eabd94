#include "spoken.h"

#include <algorithm>
#include <map>

#include "http_reader.h"
#include "weir/dialect/error_report.h"

namespace weir::sim {

using dialect::Dialect;
using dialect::Event;

namespace {

constexpr std::size_t kMostCollected = 32 << 20;

/// Hears one answer. What is heard before something meaningful came waits, so that an error is told by its status.
class Listener {
 public:
  Listener(const Spoken& spoken, const dialect::AnswerContext& context)
      : spoken_(spoken), context_(context), decoder_(context.provider), encoder_(spoken.client, context) {}

  Heard hear(std::size_t parts) {
    heard_.stream = !spoken_.document;
    for (std::size_t i = 0; i < parts && !failed_ && !decoder_.done(); ++i) {
      const Told& told = spoken_.told[i];
      if (told.comment) {
        if (meant_ && heard_.stream && !context_.array) heard_.body += ":\n\n";
      } else {
        dialect::EventBatch batch(*this);
        decoder_.decode(told.payload, batch);
        if (spoken_.reframes() && !failed_) add_element(told.payload);
      }
      heard_.ends.push_back(heard_.body.size());
    }
    if (!failed_) {
      dialect::EventBatch batch(*this);
      decoder_.end(batch);
    }
    if (failed_) return std::move(heard_);
    heard_.body += held_;
    if (spoken_.document) {
      write_document(spoken_.client, collector_.answer(), context_, heard_.body);
    } else if (spoken_.reframes()) {
      heard_.body += std::exchange(has_elements_, true) ? "\r\n]" : "[]";
    } else {
      encoder_.end(heard_.body);
    }
    return std::move(heard_);
  }

  void take(std::span<const Event> events) {
    for (const Event& event : events) {
      if (failed_) return;
      if (const auto* report = std::get_if<dialect::FaultReport>(&event)) return fail(*report);
      if (spoken_.document) {
        collector_.take({&event, 1});
        continue;
      }
      const bool meaningful = std::holds_alternative<dialect::BlockBegin>(event) ||
                              std::holds_alternative<dialect::BlockDelta>(event) ||
                              std::holds_alternative<dialect::Finish>(event);
      if (meaningful && !std::exchange(meant_, true)) heard_.body += std::exchange(held_, {});
      if (spoken_.reframes()) continue;
      encoder_.encode({&event, 1}, meant_ ? heard_.body : held_);
    }
  }

 private:
  void fail(dialect::FaultReport report) {
    failed_ = heard_.failed = true;
    heard_.error_class = report.error_class;
    if (report.message.empty()) report.message = row(report.fault).sentence;
    if (meant_ && spoken_.reframes()) {
      std::string error;
      write_error(error, spoken_.client, error_of(report));
      add_element(error);
      heard_.body += ']';
      return;
    }
    if (meant_) {
      const Event event = report;
      return encoder_.encode({&event, 1}, heard_.body);
    }
    heard_.stream = false;
    const dialect::ErrorReport error = error_of(report);
    heard_.status = status_for(spoken_.client, error);
    heard_.body.clear();
    write_error(heard_.body, spoken_.client, error);
  }

  static dialect::ErrorReport error_of(const dialect::FaultReport& report) {
    return {.error_class = report.error_class,
            .status = row(report.fault).status,
            .message = report.message,
            .code = report.code,
            .type = report.type,
            .param = {}};
  }

  void add_element(Bytes element) {
    std::string& to = meant_ ? heard_.body : held_;
    to += std::exchange(has_elements_, true) ? ",\r\n" : "[";
    to += trim_lines(element);
  }

  const Spoken& spoken_;
  const dialect::AnswerContext& context_;
  dialect::Decoder decoder_;
  dialect::Encoder encoder_;
  dialect::Collector collector_{kMostCollected};
  Heard heard_;
  std::string held_;
  bool meant_ = false;
  bool has_elements_ = false;
  bool failed_ = false;
};

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// `rest` is `start`, or less of it where it is not whole.
bool begins(Bytes rest, Bytes start, bool whole) {
  return whole || rest.size() >= start.size() ? rest.starts_with(start) : start.starts_with(rest);
}

}  // namespace

Heard hear(const Spoken& spoken, std::size_t parts, bool other) {
  dialect::AnswerContext context = spoken.context;
  context.model = spoken.model;
  context.seed = other ? 0x5eed : 0xfeed;
  context.now = other ? 2'222'222'222 : 1'111'111'111;  // of equal length, with no digit in common
  return Listener(spoken, context).hear(parts);
}

Likeness::Likeness(std::string golden, const std::string& other)
    : golden_(std::move(golden)), made_(golden_.size(), ' ') {
  for (std::size_t i = 0; i < golden_.size() && i < other.size(); ++i) {
    if (golden_[i] == other[i] || made_[i] == 'x') continue;
    std::size_t begin = i, end = i;
    while (begin > 0 && is_word(golden_[begin - 1])) --begin;
    while (end < golden_.size() && is_word(golden_[end])) ++end;
    std::fill(made_.begin() + static_cast<std::ptrdiff_t>(begin), made_.begin() + static_cast<std::ptrdiff_t>(end),
              'x');
  }
}

std::size_t Likeness::alike(Bytes got) const {
  std::map<Bytes, Bytes> stands_for;
  const std::size_t size = std::min(got.size(), golden_.size());
  for (std::size_t i = 0; i < size;) {
    if (made_[i] != 'x') {
      if (got[i] != golden_[i]) return i;
      ++i;
      continue;
    }
    const std::size_t end = std::min(made_.find_first_not_of('x', i), golden_.size());
    for (std::size_t at = i; at < std::min(end, size); ++at)
      if (!is_word(got[at])) return at;
    if (end > size) return size;
    const auto [known, fresh] = stands_for.try_emplace(Bytes(golden_).substr(i, end - i), got.substr(i, end - i));
    if (!fresh && known->second != got.substr(i, end - i)) return i;
    i = end;
  }
  return size;
}

bool is_error_document(Dialect client, Bytes body, bool whole) {
  switch (client) {
    case Dialect::openai_chat:
    case Dialect::openai_responses:
      return begins(body, R"({"error":{"message":")", whole) && (!whole || body.ends_with("}}"));
    case Dialect::anthropic_messages:
      return begins(body, R"({"type":"error","error":{"type":")", whole) && (!whole || body.ends_with("\"}}"));
    case Dialect::gemini:
      return begins(body, R"({"error":{"code":)", whole) &&
             (!whole || (body.contains(R"("status":")") && body.ends_with("}}")));
  }
  return false;
}

bool is_error_end(Dialect client, bool array, Bytes rest, bool whole) {
  const auto frame = [&](Bytes start, Bytes end) {
    if (!begins(rest, start, whole)) return false;
    if (!whole) return rest.size() <= start.size() || is_error_document(client, rest.substr(start.size()), false);
    return rest.ends_with(end) &&
           is_error_document(client, rest.substr(start.size(), rest.size() - start.size() - end.size()), true);
  };
  switch (client) {
    case Dialect::openai_chat:
      return frame("data: ", "\n\n");
    case Dialect::anthropic_messages:
      // The end of a block waits for what may still belong to it; then it comes with the error.
      if (rest.starts_with("event: content_block_stop\n"))
        if (const std::size_t end = rest.find("\n\n"); end != Bytes::npos) rest.remove_prefix(end + 2);
      return frame("event: error\ndata: ", "\n\n");
    case Dialect::gemini:
      return array ? frame(",\r\n", "]") || frame("[", "]") : frame("data: ", "\r\n\r\n");
    case Dialect::openai_responses:
      break;
  }
  if (!begins(rest, "event: error\ndata: {\"type\":\"error\",", whole)) return false;
  const SsePayloads got = read_sse(rest);
  if (got.whole.size() > 2) return false;
  if (got.whole.size() == 2 &&
      (!got.whole[1].starts_with(R"({"type":"response.failed",)") || !got.whole[1].contains(R"("status":"failed")")))
    return false;
  return !whole || (!got.has_tail && !got.whole.empty());
}

}  // namespace weir::sim
