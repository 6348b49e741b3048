// Writes JSON text: for answers, logs and problems, where a document tree would cost more than the
// text. Reading is simdjson's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace vigil {

/// Appends values in order; commas are its own care. Nothing checks that what is opened is closed.
///
/// errors  none; text that is not UTF-8 is written with U+FFFD in place of each wrong byte; NaN and
/// infinities as null
class JsonText {
public:
    JsonText& open_object() { return open('{'); }

    JsonText& close_object() { return close('}'); }

    JsonText& open_array() { return open('['); }

    JsonText& close_array() { return close(']'); }

    JsonText& key(std::string_view name);
    JsonText& value(std::string_view text);

    JsonText& value(const char* text) { return value(std::string_view(text)); }

    JsonText& value(const std::string& text) { return value(std::string_view(text)); }

    JsonText& value(bool flag);
    JsonText& value(double number);

    template <class Integer>
        requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
    JsonText& value(Integer number) {
        separate();
        text_ += std::to_string(number);
        return *this;
    }

    JsonText& null();
    /// Text that is JSON already.
    JsonText& raw(std::string_view json);

    template <class T>
    JsonText& member(std::string_view name, const T& v) {
        return key(name).value(v);
    }

    [[nodiscard]] const std::string& text() const& { return text_; }

    [[nodiscard]] std::string text() && { return std::move(text_); }

private:
    JsonText& open(char bracket) {
        separate();
        text_ += bracket;
        first_ = true;
        return *this;
    }

    JsonText& close(char bracket) {
        text_ += bracket;
        first_ = false;
        return *this;
    }

    void separate() {
        if (!first_) {
            text_ += ',';
        }
        first_ = false;
    }

    void quoted(std::string_view text);

    std::string text_;
    bool first_ = true;
};

} // namespace vigil
