// Names from the real world: c-ares speaks DNS, its sockets are watched by the ring, its time-outs are timers of the
// wheel. No thread, no blocking wait; the hosts file is read at each lookup (a small file, once per TTL), resolv.conf
// at the start.
//
// The hosts file and DNS are two channels of c-ares: an entry there, even of one family only, keeps the name from being
// asked for at all. In DNS both families are asked for at the same time and apart from each other, so that a server
// that swallows the questions of one family cannot hold up the other.
//
// Owned by a shard; must be closed before it dies.
#pragma once

#include <string>

#include "weir/base/intrusive_list.h"
#include "weir/io/loop.h"
#include "weir/io/names_contract.h"

struct ares_channeldata;
struct ares_addrinfo;

namespace weir::io {

class CaresNames {
 public:
  CaresNames(Loop& loop, const NameOptions& options);
  ~CaresNames();
  CaresNames(const CaresNames&) = delete;
  CaresNames& operator=(const CaresNames&) = delete;

  void start(Lookup& lookup, Bytes host);
  void cancel(Lookup& lookup);
  Task<> close();

 private:
  struct Request;
  struct Watch;
  struct Expiry : Timer {
    explicit Expiry(CaresNames& n) : Timer(&CaresNames::on_expiry), names(n) {}
    CaresNames& names;
  };

  static ares_channeldata* open_channel(const NameOptions& options, const char* lookups, CaresNames* watched);
  static void on_socket(void* self, int fd, int readable, int writable);
  static void on_result(void* request, int status, int timeouts, ares_addrinfo* found);
  static void on_request_due(Timer& timer);
  static void on_poll(Op& op, const Completion& completion);
  static void on_expiry(Timer& timer);

  void ask(Request& request, ares_channeldata* channel, int family);
  void process(int readable, int writable);
  void arm(Watch& watch);
  void release(Watch& watch);
  void wake_closer();

  Loop& loop_;
  Duration resolution_delay_;
  ares_channeldata* hosts_ = nullptr;  // null: could not be set up, every lookup fails
  ares_channeldata* dns_ = nullptr;
  IntrusiveList<Request, CaresNames> requests_;
  IntrusiveList<Watch> watches_;
  Watch* processing_ = nullptr;  // whose readiness c-ares is being told: it must not go meanwhile
  Expiry expiry_;
  std::coroutine_handle<> closer_;
};

}  // namespace weir::io
