// One answer of the simulated provider: an error, a document or a stream, and what goes wrong with it.
//
//   stream:  delay - head - beginning - wait - word - interval - word ... - finish - usage - end marker
//                         ^ first_event             ^ mid_stream, stall, cut: after so many words
//
// The request must have been read and may be let go of. Lives in the coroutine of its exchange.
#pragma once

#include <string>

#include "attendance.h"
#include "narrator.h"
#include "script.h"

namespace weir::simulator {

class Reply {
 public:
  Reply(net::Downstream& downstream, const Scenario& scenario, Prompt prompt, Telling telling);

  /// Answers completely, or ends the connection.
  io::Task<> run();

 private:
  void answer_error();
  net::Downstream::Answer start(Bytes content_type);
  io::Task<> answer_document();
  io::Task<> answer_stream();
  io::Task<bool> send_words();
  io::Task<> end_stream();
  io::Task<bool> send(Bytes text);
  io::Task<> break_off();

  net::Downstream& downstream_;
  const Scenario scenario_;
  Script script_;
  Narrator narrator_;
  Attendance attendance_;
  std::string scratch_;  // the event that is being written
};

}  // namespace weir::simulator
