// Private to openai_responses: the walk over a client's request, whose sources share it.
//
//   openai_responses_read.cpp         the fields of the request
//   openai_responses_read_input.cpp   the items of its input
#pragma once

#include <string>

#include "json_members.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect::openai_responses {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

class RequestReader {
 public:
  RequestReader(Bytes body, Request& request, Loss& loss) : json_(body), request_(request), loss_(loss) {}
  void run();

 private:
  // Of one value each. `field` is its name in errors; null is absent.
  void invalid(Bytes field, Bytes why = "A value of another type belongs there.");
  bool string(JsonString& into, Bytes field);
  void text(Bytes& into, Bytes field);
  void word(Bytes& into, Bytes field);
  void number(Bytes& into, Bytes field);
  void whole_number(std::optional<std::uint64_t>& into, Bytes field);
  void boolean(std::optional<bool>& into, Bytes field);
  void object(Bytes& raw, Bytes field);
  bool enter_array(Bytes field);
  bool is_null();
  Bytes plain(const JsonString& string);

  bool read_field(const JsonString& key);
  void read_input();
  void read_include();
  void read_text_options();
  void read_format();
  void read_reasoning();
  void read_tools();
  void read_tool();
  void read_tool_choice();
  void read_allowed_tools(std::vector<Bytes>& into);

  struct Item;
  void read_item();
  void take_item(const Item& item);
  void take_message(const Item& item);
  void take_call(const Item& item);
  void take_result(const Item& item);
  void take_reasoning(const Item& item);
  void read_content(Bytes raw, Bytes field, std::vector<Part>& into);
  void read_part(JsonReader& json, std::vector<Part>& into);
  Bytes read_paragraphs(Bytes raw);
  void take_data_url(Bytes url, Media& media);
  Message* message_of(Role role, bool join);

  JsonReader json_;
  Request& request_;
  Loss& loss_;
  Bytes instructions_;
  bool has_input_ = false;
  std::size_t parts_ = 0;
};

}  // namespace weir::dialect::openai_responses
