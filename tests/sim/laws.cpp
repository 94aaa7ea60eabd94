#include "laws.h"

#include <algorithm>
#include <optional>

#include "attempt_laws.h"
#include "pool_laws.h"
#include "spoken_laws.h"

namespace weir::sim {
namespace {

constexpr Bytes kErrorStart = R"({"error":{"message":")";

bool is_weir_error(Bytes body) { return body.starts_with(kErrorStart) && body.ends_with("}}"); }

class Judge {
 public:
  Judge(const Circumstances& circumstances, const RequestPlan& request, const HttpMessage& answer, Telling& telling)
      : faultless_(circumstances.faultless),
        request_(request),
        golden_(request.answer.golden),
        answer_(answer),
        telling_(telling),
        open_golden_(golden_.until_close && !circumstances.provider_end_is_told),
        open_answer_(answer.until_close && !circumstances.client_end_is_told) {}

  void judge() {
    const auto* connection = answer_.find("connection");
    if (!request_.http_1_1 && connection && *connection == "keep-alive") telling_.count(Probe::kept_alive_1_0);
    if (answer_.complete && request_.method == "HEAD") telling_.count(Probe::head_request);
    if (!request_.forwarded) return judge_own();
    check_fields();
    if (answer_.complete ? is_golden() : false) return count_golden();
    if (faultless_) return broken("the answer is not the golden one");
    if (!answer_.complete) telling_.count(Probe::answer_cut_off);
    if (golden_.until_close && !open_golden_) telling_.count(Probe::truncation_seen);
    if (golden_.stream && answer_.status == 200) return judge_stream();
    if (may_be_provider_error_before_commit()) return;
    if (is_trouble(answer_.status) && may_be_weir_error()) return;
    if (answer_.status == golden_.status && is_prefix_of_golden()) return;
    if ((open_golden_ || open_answer_) && answer_.status == 200 && Bytes(golden_.body).starts_with(answer_.body))
      return;
    // An error whose text broke off is still told by its status.
    const bool broken_error = request_.answer.kind == AnswerPlan::Kind::error;
    if (broken_error && answer_.status == golden_.status && may_be_weir_error()) return;
    broken("neither the provider's answer nor an honest error");
  }

 private:
  void broken(Bytes what) {
    telling_.broken("#" + std::to_string(request_.id) + " (" + request_.name + ", " +
                    (answer_.complete ? "whole" : "incomplete") + " answer " + std::to_string(answer_.status) +
                    "): " + std::string(what) + "; got " + std::to_string(answer_.body.size()) + " bytes ..." +
                    answer_.body.substr(answer_.body.size() > 300 ? answer_.body.size() - 300 : 0) + "; golden " +
                    std::to_string(golden_.status) + " with " + std::to_string(golden_.body.size()) + " bytes ..." +
                    golden_.body.substr(golden_.body.size() > 300 ? golden_.body.size() - 300 : 0));
  }

