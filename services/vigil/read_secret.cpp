#include "vigil/read_secret.hpp"

#include <termios.h>
#include <unistd.h>

#include <format>
#include <fstream>
#include <iostream>

namespace vigil {

Result<std::string> read_secret(const std::string& file, const std::string& prompt) {
    std::string secret;
    if (!file.empty()) {
        std::ifstream in(file);
        if (!std::getline(in, secret)) {
            return fail(
                ErrorCode::invalid_argument,
                std::format("Nothing could be read from {}.", file)
            );
        }
        return secret;
    }
    termios shown{};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        std::cerr << prompt << ": " << std::flush;
        auto hidden = shown;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    std::getline(std::cin, secret);
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        std::cerr << '\n';
    }
    return secret;
}

} // namespace vigil
