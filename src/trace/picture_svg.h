// What attention looked at in a picture, word by word.
#ifndef ATENTO_TRACE_PICTURE_SVG_H_
#define ATENTO_TRACE_PICTURE_SVG_H_

#include <string>
#include <string_view>

#include "atento/trace.h"

namespace atento {

// As a figure: the source's picture, and then once for each word of the target, under the word, with
// a cell for each position of the grid that is the darker the less of the word's weight is there;
// the heaviest is clear. Throws Error{kData} if the model has no attention, or the source no grid.
std::string PictureToSvg(const Trace& trace);

// A file's bytes as a data: URI (RFC 2397). type: "image/png", "image/jpeg".
std::string DataUri(std::string_view type, std::string_view bytes);

}  // namespace atento

#endif  // ATENTO_TRACE_PICTURE_SVG_H_
