// The life of one client request and its answer: the story of weir, read from top to bottom in exchange.cpp.
#pragma once

#include "attempt.h"
#include "refuse.h"
#include "sse_relay.h"
#include "weir/dialect/envelope.h"
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
  io::Task<> chat_completions();
  /// Reads the request and sends it where it belongs: the head of the provider's answer, valid until the caller next
  /// suspends. Null: the client has been refused. All that is needed for asking, and not for answering, dies
  /// here: in a frame of its own, which the compiler would otherwise put into its caller's.
  [[gnu::noinline]] io::Task<codec::ResponseHead*> ask_provider();
  void list_models();
  void show_model(Bytes name);

  // How an answer is given, once its head is there.
  io::Task<> relay_error(codec::ResponseHead& head);
  io::Task<> relay_document(codec::ResponseHead& head);
  io::Task<> relay_stream(codec::ResponseHead& head);

  /// What every answer of a provider carries: its own fields, and which deployment gave it.
  net::Downstream::Answer start_answer(const codec::ResponseHead& head, codec::HeaderId except);
  void give_error(net::Downstream::Answer answer, int status, const net::Body& body, bool whole);
  /// Reads usage, finish and content out of a whole document; a status when it is an error in disguise.
  std::optional<int> tap_document(Bytes text);

  // A stream, part by part.
  struct Stream;
  enum class Then : std::uint8_t { go_on, last, over };  ///< over: the answer has been given, or given up
  Then take_part(Stream& stream, Result<net::BodyPart>& part);
  /// Reserves memory for the beginning of a frame whose end has not come, or does without. False: it cannot be held.
  bool reserve_tail(Stream& stream);
  void hold_comments(Stream& stream, const net::BodyPart& part);
  void give_stream_error(const SseRelay& relay);
  void account(const SseRelay& relay);
  void pass(net::BodyPart&& part, SseRelay& relay);
  void end_stream(SseRelay& relay);
  /// Reserves memory for as much of a document as has come. False: it is not to be held any longer.
  bool may_hold(const net::Body& body);

  void refuse(Fault fault, const dialect::openai_error::Detail& detail = {});
  void fail_stream(Fault fault);
  /// The client has bytes that cannot be completed: its connection ends without a proper end.
  void cut_off(Fault fault);
  void note_fault(Fault fault);
  Fault at_deadline(Fault fault) const;
  Instant next_frame_deadline() const;
  void first_byte_answered();
  void sent_first_byte();

  static void on_client_gone(void* self);

  Gateway& gateway_;
  net::Downstream& downstream_;
  codec::RequestHead& head_;
  io::Loop& loop_;
  Record record_;
  Instant deadline_;
  std::optional<Attempt> attempt_;
  bool client_gone_ = false;
  bool withhold_usage_ = false;
};

}  // namespace weir::gateway
