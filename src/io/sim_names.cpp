#include "weir/io/sim_names.h"

#include <string>

#include "weir/io/sim_network.h"

namespace weir::io {

/// A lookup until its last answer. What comes of it is decided when it is due, by the table of that moment.
struct SimNames::Request : ListHook<SimNames>, Timer {
  Request(SimNames& n, Lookup& l, Bytes h) : Timer(&SimNames::on_due), names(n), lookup(l), host(h) {}

  SimNames& names;
  Lookup& lookup;
  std::string host;
  NameStatus fate = NameStatus::found;  // unless the table says otherwise
  Duration family_late{};               // zero: both families come together
  std::vector<NameAddress> addresses;   // once the first family was given
};

SimNames::SimNames(Loop& loop, const NameOptions& options)
    : loop_(loop),
      patience_(options.attempt_timeout * ((1 << options.attempts) - 1)),
      resolution_delay_(options.resolution_delay) {}

SimNames::~SimNames() { WEIR_ASSERT(requests_.empty(), "names are closed before they die"); }

void SimNames::start(Lookup& lookup, Bytes host) {
  SimNetwork& network = loop_.ring().network();
  const SimSeam seam(network.meter(), SimMeter::Side::below);
  const SimFaults& faults = network.faults();
  const auto up_to = [&](Duration most) {
    return Duration(static_cast<std::int64_t>(network.random().below(static_cast<std::uint64_t>(to_ns(most)))));
  };
  lookup.start();
  auto* request = new Request(*this, lookup, host);
  requests_.push_back(*request);
  Duration wait = 100us + up_to(1ms);
  if (network.happens(SimEvent::name_slow, faults.name_slow)) wait += up_to(2s);
  if (network.happens(SimEvent::name_failed, faults.name_failed)) {
    request->fate = NameStatus::failed;
  } else if (network.happens(SimEvent::name_timed_out, faults.name_timed_out)) {
    request->fate = NameStatus::timed_out;
    wait = patience_;
  } else if (network.happens(SimEvent::name_not_found, faults.name_not_found)) {
    request->fate = NameStatus::not_found;
  } else if (network.happens(SimEvent::name_family_late, faults.name_family_late)) {
    request->family_late = resolution_delay_ + up_to(1s);
  }
  if (network.has_story()) network.tell("asks for " + request->host);
  loop_.timers().set(*request, loop_.now() + wait);
}

void SimNames::on_due(Timer& timer) {
  auto& request = static_cast<Request&>(timer);
  const SimSeam seam(request.names.loop_.ring().network().meter(), SimMeter::Side::below);
  request.names.answer(request);
}

void SimNames::deliver(Lookup& lookup, const NameAnswer& answer) {
  const SimSeam seam(loop_.ring().network().meter(), SimMeter::Side::above);
  lookup.deliver(answer);
}

void SimNames::answer(Request& request) {
  SimNetwork& network = loop_.ring().network();
  NameAnswer answer{request.fate, {}, false};
  if (request.fate == NameStatus::found && request.addresses.empty()) {
    if (const auto* entry = network.find_name(request.host)) request.addresses = *entry;
    if (const auto literal = Address::from_literal(request.host, 0)) request.addresses = {{*literal, 1h}};
  }
  std::vector<NameAddress> early;
  if (request.fate == NameStatus::found) {
    if (request.family_late != Duration{})
      for (const NameAddress& one : request.addresses)
        if (!one.address.v6) early.push_back(one);
    answer.addresses = early.empty() ? request.addresses : early;
    answer.more = !early.empty() && early.size() < request.addresses.size();
    if (answer.addresses.empty()) answer.status = NameStatus::not_found;
  }
  network.mix(request.host);
  network.mix(static_cast<std::uint64_t>(answer.status));
  network.mix(answer.addresses.size());
  if (network.has_story())
    network.tell(request.host + " -> " + std::to_string(answer.addresses.size()) + " addresses, status " +
                 std::to_string(static_cast<int>(answer.status)) + (answer.more ? ", more" : ""));
  if (answer.more) {
    loop_.timers().set(request, loop_.now() + std::exchange(request.family_late, Duration{}));
    return deliver(request.lookup, answer);
  }
  Lookup& lookup = request.lookup;
  request.ListHook<SimNames>::unlink();
  deliver(lookup, answer);  // may start another lookup, never touches this one
  delete &request;
  if (closer_ && requests_.empty()) loop_.make_ready(std::exchange(closer_, {}));
}

void SimNames::cancel(Lookup& lookup) {
  requests_.for_each([&](Request& request) {
    if (&request.lookup != &lookup) return;
    request.fate = NameStatus::cancelled;
    loop_.timers().set(request, loop_.now());
  });
}

Task<> SimNames::close() {
  requests_.for_each([&](Request& request) {
    request.fate = NameStatus::cancelled;
    loop_.timers().set(request, loop_.now());
  });
  struct Awaiter {
    SimNames& names;
    bool await_ready() { return names.requests_.empty(); }
    void await_suspend(std::coroutine_handle<> handle) { names.closer_ = handle; }
    void await_resume() {}
  };
  Awaiter quiet{*this};
  co_await quiet;
}

}  // namespace weir::io
