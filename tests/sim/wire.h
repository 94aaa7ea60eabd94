// One end of a connection as a scripted client or provider uses it: plain bytes, or TLS over them. The calls are those
// of SimPeer; bytes are always content.
//
// The TLS of this side is tls::Engine, the one that weir uses: what both would get wrong in the same way is not found
// here but by the live tests, which bring other peoples' TLS. What comes from weir on a TLS wire is looked at before
// any engine sees it: records and nothing else, and no word of the content among them.
//
// Owned by its client or provider, for as long as the network lives.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "plan.h"
#include "telling.h"
#include "weir/base/random.h"
#include "weir/io/sim_peer.h"
#include "weir/tls/engine.h"

namespace weir::sim {

class Wire {
 public:
  /// Plain where there is no engine. `cuts` decides how content is cut into records.
  Wire(io::SimPeer& peer, std::unique_ptr<tls::Engine> engine, const WireFaults& faults, Telling& telling,
       std::uint64_t cuts);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  std::function<void()> on_connect;  ///< ... and the handshake is over
  std::function<void()> on_refused;
  std::function<void(Bytes)> on_data;
  std::function<void()> on_end;
  std::function<void()> on_reset;  ///< or the end came unsaid, or the engine gave up
  std::function<void()> on_writable;

  std::size_t write(Bytes bytes);
  void finish();
  void reset();
  void close();
  void pause() { peer_.pause(); }
  void resume() { peer_.resume(); }
  void read_slowly(std::size_t bytes, std::int64_t gap_ns) { peer_.read_slowly(bytes, gap_ns); }

  bool secure() const { return engine_ != nullptr; }
  bool established() const { return !engine_ || engine_->established(); }
  /// The engine gave up: bad bytes, or weir's alert.
  bool failed() const { return failed_; }
  /// Everything that was written is on its way.
  bool drained() const { return out_.empty(); }
  /// Weir ended without saying so.
  bool end_unsaid() const { return end_unsaid_; }

  bool broken_by_network() const { return peer_.broken_by_network(); }
  /// Weir has ended this connection, though its end may still be on its way.
  bool given_up_by_weir() const { return peer_.finished_by_other(); }
  const tls::Engine* engine() const { return engine_.get(); }
  const WireFaults& faults() const { return faults_; }

 private:
  enum class Ending : std::uint8_t { none, finish, close };

  void take(Bytes wire);
  void check_records(Bytes wire);
  void give_up();
  bool corrupt(std::string& bytes, std::size_t place, std::size_t& so_far);
  void push();
  void say_end(Ending ending);

  io::SimPeer& peer_;
  std::unique_ptr<tls::Engine> engine_;
  WireFaults faults_;
  Telling& telling_;
  Random cuts_;
  std::string out_;     // sealed, not yet taken by the peer
  std::string record_;  // the record that weir is sending, as far as it has come
  std::size_t sent_ = 0;
  std::size_t got_ = 0;
  bool shaken_ = false;
  bool wants_room_ = false;
  bool end_came_ = false;
  bool end_unsaid_ = false;
  bool failed_ = false;
  bool over_ = false;
  Ending ending_ = Ending::none;
};

}  // namespace weir::sim
