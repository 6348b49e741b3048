// What version a program is: said by --version, by each line of the log and by the page.
#pragma once

namespace vigil {

/// By tools/version, when the program is built: 0.2.0, or 0.2.0+5.g6728c26 five commits after it.
extern const char* const program_version;

} // namespace vigil
