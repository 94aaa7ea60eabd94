#include "client.h"

#include <algorithm>

namespace weir::sim {
namespace {
constexpr Duration kContinuePatience = 1s;
constexpr Duration kAfterFinish = 60s;  // a half-closed client waits no longer
}  // namespace

Client::Client(io::SimNetwork& network, const ClientPlan& plan, std::size_t index, io::Address gateway,
               Telling& telling, std::uint64_t cuts, TlsSide* tls, std::function<void()> on_over)
    : network_(network),
      plan_(plan),
      index_(index),
      gateway_(gateway),
      telling_(telling),
      cuts_(cuts),
      cuts_seed_(cuts),
      tls_(tls),
      on_over_(std::move(on_over)) {
  last_moved_ = network.now() + plan.starts;
}

void Client::start() {
  auto engine = speaks_tls() ? tls_->client->connect(TlsSide::kHost, tls_->session) : nullptr;
  wire_ = std::make_unique<Wire>(network_.connect(gateway_, {}, plan_.link), std::move(engine), plan_.wire, telling_,
                                 cuts_seed_ ^ 0x74);
  wire_->on_connect = [this] { on_connect(); };
  wire_->on_refused = [this] {
    telling_.say(Lane::client, [&] { return name() + " is refused"; });
    finish_up();
  };
  wire_->on_data = [this](Bytes bytes) { on_data(bytes); };
  wire_->on_end = [this] { on_end(); };
  wire_->on_reset = [this] {
    telling_.say(Lane::client, [&] { return name() + " sees a reset"; });
    was_reset_ = true;
    finish_up();
  };
  wire_->on_writable = [this] {
    waits_for_room_ = false;
    send_more();
  };
}

void Client::on_connect() {
  connected_ = true;
  last_moved_ = network_.now();
  telling_.say(Lane::client, [&] { return name() + " is connected"; });
  if (plan_.reads > 0) wire_->read_slowly(plan_.reads, 20'000);
  check_leaving();
  if (!over_) send_more();
}

bool Client::may_send_next() const {
  if (current_ >= plan_.requests.size()) return false;
  return at_ > 0 || plan_.pipelines || reader_.completed() >= current_;
}

void Client::plan_sending(Duration delay) {
  if (std::exchange(sending_planned_, true)) return;
  network_.schedule(delay, [this] {
    sending_planned_ = false;
    send_more();
  });
}

void Client::send_more() {
  while (!over_ && !leaving_ && !waits_for_room_ && !sending_planned_ && may_send_next()) {
    if (network_.now() < may_send_at_) return plan_sending(may_send_at_ - network_.now());
    const RequestPlan& request = plan_.requests[current_];
    if (begun_ == current_) {
      reader_.expect(request.method, request.http_1_1, request.waits_for_continue);
      ++begun_;
      times_.push_back({.begun = network_.now()});
      if (reader_.completed() < current_) telling_.count(Probe::pipelined);
      telling_.say(Lane::client,
                   [&] { return name() + " sends #" + std::to_string(request.id) + ": " + request.name; });
    }
    std::size_t limit = request.wire.size();
    if (request.waits_for_continue && at_ <= request.head_bytes && !continue_overdue_) {
      // The body waits for 100 Continue, for a final answer, or for the end of patience.
      const bool released = at_ == request.head_bytes && (reader_.interims() > 0 || reader_.completed() > current_);
      if (!released) limit = request.head_bytes;
      if (at_ == limit && !released) {
        const std::size_t waiting_for = current_;
        network_.schedule(kContinuePatience, [this, waiting_for] {
          if (current_ != waiting_for) return;
          continue_overdue_ = true;
          send_more();
        });
        return;
      }
    }
    std::size_t n = limit - at_;
    if (plan_.piece > 0) n = std::min(n, at_ < 1500 ? cuts_.between(1, plan_.piece) : plan_.piece + 1000);
    const std::size_t taken = wire_->write(Bytes(request.wire).substr(at_, n));
    at_ += taken;
    sent_bytes_ += taken;
    if (taken > 0) last_moved_ = network_.now();
    if (taken < n) waits_for_room_ = true;  // or the connection is over, which will be told
    if (at_ == request.wire.size()) {
      ++current_;
      ++sent_whole_;
      at_ = 0;
      continue_overdue_ = false;
    }
    if (plan_.leaves_sending) check_leaving();
    if (plan_.piece > 0 && plan_.gap > Duration{}) may_send_at_ = network_.now() + plan_.gap;
  }
}

void Client::on_data(Bytes bytes) {
  last_moved_ = network_.now();
  reader_.feed(bytes);
  note_heads();
  if (!reader_.error().empty()) {
    telling_.broken(name() + " got illegal bytes: " + reader_.error());
    telling_.say(Lane::client, [&] { return "all it got:\n" + reader_.raw(); });
    return finish_up();
  }
  while (told_ < reader_.completed()) {
    const HttpMessage& answer = reader_.messages()[told_++];
    telling_.say(Lane::client, [&] {
      return name() + " has a whole answer: " + std::to_string(answer.status) + ", " +
             std::to_string(answer.body.size()) + " bytes";
    });
    if (speaks_tls() && !tls_->session) tls_->session = wire_->engine()->session();
    may_send_at_ = std::max(may_send_at_, network_.now() + plan_.thinks);
    if (answer.closes()) return;  // the end of the connection follows
  }
  if (plan_.stall.length > Duration{} && !stalled_ && reader_.raw().size() >= plan_.stall.after) {
    stalled_ = true;
    wire_->pause();
    telling_.say(Lane::client, [&] { return name() + " stops reading"; });
    network_.schedule(plan_.stall.length, [this] {
      if (over_) return;
      telling_.say(Lane::client, [&] { return name() + " reads on"; });
      last_moved_ = network_.now();
      wire_->resume();
    });
  }
  check_leaving();
  if (over_) return;
  if (reader_.completed() == plan_.requests.size()) {
    if (stalled_ && plan_.stall.length >= 1s) telling_.count(Probe::reader_resumed);
    telling_.say(Lane::client, [&] { return name() + " is content and closes"; });
    wire_->close();
    return finish_up();
  }
  send_more();
}

void Client::note_heads() {
  const auto& answers = reader_.messages();
  for (std::size_t i = 0; i < answers.size() && i < times_.size(); ++i) {
    if (answers[i].head_complete && times_[i].answered == kNever) times_[i].answered = network_.now();
    // (Not in all of a long text again and again: its mark is at its beginning.)
    if (times_[i].content == kNever && Bytes(answers[i].body).substr(0, 4096).contains(kAnswerMark))
      times_[i].content = network_.now();
    if (answers[i].complete && times_[i].over == kNever) times_[i].over = network_.now();
  }
}

void Client::on_end() {
  telling_.say(Lane::client, [&] { return name() + " sees the end"; });
  reader_.end();
  wire_->close();
  finish_up();
}

void Client::check_leaving() {
  if (plan_.leaves == ClientPlan::Leaves::never || leaving_ || over_) return;
  const std::size_t so_far = plan_.leaves_sending ? sent_bytes_ : reader_.raw().size();
  if (so_far < plan_.leaves_after) return;
  if (!plan_.leaves_sending && begun_ == 0) return;  // nothing was asked yet
  leaving_ = true;
  if (plan_.leaves_in == Duration{}) return leave();
  network_.schedule(plan_.leaves_in, [this] { leave(); });
}

void Client::leave() {
  if (over_) return;
  left_ = true;
  left_at_ = network_.now();
  const bool answering = reader_.messages().size() > reader_.completed();
  telling_.count(at_ > 0                        ? Probe::client_left_sending
                 : answering                    ? Probe::client_left_reading
                 : reader_.completed() < begun_ ? Probe::client_left_waiting
                                                : Probe::client_left_reading);
  telling_.say(Lane::client, [&] { return name() + " leaves"; });
  switch (plan_.leaves) {
    case ClientPlan::Leaves::by_close:
      wire_->close();
      return finish_up();
    case ClientPlan::Leaves::by_reset:
      wire_->reset();
      return finish_up();
    default:
      telling_.count(Probe::half_closed);
      wire_->finish();
      network_.schedule(kAfterFinish, [this] {
        if (over_) return;
        telling_.broken(name() + " half-closed and was forgotten");
        wire_->close();
        finish_up();
      });
  }
}

const HttpMessage* Client::answer_to(int id) const {
  const auto& answers = reader_.messages();
  for (std::size_t i = 0; i < answers.size() && i < plan_.requests.size(); ++i)
    if (plan_.requests[i].id == id) return &answers[i];
  return nullptr;
}

std::uint64_t Client::body_bytes_of(int id) const {
  const HttpMessage* const answer = answer_to(id);
  return answer ? answer->body.size() : 0;
}

void Client::finish_up() {
  if (std::exchange(over_, true)) return;
  on_over_();
}

}  // namespace weir::sim
