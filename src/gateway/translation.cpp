#include "translation.h"

namespace weir::gateway {

using dialect::Event;

namespace {

/// Content, or the end of the answer: what makes it worth to begin the client's.
bool is_meaningful(const Event& event) {
  return std::holds_alternative<dialect::BlockBegin>(event) || std::holds_alternative<dialect::BlockDelta>(event) ||
         std::holds_alternative<dialect::Finish>(event);
}

}  // namespace

Translation::Translation(dialect::Dialect client, const dialect::AnswerContext& context, bool as_document,
                         bool stitches)
    : client_(client),
      context_(context),
      passes_(context.array && context.provider == client && !as_document && !stitches),
      decoder_(context.provider),
      encoder_(client, context) {
  if (as_document) collector_.emplace(kMaxHeld);
  if (!context.include_reasoning) hidden_.emplace();
  if (stitches) continued_ = std::make_unique<Continued>();
}

void Translation::read(const net::BodyPart& part, std::string& out) {
  out_ = &out;
  for (std::size_t i = 0; i < part.count; ++i) read(part.payloads[i]);
}

void Translation::read(Bytes bytes) {
  if (framing_ == Framing::unknown) {
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == Bytes::npos) return;  // DeepSeek sends line ends to keep the connection open
    bytes.remove_prefix(first);        // as if it had come alone
    framing_ = bytes[0] == '{' ? Framing::document : bytes[0] == '[' ? Framing::array : Framing::events;
  }
  if (failed_ || ended_) return;
  switch (framing_) {
    case Framing::unknown:
      return;
    case Framing::document:
      return hold(bytes);
    case Framing::array:
      return read_elements(bytes);
    case Framing::events:
      return read_frames(bytes);
  }
}

void Translation::read_elements(Bytes bytes) {
  while (!failed_ && !ended_) {
    const std::size_t size = elements_.find_end(bytes);
    if (elements_.malformed()) return take_fault({.fault = Fault::upstream_malformed});
    if (size == codec::JsonArrayScanner::npos) return hold(bytes);
    if (cut_.empty()) {
      read_payload(elements_.element(bytes.substr(0, size)));
    } else {
      hold(bytes.substr(0, size));
      if (!failed_) read_payload(elements_.element(cut_));
      forget_cut();
    }
    bytes.remove_prefix(size);
  }
}

void Translation::read_frames(Bytes bytes) {
  while (!failed_ && !ended_ && !bytes.empty()) {
    if (cut_.empty() && !collector_ && !passes_) {
      dialect::FrameMemo::New news;
      if (const std::size_t known = memo_.match(bytes, news)) {
        scanner_.reset();
        decoder_.repeat(news.text.raw, news.counts);
        repeated_.text = news.text.raw;
        if (continued_) [[unlikely]]
          continued_->repeat(repeated_);
        encoder_.encode(repeated_, *out_);
        bytes.remove_prefix(known);
        continue;
      }
    }
    const std::size_t size = scanner_.find_end(bytes);
    if (size == codec::SseScanner::npos) return hold(bytes);
    const Bytes frame = bytes.substr(0, size);
    codec::SseFrame fields;
    if (cut_.empty()) {
      const Bytes line = scanner_.only_line();
      fields = line.empty() ? codec::parse_sse_frame(frame, scratch_) : codec::parse_sse_line(line);
      if (fields.has_data) {
        read_payload(fields.data);
        remember(frame);
      } else {
        keep_alive();
      }
      bytes.remove_prefix(size);
      continue;
    }
    hold(frame);
    if (failed_) return;
    fields = codec::parse_sse_frame(cut_, scratch_);
    fields.has_data ? read_payload(fields.data) : keep_alive();
    forget_cut();
    bytes.remove_prefix(size);
  }
}

void Translation::forget_cut() {
  cut_.clear();
  if (cut_.capacity() > 4096) give_back(cut_);
}

/// What was told as a text of a block, and as it stands in the frame, may be told again without reading.
void Translation::remember(Bytes frame) {
  if (!begun_ || told_ != 1 || collector_ || passes_) return;
  const dialect::Varying varying = decoder_.varying();
  if (!varying.text.empty() && varying.text.data() == repeated_.text.data() && is_within(varying.text, frame))
    memo_.remember(frame, varying);
}

/// A comment, by which a provider shows that it is still there; so the client is shown, too.
void Translation::keep_alive() {
  if (begun_ && !collector_ && !context_.array) *out_ += ":\n\n";
}

