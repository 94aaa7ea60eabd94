// A TLS engine as the layer of a socket: chunks in, chunks out. Owned by its socket.
#pragma once

#include <memory>

#include "weir/io/layer.h"
#include "weir/tls/engine.h"

namespace weir::tls {

class Layer final : public io::Layer {
 public:
  Layer(io::BufferPool& buffers, std::unique_ptr<Engine> engine) : buffers_(buffers), engine_(std::move(engine)) {}

  void feed(io::Chunk wire) override;
  Opened open(io::Chunk& content) override;
  bool established() const override { return engine_->established(); }
  bool has_output() const override { return !engine_->pending().empty(); }
  std::size_t seal(std::span<const io::Chunk> content, std::vector<io::Chunk>& wire) override;
  bool broken() const override { return broken_; }
  void end() override;
  Fault fault() const override { return engine_->fault(); }

  const Engine& engine() const { return *engine_; }

 private:
  bool send_pending(std::vector<io::Chunk>& wire);

  io::BufferPool& buffers_;
  std::unique_ptr<Engine> engine_;
  io::Chunk wire_;  // what the engine has not used up of the bytes it was fed points in here
  bool broken_ = false;
  bool ended_ = false;  // by us
};

}  // namespace weir::tls
