// Writes the bytes of a small ONNX model that has the shape of a spectrogram model, or nearly, for
// tests; only they include it. The shares are the softmax of the four lowest bins.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace vigil::detect::test {

struct TinyOnnx {
    std::string input = "x";
    std::string output = "probs";
    std::int64_t bins = 100;
    std::vector<std::int64_t> classes{0, 1, 2, 3}; // the bins whose softmax the shares are
    int type = 1;                                  // ONNX's number of float

    [[nodiscard]] std::string bytes() const {
        const auto graph = node("Gather", {input, "classes"}, "chosen", {{"axis", 1}}) +
                           node("Transpose", {"chosen"}, "turned", {}, {2, 0, 1}) +
                           node("Softmax", {"turned"}, output, {{"axis", 2}}) + field(2, "tiny") +
                           field(5, indices()) + field(11, value(input, type, {-1, bins, -2})) +
                           field(12, value(output, type, {-2, -1, std::int64_t(classes.size())}));
        return number(1, 8) + field(8, number(2, 18)) + field(7, graph);
    }

private:
    static std::string varint(std::uint64_t value) {
        std::string out;
        for (; value >= 128; value >>= 7U) {
            out += static_cast<char>(value | 128U);
        }
        return out + static_cast<char>(value);
    }

    static std::string number(std::uint64_t id, std::int64_t value) {
        return varint(id << 3U) + varint(static_cast<std::uint64_t>(value));
    }

    static std::string field(std::uint64_t id, const std::string& bytes) {
        return varint(id << 3U | 2U) + varint(bytes.size()) + bytes;
    }

    /// A node with whole-number attributes, and a list of them named perm where there is one.
    static std::string node(
        const std::string& kind,
        const std::vector<std::string>& inputs,
        const std::string& result,
        const std::vector<std::pair<std::string, std::int64_t>>& attributes,
        const std::vector<std::int64_t>& perm = {}
    ) {
        std::string out;
        for (const auto& name : inputs) {
            out += field(1, name);
        }
        out += field(2, result) + field(4, kind);
        for (const auto& [name, value] : attributes) {
            out += field(5, field(1, name) + number(3, value) + number(20, 2));
        }
        if (!perm.empty()) {
            std::string list = field(1, "perm") + number(20, 7);
            for (const auto axis : perm) {
                list += number(8, axis);
            }
            out += field(5, list);
        }
        return field(1, out);
    }

    [[nodiscard]] std::string indices() const {
        std::string out = number(1, std::int64_t(classes.size())) + number(2, 7);
        for (const auto index : classes) {
            out += number(7, index);
        }
        return out + field(8, "classes");
    }

    /// A tensor; sizes below 0 are open, equal ones the same.
    static std::string
    value(const std::string& name, int type, const std::vector<std::int64_t>& sizes) {
        std::string shape;
        for (const auto size : sizes) {
            shape += field(1, size < 0 ? field(2, "n" + std::to_string(-size)) : number(1, size));
        }
        return field(1, name) + field(2, field(1, number(1, type) + field(2, shape)));
    }
};

} // namespace vigil::detect::test
