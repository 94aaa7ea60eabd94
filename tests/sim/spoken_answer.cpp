// What a provider of any dialect answers, and what a client of any dialect gets to hear of it.
#include <algorithm>
#include <array>

#include "answer_wire.h"
#include "script.h"
#include "spoken_plan.h"
#include "weir/dialect/error_report.h"

namespace weir::sim {

using dialect::Dialect;
using Kind = AnswerPlan::Kind;

namespace {

/// Held on purpose of a stream that is passed through; larger frames may be let through in pieces.
constexpr std::size_t kSurelyHeld = 4000;

class Maker : AnswerWire {
 public:
  Maker(Random& random, const SpokenWish& wish, Spoken& spoken)
      : AnswerWire(random, wish.id, wish.may_break), wish_(wish), spoken_(spoken) {}

  AnswerPlan make() {
    if (wish_.door != Door::open) {
      turn_away();
    } else if (wish_.ails) {
      ail();
    } else {
      fare();
    }
    if (spoken_.heard) listen();
    if (spoken_.lane == SpokenLane::stored) plan_.again = plan_.again_alone = Again::nobody;
    happen();
    return std::move(plan_);
  }

 private:
  /// Somebody else has to be asked, or nobody can be.
  void ail() {
    switch (random_.below(may_break_ ? 10 : 7)) {
      case 5:
        return redirect();
      case 6:
        if (!wish_.provider_streams) return error();
        error_first_ = true;
        return speak(true);
      case 7:
        if (random_.one_in(2)) return malformed();
        plan_.kind = Kind::silence;
        return;
      case 8:
        breaks_surely_ = true;
        return speak(wish_.provider_streams);
      case 9:
        late_ = true;
        return speak(wish_.provider_streams);
      default:
        return error();
    }
  }

  void speak(bool streams) {
    spoken_.heard = spoken_.lane != SpokenLane::pass || streams != wish_.provider_streams;
    streams ? stream() : document();
  }

  void fare() {
    const std::uint64_t dice = random_.below(100);
    if (may_break_ && dice < 4) {
      plan_.kind = Kind::silence;
    } else if (may_break_ && dice < 8) {
      malformed();
    } else if (dice < 10) {
      redirect();
    } else if (dice < 18) {
      error();
    } else if (spoken_.lane == SpokenLane::count) {
      count();
    } else if (spoken_.lane == SpokenLane::stored) {
      stored();
    } else {
      // What is answered otherwise than it was asked for is translated after all.
      speak((dice < 94) == wish_.provider_streams);
    }
  }

  bool passes() const { return spoken_.lane == SpokenLane::pass && !spoken_.heard; }

  Script script() {
    const bool structured = spoken_.context.emulated_schema && !random_.one_in(4);
    return make_script(random_, {.id = wish_.id,
                                 .dialect = spoken_.provider,
                                 .max_bytes = wish_.max_bytes,
                                 .structured = structured,
                                 .huge = true});
  }

  void sign_of_life(bool counts) {
    body_ += ": KEEP-ALIVE" + line_end() + line_end();
    frames_.push_back(body_.size());
    if (counts) spoken_.told.push_back({.payload = {}, .comment = true});
    if (counts && passes()) pass();
  }

  /// What the body holds so far goes to the client as it is.
  void pass() {
    plan_.golden.body = body_;
    plan_.golden.ends.push_back(body_.size());
  }

  void tell(const Payload& payload, bool last_blank_line = true) {
    std::string text;
    if (!payload.event.empty()) text += "event: " + payload.event + line_end();
    if (random_.one_in(12)) text += "id: 7" + line_end();
    const Bytes start = space_ ? "data: " : "data:";
    text += start;
    Told told{.payload = payload.data};
    // A payload in two lines. (Gemini's documents are known by that, when they are all that comes.)
    const bool alone = spoken_.provider == Dialect::gemini && std::ranges::all_of(spoken_.told, &Told::comment);
    if (payload.data.starts_with('{') && random_.one_in(15) && !alone) {
      text += "{" + line_end();
      text.append(start).append(payload.data, 1);
      told.payload.insert(1, "\n");
    } else {
      text += payload.data;
    }
    text += line_end();
    if (last_blank_line) {
      text += line_end();
    } else if (random_.one_in(2)) {
      text.resize(text.size() - line_end().size());
    }
    body_ += text;
    plan_.golden.giant |= passes() && text.size() > kSurelyHeld;
    frames_.push_back(body_.size());
    spoken_.told.push_back(std::move(told));
    if (passes()) pass();
  }

