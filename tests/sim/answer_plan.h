// What the simulated provider says to one request: the bytes on its wire, how they break off, and what a client of a
// faultless gateway gets to see of them (the golden answer).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/dialect/error_class.h"

namespace weir::sim {

/// What the client should see. `body` is exact unless weir itself has to find the words.
struct Golden {
  enum class Tail : std::uint8_t {
    none,        ///< `body` is all of it
    weir_event,  ///< one SSE error event of weir follows
    weir_body,   ///< all of the body is an error document of weir
  };
  int status = 200;
  std::string body;
  Tail tail = Tail::none;
  bool stream = false;
  std::vector<std::string> payloads;  ///< of the stream, [DONE] not among them
  std::size_t finished_after = 0;     ///< so many payloads must have come before the answer may end normally; 0: never
  std::size_t needed = 0;             ///< bytes of the wire without which nobody can know the golden end
  bool error_in_stream = false;       ///< a frame of the provider's that reports an error ends it
  bool withholds_usage = false;
  bool adds_done = false;
  bool until_close = false;             ///< the provider's end of the connection is the end of the answer
  bool giant = false;                   ///< a frame too large to be held: it is passed on in pieces
  std::vector<std::size_t> frame_ends;  ///< where the frames of a stream end in the wire
  // Exchanges in all languages (spoken.h):
  std::string other;              ///< `body` with other made-up ids and times
  std::vector<std::size_t> ends;  ///< of a stream: where an error event may follow
  std::size_t spoken_finish = 0;  ///< the payload that tells the finish; 0: none
  bool held_whole = false;        ///< a document that is translated is held whole
  int status_alone = 0;           ///< of an error whose text does not come through
  std::size_t meant_frame = 0;    ///< of a stream: the number of its first frame with content or an end; 0: none
};

/// Whom a request may be given to after an answer that is none.
enum class Again : std::uint8_t { nobody, others, anybody };

struct AnswerPlan {
  enum class Kind : std::uint8_t { document, stream, error, redirect, malformed, silence };
  enum class Break : std::uint8_t { none, finish, reset, stall };
  struct Pause {
    std::size_t offset = 0;  ///< before this byte of the wire
    Duration length{};
  };

  Kind kind = Kind::document;
  std::string wire;
  std::vector<Pause> pauses;
  bool closes = false;  ///< the provider ends the connection behind a whole answer
  Break breaks = Break::none;
  std::size_t breaks_at = 0;  ///< bytes of the wire before the break
  bool stale = false;         ///< a reused connection is ended at the moment this request comes in on it
  bool stale_by_reset = false;
  bool early = false;  ///< answers as soon as the head of the request is there
  bool surplus = false;
  bool interim = false;
  bool coded = false;                 ///< compressed, or so it says
  bool array = false;                 ///< payloads as the elements of a JSON array
  Again again = Again::nobody;        ///< after this answer, when all of it came
  Duration wants{};                   ///< to be asked again no sooner than this
  Again again_alone = Again::nobody;  ///< of an error: when its status came and its text did not
  Golden golden;

  /// So much of the wire holds the first that is meant for the client; 0: it never comes, or is the whole.
  std::size_t meant_from() const {
    return golden.meant_frame > 0 && golden.meant_frame <= golden.frame_ends.size()
               ? golden.frame_ends[golden.meant_frame - 1]
               : 0;
  }
};

/// What the request wants, as far as the answer depends on it.
struct AnswerWish {
  int id = 0;
  bool stream = false;
  bool wants_usage = false;
  bool may_break = false;  ///< faults of the provider are allowed
  std::size_t max_bytes = 20'000;
};

AnswerPlan plan_answer(Random& random, const AnswerWish& wish);

/// The taxonomy of failures, in the test's own words. `waits`: it named a time, longer than any pause is.
Again again_after(dialect::ErrorClass error_class, bool waits);

}  // namespace weir::sim
