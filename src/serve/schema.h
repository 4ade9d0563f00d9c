// JSON Schema, from declared option structs and by hand.
#ifndef ATENTO_SERVE_SCHEMA_H_
#define ATENTO_SERVE_SCHEMA_H_

#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/json.h"
#include "base/options.h"
#include "serve/serve_options.h"

namespace atento {

// type: "string", "integer", "number", "boolean".
inline Json SchemaOf(std::string_view type, std::string_view description) {
  return Json().Set("type", type).Set("description", description);
}
inline Json ArraySchema(Json items, std::string_view description) {
  return SchemaOf("array", description).Set("items", std::move(items));
}
// One text, or an array of `least` to `most`.
inline Json TextsSchema(std::string_view description, int least, int most) {
  Json texts = Json().Set("type", "array").Set("items", Json().Set("type", "string"));
  texts.Set("minItems", least).Set("maxItems", most);
  Json either = Json().Append(Json().Set("type", "string")).Append(std::move(texts));
  return Json().Set("description", description).Set("oneOf", std::move(either));
}
// properties: an object of schemas, all of which are always there.
inline Json ObjectSchema(Json properties) {
  Json required;
  for (const auto& [name, schema] : properties.AsObject()) required.Append(name);
  return Json()
      .Set("type", "object")
      .Set("properties", std::move(properties))
      .Set("required", std::move(required));
}

// A schema for each declared field, with its range and default.
template <class Options>
Json FieldSchemas(const Options& defaults) {
  Json properties{Json::Object{}};
  Options::ForEach(defaults,
                   [&](const char* name, const auto& field, const Range& range, const char* help) {
                     using Field = std::remove_cvref_t<decltype(field)>;
                     Json schema;
                     if constexpr (std::is_enum_v<Field>) {
                       schema = SchemaOf("string", help);
                       Json names;
                       for (const char* value : EnumNames<Field>::names) names.Append(value);
                       schema.Set("enum", std::move(names)).Set("default", EnumName(field));
                     } else if constexpr (std::is_same_v<Field, std::string>) {
                       schema = SchemaOf("string", help);
                     } else if constexpr (std::is_same_v<Field, bool>) {
                       schema = SchemaOf("boolean", help).Set("default", field);
                     } else {
                       schema = SchemaOf(std::is_integral_v<Field> ? "integer" : "number", help);
                       auto limit = [&](const char* key, double value) {
                         if (std::isinf(value)) return;
                         if constexpr (std::is_integral_v<Field>) {
                           schema.Set(key, static_cast<int64_t>(value));
                         } else {
                           schema.Set(key, value);
                         }
                       };
                       limit("minimum", range.low);
                       limit("maximum", range.high);
                       schema.Set("default", field);
                     }
                     properties.Set(name, std::move(schema));
                   });
  return properties;
}

// Of a request for a `text`: `properties`, and the fields of `defaults` as far as `limits` allow.
template <class Fields>
Json RequestSchema(Json properties, const Fields& defaults, const ServeLimits& limits) {
  const Json fields = FieldSchemas(defaults);
  for (const auto& [name, schema] : fields.AsObject()) {
    Json limited = schema;
    if (name == "beam" || name == "n_best") limited.Set("maximum", limits.max_beam);
    if (name == "max_length_ratio") limited.Set("maximum", limits.max_length_ratio);
    properties.Set(name, std::move(limited));
  }
  return Json()
      .Set("type", "object")
      .Set("properties", std::move(properties))
      .Set("required", Json().Append("text"))
      .Set("additionalProperties", false);
}

}  // namespace atento

#endif  // ATENTO_SERVE_SCHEMA_H_
