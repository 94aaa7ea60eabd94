// The life of one client request and its answer: the story of weir, read from top to bottom in exchange.cpp.
//
//   exchange.cpp          the race: one attempt after the other, until one of them has something for the client
//   exchange_asking.cpp   what a deployment is asked
//   relay*.cpp            the lanes: how its answer reaches the client
//   exchange_ending.cpp   what the client is told when it does not
//   exchange_aside.cpp    the questions beside: models, counts of tokens, stored answers
#pragma once

#include <memory>

#include "attempt.h"
#include "beginning.h"
#include "endpoint.h"
#include "lane.h"
#include "race.h"
#include "refuse.h"
#include "sse_relay.h"
#include "weir/dialect/registry.h"
#include "weir/gateway/gateway.h"

namespace weir::gateway {

class Exchange {
 public:
  Exchange(Gateway& gateway, net::Downstream& downstream, codec::RequestHead& head);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Answers the request, or ends the connection when nobody is left to answer. Settles exactly once.
  io::Task<> run();

 private:
  // The endpoints.
  io::Task<> answer();
  io::Task<> stored();
  io::Task<> pass_stored(codec::ResponseHead& head);
  /// The answer that this payload begins may be asked for later: at the provider that gives it.
  void remember_owner(Bytes payload);
  void list_models();
  void show_model();

  /// Reads the request and finds who may answer it. False: the client has been refused.
  [[gnu::noinline]] io::Task<bool> read_request();
  bool plan();
  std::optional<std::uint32_t> owner_of_previous(Bytes text) const;
  bool knows_fields();
  bool read_fields(routing::Ask& ask);
  bool refused_field(Bytes name);
  void forget_attempt();
  void begin_attempt(const routing::Step& step);
  /// Asks one deployment. Afterwards the client has its answer, or has_failed().
  io::Task<> attempt();
  void end_attempt();
  bool has_failed() const;
  void append_outcome(const Failure& failure);
  /// There is no further attempt.
  void note_end_of_chain();
  /// The client has the beginning of an answer, and somebody may still be asked for the rest.
  bool is_for_rest() const { return race_ && race_->is_for_rest; }

  bool write_request(Asking& asking);
  bool write_rest(Asking& asking, Bytes text);
  bool wants_stitching() const;
  bool may_stitch(const dialect::Request& request) const;
  bool may_stitch(Bytes text);
  std::uint32_t who_can_continue() const;
  /// All of the request: read for the plan already, or now.
  Reading& read(Bytes text);
  bool translate_request(Asking& asking, Bytes text);
  void make_lane(const dialect::AnswerContext& context);
  dialect::Target target_of(const Asking& asking) const;
  bool accept(const dialect::Loss& loss);
  bool hold_translated(Asking& asking, Bytes text);
  bool write_count(Asking& asking, Bytes text);
  void give_count(std::uint64_t tokens, bool estimated);

  // How an answer is given, once its head is there. As long as the client has seen nothing a lane may fail() instead.
  io::Task<> relay(codec::ResponseHead& head);
  io::Task<> relay_count(codec::ResponseHead& head);
  io::Task<> relay_error(codec::ResponseHead& head);
  io::Task<> relay_document(codec::ResponseHead& head);
  io::Task<> relay_stream(codec::ResponseHead& head);
  io::Task<> translate(codec::ResponseHead& head);

  /// What every answer of a provider carries: its own fields, and which deployment gave it.
  net::Downstream::Answer start_answer(const codec::ResponseHead& head, codec::HeaderId except);
  /// Who answers, and who did not before. `outcome`: of the attempt that is being answered from.
  void write_deployment(codec::HeadWriter& writer, Bytes outcome) const;
  std::string trail_line() const;
  /// From here on the client has bytes: nobody else can be asked.
  Committed commit();
  void begin_sized(net::Downstream::Answer answer, std::uint64_t length, Committed);
  void begin_streamed(net::Downstream::Answer answer, Committed);

  /// Reads usage, finish and content out of a whole document; a failure, without its answer, when it is an error in
  /// disguise.
  std::optional<Failure> tap_document(Bytes text);

  // A stream, part by part.
  struct Stream;
  enum class Then : std::uint8_t { go_on, last, over };  ///< over: the answer has been given, or given up
  Then take_part(Stream& stream, Result<net::BodyPart>& part);
  /// Reserves memory for the beginning of a frame whose end has not come, or does without. False: it cannot be held.
  bool reserve_tail(Stream& stream);
  void hold_beginning(Beginning& beginning, std::span<io::Chunk> pieces);
  void give_stream_error(const SseRelay& relay);
  void account(const SseRelay& relay);
  void pass(net::BodyPart&& part, SseRelay& relay);
  void end_stream(SseRelay& relay);

  // A translated answer, part by part.
  void start_translation(const codec::ResponseHead& head);
  void go_on();
  Then translate_part(Result<net::BodyPart>& part);
  Then fail_translating(Fault fault, std::string& told);
  [[gnu::noinline]] void note_said(std::string& out);
  void leave_rest(Fault fault);
  void send_translated(std::string& out, bool whole);
  void account(const Translation& translation);

  /// Reserves memory for as much of a document as has come. False: it is not to be held any longer.
  bool may_hold(const net::Body& body);

  /// The attempt gave the client nothing. A fault of weir's own, or a client that left, ends the exchange.
  void fail(Fault fault, Bytes detail = {});
  void fail(Failure failure);
  Failure failure_of(const dialect::ErrorReport& report, std::string fields = {}) const;
  /// The last attempt's failure goes to the client.
  void give_failure();
  void refuse_all();
  /// Nobody goes on with the answer: it ends with an error.
  void break_off(Fault fault);
  void give(Failure& failure);
  void refuse(Fault fault, const dialect::FaultDetail& detail = {});
  bool refused(Fault fault, const dialect::FaultDetail& detail = {}) { return refuse(fault, detail), false; }
  void fail_stream(Fault fault);
  /// The client has bytes that cannot be completed: its connection ends without a proper end.
  void cut_off(Fault fault);
  void note_fault(Fault fault);
  Fault at_deadline(Fault fault) const;
  Instant next_frame_deadline() const;
  void first_byte_answered();
  void content_came();
  void sent_first_byte();

  static void on_client_gone(void* self);

  Gateway& gateway_;
  net::Downstream& downstream_;
  codec::RequestHead& head_;
  io::Loop& loop_;
  Endpoint endpoint_;           ///< views into the head: its texts die with it
  std::unique_ptr<Lane> lane_;  ///< of an answer that is translated; null: bytes pass through
  Record record_;
  Instant deadline_;
  Race::Home::Lease race_;  ///< until the answer begins
  std::optional<Attempt> attempt_;
  bool client_gone_ = false;
  bool withhold_usage_ = false;
};

}  // namespace weir::gateway
