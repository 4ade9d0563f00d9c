// The version of this build.
#ifndef ATENTO_BASE_VERSION_H_
#define ATENTO_BASE_VERSION_H_

namespace atento {

// "0.1.0", as the project() of CMakeLists.txt says.
const char* AtentoVersion();

}  // namespace atento

#endif  // ATENTO_BASE_VERSION_H_
