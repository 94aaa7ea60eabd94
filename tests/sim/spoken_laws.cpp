#include "spoken_laws.h"

#include <algorithm>

namespace weir::sim {

using dialect::Dialect;

namespace {

class Judge {
 public:
  Judge(const Circumstances& circumstances, const RequestPlan& request, const HttpMessage& answer, Telling& telling)
      : faultless_(circumstances.faultless),
        request_(request),
        spoken_(request.spoken),
        golden_(request.answer.golden),
        answer_(answer),
        telling_(telling),
        open_golden_(golden_.until_close && !circumstances.provider_end_is_told),
        open_answer_(answer.until_close && !circumstances.client_end_is_told),
        like_(golden_.body, spoken_.heard ? golden_.other : golden_.body),
        alike_(like_.alike(answer.body)) {}

  void judge() {
    if (!request_.forwarded) return judge_own();
    check_fields();
    if (answer_.complete && is_golden()) return count_golden();
    if (faultless_) return broken("the answer is not the golden one");
    if (!answer_.complete) telling_.count(Probe::answer_cut_off);
    if (golden_.until_close && !open_golden_) telling_.count(Probe::truncation_seen);
    if (answer_.status == golden_.status && is_cut_golden()) return;
    if (is_trouble(answer_.status) && may_be_weir_error()) return;
    const bool broken_error = request_.answer.kind == AnswerPlan::Kind::error;
    if (broken_error && answer_.status == golden_.status_alone && may_be_weir_error()) return;
    if (answer_.status == 200 && ends_in_error()) return;
    if (answer_.complete && ends_unread()) return;
    if (answer_.complete && open_golden_ && (ends_early() || is_estimate())) return;
    broken("neither the provider's answer nor an honest error");
  }

  std::string without_made_up() const {
    const bool same = answer_.complete && alike_ == golden_.body.size() && alike_ == answer_.body.size();
    return same ? golden_.body : answer_.body;
  }

 private:
  void broken(Bytes what) {
    const auto end_of = [](const std::string& text) { return text.substr(text.size() > 400 ? text.size() - 400 : 0); };
    telling_.broken("#" + std::to_string(request_.id) + " (" + request_.name + ", " +
                    (answer_.complete ? "whole" : "incomplete") + " answer " + std::to_string(answer_.status) +
                    "): " + std::string(what) + "; got " + std::to_string(answer_.body.size()) + " bytes ..." +
                    end_of(answer_.body) + "; golden " + std::to_string(golden_.status) + " with " +
                    std::to_string(golden_.body.size()) + " bytes ..." + end_of(golden_.body) + "; alike up to " +
                    std::to_string(alike_) + ": ..." + answer_.body.substr(std::min(alike_, answer_.body.size()), 80) +
                    " / " + golden_.body.substr(std::min(alike_, golden_.body.size()), 80));
  }

  /// Answers that weir makes alone.
  void judge_own() {
    const bool expected = answer_.status == request_.status;
    if (faultless_ ? !expected || !answer_.complete : !expected && !is_trouble(answer_.status))
      return broken("wanted " + std::to_string(request_.status));
    if (request_.method == "HEAD") return;
    if (answer_.status != 200 && !may_be_weir_error()) return broken("no error document");
    if (!answer_.complete || !expected) return;
    if (!answer_.body.contains(spoken_.shown)) return broken("wanted " + spoken_.shown);
    if (spoken_.lane == SpokenLane::count && answer_.status == 200) telling_.count(Probe::count_estimated);
    if (answer_.status == 200 && spoken_.lane != SpokenLane::count) telling_.count(Probe::models_spoken);
    if (request_.pool != kNoPool) return telling_.count(Probe::wish_refused);
    if (answer_.status == 400 && !request_.provider_model.empty()) telling_.count(Probe::refused_unspeakable);
  }

