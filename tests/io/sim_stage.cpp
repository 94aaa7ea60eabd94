#include "stage.h"

namespace weir::io::test {
namespace {

class ActorPeer final : public Peer {
 public:
  explicit ActorPeer(SimPeer& peer) : peer_(peer) {
    peer.on_connect = [this](SimPeer&) {
      connected = true;
      push();
    };
    peer.on_refused = [this](SimPeer&) { broken = true; };
    peer.on_data = [this](SimPeer&, Bytes bytes) { received += bytes; };
    peer.on_end = [this](SimPeer&) { ended = true; };
    peer.on_reset = [this](SimPeer&) { broken = true; };
    peer.on_writable = [this](SimPeer&) { push(); };
    connected = peer.connected();
  }
  void send(Bytes bytes) override {
    outbox_ += bytes;
    push();
  }
  void finish() override {
    finishing_ = true;
    push();
  }
  void reset() override { peer_.reset(); }
  void read_slowly(std::size_t bytes) override { peer_.read_slowly(bytes, bytes == 0 ? 0 : 100'000); }

 private:
  void push() {
    if (!connected) return;
    outbox_.erase(0, peer_.write(outbox_));
    if (finishing_ && outbox_.empty()) peer_.finish();
  }
  SimPeer& peer_;
  std::string outbox_;
  bool finishing_ = false;
};

SimOptions options(const Run& run) {
  SimOptions result;
  result.seed = run.seed;
  result.completion_entries = run.completion_entries;
  if (run.cuts) result.faults = SimFaults::only_cuts();
  return result;
}

}  // namespace

struct Stage::World {
  explicit World(const Run& run) : network(options(run)), ring(network) {}
  SimNetwork network;
  SimRing ring;
  std::vector<std::unique_ptr<ActorPeer>> peers;
  std::vector<Peer*> served;
};

Stage::Stage(const Run& run) : world_(std::make_unique<World>(run)) {}
Stage::~Stage() = default;

Ring& Stage::ring() { return world_->ring; }
std::vector<Peer*>& Stage::served() { return world_->served; }

Address Stage::serve() {
  const Address address{.ip = {127, 0, 0, 1}, .port = 9000, .v6 = false};
  world_->network.listen(address, [this](SimPeer& peer) {
    world_->peers.push_back(std::make_unique<ActorPeer>(peer));
    world_->served.push_back(world_->peers.back().get());
  });
  return address;
}

Peer& Stage::dial(const Address& address) {
  world_->peers.push_back(std::make_unique<ActorPeer>(world_->network.connect(address)));
  return *world_->peers.back();
}

Address Stage::nobody() { return {.ip = {127, 0, 0, 1}, .port = 9, .v6 = false}; }

Fd Stage::open_file() { return world_->network.open_file("log"); }
std::string Stage::file_content() { return std::string(world_->network.written("log")); }
void Stage::raise_signal(int number) { world_->network.raise_signal(number); }
void Stage::wake_from_outside() {
  world_->network.schedule(50us, [this] { world_->ring.wake(); });
}

void Stage::turn(Instant deadline) {
  world_->ring.turn(deadline);
  world_->network.step();
}

bool Stage::until(const std::function<bool()>& condition) {
  const Instant limit = world_->network.now() + 5s;
  while (!condition()) {
    if (world_->network.now() >= limit) return false;
    turn(limit);
  }
  return true;
}

void Stage::idle() {
  const Instant limit = world_->network.now() + 20ms;
  while (world_->network.now() < limit) turn(limit);
}

}  // namespace weir::io::test
