#include "config_reader.h"

#include <yaml-cpp/yaml.h>

#include <map>
#include <utility>
#include <vector>

#include "config_schema.h"
#include "value_parser.h"
#include "weir/base/assert.h"

namespace weir::control {

namespace {

Position position_of(const YAML::Mark& mark) {
  return mark.is_null() ? Position{1, 1} : Position{mark.line + 1, mark.column + 1};
}

std::string join(const std::string& path, Bytes name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

void set_defaults(const SectionRow& section, void* object) {
  for (const KeyRow& row : section.keys) {
    if (row.shape == Shape::section) set_defaults(*row.section, row.binding.child(object, row.name, {}));
    if (row.default_value.empty()) continue;
    auto value = parse_value(row, row.default_value, false);
    WEIR_ASSERT(value.has_value(), "a default in the table is a value of its key");
    row.binding.store(object, *std::move(value), {});
  }
}

class Reader {
 public:
  Reader(const std::string& file, ConfigErrors& errors) : file_(file), errors_(errors) {}

  void read_section(const YAML::Node& node, const SectionRow& section, void* object, const std::string& path) {
    if (!expect(node, node.IsMap(), path, "needs keys of its own", "Write its keys below it, indented.")) return;
    std::map<std::string, Position> seen;
    for (const auto& entry : node) {
      const auto name = key_of(entry.first, seen, path);
      if (!name) continue;
      const KeyRow* row = find_row(section, *name);
      key_at_ = position_of(entry.first.Mark());
      if (row)
        read_key(entry.second, *row, object, join(path, *name));
      else
        report_unknown(entry.first, section, *name, path);
    }
    for (const KeyRow& row : section.keys)
      if (row.is_required && !seen.contains(std::string(row.name)))
        report(node, path, "the key " + std::string(row.name) + " is missing.", example_of(row));
  }

  void report(Position at, const std::string& path, std::string problem, std::string advice) {
    errors_.push_back({file_, at, path, std::move(problem), std::move(advice)});
  }

 private:
  using Seen = std::map<std::string, Position>;

  void report(const YAML::Node& node, const std::string& path, std::string problem, std::string advice) {
    report(position_of(node.Mark()), path, std::move(problem), std::move(advice));
  }

  static std::string example_of(const KeyRow& row) {
    if (row.example.empty()) return std::string(row.sentence);
    return "For example: " + std::string(row.name) + ": " + std::string(row.example);
  }

  bool expect(const YAML::Node& node, bool is_right, const std::string& path, std::string problem, std::string advice) {
    if (is_right) return true;
    // yaml-cpp places a value that is not there at whatever follows, so the key is pointed at.
    if (node.IsNull())
      report(key_at_, path, "it has no value.", std::move(advice));
    else
      report(node, path, "this " + std::move(problem) + ".", std::move(advice));
    return false;
  }

  static const KeyRow* find_row(const SectionRow& section, Bytes name) {
    for (const KeyRow& row : section.keys)
      if (row.name == name) return &row;
    return nullptr;
  }

  /// The name of a key, unless it is not text or has been there before.
  std::optional<std::string> key_of(const YAML::Node& key, Seen& seen, const std::string& path) {
    if (!key.IsScalar()) {
      report(key, path, "a key must be plain text.", "");
      return std::nullopt;
    }
    const auto [earlier, is_new] = seen.emplace(key.Scalar(), position_of(key.Mark()));
    if (is_new) return key.Scalar();
    report(key, join(path, key.Scalar()),
           "it is written twice, first in line " + std::to_string(earlier->second.line) + ".", "Keep one of the two.");
    return std::nullopt;
  }

  void report_unknown(const YAML::Node& key, const SectionRow& section, const std::string& name,
                      const std::string& path) {
    std::vector<Bytes> known;
    std::string list;
    for (const KeyRow& row : section.keys) {
      known.push_back(row.name);
      list += (list.empty() ? "" : ", ") + std::string(row.name);
    }
    const Bytes similar = nearest(name, known);
    report(key, join(path, name), "there is no such key here.",
           similar.empty() ? "The keys here are " + list + "." : "Did you mean " + std::string(similar) + "?");
  }

  void read_key(const YAML::Node& node, const KeyRow& row, void* object, const std::string& path) {
    switch (row.shape) {
      case Shape::scalar:
        return read_scalar(node, row, object, path);
      case Shape::section:
        return read_section(node, *row.section, row.binding.child(object, row.name, position_of(node.Mark())), path);
      case Shape::list_of_scalars:
      case Shape::list_of_sections:
      case Shape::list_of_entries:
        return read_list(node, row, object, path);
      case Shape::map_of_scalars:
      case Shape::map_of_sections:
        return read_map(node, row, object, path);
    }
  }

  void read_scalar(const YAML::Node& node, const KeyRow& row, void* object, const std::string& path) {
    if (!expect(node, node.IsScalar(), path, "must be a single value", example_of(row))) return;
    const bool is_quoted = node.Tag() == "!";
    auto value = parse_value(row, node.Scalar(), is_quoted);
    if (value)
      row.binding.store(object, *std::move(value), position_of(node.Mark()));
    else
      report(node, path, std::move(value.error().problem), std::move(value.error().advice));
  }

  bool expect_count(const YAML::Node& node, const KeyRow& row, const std::string& path) {
    if (node.size() < row.minimum)
      report(node, path, "it is empty.", example_of(row));
    else if (node.size() > row.maximum)
      report(node, path, std::to_string(node.size()) + " entries are too many.",
             "Write at most " + std::to_string(row.maximum) + ".");
    else
      return true;
    return false;
  }

  void read_list(const YAML::Node& node, const KeyRow& row, void* object, const std::string& path) {
    if (!expect(node, node.IsSequence(), path, "must be a list",
                "Begin each entry with a hyphen, or write the entries in brackets."))
      return;
    if (!expect_count(node, row, path)) return;
    const Position list_at = key_at_;
    for (std::size_t i = 0; i < node.size(); ++i) {
      key_at_ = list_at;
      const std::string entry_path = path + "[" + std::to_string(i) + "]";
      if (row.shape == Shape::list_of_scalars) {
        read_scalar(node[i], row, object, entry_path);
      } else {
        void* entry = row.binding.child(object, {}, position_of(node[i].Mark()));
        if (row.shape == Shape::list_of_entries && !node[i].IsMap())
          read_short_entry(node[i], row, entry, entry_path);
        else
          read_section(node[i], *row.section, entry, entry_path);
      }
    }
  }

  /// One that is written as the value of its first key. Advice is about the list.
  void read_short_entry(const YAML::Node& node, const KeyRow& row, void* entry, const std::string& path) {
    KeyRow first = row.section->keys[0];
    first.name = row.name;
    first.example = row.example;
    read_scalar(node, first, entry, path);
  }

  void read_map(const YAML::Node& node, const KeyRow& row, void* object, const std::string& path) {
    if (!expect(node, node.IsMap(), path, "must be a mapping from names", example_of(row))) return;
    if (!expect_count(node, row, path)) return;
    Seen seen;
    for (const auto& entry : node) {
      const auto name = key_of(entry.first, seen, path);
      if (!name) continue;
      auto checked = parse_value(row, *name, false);
      if (!checked) {
        report(entry.first, path, std::move(checked.error().problem), std::move(checked.error().advice));
        continue;
      }
      const std::string& normal_name = std::get<std::string>(*checked);
      const std::string entry_path = join(path, normal_name);
      key_at_ = position_of(entry.first.Mark());
      void* child = row.binding.child(object, normal_name, key_at_);
      if (row.shape == Shape::map_of_scalars)
        read_scalar(entry.second, row.section->keys[0], child, entry_path);
      else
        read_section(entry.second, *row.section, child, entry_path);
    }
  }

  const std::string& file_;
  ConfigErrors& errors_;
  Position key_at_;  ///< of the key whose value is being read
};

}  // namespace

WrittenConfig default_config() {
  WrittenConfig config;
  set_defaults(config_schema(), &config);
  return config;
}

WrittenConfig read_yaml(Bytes yaml, const std::string& file, ConfigErrors& errors) {
  WrittenConfig config = default_config();
  Reader reader(file, errors);
  // yaml-cpp reports by exceptions; none may leave this function.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.empty() || documents[0].IsNull())
      reader.report(Position{1, 1}, "", "the file is empty.", "docs/configuration.md begins with a small example.");
    else
      reader.read_section(documents[0], config_schema(), &config, "");
    if (documents.size() > 1)
      reader.report(position_of(documents[1].Mark()), "", "a second YAML document begins here and would be ignored.",
                    "Keep one document in the file.");
  } catch (const YAML::Exception& exception) {
    reader.report(position_of(exception.mark), "", "this is not valid YAML: " + exception.msg + ".",
                  "Check indentation, quotes and brackets on this line and the one above.");
  } catch (const std::exception& exception) {
    reader.report(Position{}, "", std::string("the file cannot be read: ") + exception.what() + ".", "");
  }
  return config;
}

}  // namespace weir::control
