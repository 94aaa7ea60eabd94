#include "weir/io/sim_network.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sim_flight.h"
#include "sim_site.h"

namespace weir::io {
namespace {
constexpr std::uint64_t kPrime = 0x9fb21c651e98df25U;

SimNetwork::Callback take_first(auto& heap) {
  std::pop_heap(heap.begin(), heap.end(), std::greater<>());
  auto callback = std::move(heap.back().callback);
  heap.pop_back();
  return callback;
}
}  // namespace

SimFaults SimFaults::only_cuts() {
  SimFaults faults;
  faults.short_send = faults.small_receive = faults.split_segment = 300;
  faults.late_completion = 100;
  faults.early_submit = 50;
  return faults;
}

SimFaults SimFaults::rough() {
  SimFaults faults = only_cuts();
  faults.slow_segment = 20;
  faults.late_cancel = 300;
  faults.spurious_no_buffer = 20;
  faults.accept_ended = faults.accept_aborted = faults.accept_no_descriptor = 20;
  faults.open_failed = 10;
  faults.listen_failed = 50;
  faults.connect_refused = faults.connect_timed_out = faults.connect_black_holed = 15;
  faults.reset_for_end = 30;
  faults.reset_midway = 5;
  faults.write_failed = 5;
  faults.short_write = 100;
  faults.name_failed = faults.name_timed_out = 50;
  faults.name_not_found = 20;
  faults.name_slow = faults.name_family_late = 100;
  return faults;
}

SimNetwork::SimNetwork(const SimOptions& options)
    : now_(options.start),
      wall_offset_ns_(options.start_unix_ns - to_ns(options.start)),
      turn_cost_(options.turn_cost),
      random_(options.seed, options.script),
      link_(options.link),
      faults_(options.faults),
      descriptor_limit_(options.descriptor_limit),
      completion_entries_(options.completion_entries),
      poison_(options.poison) {
  WEIR_ASSERT(turn_cost_ > Duration::zero(), "time passes between turns");
  WEIR_ASSERT(completion_entries_ > 0, "a completion can be told");
  WEIR_ASSERT(link_.window > 0 && link_.segment > 0, "a connection can carry bytes");
  descriptors_.resize(3);  // standard input, output and error are somebody else's
}

SimNetwork::~SimNetwork() { WEIR_ASSERT(rings_.empty(), "a network outlives its rings"); }

WallTime SimNetwork::wall() const { return {to_ns(now_.time_since_epoch()) + wall_offset_ns_}; }

bool SimNetwork::step() {
  Instant next = events_.empty() ? kNever : events_.front().at;
  for (const SimRing* ring : rings_) next = std::min(next, ring->next_turn());
  if (next == kNever) return false;
  const Instant until = std::max(now_ + turn_cost_, next);
  // Only what was planned before this step: what its events plan without delay waits until the rings had their turns.
  const std::uint64_t planned = next_sequence_;
  while (!events_.empty() && events_.front().at <= until && events_.front().sequence < planned) {
    now_ = std::max(now_, events_.front().at);
    take_first(events_)();
  }
  now_ = std::max(now_, until);
  return true;
}

void SimNetwork::at(Instant when, Callback callback) {
  events_.push_back({when, next_sequence_++, std::move(callback)});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void SimNetwork::schedule(Duration delay, Callback callback) { at(now_ + delay, std::move(callback)); }

bool SimNetwork::happens(SimEvent event, std::uint16_t per_thousand) {
  if (per_thousand == 0 || random_.below(1000) >= per_thousand) return false;
  count(event);
  return true;
}

Duration SimNetwork::travel(const SimLink& link) {
  const auto jitter = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_ns(link.jitter)));
  return link.latency + Duration(static_cast<std::int64_t>(random_.between(0, jitter)));
}

void SimNetwork::mix(std::uint64_t value) {
  trace_hash_ = std::rotl((trace_hash_ ^ value) * kPrime, 29);
  trace_hash_ ^= trace_hash_ >> 32;
}

