// Asks a table of keys 2,000 times: for keys that it has (known), that it has not (unknown), that could be none
// (malformed), each of the same length, or for the key of who sent none (missing). run.py counts the instructions.
#include <cstdio>
#include <string>

#include "weir/admission/virtual_key.h"

using namespace weir;

int main(int argc, char** argv) {
  constexpr int kKeys = 500;
  constexpr int kQuestions = 2000;
  const std::string kind = argc > 1 ? argv[1] : "";
  const auto key = [](int i, char last) {
    std::string text = "wk_" + std::to_string(100000 + i);
    text.resize(45, 'k');
    return text + last;
  };
  std::vector<admission::VirtualKey> keys;
  for (int i = 0; i < kKeys; ++i) keys.push_back({std::to_string(i), admission::hash_key(key(i, 'a'))});
  const admission::KeyTable table(std::move(keys), false);
  int found = 0;
  for (int i = 0; i < kQuestions; ++i) {
    std::string asked = key(i % kKeys, kind == "known" ? 'a' : static_cast<char>('b' + i / kKeys));
    if (kind == "malformed") asked[0] = '\x80';
    if (kind == "missing") asked.clear();
    found += table.find(asked) != nullptr;
  }
  std::printf("%d\n", found);
  return found == (kind == "known" ? kQuestions : 0) ? 0 : 1;
}
