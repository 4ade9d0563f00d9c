// Faults that the operating system reports, as Errors of one form:
// "cannot read a/b: Permission denied; check the permissions or choose another place".
#ifndef ATENTO_BASE_IO_ERROR_H_
#define ATENTO_BASE_IO_ERROR_H_

#include <string>

#include "atento/error.h"

namespace atento {

// what: "read a/b". error: an errno. kNotFound if nothing is there, otherwise kIo.
Error ReadError(const std::string& what, int error);
// Always kIo: what is missing is a place, not a thing that was asked for.
Error WriteError(const std::string& what, int error);

}  // namespace atento

#endif  // ATENTO_BASE_IO_ERROR_H_
