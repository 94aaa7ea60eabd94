#include "names_stage.h"
#include "weir/io/sim_network.h"

namespace weir::io::test {

struct NamesStage::World {
  SimNetwork network{SimOptions{}};
  SimRing ring{network};
  Loop loop{ring, BufferOptions{.buffers = 64, .window = 8, .reserve = 8}};
  Names names{loop, quick_options()};
  Scope scope;
};

NamesStage::NamesStage() : world_(std::make_unique<World>()) {}
NamesStage::~NamesStage() { close(); }
Loop& NamesStage::loop() { return world_->loop; }
Names& NamesStage::names() { return world_->names; }

void NamesStage::know(const std::string& host, std::vector<NameAddress> addresses) {
  world_->network.name(host, std::move(addresses));
}
void NamesStage::fail() {
  SimFaults faults;
  faults.name_failed = 1000;
  world_->network.set_faults(faults);
}
void NamesStage::fall_silent() {
  SimFaults faults;
  faults.name_timed_out = 1000;
  world_->network.set_faults(faults);
}

void NamesStage::turn() {
  world_->loop.turn();
  world_->network.step();
}
bool NamesStage::until(const std::function<bool()>& condition) {
  const Instant limit = world_->network.now() + 5s;
  while (!condition()) {
    if (world_->network.now() >= limit) return false;
    turn();
  }
  return true;
}
void NamesStage::close() {
  world_->scope.spawn(world_->names.close());
  until([this] { return world_->scope.running() == 0; });
}

}  // namespace weir::io::test
