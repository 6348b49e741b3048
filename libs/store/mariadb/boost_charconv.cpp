// The three functions of Boost.Charconv's library that Boost.MySQL calls, for columns of floating
// point, of which the store has none. The standard's do the same, so that every build needs no
// package more. Where that library is linked one day this file goes.
#include <boost/charconv/from_chars.hpp>
#include <boost/charconv/to_chars.hpp>

#include <charconv>

namespace {

std::chars_format standard(boost::charconv::chars_format format) {
    switch (format) {
        case boost::charconv::chars_format::scientific:
            return std::chars_format::scientific;
        case boost::charconv::chars_format::fixed:
            return std::chars_format::fixed;
        case boost::charconv::chars_format::hex:
            return std::chars_format::hex;
        default:
            return std::chars_format::general;
    }
}

template <class Number>
boost::charconv::from_chars_result
read(const char* first, const char* last, Number& value, boost::charconv::chars_format format) {
    const auto [end, error] = std::from_chars(first, last, value, standard(format));
    return {end, error};
}

} // namespace

namespace boost::charconv {

from_chars_result
from_chars(const char* first, const char* last, float& value, chars_format fmt) noexcept {
    return read(first, last, value, fmt);
}

from_chars_result
from_chars(const char* first, const char* last, double& value, chars_format fmt) noexcept {
    return read(first, last, value, fmt);
}

to_chars_result to_chars(char* first, char* last, double value, chars_format fmt) noexcept {
    const auto [end, error] = std::to_chars(first, last, value, standard(fmt));
    return {end, error};
}

} // namespace boost::charconv