  static std::size_t finish_of(const std::vector<Payload>& payloads) {
    for (std::size_t i = payloads.size(); i-- > 0;) {
      const Bytes data = payloads[i].data;
      for (const Bytes mark : {R"("stop_reason":")", R"("finishReason":)", R"("finish_reason":")", "response.completed",
                               "response.incomplete"})
        if (data.contains(mark)) return i;
    }
    return payloads.size();
  }

  void stream() {
    plan_.kind = Kind::stream;
    auto& golden = plan_.golden;
    golden.stream = passes();
    style_ = spoken_.provider == Dialect::gemini && !random_.one_in(4) ? 1 : random_.one_in(2) ? 0 : random_.below(3);
    mixed_ = random_.one_in(8);
    space_ = !random_.one_in(4);
    const Script said = script();
    std::vector<Payload> payloads = payloads_of(random_, spoken_.provider, said);
    const std::size_t finish = finish_of(payloads);
    const bool error_first = random_.one_in(25) || error_first_;
    const bool error_midway = !error_first && random_.one_in(12);
    const bool cut_short = !error_first && !error_midway && random_.one_in(15);
    if (error_first) payloads = {error_payload(spoken_.provider, id_, random_.one_in(2))};
    if (error_midway) {
      payloads.resize(random_.between(1, std::max<std::size_t>(finish, 1)));
      payloads.push_back(error_payload(spoken_.provider, id_, random_.one_in(2)));
    }
    if (cut_short) payloads.resize(random_.below(finish) + 1);
    if (cut_short && payloads.size() > finish) payloads.pop_back();
    // Some leave out their end marker.
    if (!error_first && !error_midway && !cut_short && finish + 1 < payloads.size() && random_.one_in(8))
      payloads.pop_back();
    if (spoken_.translates() && spoken_.provider == Dialect::gemini && random_.one_in(5)) return array(payloads);

    if (random_.one_in(5))
      for (std::uint64_t n = random_.between(1, 3); n > 0; --n) sign_of_life(true);
    const bool open_end = !mixed_ && !cut_short && random_.one_in(10);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      const bool last = i + 1 == payloads.size();
      tell(payloads[i], !last || !open_end);
      if (!last && random_.one_in(15)) sign_of_life(true);
    }
    golden.spoken_finish = error_first || error_midway || cut_short ? 0 : finish;
    dialect::Decoder decoder(spoken_.provider);
    for (std::size_t i = 0; i < spoken_.told.size(); ++i) {
      if (spoken_.told[i].comment) continue;
      const auto facts = decoder.tap(spoken_.told[i].payload);
      if ((facts.content || facts.finish || facts.done) && golden.meant_frame == 0) golden.meant_frame = i + 1;
    }
    const bool over = decoder.done() || decoder.failed();
    if (passes()) {
      if (open_end) golden.body += "\n\n";
      if (decoder.failed() && golden.meant_frame == 0) {  // nothing was meant for the client yet: an honest status
        golden.stream = false;
        golden.status = wish_.status_of(decoder.error());
        golden.body = error_document_of(decoder.error(), spoken_.told.back().payload);
        plan_.again = again_after(decoder.error().error_class, false);
      } else if (error_midway) {
        golden.error_in_stream = true;
      } else if (cut_short && golden.meant_frame == 0) {
        golden = {.status = 502, .body = {}, .tail = Golden::Tail::weir_body};
        plan_.again = Again::anybody;
      } else if (cut_short) {
        golden.tail = Golden::Tail::weir_event;
      } else if (!decoder.done()) {
        golden.body += dialect::end_marker(spoken_.client);
      }
    }
    const std::size_t needed = body_.size();
    if (!open_end && over && random_.one_in(10)) sign_of_life(false);  // nobody reads it
    frame(head(200, "OK", random_.one_in(8) ? "text/event-stream" : "text/event-stream; charset=utf-8"), body_, needed);
  }