void Translation::hold(Bytes bytes) {
  if (bytes.size() > kMaxHeld - cut_.size()) {
    catch_up();
    fault_ = Fault::answer_too_large;
    return take_fault({.fault = Fault::answer_too_large});
  }
  cut_ += bytes;
}

void Translation::read_payload(Bytes payload) {
  memo_.forget();  // what it says may open or close blocks
  told_ = 0;
  repeated_ = {};
  dialect::EventBatch batch(*this);
  decoder_.decode(payload, batch);
  if (passes_ && !failed_) pass(payload);
  if (decoder_.done()) ended_ = true;
}

void Translation::pass(Bytes payload) {
  std::string& to = begun_ ? *out_ : held_;
  to += std::exchange(passed_, true) ? ",\r\n" : "[";
  to += trim_lines(payload);
}

void Translation::end(std::string& out) {
  out_ = &out;
  if (!failed_ && !ended_ && !trim(cut_).empty()) {
    if (framing_ == Framing::document) {
      read_payload(cut_);
    } else if (framing_ == Framing::events) {
      // Without its blank line the last frame is believed only if it is whole in itself.
      const codec::SseFrame fields = codec::parse_sse_frame(cut_, scratch_);
      if (fields.has_data) read_payload(fields.data);
    }
  }
  give_back(cut_);
  if (!failed_) {
    dialect::EventBatch batch(*this);
    decoder_.end(batch);
  }
  if (failed_) return;
  if (collector_) {
    begun_ = true;
    write_document(client_, collector_->answer(), context_, out);
  } else {
    out += std::exchange(held_, {});
    begun_ = true;
    passes_ ? void(out += passed_ ? "\r\n]" : "[]") : encoder_.end(out);
  }
}

void Translation::catch_up() {
  dialect::EventBatch batch(*this);
  decoder_.catch_up(batch);
}

void Translation::fail(Fault fault, std::string& out) {
  if (failed_) return;
  out_ = &out;
  catch_up();
  take_fault({.fault = fault});
}

void Translation::resume(dialect::Dialect provider, bool repeats) {
  continued_->resume(decoder_.usage(), repeats);
  decoder_ = dialect::Decoder(provider);
  if (hidden_) hidden_.emplace();
  scanner_ = {};
  elements_ = {};
  memo_.forget();
  framing_ = Framing::unknown;
  give_back(cut_);
  failed_ = ended_ = has_content_ = false;
}

void Translation::take(std::span<const Event> events) {
  if (failed_) return;
  if (hidden_) events = hidden_->without(events);
  if (continued_) events = continued_->take(events);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (const auto* delta = std::get_if<dialect::BlockDelta>(&events[i])) {
      has_content_ = true;
      repeated_ = *delta;
    }
    if (!std::holds_alternative<dialect::UsageReport>(events[i])) ++told_;
    if (is_meaningful(events[i])) {
      if (!begun_ && !collector_) {
        begun_ = true;
        *out_ += std::exchange(held_, {});
      }
    } else if (const auto* report = std::get_if<dialect::FaultReport>(&events[i])) {
      if (i > 0) tell(events.first(i));
      return take_fault(*report);
    }
  }
  tell(events);
}

void Translation::tell(std::span<const Event> events) {
  if (passes_) return;
  if (!collector_) return encoder_.encode(events, begun_ ? *out_ : held_);
  collector_->take(events);
  if (collector_->too_large()) take_fault({.fault = Fault::answer_too_large});
}

void Translation::take_fault(const dialect::FaultReport& report) {
  failed_ = true;
  fault_ = report.fault;
  failure_ =
      Failure{report.error_class, std::string(report.message), std::string(report.code), std::string(report.type)};
  if (failure_->message.empty()) failure_->message = row(report.fault).sentence;
  if (begun_ && !collector_ && !continued_) write_failure(*out_);
}

void Translation::tell_failure(std::string& out) {
  if (continued_ && begun_ && failed_) write_failure(out);
}

void Translation::write_failure(std::string& out) {
  if (passes_) {
    out += passed_ ? ",\r\n" : "[";
    dialect::write_error(out, client_, error());
    out += ']';
    return;
  }
  const Event told = dialect::FaultReport{.fault = fault_,
                                          .error_class = failure_->error_class,
                                          .code = failure_->code,
                                          .type = failure_->type,
                                          .message = failure_->message};
  encoder_.encode({&told, 1}, out);
}

dialect::ErrorReport Translation::error() const {
  if (!failure_) return {};
  return {.error_class = failure_->error_class,
          .status = row(fault_).status,
          .message = failure_->message,
          .code = failure_->code,
          .type = failure_->type};
}

}  // namespace weir::gateway
