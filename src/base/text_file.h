// Files of settings, small enough to be read as a whole.
#ifndef ATENTO_BASE_TEXT_FILE_H_
#define ATENTO_BASE_TEXT_FILE_H_

#include <string>

namespace atento {

// As ReadFile (base/file.h), but of 64 MB at most: a file of settings that is larger is another
// file. Throws Error{kData} for one.
std::string ReadTextFile(const std::string& path);

}  // namespace atento

#endif  // ATENTO_BASE_TEXT_FILE_H_