  /// An error event of the Responses is no error's document; those of the others are.
  std::string error_document_of(const dialect::FaultReport& error, const std::string& payload) const {
    if (spoken_.client != Dialect::openai_responses) return payload;
    const Bytes sentence = row(Fault::upstream_stream_error).sentence;
    std::string body;
    write_error(body, spoken_.client,
                {.error_class = error.error_class,
                 .status = row(Fault::upstream_stream_error).status,
                 .message = error.message.empty() ? sentence : error.message,
                 .code = error.code,
                 .type = error.type,
                 .param = {}});
    return body;
  }

  /// Gemini without alt=sse: an array, pretty-printed.
  void array(const std::vector<Payload>& payloads) {
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      body_ += i == 0 ? "[" : ",\r\n";
      body_ += payloads[i].data;
      frames_.push_back(body_.size());
      spoken_.told.push_back({.payload = payloads[i].data});
    }
    body_ += random_.one_in(2) ? "\r\n]" : "]\n";
    plan_.array = true;
    frame(head(200, "OK", "application/json; charset=UTF-8"), body_, body_.size());
  }

  /// In a coding that nobody asked for, which only a client of the same dialect may know what to do with.
  void coded() {
    plan_.kind = Kind::error;
    auto& golden = plan_.golden;
    golden.status_alone = 502;
    const std::string body = "\x1f\x8b" + words(random_, random_.below(wish_.max_bytes));
    if (spoken_.lane == SpokenLane::pass) {
      spoken_.heard = false;
      golden.body = body;
    } else {
      golden.status = 502;
      golden.tail = Golden::Tail::weir_body;
      plan_.again = Again::anybody;
    }
    plan_.coded = true;
    frame(head(200, "OK", "application/json") + "Content-Encoding: gzip\r\n", body, body.size());
  }

  void document() {
    if (random_.one_in(wish_.coded ? 6 : 25)) return coded();
    plan_.kind = Kind::document;
    std::string text;
    if (random_.one_in(20)) {
      text = error_document(spoken_.provider, id_, random_.one_in(2));
    } else if (random_.one_in(25)) {
      text = "plain words, no JSON, of " + id_;
    } else {
      text = document_of(spoken_.provider, script());
    }
    if (text.starts_with('{')) spoken_.told.push_back({.payload = text});
    // Providers under load send empty lines to keep the connection open.
    body_ = (spoken_.heard && random_.one_in(6) ? "\n\r\n " : "") + text + (random_.one_in(3) ? "\n" : "");
    if (passes()) {
      dialect::Decoder decoder(spoken_.provider);
      plan_.golden.body = body_;
      if (decoder.tap(body_).fault) {
        plan_.again = again_after(decoder.error().error_class, false);
        plan_.golden.status = wish_.status_of(decoder.error());
        if (!text.starts_with('{')) plan_.golden.tail = Golden::Tail::weir_body;
      }
    }
    frame(head(200, "OK", random_.one_in(3) ? "application/json; charset=utf-8" : "application/json"), body_,
          body_.size());
  }

  void count() {
    plan_.kind = Kind::document;
    const std::string tokens = std::to_string(100 + wish_.id);
    std::string text = spoken_.provider == Dialect::gemini
                           ? R"({"totalTokens":)" + tokens + R"(,"promptTokensDetails":[]})"
                       : spoken_.provider == Dialect::anthropic_messages
                           ? R"({"input_tokens":)" + tokens + "}"
                           : R"({"object":"response.input_tokens","input_tokens":)" + tokens + "}";
    const bool senseless = random_.one_in(10);
    if (senseless) text = R"({"nothing":"of use"})";
    if (spoken_.client == spoken_.provider) {
      plan_.golden.body = text;
    } else {
      write_token_count(spoken_.client, senseless ? spoken_.estimate : static_cast<std::uint64_t>(100 + wish_.id),
                        plan_.golden.body);
    }
    frame(head(200, "OK", "application/json"), text, text.size());
  }

  void stored() {
    plan_.kind = Kind::document;
    plan_.golden.body = document_of(Dialect::openai_responses, script());
    frame(head(200, "OK", "application/json"), plan_.golden.body, plan_.golden.body.size());
  }

