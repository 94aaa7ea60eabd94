#include "provider.h"

#include <algorithm>

#include "attempt_laws.h"

namespace weir::sim {

using Break = AnswerPlan::Break;

namespace {

constexpr Duration kLeastPause = 25ms;  // before a provider is returned to

}  // namespace

Provider::Provider(io::SimNetwork& network, const Plan& plan, std::size_t site, io::Address address, Telling& telling,
                   std::uint64_t cuts, TlsSide* tls, Visits& visits, std::function<Got(int)> received_by_client)
    : network_(network),
      plan_(plan),
      own_(plan.at_site(site)),
      site_(site),
      address_(address),
      telling_(telling),
      cuts_(cuts),
      tls_(tls),
      received_by_client_(std::move(received_by_client)),
      visits_(visits) {
  open();
  if (own_.vanishes_for == kNeverBack) {
    vanish();
  } else if (own_.vanishes_for > Duration{}) {
    network_.schedule(own_.vanishes, [this] { vanish(); });
  }
}

void Provider::vanish() {
  if (calm_ && own_.vanishes_again) return;
  telling_.say(Lane::provider, [this] { return "the provider" + where() + " vanishes"; });
  own_.vanishes_into_hole ? network_.black_hole(address_) : network_.refuse(address_);
  if (own_.vanishes_for == kNeverBack) return;
  network_.schedule(own_.vanishes_for, [this] {
    open();
    if (own_.vanishes_again && !calm_) network_.schedule(own_.vanishes_for, [this] { vanish(); });
  });
}

std::string Provider::where() const { return site_ == 0 ? std::string() : " of site " + std::to_string(site_); }

void Provider::open() {
  network_.listen(address_, own_.link, [this](io::SimPeer& peer) { accept(peer); });
}

void Provider::check_credential() {
  for (const auto& connection : connections_) {
    const std::string& raw = connection->reader.raw();
    std::size_t count = 0;
    for (const Bytes mark : {kCredential, kMemberCredential})
      for (std::size_t at = raw.find(mark); at != std::string::npos; at = raw.find(mark, at + 1)) ++count;
    const std::size_t heads = connection->reader.messages().size();
    // The last head may have broken off behind it.
    if (count != heads && count != heads + 1)
      telling_.broken("the credential came " + std::to_string(count) + " times in " + std::to_string(heads) +
                      " requests on one connection");
  }
}

bool Provider::is_answering(int id) const {
  return std::ranges::any_of(
      connections_, [id](const auto& connection) { return connection->current && connection->current->id == id; });
}

void Provider::accept(io::SimPeer& peer) {
  connections_.push_back(std::make_unique<Connection>());
  Connection& connection = *connections_.back();
  connection.free_since = network_.now();
  const bool secure = plan_.tls.provider;
  const WireFaults faults =
      secure && !plan_.faultless && !plan_.outage && !calm_ ? WireFaults::by_chance(cuts_) : WireFaults{};
  connection.wire =
      std::make_unique<Wire>(peer, secure ? tls_->provider->accept() : nullptr, faults, telling_, connections_.size());
  connection.wire->on_data = [this, &connection](Bytes bytes) { on_data(connection, bytes); };
  connection.wire->on_end = [this, &connection] { gone(connection, false); };
  connection.wire->on_reset = [this, &connection] { gone(connection, true); };
  connection.wire->on_writable = [this, &connection] { go_on(connection); };
}

void Provider::gone(Connection& connection, bool by_reset) {
  if (connection.over) return;
  connection.over = true;
  if (by_reset) lose(connection);
  if (connection.current) {
    telling_.count(Probe::provider_cancelled);
    telling_.say(Lane::provider,
                 [&] { return "the connection of #" + std::to_string(connection.current->id) + " is gone"; });
  }
  connection.current = nullptr;
  if (!by_reset) connection.wire->close();
}

void Provider::on_data(Connection& connection, Bytes bytes) {
  if (connection.over) return;
  heard_ += bytes;
  connection.reader.feed(bytes);
  if (!connection.reader.error().empty()) {
    telling_.broken("the provider got illegal bytes: " + connection.reader.error());
    return hang_up(connection, true);
  }
  take_requests(connection);
}

/// Whose request this is: chat completions carry a field of the client's own through the gateway, translated ones the
/// one field of the client's that says so.
const RequestPlan* Provider::plan_of(const HttpMessage& request) const {
  constexpr Bytes kPrefix = "exchange-";
  const auto own = [&](int id) -> const RequestPlan* {
    const RequestPlan* const plan = plan_.find(id);
    const RequestPlan* const here = plan ? plan->at_site(site_) : nullptr;
    if (!here) return nullptr;
    for (const RequestPlan& door : here->doors)
      if (const auto* field = request.find(door.spoken.credential_field); field && *field == door.spoken.credential)
        return &door;
    return here;
  };
  if (const auto* field = request.find("x-exchange")) return own(std::atoi(field->c_str()));
  const auto* field = request.find("x-request-id");
  if (!field || !field->starts_with(kPrefix)) return nullptr;
  return own(std::atoi(field->c_str() + kPrefix.size()));
}

void Provider::take_requests(Connection& connection) {
  const auto& requests = connection.reader.messages();
  while (!connection.over && connection.checked < connection.reader.completed()) {
    const HttpMessage& request = requests[connection.checked++];
    if (const RequestPlan* const plan = plan_of(request); plan && request.body != plan->provider_body)
      telling_.broken("the body of #" + std::to_string(plan->id) + " arrived changed: " + request.body.substr(0, 600) +
                      "; wanted " + plan->provider_body.substr(0, 600));
  }
  if (connection.over || connection.answered == requests.size()) return;
  const HttpMessage& request = requests[connection.answered];
  if (connection.current) {
    if (connection.at == connection.current->answer.wire.size()) return;  // taken up when this one's body is in
    telling_.broken("a request was sent before the last one was answered");
    return hang_up(connection, true);
  }
  const RequestPlan* const plan = plan_of(request);
  if (!plan || !plan->forwarded) {
    telling_.broken("the provider was asked for something that it should never see: " + request.target);
    return hang_up(connection, true);
  }
  const bool reused = connection.answered > 0;
  const bool stale = reused && plan->answer.stale && visits_[plan->id].arrivals.empty();
  if (!request.complete && !plan->answer.early && !stale) return;
  ++connection.answered;
  check(request, *plan);
  if (plan->misfit != Misfit::none)
    telling_.broken("#" + std::to_string(plan->id) + ": " + plan->spoken.deployment + " was asked, and must not be");
  // It was long on its way, and nobody waits for the answer any more.
  if (connection.wire->given_up_by_weir()) {
    telling_.say(Lane::provider, [&] { return "#" + std::to_string(plan->id) + " comes in too late"; });
    return hang_up(connection, false);
  }
  Visit& visit = visits_[plan->id];
  if (!visit.arrivals.empty()) check_again(*plan, visit, reused);
  connection.last = plan->id;
  connection.last_arrival = visit.arrivals.size();
  visit.arrivals.push_back({.plan = plan,
                            .wire = connection.wire.get(),
                            .at = network_.now(),
                            .sent = connection.free_since,
                            .reused = reused});
  if (reused) telling_.count(Probe::reused);
  if (stale) {
    telling_.say(Lane::provider,
                 [&] { return "#" + std::to_string(plan->id) + " comes in on a connection just given up"; });
    lose(connection);
    return hang_up(connection, plan->answer.stale_by_reset);
  }
  begin(connection, *plan);
}

/// What was written may not have come through, or not in time.
bool Provider::may_have_lost(const Arrival& arrival) const {
  const auto& net = plan_.options.net;
  // (Weir counts from when it began to send; half of its patience allows for the way.)
  const Duration patience = std::min({net.first_byte_timeout, net.stream_idle_timeout, net.total_timeout}) / 2;
  const WireFaults& faults = arrival.wire->faults();
  return arrival.lost || arrival.wire->broken_by_network() || faults.corrupts_sent > 0 || faults.corrupts_got > 0 ||
         (arrival.plan->answer.golden.until_close && arrival.wire->secure() && faults.truncates) ||
         network_.now() - arrival.sent > patience;
}

/// A request may come again only when the client has nothing of an answer, and only after what permits it.
void Provider::check_again(const RequestPlan& plan, Visit& visit, bool reused) const {
  const std::string name = "#" + std::to_string(plan.id);
  Arrival& last = visit.arrivals.back();
  const bool returns = last.plan == &plan;
  const AnswerPlan& answer = last.plan->answer;
  const Got got = received_by_client_(plan.id);
  if (got.begun || got.body_bytes > 0) return telling_.broken(name + " was asked for again after its client had bytes");
  // A used connection, or one kept warm, that ended without a byte was stale: it is replaced at once by a fresh one.
  const auto was_stale = [this](const Arrival& arrival) {
    return (arrival.reused || plan_.provider.warm_connections > 0) &&
           (arrival.written == 0 || arrival.lost || arrival.wire->broken_by_network());
  };
  const auto stale = static_cast<std::size_t>(std::ranges::count_if(visit.arrivals, was_stale));
  if (visit.arrivals.size() >= kMostAttempts + stale)
    return telling_.broken(name + " was asked for " + std::to_string(visit.arrivals.size() + 1) + " times");
  if (returns && was_stale(last) && !reused) {
    last.replaced = true;
    return telling_.count(Probe::stale_retried);
  }
  if (plan.spoken.lane == SpokenLane::stored)
    return telling_.broken(name + ": a question about a stored answer was asked again");
  if (may_have_lost(last)) return;
  const std::size_t meant = answer.meant_from();
  const bool whole = last.written == answer.wire.size();
  if (whole && returns && network_.now() - last.at < std::max(kLeastPause, answer.wants))
    return telling_.broken(name + " was asked for again before the time that was named");
  if (answer.golden.stream && meant > 0 && last.written >= meant)
    return telling_.broken(name + " was asked for again after its content had begun: " + answer.wire.substr(0, 1000));
  const Again least = returns ? Again::anybody : Again::others;
  if (whole && answer.again < least && answer.again_alone < least)
    telling_.broken(name + " was asked for again after " + (answer.again == Again::nobody ? "an end" : "a refusal") +
                    ": " + answer.wire.substr(answer.wire.size() > 400 ? answer.wire.size() - 400 : 0));
}

/// What the last answer on this connection said may not have come through.
void Provider::lose(const Connection& connection) {
  const auto visit = visits_.find(connection.last);
  if (visit != visits_.end()) visit->second.arrivals[connection.last_arrival].lost = true;
}

void Provider::check(const HttpMessage& request, const RequestPlan& plan) {
  const auto law = [&](bool kept, Bytes what) {
    if (!kept) telling_.broken("the request of #" + std::to_string(plan.id) + " to the provider: " + std::string(what));
  };
  const Spoken& spoken = plan.spoken;
  const auto count = [&](Bytes name) {
    return std::ranges::count_if(request.fields, [&](const auto& field) { return field.first == name; });
  };
  const std::string own = spoken.planned ? spoken.credential_field : "authorization";
  const auto* credential = request.find(own);
  law(request.method == spoken.method &&
          request.target == (spoken.planned ? spoken.target : std::string("/v1/chat/completions")),
      "a wrong request line: " + request.method + " " + request.target);
  law(credential && *credential == (spoken.planned ? spoken.credential : "Bearer " + std::string(kCredential)),
      "a wrong credential");
  for (const Bytes name : {"authorization", "x-api-key", "api-key", "x-goog-api-key"})
    law(count(name) == (name == own ? 1 : 0), "another credential");
  for (const Bytes name :
       {"cookie", "x-forwarded-for", "openai-organization", "expect", "transfer-encoding", "x-private", "connection",
        "keep-alive", "x-weir-session", "x-weir-tags", "x-weir-forbid-tags", "x-weir-max-cost"})
    law(!request.find(name), "a field that must not be forwarded: " + std::string(name));
  const auto* encoding = request.find("accept-encoding");
  law(encoding && *encoding == "identity", "a wish for a content coding");
  if (!spoken.planned) return;
  law(count("anthropic-version") == (spoken.provider == dialect::Dialect::anthropic_messages ? 1 : 0),
      "a wrong version of Anthropic's API");
  if (spoken.client == spoken.provider) return;
  for (const Bytes name : {"anthropic-beta", "x-goog-api-client"})
    law(!request.find(name), "a field of another dialect: " + std::string(name));
  const auto* type = request.find("content-type");
  law(type && *type == "application/json", "a wrong content-type");
}

void Provider::begin(Connection& connection, const RequestPlan& plan) {
  connection.current = &plan;
  connection.at = 0;
  connection.next_pause = 0;
  ++connection.serial;
  if (plan.answer.early && !connection.reader.messages().back().complete) telling_.count(Probe::early_answer);
  telling_.say(Lane::provider, [&] {
    return "#" + std::to_string(plan.id) + " is asked" + where() + ", answers with " +
           std::to_string(plan.answer.wire.size()) + " bytes" +
           (plan.answer.breaks == Break::none ? "" : ", breaking off after " + std::to_string(plan.answer.breaks_at));
  });
  go_on(connection);
}

void Provider::wait(Connection& connection, Duration length) {
  connection.waiting = true;
  ++moving_;
  network_.schedule(length, [this, &connection, serial = connection.serial] {
    --moving_;
    if (connection.serial != serial) return;
    connection.waiting = false;
    go_on(connection);
  });
}

/// Of the last answer to this exchange, if it is ours.
std::size_t Provider::written_of(const RequestPlan& plan) const {
  const auto visit = visits_.find(plan.id);
  if (visit == visits_.end() || visit->second.arrivals.empty()) return 0;
  const Arrival& last = visit->second.arrivals.back();
  return last.plan == &plan ? last.written : 0;
}

std::size_t Provider::held_by_gateway(const RequestPlan& plan) const {
  const std::size_t written = written_of(plan);
  const std::uint64_t read = received_by_client_(plan.id).body_bytes;
  return written > read ? written - read : 0;
}

std::size_t Provider::may_be_held(const RequestPlan& plan) const {
  const auto& options = plan_.options;
  const AnswerPlan& answer = plan.answer;
  // The two windows, the credit with the parts that reach over it, and the answer's own framing...
  std::size_t bound = own_.link.window + options.net.credit_bytes + 3 * std::size_t{options.buffers.buffer_bytes};
  for (const ClientPlan& client : plan_.clients)
    for (const RequestPlan& request : client.requests)
      if (request.id == plan.id) bound += client.link.window;
  // Under TLS: records that wait to be sent on our side, to be opened and to be sealed on weir's.
  if (plan_.tls.any()) bound += 4 * (tls::Engine::kMaxRecord + tls::Engine::kRecordOverhead);
  bound += answer.wire.size() - std::min(answer.wire.size(), answer.golden.body.size());
  // ...and what is held on purpose: the beginning of a frame, or of a document.
  return bound + (answer.golden.stream && !answer.golden.giant ? 8 * 1024 : 80 * 1024);
}

/// What has certainly been read of a stream, because no window has room for it, has been told to the client, but for
/// what lies in the window to it, in its credit, and in what is told at once.
void Provider::check_translation(const RequestPlan& plan) const {
  const Golden& golden = plan.answer.golden;
  if (!golden.stream || golden.ends.size() > golden.frame_ends.size()) return;
  const auto& options = plan_.options;
  const std::size_t records =
      plan_.tls.any() ? 4 * (tls::Engine::kMaxRecord + tls::Engine::kRecordOverhead) : std::size_t{0};
  const std::size_t unread = own_.link.window + 3 * std::size_t{options.buffers.buffer_bytes} + records;
  const std::size_t written = written_of(plan);
  std::size_t told = 0;
  for (std::size_t i = 0; i < golden.ends.size() && golden.frame_ends[i] + unread <= written; ++i)
    told = golden.ends[i];
  std::size_t bound = options.net.credit_bytes + 64 * 1024 + 3 * std::size_t{options.buffers.buffer_bytes} + records;
  for (const ClientPlan& client : plan_.clients)
    for (const RequestPlan& request : client.requests)
      if (request.id == plan.id) bound += client.link.window;
  const std::uint64_t got = received_by_client_(plan.id).body_bytes;
  if (told > got + bound)
    telling_.broken("#" + std::to_string(plan.id) + ": " + std::to_string(told - got) +
                    " translated bytes lie between provider and client, " + std::to_string(bound) + " may");
}

void Provider::go_on(Connection& connection) {
  while (!connection.over && connection.current && !connection.waiting) {
    const RequestPlan& plan = *connection.current;
    const AnswerPlan& answer = plan.answer;
    const bool breaks = answer.breaks != Break::none;
    const std::size_t limit = breaks ? std::min(answer.breaks_at, answer.wire.size()) : answer.wire.size();
    if (connection.at == limit) {
      if (!breaks) return end_answer(connection);
      telling_.say(Lane::provider, [&] { return "#" + std::to_string(plan.id) + " breaks off"; });
      if (answer.breaks == Break::reset) lose(connection);
      if (answer.breaks == Break::stall) return;
      return hang_up(connection, answer.breaks == Break::reset);
    }
    std::size_t piece = limit - connection.at;
    if (connection.next_pause < answer.pauses.size()) {
      const auto& pause = answer.pauses[connection.next_pause];
      if (pause.offset <= connection.at) {
        ++connection.next_pause;
        wait(connection, pause.length);
        continue;
      }
      piece = std::min(piece, pause.offset - connection.at);
    }
    if (cuts_.one_in(2)) piece = cuts_.between(1, std::min<std::size_t>(piece, cuts_.one_in(2) ? 30 : 3000));
    const std::size_t taken = connection.wire->write(Bytes(answer.wire).substr(connection.at, piece));
    connection.at += taken;
    visits_[plan.id].arrivals[connection.last_arrival].written = connection.at;

    if (plan.spoken.heard) {
      check_translation(plan);
    } else if (!answer.golden.held_whole && held_by_gateway(plan) > may_be_held(plan))
      telling_.broken("#" + std::to_string(plan.id) + ": " + std::to_string(held_by_gateway(plan)) +
                      " bytes lie between provider and client, " + std::to_string(may_be_held(plan)) + " may");
    if (taken < piece) {
      telling_.count(Probe::provider_held_back);
      return;
    }
    if (connection.at < limit && cuts_.one_in(3))
      wait(connection, Duration(static_cast<std::int64_t>(cuts_.below(300'000))));
  }
}

void Provider::end_answer(Connection& connection) {
  if (!connection.reader.messages().back().complete) {
    // Answered early: the rest of the request is still to come, and ending now could lose the answer.
    if (connection.reader.completed() < connection.answered) return wait(connection, 1ms);
  }
  if (!connection.wire->drained()) return wait(connection, 1ms);
  const AnswerPlan& answer = connection.current->answer;
  telling_.say(Lane::provider, [&] { return "#" + std::to_string(connection.current->id) + " is answered"; });
  if (answer.surplus) {
    connection.wire->write("surplus bytes\r\n\r\n");
    telling_.count(Probe::surplus);
  }
  connection.current = nullptr;
  connection.free_since = network_.now();
  ++connection.serial;
  if (answer.closes) return hang_up(connection, false);
  rest(connection);
  take_requests(connection);
}

void Provider::rest(Connection& connection) {
  if (own_.idles == Duration{}) return;
  network_.schedule(own_.idles, [this, &connection, serial = connection.serial] {
    if (connection.over || connection.serial != serial || connection.current) return;
    telling_.say(Lane::provider, [] { return std::string("an idle connection is closed"); });
    hang_up(connection, own_.idles_by_reset);
  });
}

void Provider::hang_up(Connection& connection, bool by_reset) {
  if (connection.over) return;
  // A reset, and so a close with a request still coming in, overtakes what is on its way.
  if (by_reset || connection.reader.completed() < connection.reader.messages().size()) lose(connection);
  connection.over = true;
  connection.current = nullptr;
  by_reset ? connection.wire->reset() : connection.wire->close();
}

}  // namespace weir::sim
