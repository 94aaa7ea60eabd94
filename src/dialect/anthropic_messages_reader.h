// Private to read(): one pass over a client's request. Its sources:
//
//   anthropic_messages_read.cpp           the members of the body
//   anthropic_messages_read_messages.cpp  messages and their blocks
//
// A value of the wrong type is refused with its path and walked over, so that the pass goes on: the first refusal is
// what the client is told.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "weir/codec/json_reader.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"

namespace weir::dialect::anthropic_messages {

class RequestReader {
 public:
  static constexpr std::size_t kMaxMessages = 16'384;
  static constexpr std::size_t kMaxParts = 4'096;  // of a message
  static constexpr std::size_t kMaxTools = 1'024;
  static constexpr std::size_t kMaxStops = 1'024;

  RequestReader(Bytes body, Request& request, Loss& loss) : json_(body), request_(request), loss_(loss) {}

  void read(bool counts_only);

 private:
  using Json = codec::JsonReader;
  using String = codec::JsonString;
  struct Field;
  struct Block;
  struct Source;
  static const Field kFields[];
  static const std::size_t kFieldCount;

  // The body.
  void read_model(Json& json);
  void read_max_tokens(Json& json);
  void read_messages(Json& json);
  void read_system(Json& json);
  void read_stop_sequences(Json& json);
  void read_stream(Json& json);
  void read_tools(Json& json);
  void read_tool(Json& json, const std::string& path);
  void read_tool_choice(Json& json);
  void read_thinking(Json& json);
  void read_output_config(Json& json);
  void read_output_format(Json& json);
  void read_metadata(Json& json);
  void read_service_tier(Json& json);
  void read_temperature(Json& json);
  void read_top_p(Json& json);
  void read_top_k(Json& json);
  void read_container(Json& json);
  void read_mcp_servers(Json& json);
  void read_inference_geo(Json& json);
  void read_thread(Json& json);
  void read_format(Json& json, const char* path);

  // Messages.
  void read_message(Json& json, const std::string& path);
  void read_content(Json& json, const std::string& path, std::vector<Part>& parts);
  void read_block(Json& json, const std::string& path, std::vector<Part>& parts);
  void read_source(Json& json, const std::string& path, Source& source);
  void add_block(const Block& block, const std::string& path, std::vector<Part>& parts);
  void add_media(const Block& block, const std::string& path, std::vector<Part>& parts);
  void add_tool_result(const Block& block, const std::string& path, std::vector<Part>& parts);
  void tell_title(Part& part);
  void add_search_result(const Block& block, const std::string& path, std::vector<Part>& parts);
  std::vector<Part> nested_content(Bytes raw, const std::string& path);
  Bytes joined_text(Bytes raw, const std::string& path);
  void add_messages(const String& role, std::vector<Part> parts, const std::string& path);

  // Values. Each consumes one; null is absent, another type is refused. True when there was one.
  bool text(Json& json, Bytes path, Bytes& into);
  bool string(Json& json, Bytes path, String& into);
  bool number(Json& json, Bytes path, Bytes& into);
  bool count(Json& json, Bytes path, std::optional<std::uint64_t>& into);
  bool boolean(Json& json, Bytes path, std::optional<bool>& into);
  bool object_value(Json& json, Bytes path, Bytes& into);
  /// Enters; false (and consumed) when there is none.
  bool enter_object(Json& json, Bytes path);
  bool enter_array(Json& json, Bytes path);
  void invalid(Bytes path, Bytes why);
  void missing(Bytes path);
  /// A member that means nothing here.
  void drop_member(Json& json, Bytes path, const String& key);

  Json json_;
  Request& request_;
  Loss& loss_;
  std::optional<Message> system_;
  int nesting_ = 0;  // of blocks whose content is being read
};

}  // namespace weir::dialect::anthropic_messages