  void check_fields() {
    for (const Bytes name : {"set-cookie", "x-hop", "location", "keep-alive"})
      if (answer_.find(name)) return broken("a field that must not be returned: " + std::string(name));
    if (answer_.status != 200 || spoken_.lane == SpokenLane::count) return;
    const auto* deployment = answer_.find("x-weir-deployment");
    const auto* id = answer_.find("x-request-id");
    const auto* dropped = answer_.find("x-weir-dropped");
    const auto* type = answer_.find("content-type");
    if (!deployment || *deployment != spoken_.deployment) broken("a wrong x-weir-deployment");
    if (!id || *id != "req-" + std::to_string(request_.id)) broken("a wrong x-request-id");
    if ((dropped ? *dropped : std::string()) != spoken_.dropped) broken("a wrong x-weir-dropped");
    if (dropped) telling_.count(Probe::dropped_named);
    if (spoken_.heard &&
        (!type || !type->starts_with(spoken_.document || spoken_.array ? "application/json" : "text/event-stream")))
      broken("a wrong content-type");
  }

  /// Before weir has seen what is asked, it can only guess the dialect.
  bool may_be_weir_error() const {
    return is_error_document(spoken_.client, answer_.body, answer_.complete) ||
           (!faultless_ && is_error_document(Dialect::openai_chat, answer_.body, answer_.complete));
  }

  bool is_golden() const {
    if (answer_.status != golden_.status) return false;
    switch (golden_.tail) {
      case Golden::Tail::none:
        return alike_ == golden_.body.size() && alike_ == answer_.body.size();
      case Golden::Tail::weir_body:
        return is_error_document(spoken_.client, answer_.body, true);
      case Golden::Tail::weir_event:
        return alike_ == golden_.body.size() &&
               is_error_end(spoken_.client, false, Bytes(answer_.body).substr(alike_), true);
    }
    return false;
  }

  /// A connection that ended in the middle of the golden answer. (What lasts until the close has no other end.)
  bool is_cut_golden() const {
    if (golden_.tail == Golden::Tail::weir_body) return may_be_weir_error();
    if (answer_.complete && !open_answer_ && (!open_golden_ || spoken_.heard || golden_.stream)) return false;
    return alike_ == answer_.body.size();
  }

  /// Whole parts of the golden stream, then an error event, or as much of one as came.
  bool ends_in_error() const {
    const bool whole = answer_.complete && !open_answer_;
    const Bytes body = answer_.body;
    for (auto end = golden_.ends.rbegin(); end != golden_.ends.rend(); ++end) {
      // A body may end properly within the line ends behind an event: weir then ends it with line feeds of its own.
      const bool mended = *end > alike_;
      const Bytes missing = mended ? Bytes(golden_.body).substr(alike_, *end - alike_) : Bytes();
      if (mended && (spoken_.heard || missing.find_first_not_of("\r\n") != Bytes::npos)) continue;
      Bytes rest = body.substr(*end - missing.size());
      while (!spoken_.heard && (rest.starts_with('\n') || rest.starts_with('\r'))) rest.remove_prefix(1);
      if (mended && read_sse(body.substr(0, body.size() - rest.size())).has_tail) continue;
      if (is_error_end(spoken_.client, spoken_.array, rest, whole)) return count_error_end();
    }
    if (!golden_.giant || spoken_.heard) return false;
    // A frame too large to be held broke off; a blank line ends it.
    Bytes rest = body.substr(std::min(alike_, body.size()));
    for (std::size_t back = 0; back < 8 && rest.data() > body.data(); ++back) {
      Bytes event = rest;
      while (event.starts_with('\n') || event.starts_with('\r')) event.remove_prefix(1);
      if (event.size() < rest.size() && is_error_end(spoken_.client, false, event, whole)) return count_error_end();
      rest = body.substr(static_cast<std::size_t>(rest.data() - body.data()) - 1);
    }
    return false;
  }

  bool count_error_end() const {
    if (answer_.complete) telling_.count(Probe::spoken_error_event);
    return true;
  }

  /// The frame that ends the answer was too large for the memory there was: signs of life behind it pass, too.
  bool ends_unread() const {
    if (!golden_.giant || spoken_.heard || answer_.status != 200 || alike_ < golden_.body.size()) return false;
    const SsePayloads rest = read_sse(Bytes(answer_.body).substr(alike_));
    return golden_.tail == Golden::Tail::none && rest.whole.empty() && !rest.has_tail;
  }

