// What tests of several models share: a second model, and a ward with assignments. Only tests
// include it.
#pragma once

#include "access/directory.hpp"
#include "detector/test_ward.hpp"

#include <memory>
#include <utility>

namespace vigil::detector {

/// AmplitudeScorer under another name.
class SecondScorer final : public detect::Scorer {
public:
    SecondScorer() { card_.name = "second"; }

    [[nodiscard]] const detect::ModelCard& card() const override { return card_; }

    [[nodiscard]] Result<std::vector<float>> score(std::span<const float> windows_uv) override {
        if (fails) {
            return fail(ErrorCode::internal, "The model failed.");
        }
        return inner_.score(windows_uv);
    }

    bool fails = false;

private:
    AmplitudeScorer inner_;
    detect::ModelCard card_ = inner_.card();
};

/// The entry of an assignment to p1, in the partition of the tests' blocks.
inline v1::Entry assigned_models(
    const std::string& active,
    const std::vector<std::string>& shadows,
    UtcTime now,
    int number
) {
    v1::ModelAssignment models;
    models.set_patient("p1");
    models.set_active(active);
    models.mutable_shadows()->Assign(shadows.begin(), shadows.end());
    auto entry = access::directory_entry(
        models,
        journal::default_partitions,
        "anna",
        to_us(now),
        derived_id("models", std::to_string(number))
    );
    entry.set_partition(BlockShape{}.partition);
    return entry;
}

/// A ward whose detector knows a second model.
struct ModelWard {
    Ward ward;
    AmplitudeScorer standard;
    SecondScorer second;
    CoreOptions options{.models = {.scorers = {&second}}};
    std::unique_ptr<Core> core;

    ModelWard() { change_owner(); }

    void change_owner() {
        ++options.epoch;
        core = std::make_unique<Core>(standard, options);
        if (auto taken = core->take_over(ward.journal, ward.now); !taken) {
            throw std::runtime_error(taken.error().detail);
        }
    }

    void run(std::size_t at_once = 1000) {
        if (const auto refused = ward.run(*core, at_once)) {
            throw std::runtime_error(refused->detail);
        }
    }

    void assign(const std::string& active, const std::vector<std::string>& shadows) {
        ward.put(assigned_models(active, shadows, ward.now, ++assignments));
    }

    int assignments = 0;
};

} // namespace vigil::detector
