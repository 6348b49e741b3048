#include "alarm/conditions.hpp"

#include "alarm/bounds.hpp"

#include <catch2/catch_test_macros.hpp>

#include <format>
#include <fstream>
#include <set>
#include <string>

namespace vigil::alarm {

namespace {

constexpr std::int64_t second = 1'000'000;

std::string_view word(Priority priority) {
    switch (priority) {
        case v1::Alarm::HIGH:
            return "high";
        case v1::Alarm::MEDIUM:
            return "medium";
        default:
            return "low";
    }
}

std::string delays(const ConditionRow& row) {
    auto text = std::format("{} s", row.delay_us / second);
    if (row.later_priority != v1::Alarm::PRIORITY_UNSPECIFIED) {
        text += std::format("; {} s", row.later_delay_us / second);
    }
    return text;
}

std::string priorities(const ConditionRow& row) {
    const bool rises = row.later_priority != v1::Alarm::PRIORITY_UNSPECIFIED;
    return std::string(word(row.priority)) +
           (rises ? "; " + std::string(word(row.later_priority)) : "");
}

std::string one_cause_with(const ConditionRow& row) {
    std::string text;
    for (const auto& other : conditions()) {
        if (other.group == row.group && other.id != row.id) {
            text += (text.empty() ? "" : ", ") + std::string(other.name);
        }
    }
    return text;
}

std::string line(const ConditionRow& row) {
    const auto limit = row.limit ? std::format(
                                       "{} {} ({} to {})",
                                       row.limit->by_default,
                                       row.limit->unit,
                                       row.limit->least,
                                       row.limit->most
                                   )
                                 : std::string{};
    return std::format(
        "| {} | {} | {} | {} | {} | {} | {} |",
        row.name,
        row.kind == Kind::technical ? "technical" : "physiological",
        priorities(row),
        delays(row),
        row.latching ? "yes" : "no",
        limit,
        one_cause_with(row)
    );
}

std::string line(const TimeRow& row) {
    return std::format(
        "| `{}` | {} s | {} s | {} s |",
        row.name,
        row.by_default_s,
        row.least_s,
        row.most_s
    );
}

/// The lines of a document's table, below its head.
std::vector<std::string> table_under(const std::string& head) {
    std::ifstream file(std::string(VIGIL_SOURCE_DIR) + "/docs/alarms.md");
    std::vector<std::string> lines;
    bool is_in = false;
    for (std::string text; std::getline(file, text);) {
        if (is_in && !text.starts_with("|")) {
            break;
        }
        if (is_in && !text.starts_with("|-")) {
            lines.push_back(text);
        }
        is_in = is_in || text.starts_with(head);
    }
    return lines;
}

template <class Rows>
std::vector<std::string> lines_of(const Rows& rows) {
    std::vector<std::string> lines;
    for (const auto& row : rows) {
        lines.push_back(line(row));
    }
    return lines;
}

} // namespace

TEST_CASE("docs/alarms.md says what the code does") {
    CHECK(table_under("| condition | kind |") == lines_of(conditions()));
    CHECK(table_under("| time | default |") == lines_of(times()));
}

TEST_CASE("every condition of the schema is in the table once, with a priority that can be told") {
    std::set<Condition> ids;
    for (const auto& row : conditions()) {
        INFO(row.name);
        CHECK(ids.insert(row.id).second);
        CHECK(row_of(row.id) == &row);
        CHECK(row.priority >= v1::Alarm::LOW);
        CHECK(row.later_delay_us >= 0);
        // What ends unseen would be lost, so that a high one always latches.
        CHECK((row.priority != v1::Alarm::HIGH || row.latching));
        CHECK((row.later_priority != v1::Alarm::HIGH || row.latching));
    }
    const auto* const all = v1::Alarm::Condition_descriptor();
    CHECK(static_cast<int>(ids.size()) == all->value_count() - 1); // but CONDITION_UNSPECIFIED
    CHECK(row_of(v1::Alarm::CONDITION_UNSPECIFIED) == nullptr);
}

TEST_CASE("a priority rises where a condition lasts") {
    const auto& row = *row_of(v1::Alarm::DATA_MISSING);
    CHECK_FALSE(priority_after(row, 30 * second - 1));
    CHECK(priority_after(row, 30 * second) == v1::Alarm::LOW);
    CHECK(priority_after(row, 120 * second - 1) == v1::Alarm::LOW);
    CHECK(priority_after(row, 120 * second) == v1::Alarm::MEDIUM);
}

} // namespace vigil::alarm