void SimNetwork::mix(Bytes bytes) {
  mix(bytes.size());
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    mix(word);
  }
  std::uint64_t word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  mix(word);
}

// Descriptors.

std::size_t SimNetwork::open_descriptors() const { return open_descriptors_; }

bool SimNetwork::descriptors_left() {
  if (open_descriptors_ < descriptor_limit_) return true;
  count(SimEvent::descriptors_out);
  return false;
}

std::shared_ptr<SimDescriptor> SimNetwork::open_descriptor() {
  auto place = std::find(descriptors_.begin() + 3, descriptors_.end(), nullptr);
  if (place == descriptors_.end()) place = descriptors_.insert(place, nullptr);
  const auto number = static_cast<std::size_t>(place - descriptors_.begin());
  *place = std::make_shared<SimDescriptor>();
  (*place)->fd = Fd{static_cast<int>(number)};
  if (number < closed_at_.size() && now_ - closed_at_[number] <= 100us) count(SimEvent::descriptor_reused);
  ++open_descriptors_;
  return *place;
}

const std::shared_ptr<SimDescriptor>& SimNetwork::shared_descriptor(Fd fd) const {
  WEIR_ASSERT(fd.valid() && static_cast<std::size_t>(fd.value) < descriptors_.size() &&
                  descriptors_[static_cast<std::size_t>(fd.value)],
              "a descriptor is open when it is used");
  return descriptors_[static_cast<std::size_t>(fd.value)];
}

SimDescriptor& SimNetwork::descriptor(Fd fd) const { return *shared_descriptor(fd); }

void SimNetwork::free_descriptor(Fd fd) {
  const auto number = static_cast<std::size_t>(fd.value);
  descriptors_[number] = nullptr;
  if (closed_at_.size() <= number) closed_at_.resize(number + 1, Instant::min() + 1h);
  closed_at_[number] = now_;
  --open_descriptors_;
}

Fd SimNetwork::open_file(std::string name) {
  const auto file = open_descriptor();
  file->type = SimDescriptor::Type::file;
  const auto known = std::find_if(files_.begin(), files_.end(), [&](const File& f) { return f.name == name; });
  file->file = static_cast<std::size_t>(known - files_.begin());
  if (known == files_.end()) files_.push_back({std::move(name), {}});
  return file->fd;
}

Bytes SimNetwork::written(Bytes name) const {
  for (const File& file : files_)
    if (file.name == name) return file.content;
  return {};
}

// Names.

void SimNetwork::name(std::string host, std::vector<NameAddress> addresses) {
  forget_name(host);
  names_.push_back({std::move(host), std::move(addresses)});
}

void SimNetwork::forget_name(Bytes host) {
  std::erase_if(names_, [&](const Name& name) { return name.host == host; });
}

const std::vector<NameAddress>* SimNetwork::find_name(Bytes host) const {
  for (const Name& name : names_)
    if (name.host == host) return &name.addresses;
  return nullptr;
}

// Signals.

void SimNetwork::raise_signal(int number) {
  WEIR_ASSERT(number > 0 && number < 64, "a signal number");
  if (has_story()) tell("signal " + std::to_string(number));
  pending_signals_ |= std::uint64_t{1} << number;
  offer_signals();
}

void SimNetwork::offer_signals() {
  while (pending_signals_ != 0) {
    std::vector<SimRing*> willing;
    for (SimRing* ring : rings_)
      if (ring->signals_ && ring->signals_->state == SimRing::Flight::State::armed) willing.push_back(ring);
    if (willing.empty()) return;
    const int number = std::countr_zero(pending_signals_);
    pending_signals_ &= pending_signals_ - 1;
    SimRing& ring = *willing[random_.below(willing.size())];
    ring.decide(*ring.signals_, number);
  }
}

bool SimNetwork::knows(const SimRing* ring) const { return std::ranges::find(rings_, ring) != rings_.end(); }

}  // namespace weir::io
