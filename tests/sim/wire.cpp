#include "wire.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::sim {
namespace {

constexpr std::size_t kRecordHead = 5;

void call(const std::function<void()>& function) {
  if (function) function();
}

}  // namespace

Wire::Wire(io::SimPeer& peer, std::unique_ptr<tls::Engine> engine, const WireFaults& faults, Telling& telling,
           std::uint64_t cuts)
    : peer_(peer), engine_(std::move(engine)), faults_(faults), telling_(telling), cuts_(cuts) {
  peer.on_connect = [this](io::SimPeer&) {
    if (!engine_) return call(on_connect);
    take({});
  };
  peer.on_refused = [this](io::SimPeer&) { call(on_refused); };
  peer.on_data = [this](io::SimPeer&, Bytes bytes) {
    if (!engine_) return on_data(bytes);
    take(bytes);
  };
  peer.on_end = [this](io::SimPeer&) {
    if (ending_ == Ending::close) return;
    if (!engine_ || end_came_) return call(on_end);
    end_unsaid_ = true;
    telling_.count(Probe::end_unsaid);
    telling_.say(Lane::weir, [&] { return peer_.remote().to_string() + " ends TLS without saying so"; });
    call(on_reset);
  };
  peer.on_reset = [this](io::SimPeer&) {
    if (ending_ != Ending::close) call(on_reset);
  };
  peer.on_writable = [this](io::SimPeer&) {
    if (!engine_) return call(on_writable);
    push();
  };
}

// ---- From weir.

void Wire::take(Bytes wire) {
  if (over_ || failed_ || ending_ == Ending::close || faults_.never_shakes_hands) return;
  check_records(wire);
  if (end_came_) return;  // what follows is to be ignored: an alert about what weir had still to read
  std::string bytes(wire);
  if (corrupt(bytes, faults_.corrupts_got, got_)) telling_.count(Probe::corrupted);
  using Outcome = tls::Engine::Outcome;
  if (!bytes.empty()) engine_->feed(bytes);
  for (bool going = true; going;) {
    const Outcome shaken = engine_->handshake();
    out_.append(engine_->pending());
    engine_->clear_pending();
    push();
    if (shaken == Outcome::failed) return give_up();
    if (over_ || shaken != Outcome::done) return;
    if (!shaken_) {
      shaken_ = true;
      telling_.count(engine_->resumed() ? Probe::session_resumed : Probe::handshake_done);
      call(on_connect);
      if (over_) return;
    }
    std::array<char, 4096> content;
    while (!over_) {
      const auto read = engine_->read(content);
      if (read.outcome == Outcome::failed) return give_up();
      if (read.outcome == Outcome::ended) end_came_ = true;
      if (read.outcome != Outcome::done) break;
      if (end_came_) telling_.broken("content behind the end of a TLS connection");
      on_data({content.data(), read.size});
    }
    going = !over_ && !engine_->hungry() && !end_came_;
  }
  if (over_) return;
  out_.append(engine_->pending());
  engine_->clear_pending();
  push();
}

/// Whoever listens on the wire sees records, and nothing of what they hold.
void Wire::check_records(Bytes wire) {
  for (const char c : wire) {
    record_ += c;
    if (record_.size() < kRecordHead) continue;
    const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(record_[i]); };
    const std::size_t length = byte(3) * 256U + byte(4);
    if (record_.size() == kRecordHead && (byte(0) < 20 || byte(0) > 23 || byte(1) != 3 || length > 16'384 + 256))
      return telling_.broken("weir sent something else than a TLS record");
    if (record_.size() < kRecordHead + length) continue;
    for (const Bytes word : {kPromptMark, kAnswerMark, kCredential, kKeys[0], kKeys[1], Bytes("HTTP/1.1")})
      if (record_.contains(word)) telling_.broken("content can be read on a TLS wire");
    record_.clear();
  }
}

void Wire::give_up() {
  failed_ = true;
  telling_.count(Probe::wire_failed);
  out_.append(engine_->pending());  // an alert
  engine_->clear_pending();
  ending_ = Ending::close;
  push();
  call(on_reset);
}

bool Wire::corrupt(std::string& bytes, std::size_t place, std::size_t& so_far) {
  const std::size_t before = so_far;
  so_far += bytes.size();
  if (place == 0 || place <= before || place > so_far) return false;
  char& changed = bytes[place - before - 1];
  changed = static_cast<char>(changed ^ 0x20);
  return true;
}

// ---- To weir.

std::size_t Wire::write(Bytes bytes) {
  if (!engine_) return peer_.write(bytes);
  if (over_ || failed_ || ending_ != Ending::none) return 0;
  if (!shaken_ || !out_.empty()) {
    wants_room_ = true;
    return 0;
  }
  std::size_t taken = 0;
  while (taken < bytes.size() && out_.empty() && !over_) {
    std::size_t n = std::min<std::size_t>(bytes.size() - taken, tls::Engine::kMaxRecord);
    if (n > 1 && cuts_.one_in(4)) n = cuts_.between(1, n);
    std::string record(n + tls::Engine::kRecordOverhead, '\0');
    const std::size_t size = engine_->write(bytes.substr(taken, n), {record.data(), record.size()});
    if (size == 0) {
      give_up();
      return taken;
    }
    record.resize(size);
    if (corrupt(record, faults_.corrupts_sent, sent_)) telling_.count(Probe::corrupted);
    out_ += record;
    taken += n;
    push();
  }
  wants_room_ = taken < bytes.size();
  return taken;
}

void Wire::push() {
  if (!out_.empty()) out_.erase(0, peer_.write(out_));
  if (!out_.empty()) return;
  switch (ending_) {
    case Ending::finish:
      return peer_.finish();
    case Ending::close:
      over_ = true;
      return peer_.close();
    case Ending::none:
      break;
  }
  if (shaken_ && !failed_ && std::exchange(wants_room_, false)) call(on_writable);
}

void Wire::say_end(Ending ending) {
  ending_ = ending;
  if (faults_.truncates) telling_.count(Probe::truncated);
  if (!faults_.truncates && engine_->established() && !failed_) {
    engine_->end();
    out_.append(engine_->pending());
    engine_->clear_pending();
  }
  push();
}

void Wire::finish() { engine_ ? say_end(Ending::finish) : peer_.finish(); }

void Wire::reset() {
  over_ = true;
  peer_.reset();
}

void Wire::close() {
  if (engine_ && !over_) return say_end(Ending::close);
  over_ = true;
  peer_.close();
}

}  // namespace weir::sim
