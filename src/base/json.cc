#include "base/json.h"

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "atento/error.h"
#include "base/utf8.h"

namespace atento {
namespace {

using Nlohmann = nlohmann::ordered_json;

constexpr size_t kMaxDepth = 64;

// Hands the text to nlohmann's parser and tells the handler how far it has come: the parser's
// events do not carry a position.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, size_t* read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* read_;
};

// "[json.exception.…] parse error at line 1, column 5: syntax error …; last read: '…'; expected …"
// without what we say better ourselves.
std::string Reason(std::string_view what) {
  if (size_t column = what.find(", column "); column != std::string_view::npos) {
    what = what.substr(what.find(": ", column) + 2);
  } else if (size_t bracket = what.find("] "); bracket != std::string_view::npos) {
    what = what.substr(bracket + 2);
  }
  std::string reason(what);
  if (const size_t last_read = reason.find("; last read: '"); last_read != std::string::npos) {
    const size_t expected = reason.rfind("'; expected ");
    reason.erase(last_read, expected == std::string::npos ? expected : expected + 1 - last_read);
  }
  return ReplaceInvalidUtf8(reason);
}

// nlohmann's SAX events, built into a Json.
class Builder {
 public:
  Builder(std::string_view where, const size_t* read) : where_(where), read_(read) {}

  bool null() { return Add(Json()); }
  bool boolean(bool value) { return Add(Json(value)); }
  bool number_integer(int64_t value) { return Add(Json(value)); }
  bool number_unsigned(uint64_t value) {
    if (value <= INT64_MAX) return Add(Json(static_cast<int64_t>(value)));
    return Add(Json(static_cast<double>(value)));
  }
  bool number_float(double value, const std::string&) { return Add(Json(value)); }
  bool string(std::string& value) { return Add(Json(std::move(value))); }
  bool binary(std::vector<uint8_t>&) { return false; }  // not in text
  bool start_object(size_t) { return Open(/*object=*/true); }
  bool start_array(size_t) { return Open(/*object=*/false); }
  bool end_object() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    return Add(Json(std::move(frame.object)));
  }
  bool end_array() {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    return Add(Json(std::move(frame.array)));
  }
  bool key(std::string& name) {
    Frame& frame = open_.back();
    if (!frame.keys.insert(name).second)
      Fail(*read_, "the key " + Nlohmann(name).dump() + " is there twice");
    frame.key = std::move(name);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const Nlohmann::exception& error) {
    Fail(position, Reason(error.what()));
  }

  Json Take() { return std::move(root_); }

 private:
  // An array or object whose end has not been seen.
  struct Frame {
    bool is_object;
    Json::Object object = {};
    Json::Array array = {};
    std::string key = {};
    std::unordered_set<std::string> keys = {};
  };

  bool Open(bool object) {
    if (open_.size() == kMaxDepth) {
      Fail(*read_, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    open_.push_back({object});
    return true;
  }
  bool Add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.is_object) {
      frame.object.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.array.push_back(std::move(value));
    }
    return true;
  }
  [[noreturn]] void Fail(size_t byte, const std::string& reason) const {
    throw Error(ErrorKind::kData, std::string(where_) + ": byte " + std::to_string(byte) +
                                      ": invalid JSON: " + reason + "; correct the text");
  }

  std::string_view where_;
  const size_t* read_;
  Json root_;
  std::vector<Frame> open_;
};

Nlohmann ToNlohmann(const Json& json) {
  if (json.is_bool()) return json.AsBool();
  if (json.is_integer()) return json.AsInteger();
  if (json.is_number()) return json.AsDouble();
  if (json.is_string()) return json.AsString();
  if (json.is_array()) {
    Nlohmann::array_t array;
    array.reserve(json.AsArray().size());
    for (const Json& element : json.AsArray()) array.push_back(ToNlohmann(element));
    return array;
  }
  if (json.is_object()) {
    Nlohmann::object_t object;
    object.reserve(json.AsObject().size());
    // emplace_back, not emplace: the latter searches for the key first.
    for (const auto& [key, value] : json.AsObject()) object.emplace_back(key, ToNlohmann(value));
    return object;
  }
  return nullptr;
}

const char* TypeName(const Json& json) {
  if (json.is_null()) return "null";
  if (json.is_bool()) return "true or false";
  if (json.is_integer()) return "an integer";
  if (json.is_number()) return "a number";
  if (json.is_string()) return "a string";
  return json.is_array() ? "an array" : "an object";
}

[[noreturn]] void WrongType(const char* expected, const Json& found) {
  throw Error(ErrorKind::kData, std::string("expected ") + expected + " in the JSON, found " +
                                    TypeName(found) + "; correct the value");
}

}  // namespace

Json Json::Parse(std::string_view text, std::string_view where) {
  size_t read = 0;
  Builder builder(where, &read);
  // Faults are thrown by the builder; sax_parse itself throws nothing.
  Nlohmann::sax_parse(CountingIterator(text.data(), &read),
                      CountingIterator(text.data() + text.size(), &read), &builder);
  return builder.Take();
}

std::string Json::Dump(int indent) const {
  return ToNlohmann(*this).dump(indent, ' ', /*ensure_ascii=*/false,
                                Nlohmann::error_handler_t::replace);
}

bool Json::AsBool() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  WrongType("true or false", *this);
}

int64_t Json::AsInteger() const {
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  WrongType("an integer", *this);
}

double Json::AsDouble() const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  WrongType("a number", *this);
}

const std::string& Json::AsString() const {
  if (const std::string* value = std::get_if<std::string>(&value_)) return *value;
  WrongType("a string", *this);
}

const Json::Array& Json::AsArray() const {
  if (const Array* value = std::get_if<Array>(&value_)) return *value;
  WrongType("an array", *this);
}

const Json::Object& Json::AsObject() const {
  if (const Object* value = std::get_if<Object>(&value_)) return *value;
  WrongType("an object", *this);
}

const Json* Json::Find(std::string_view key) const {
  for (const auto& [name, value] : AsObject()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Json& Json::At(std::string_view key) const {
  if (const Json* value = Find(key)) return *value;
  throw Error(ErrorKind::kData,
              "the key \"" + std::string(key) + "\" is missing from the JSON object; add it");
}

Json& Json::Set(std::string_view key, Json value) {
  if (is_null()) value_ = Object();
  if (!is_object()) WrongType("an object", *this);
  for (auto& [name, old] : std::get<Object>(value_)) {
    if (name == key) {
      old = std::move(value);
      return *this;
    }
  }
  std::get<Object>(value_).emplace_back(std::string(key), std::move(value));
  return *this;
}

Json& Json::Append(Json value) {
  if (is_null()) value_ = Array();
  if (!is_array()) WrongType("an array", *this);
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

}  // namespace atento
