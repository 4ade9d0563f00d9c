#include "base/version.h"

namespace atento {

const char* AtentoVersion() { return ATENTO_VERSION; }

}  // namespace atento
