// The files of data/lessons as text, compiled in by lessons.cmake.
#ifndef ATENTO_TEXT_LESSONS_DATA_H_
#define ATENTO_TEXT_LESSONS_DATA_H_

#include <string>
#include <vector>

namespace atento::lessons {

struct DataFile {
  std::string name;
  std::string content;
};

const std::vector<DataFile>& EmbeddedFiles();

}  // namespace atento::lessons

#endif  // ATENTO_TEXT_LESSONS_DATA_H_