  /// When the provider wants to be asked again, as providers spell it.
  struct Delay {
    Bytes field;
    Duration length{};
  };
  Delay some_delay() {
    static constexpr std::array<Delay, 9> kDelays = {{{"retry-after: 7", 7s},
                                                      {"Retry-After: 60s", 60s},
                                                      {"Retry-After: 2s", 2s},
                                                      {"retry-after-ms: 90000", 90s},
                                                      {"retry-after: Wed, 15 Nov 2023 00:00:00 GMT", 1h},
                                                      {"retry-after: 0", 0s},
                                                      {"retry-after-ms: 120", 120ms},
                                                      {"Retry-After: 0.2", 200ms},
                                                      {"", 0s}}};
    return kDelays[random_.below(kDelays.size())];
  }

  void error() {
    static constexpr std::array kStatuses = {400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 529};
    const int status = kStatuses[random_.below(kStatuses.size())];
    std::string body;
    switch (random_.below(4)) {
      case 0:
        break;
      case 1:
        body = "<html><body><h1>Bad Gateway of " + id_ + "</h1></body></html>";
        break;
      default:
        body = error_document(spoken_.provider, id_, random_.one_in(2));
    }
    refuse(status, body);
  }

  /// What this credential is told, whatever it asks.
  void turn_away() {
    switch (wish_.door) {
      case Door::open:
        return;
      case Door::refused:
        return refuse(random_.one_in(2) ? 401 : 403, {});
      case Door::exhausted:
        if (spoken_.provider != Dialect::openai_chat || random_.one_in(2)) return refuse(402, {});
        return refuse(429, R"({"error":{"message":"pay first, )" + id_ +
                               R"(","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})");
      case Door::limited:
        return refuse(429, random_.one_in(2) ? error_document(spoken_.provider, id_, true) : std::string());
    }
  }

  void refuse(int status, const std::string& body) {
    plan_.kind = Kind::error;
    auto& golden = plan_.golden;
    golden.status = status;
    const bool estimates = spoken_.lane == SpokenLane::count && status == 404;
    std::string scratch;
    const dialect::ErrorReport report = dialect::read_error(status, body, scratch);
    if (estimates) {
      golden.status = 200;
      write_token_count(spoken_.client, spoken_.estimate, golden.body);
    } else if (spoken_.lane == SpokenLane::stored && status == 404) {
      golden.tail = Golden::Tail::weir_body;  // nobody keeps it
    } else if (spoken_.client != spoken_.provider) {
      golden.status = status_for(spoken_.client, report);
      write_error(golden.body, spoken_.client, report);
    } else if (body.starts_with('{')) {
      golden.body = body;
    } else {
      write_error(golden.body, spoken_.client, report);
    }
    // When its text does not come through, the status has to say it all.
    std::string none;
    golden.status_alone =
        spoken_.client == spoken_.provider ? status : status_for(spoken_.client, dialect::read_error(status, {}, none));
    std::string start = head(status, "", body.starts_with('<') ? "text/html" : "application/json");
    const bool waits = status == 429 && wish_.door != Door::exhausted;
    const Delay delay = !waits                                      ? Delay{}
                        : wish_.ails || wish_.door == Door::limited ? some_delay()
                                                                    : Delay{"retry-after: 7", 7s};
    if (!delay.field.empty()) start.append(delay.field).append("\r\n");
    plan_.wants = delay.length;
    // (A 404 without a word about the model says that nobody counts here.)
    if (!estimates) read_again(status, body);
    frame(std::move(start), body, body.size());
  }

  void listen() {
    if (plan_.kind != Kind::stream && plan_.kind != Kind::document) return;
    auto& golden = plan_.golden;
    const std::size_t all = spoken_.told.size();
    Heard heard = hear(spoken_, all);
    golden.other = hear(spoken_, all, true).body;
    golden.status = heard.status;
    golden.stream = heard.stream;
    golden.body = std::move(heard.body);
    golden.ends = std::move(heard.ends);
    golden.error_in_stream = heard.failed && heard.stream;
    plan_.again = heard.failed && !heard.stream ? again_after(heard.error_class, false) : Again::nobody;
  }

  const SpokenWish& wish_;
  Spoken& spoken_;
  bool space_ = true;
  bool error_first_ = false;
};

}  // namespace

AnswerPlan plan_spoken_answer(Random& random, const SpokenWish& wish, Spoken& spoken) {
  return Maker(random, wish, spoken).make();
}

}  // namespace weir::sim