  /// A count that cannot be read is estimated.
  bool is_estimate() const {
    if (spoken_.lane != SpokenLane::count || spoken_.client == spoken_.provider) return false;
    std::string body;
    write_token_count(spoken_.client, spoken_.estimate, body);
    return answer_.status == 200 && answer_.body == body && answer_.find("x-weir-estimated");
  }

  /// The provider's answer has no end but its connection's: then a shorter one looks whole, if it has a finish.
  bool ends_early() const {
    if (!spoken_.heard) {
      Bytes got = answer_.body;
      while (got.ends_with('\n') || got.ends_with('\r')) got.remove_suffix(1);
      if (!Bytes(golden_.body).starts_with(got)) return false;
      return !golden_.stream || (golden_.spoken_finish > 0 && told_in(got) > golden_.spoken_finish);
    }
    for (std::size_t parts = spoken_.told.size(); parts-- > 0;) {
      const Heard heard = hear(spoken_, parts);
      if (heard.status != answer_.status || heard.body.size() != answer_.body.size()) continue;
      if (Likeness(heard.body, hear(spoken_, parts, true).body).alike(answer_.body) == heard.body.size()) return true;
    }
    return false;
  }

  /// Payloads that a part of a passed stream holds.
  std::size_t told_in(Bytes got) const { return read_sse(std::string(got) + "\n\n").whole.size(); }

  void count_golden() {
    using Kind = AnswerPlan::Kind;
    const AnswerPlan& answer = request_.answer;
    const auto count_if = [&](bool condition, Probe probe) {
      if (condition) telling_.count(probe);
    };
    const bool speaks = answer.kind == Kind::stream || answer.kind == Kind::document;
    count_if(spoken_.lane == SpokenLane::count && speaks, Probe::counted);
    count_if(spoken_.lane == SpokenLane::stored && speaks, Probe::stored_answer);
    count_if(answer.interim, Probe::interim_skipped);
    if (spoken_.lane == SpokenLane::count || spoken_.lane == SpokenLane::stored) return;
    count_if(answer.coded, golden_.status == 200 ? Probe::coding_passed : Probe::coding_refused);
    count_if(answer.kind == Kind::error && !answer.coded, Probe::spoken_error);
    if (!speaks) return;
    count_if(golden_.tail == Golden::Tail::weir_event || golden_.error_in_stream, Probe::spoken_error_event);
    count_if(golden_.status != 200, Probe::spoken_error_status);
    if (golden_.status != 200 || golden_.error_in_stream || golden_.tail != Golden::Tail::none) return;
    telling_.count_pair(spoken_.client, spoken_.provider, request_.wants_stream);
    count_if(spoken_.lane == SpokenLane::collect, Probe::collected);
    count_if(spoken_.array, Probe::array_told);
    count_if(answer.array, Probe::array_heard);
    count_if(golden_.stream && answer.kind == Kind::document, Probe::document_streamed);
    count_if(spoken_.lane != SpokenLane::collect && !golden_.stream && answer.kind == Kind::stream,
             Probe::stream_collected);
    count_if(spoken_.context.emulated_schema, Probe::schema_emulated);
    count_if(golden_.body.size() > 66'000 && spoken_.heard, Probe::large_translated);
  }

  const bool faultless_;
  const RequestPlan& request_;
  const Spoken& spoken_;
  const Golden& golden_;
  const HttpMessage& answer_;
  Telling& telling_;
  const bool open_golden_;
  const bool open_answer_;
  const Likeness like_;
  const std::size_t alike_;
};

}  // namespace

void judge_spoken(const Circumstances& circumstances, const RequestPlan& request, const HttpMessage& answer,
                  Telling& telling) {
  Judge(circumstances, request, answer, telling).judge();
}

std::string without_made_up(const RequestPlan& request, const HttpMessage& answer) {
  static Telling nobody;
  return Judge({}, request, answer, nobody).without_made_up();
}

}  // namespace weir::sim
