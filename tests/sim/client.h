// A scripted client: one connection, its requests, its manners. Owned by the world; lives as long as the network.
#pragma once

#include <functional>

#include "http_reader.h"
#include "plan.h"
#include "telling.h"
#include "tls_side.h"
#include "weir/io/sim_network.h"
#include "wire.h"

namespace weir::sim {

class Client {
 public:
  Client(io::SimNetwork& network, const ClientPlan& plan, std::size_t index, io::Address gateway, Telling& telling,
         std::uint64_t cuts, TlsSide* tls, std::function<void()> on_over);

  /// Dials; once, when its time has come.
  void start();
  bool over() const { return over_; }
  /// The moment after which nothing has moved for this client.
  Instant last_moved() const { return last_moved_; }

  const ClientPlan& plan() const { return plan_; }
  const HttpReader& answers() const { return reader_; }
  /// Requests of which at least a byte was sent, and those that were sent whole.
  std::size_t begun() const { return begun_; }
  std::size_t sent_whole() const { return sent_whole_; }
  /// When the first byte of this request was sent, when the head of its answer had come, when the first words of it had
  /// (kAnswerMark), and when all of it had; kNever: not yet.
  Instant begun_at(std::size_t request) const { return request < times_.size() ? times_[request].begun : kNever; }
  Instant answered_at(std::size_t request) const { return request < times_.size() ? times_[request].answered : kNever; }
  Instant content_at(std::size_t request) const { return request < times_.size() ? times_[request].content : kNever; }
  Instant over_at(std::size_t request) const { return request < times_.size() ? times_[request].over : kNever; }
  bool connected() const { return connected_; }
  bool left() const { return left_; }
  Instant left_at() const { return left_at_; }
  bool was_reset() const { return was_reset_; }
  bool end_unsaid() const { return wire_ && wire_->end_unsaid(); }
  bool speaks_tls() const { return tls_ && tls_->client; }
  std::uint64_t body_bytes_of(int id) const;
  /// The head of the answer to this exchange has come.
  bool has_begun(int id) const { return answer_to(id) != nullptr; }

 private:
  struct Times {
    Instant begun = kNever;
    Instant answered = kNever;
    Instant content = kNever;
    Instant over = kNever;
  };

  const HttpMessage* answer_to(int id) const;
  void note_heads();
  void on_connect();
  void on_data(Bytes bytes);
  void on_end();
  void send_more();
  void plan_sending(Duration delay);
  void check_leaving();
  void leave();
  void finish_up();
  bool may_send_next() const;
  std::string name() const { return "client " + std::to_string(index_ + 1); }

  io::SimNetwork& network_;
  const ClientPlan& plan_;
  std::size_t index_;
  io::Address gateway_;
  Telling& telling_;
  Random cuts_;
  std::uint64_t cuts_seed_;
  TlsSide* tls_;  // null: no TLS in this world
  std::function<void()> on_over_;
  std::unique_ptr<Wire> wire_;
  HttpReader reader_{HttpReader::Side::answers};
  std::size_t current_ = 0;  // request being sent
  std::size_t at_ = 0;       // bytes of it that were sent
  std::size_t begun_ = 0;
  std::vector<Times> times_;  // of what was begun
  std::size_t sent_whole_ = 0;
  std::size_t sent_bytes_ = 0;
  std::size_t told_ = 0;  // answers that were told of
  Instant last_moved_{};
  Instant may_send_at_{};
  Instant left_at_{};
  bool sending_planned_ = false;
  bool waits_for_room_ = false;
  bool continue_overdue_ = false;
  bool stalled_ = false;
  bool leaving_ = false;
  bool connected_ = false;
  bool left_ = false;
  bool was_reset_ = false;
  bool over_ = false;
};

}  // namespace weir::sim