  /// Answers that weir makes alone.
  void judge_own() {
    const bool expected = answer_.status == request_.status;
    if (expected && request_.refused_unread) telling_.count(Probe::refused_unread);
    if (faultless_ ? !expected || !answer_.complete : !expected && !is_trouble(answer_.status))
      return broken("wanted " + std::to_string(request_.status));
    if (request_.method == "HEAD") return;
    if (answer_.status != 200 && !may_be_weir_error()) return broken("no error document");
    if (answer_.status == 200 && answer_.complete && !answer_.body.contains(R"("object":")"))
      broken("no list of models");
  }

  void check_fields() {
    for (const Bytes name : {"set-cookie", "x-hop", "location", "keep-alive"})
      if (answer_.find(name)) return broken("a field that must not be returned: " + std::string(name));
    if (answer_.status != 200) return;
    const auto* deployment = answer_.find("x-weir-deployment");
    const auto* id = answer_.find("x-request-id");
    if (!deployment || *deployment != "local/" + request_.provider_model) broken("a wrong x-weir-deployment");
    if (!id || *id != "req-" + std::to_string(request_.id)) broken("a wrong x-request-id");
  }

  bool may_be_weir_error() const {
    if (answer_.complete) return is_weir_error(answer_.body);
    return Bytes(answer_.body).substr(0, kErrorStart.size()) == kErrorStart.substr(0, answer_.body.size());
  }

  bool is_golden() const {
    if (answer_.status != golden_.status) return false;
    switch (golden_.tail) {
      case Golden::Tail::none:
        return answer_.body == golden_.body;
      case Golden::Tail::weir_body:
        return is_weir_error(answer_.body);
      case Golden::Tail::weir_event: {
        if (!Bytes(answer_.body).starts_with(golden_.body)) return false;
        const auto rest = read_sse(Bytes(answer_.body).substr(golden_.body.size()));
        return rest.whole.size() == 1 && is_weir_error(rest.whole[0]) && !rest.has_tail;
      }
    }
    return false;
  }

  /// A stream whose first event is an error may be answered with that error's status.
  bool may_be_provider_error_before_commit() const {
    if (!golden_.stream && golden_.payloads.empty() && request_.answer.kind == AnswerPlan::Kind::stream)
      return (answer_.status == golden_.status && is_prefix_of_golden()) || may_be_comments_and_weir_event();
    return false;
  }

  /// What is left of a stream whose first event did not come through.
  bool may_be_comments_and_weir_event() const {
    const auto got = read_sse(answer_.body);
    if (answer_.status != 200 || got.whole.size() > 1) return false;
    return got.whole.empty() ? !answer_.complete || open_answer_ : is_weir_error(got.whole[0]);
  }

  bool is_prefix_of_golden() const {
    if (golden_.tail == Golden::Tail::weir_body) return may_be_weir_error();
    // An answer that lasts until the close has no other end: HTTP cannot tell a break from it.
    return Bytes(golden_.body).starts_with(answer_.body) && (!answer_.complete || open_golden_);
  }

  /// A stream that is not the golden one: whole events of it in order, then an error event, or a cut connection.
  void judge_stream() {
    auto got = read_sse(answer_.body);
    bool normal_end = false;
    bool error_end = false;
    if (!got.whole.empty() && got.whole.back() == "[DONE]") {
      normal_end = true;
      got.whole.pop_back();
    } else if (!got.whole.empty() && got.whole.size() > matching(got.whole) && is_weir_error(got.whole.back())) {
      error_end = true;
      got.whole.pop_back();
    }
    std::size_t count = matching(got.whole);
    // A frame too large to be held broke off; it is ended by a blank line, and the error behind that may be cut off
    // too.
    const bool may_break_off = golden_.giant && count < golden_.payloads.size() && (error_end || !answer_.complete);
    if (may_break_off && count + 1 == got.whole.size() && Bytes(golden_.payloads[count]).starts_with(got.whole.back()))
      got.whole.pop_back();
    if (count < got.whole.size()) return broken("an event that the provider did not send");
    if (normal_end && (golden_.finished_after == 0 || count < golden_.finished_after))
      return broken("a made-up normal end");
    if (!answer_.complete && got.has_tail && !may_follow(got.tail, count)) return broken("a strange last event");
    if (error_end && answer_.complete) telling_.count(Probe::error_event);
    if (!answer_.complete || error_end || normal_end || open_answer_) return;
    if (golden_.error_in_stream && count == golden_.payloads.size()) return;
    broken("a stream that ends without an end");
  }

  std::size_t matching(const std::vector<std::string>& payloads) const {
    std::size_t count = 0;
    while (count < payloads.size() && count < golden_.payloads.size() && payloads[count] == golden_.payloads[count])
      ++count;
    return count;
  }

  bool may_follow(Bytes tail, std::size_t count) const {
    if (Bytes("[DONE]").starts_with(tail)) return true;
    if (tail.substr(0, kErrorStart.size()) == kErrorStart.substr(0, tail.size())) return true;
    return count < golden_.payloads.size() && Bytes(golden_.payloads[count]).starts_with(tail);
  }

  void count_golden() {
    const AnswerPlan& answer = request_.answer;
    using Kind = AnswerPlan::Kind;
    const auto count_if = [&](bool condition, Probe probe) {
      if (condition) telling_.count(probe);
    };
    count_if(answer.kind == Kind::document && golden_.status == 200, Probe::golden_document);
    count_if(answer.kind == Kind::document && golden_.status == 200 && golden_.body.size() > 66'000,
             Probe::large_document);
    count_if(answer.kind == Kind::document && golden_.status != 200, Probe::error_in_200);
    count_if(golden_.stream, Probe::golden_stream);
    count_if(golden_.giant, Probe::giant_frame);
    count_if(golden_.stream && golden_.withholds_usage, Probe::usage_withheld);
    count_if(golden_.adds_done, Probe::done_added);
    count_if(golden_.tail == Golden::Tail::weir_event, Probe::error_event);
    count_if(golden_.error_in_stream, Probe::provider_error_event);
    count_if(answer.kind == Kind::error && golden_.tail == Golden::Tail::none, Probe::provider_error);
    count_if(answer.kind == Kind::error && golden_.tail != Golden::Tail::none, Probe::error_wrapped);
    count_if(answer.interim, Probe::interim_skipped);
    count_if(answer_.until_close, Probe::http_1_0);
  }

  const bool faultless_;
  const RequestPlan& request_;
  const Golden& golden_;
  const HttpMessage& answer_;
  Telling& telling_;
  // Answers without an end of their own, whose connection's end does not say either whether it was meant.
  const bool open_golden_;
  const bool open_answer_;
};

/// Of a log line: the frames of a translated answer have to be held whole, and there may be no memory for one.
bool is_translated(const std::deque<Client>& clients, Bytes line) {
  for (const Client& client : clients)
    for (const RequestPlan& request : client.plan().requests)
      if (!request.model.empty() && line.contains("\"model\":\"" + request.model + "\""))
        for (std::size_t i = 0; i < request.deployments(); ++i)
          if (request.deployment(i).spoken.heard || request.deployment(i).answer.golden.held_whole) return true;
  return false;
}

bool may_be_answered(const RequestPlan& request) {
  if (!request.forwarded) return true;  // refused for another reason
  for (std::size_t i = 0; i < request.deployments(); ++i)
    if (request.deployment(i).misfit == Misfit::none) return true;
  return false;
}

/// "$0.0258" in a text -> nano-dollars; nothing: no amount is there.
std::optional<std::int64_t> read_dollars(Bytes text) {
  const std::size_t at = text.find('$');
  if (at == Bytes::npos) return std::nullopt;
  text.remove_prefix(at + 1);
  std::int64_t nano = 0;
  std::size_t decimals = 0;
  bool is_behind_point = false;
  for (const char c : text) {
    const bool is_point = c == '.' && !is_behind_point;
    if (!is_point && (c < '0' || c > '9')) break;
    is_behind_point |= is_point;
    if (is_point) continue;
    nano = nano * 10 + (c - '0');
    decimals += is_behind_point;
  }
  for (; decimals < 9; ++decimals) nano *= 10;
  return nano;
}

/// Where somebody was left out for his price alone, the refusal names the least of what it would have cost.
void judge_least_cost(const Plan& plan, const RequestPlan& request, const HttpMessage& answer, Telling& telling) {
  std::int64_t least = INT64_MAX, most = INT64_MAX;
  for (std::size_t i = 0; i < request.deployments(); ++i) {
    const RequestPlan& one = request.deployment(i);
    if (one.misfit != Misfit::cost) continue;
    const Member& member = plan.pools.members[one.member];
    least = std::min(least, least_cost(member, one.sizes));
    most = std::min(most, most_cost(member, one.sizes));
  }
  const auto told = read_dollars(answer.body);
  const bool is_too_dear = least < INT64_MAX;
  if (is_too_dear ? !told || *told < least || *told > most : told.has_value())
    return telling.broken("#" + std::to_string(request.id) + ": the least cost is " + std::to_string(least) + " to " +
                          std::to_string(most) + " nano-dollars, and it was told " + answer.body.substr(0, 300));
  if (is_too_dear) telling.count(Probe::too_dear_told);
}

/// No deployment of its model may be asked this.
void judge_nobody(const Plan& plan, bool faultless, const RequestPlan& request, const HttpMessage& answer,
                  Telling& telling) {
  const bool expected = answer.status == row(Fault::no_deployment).status && !answer.find("x-weir-deployment");
  const bool honest = is_error_document(request.spoken.client, answer.body, answer.complete) ||
                      (!faultless && is_error_document(dialect::Dialect::openai_chat, answer.body, answer.complete));
  if (answer.head_complete && (faultless ? !expected : !is_trouble(answer.status) && !expected))
    telling.broken("#" + std::to_string(request.id) + ": nobody may be asked, and it got " +
                   std::to_string(answer.status));
  if (!honest) telling.broken("#" + std::to_string(request.id) + ": no error document: " + answer.body.substr(0, 300));
  if (!expected || !answer.complete) return;
  telling.count(Probe::nobody_fits);
  judge_least_cost(plan, request, answer, telling);
}

std::size_t asks_of_pool(const std::deque<Client>& clients, std::size_t pool) {
  std::size_t asks = 0;
  for (const Client& client : clients)
    asks += static_cast<std::size_t>(
        std::ranges::count(client.plan().requests, pool, [](const RequestPlan& request) { return request.pool; }));
  return asks;
}

}  // namespace

std::uint64_t logged_attempts(Bytes log) {
  constexpr Bytes kMember = "\"attempts\":";
  std::uint64_t sum = 0;
  for (std::size_t at = log.find(kMember); at != Bytes::npos; at = log.find(kMember, at + 1)) {
    const Bytes value = log.substr(at + kMember.size(), 20);
    sum += parse_decimal(value.substr(0, value.find(','))).value_or(0);
  }
  return sum;
}

std::size_t count_of(Bytes text, Bytes what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != Bytes::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

bool is_trouble(int status) {
  return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

bool holds_secret(Bytes text, bool credential, bool keys) {
  if (credential && (text.contains(kCredential) || text.contains(kMemberCredential))) return true;
  return keys && std::ranges::any_of(kKeys, [&](Bytes key) { return text.contains(key); });
}

void judge_client(const Plan& plan, const Client& client, const Provider::Visits& visits, PoolLaws& pools, Bytes log,
                  Telling& telling) {
  const auto& requests = client.plan().requests;
  const auto& answers = client.answers().messages();
  const bool faultless = plan.faultless || plan.outage || client.plan().calm;
  if (answers.size() > requests.size()) return telling.broken("more answers than requests");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    // Answered without having been asked: the connection was not even taken.
    if (i >= client.begun() && !is_trouble(answers[i].status)) telling.broken("an answer before its request");
    const auto visit = visits.find(requests[i].id);
    const Wire* wire = visit == visits.end() ? nullptr : visit->second.wire();
    const HealthHistory::Life life{client.begun_at(i), client.answered_at(i)};
    if (!may_be_answered(requests[i])) {
      judge_nobody(plan, faultless, requests[i], answers[i], telling);
      continue;
    }
    // Where a provider may do this or that, what it did is not known before.
    const bool pooled = requests[i].pool != kNoPool && requests[i].forwarded;
    const bool decided = pooled ? pools.is_decided(requests[i], life) : is_decided(plan, requests[i]);
    const bool open = plan.outage && !decided;
    const RequestPlan& asked = answered_by(requests[i], answers[i], visits);
    const bool unreached = !answers[i].find("x-weir-deployment") && plan.at_site(asked.site).vanishes_for == kNeverBack;
    const Circumstances circumstances{.faultless = faultless && !open && !unreached,
                                      .provider_end_is_told = wire && wire->secure() && wire->faults().truncates,
                                      .client_end_is_told = client.speaks_tls()};
    asked.spoken.planned ? judge_spoken(circumstances, asked, answers[i], telling)
                         : Judge(circumstances, asked, answers[i], telling).judge();
    judge_attempts(plan, requests[i], answers[i], visits, log, telling);
    if (pooled) pools.judge(requests[i], answers[i], visit == visits.end() ? Provider::Visit() : visit->second, life);
  }
  for (std::size_t i = 0; i < client.begun(); ++i)
    if (const auto visit = visits.find(requests[i].id); visit != visits.end() && requests[i].pool != kNoPool)
      pools.judge_credentials(requests[i], visit->second, client.begun_at(i));
  // (A provider may see that: weir ends a request that was answered before all of it was sent.)
  if (faultless && client.end_unsaid()) telling.broken("a TLS connection ended without saying so");
  if (client.plan().calm) telling.count(Probe::served_after_storm);
  if (faultless && client.answers().completed() != requests.size())
    telling.broken("a client got " + std::to_string(client.answers().completed()) + " of " +
                   std::to_string(requests.size()) + " answers" + (client.was_reset() ? ", then a reset" : ""));
  if (holds_secret(client.answers().raw(), true, true)) telling.broken("a client got to see a secret");
  if (client.answers().interims() > 0) telling.count(Probe::continue_sent);
}

void judge_log(const Plan& plan, const std::deque<Client>& clients, Bytes log, std::uint64_t exchanges, bool whole,
               Telling& telling) {
  if (holds_secret(log, true, true)) telling.broken("a secret in the log");
  if (log.contains(kPromptMark) || log.contains(kAnswerMark)) telling.broken("a text of a conversation in the log");
  // Time passes only while the gateway waits, so none of it may be called its own.
  if (whole && count_of(log, "\"overhead_ns\":") != count_of(log, "\"overhead_ns\":0}"))
    telling.broken("time spent waiting is logged as weir's own");
  for (std::size_t at = log.find("\"fault\":\"client_gone\""); at != Bytes::npos;
       at = log.find("\"fault\":\"client_gone\"", at + 1)) {
    const std::size_t begin = log.rfind('\n', at) + 1;
    const Bytes line = log.substr(begin, log.find('\n', at) - begin);
    if (line.contains("\"attempts\":0") && line.contains("\"model\":")) telling.count(Probe::left_before_asked);
  }
  for (std::size_t at = log.find("\"fault\":\"shed\""); at != Bytes::npos;
       at = log.find("\"fault\":\"shed\"", at + 1)) {
    // Of the last record that begins before it: where writes are cut short, records may stand in one line.
    const std::size_t begin = log.rfind("{\"time\"", at);
    const Bytes line = log.substr(begin, log.find('\n', at) - begin);
    if (whole && line.contains("\"status\":200") && !is_translated(clients, line))
      telling.broken("an answer was given up for want of memory");
    telling.count(line.contains("\"key\":") ? Probe::shed_body : Probe::shed_connection);
  }
  const std::size_t lines = count_of(log, "\n");
  if (whole && lines != exchanges)
    telling.broken(std::to_string(lines) + " log lines for " + std::to_string(exchanges) + " exchanges");

  std::size_t begun = 0;
  std::size_t answered = 0;
  std::size_t connections = 0;
  std::size_t asked = 0;
  for (const Client& client : clients) {
    begun += client.begun();
    asked += client.plan().requests.size();
    answered += client.answers().completed();
    connections += client.connected();
    for (std::size_t i = 0; i < client.plan().requests.size(); ++i) {
      const RequestPlan& request = client.plan().requests[i];
      if (!request.forwarded || request.unnamed) continue;
      const std::size_t own = count_of(log, "\"model\":\"" + request.model + "\"");
      const std::size_t most = request.pool == kNoPool ? 1 : asks_of_pool(clients, request.pool);
      if (own > most)
        telling.broken("#" + std::to_string(request.id) + " was settled " + std::to_string(own) + " times");
      const bool from_provider =
          i < client.answers().completed() && client.answers().messages()[i].find("x-weir-deployment");
      if (whole && from_provider && own == 0) telling.broken("#" + std::to_string(request.id) + " has no log line");
    }
  }
  if (exchanges < answered) telling.broken("more answers than exchanges");
  if (exchanges > begun + connections) telling.broken("more exchanges than requests and connections");
  if ((plan.faultless || plan.outage) && exchanges != asked)
    telling.broken(std::to_string(exchanges) + " exchanges for " + std::to_string(asked) + " requests");
}

}  // namespace weir::sim
