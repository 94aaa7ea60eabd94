// Connects to the first of several addresses that answers (RFC 8305 section 5): they are tried in the order given, the
// next one when the one before has failed or has not answered for a quarter of a second (sooner when there is little
// time), without giving that one up.
// The first that connects wins; the others are cancelled and closed before run() returns.
//
// Lives in the frame of whoever dials; pinned while run() is under way.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "weir/io/scope.h"
#include "weir/io/socket.h"

namespace weir::net {

class HappyEyeballs {
 public:
  static constexpr Duration kNextAfter = 250ms;

  explicit HappyEyeballs(io::Loop& loop) : loop_(loop), pause_(*this) {}
  HappyEyeballs(const HappyEyeballs&) = delete;
  HappyEyeballs& operator=(const HappyEyeballs&) = delete;

  /// Status::ok: take() has the connected descriptor. Else timed_out (at the deadline), cancelled, failed (the system
  /// gives no descriptor), refused (all addresses failed in some other way). At most once.
  io::Task<io::Status> run(std::span<const io::Address> addresses, Instant deadline);
  void cancel();
  io::Fd take() { return winner_->socket.release(); }

  /// What became of the addresses: `failed` when it could not be connected, or was overtaken by one that began a
  /// quarter of a second later.
  enum class Verdict : std::uint8_t { unknown, failed, connected };
  Verdict verdict(std::size_t i) const { return i < attempts_.size() ? attempts_[i]->verdict : Verdict::unknown; }

 private:
  struct Attempt {
    explicit Attempt(io::Loop& loop) : socket(loop) {}
    io::Socket socket;
    Instant started{};
    Verdict verdict = Verdict::unknown;
  };
  struct Pause : io::Timer {
    explicit Pause(HappyEyeballs& h) : Timer(&HappyEyeballs::on_pause), owner(h) {}
    HappyEyeballs& owner;
  };
  static void on_pause(io::Timer& timer);
  io::Task<> attempt(Attempt& one, io::Address address);
  void wake();
  bool over() const { return winner_ || cancelled_ || loop_.now() >= deadline_; }

  io::Loop& loop_;
  io::Scope scope_;
  std::vector<std::unique_ptr<Attempt>> attempts_;
  Attempt* winner_ = nullptr;
  Instant deadline_{};
  Duration next_after_ = kNextAfter;
  std::size_t trying_ = 0;
  Pause pause_;
  std::coroutine_handle<> driver_;
  bool next_at_once_ = false;
  bool timed_out_ = false;
  bool no_descriptor_ = false;
  bool cancelled_ = false;
};

}  // namespace weir::net
