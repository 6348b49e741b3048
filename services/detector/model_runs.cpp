#include "detector/model_runs.hpp"

#include "detect/patient_score.hpp"
#include "detect/shadow.hpp"
#include "signal/block_samples.hpp"

#include <algorithm>

namespace vigil::detector {

namespace {

using Way = KnownModel::Way;
using State = detect::LongContextScore::State;

constexpr std::uint64_t context_step_s = 2; // LongContext's

detect::StreamSignal signal_of(const v1::EegBlock& block) {
    detect::StreamSignal signal{
        .rate_numerator = block.rate_numerator(),
        .rate_denominator = block.rate_denominator(),
    };
    if (block.signal_kind() == v1::EegBlock::SCALP) {
        signal.kind = detect::SignalKind::scalp;
    } else if (block.signal_kind() == v1::EegBlock::INTRACRANIAL) {
        signal.kind = detect::SignalKind::intracranial;
    }
    switch (block.reference()) {
        case v1::EegBlock::AVERAGE:
            signal.reference = detect::Reference::average;
            break;
        case v1::EegBlock::BIPOLAR:
            signal.reference = detect::Reference::bipolar;
            break;
        case v1::EegBlock::COMMON:
            signal.reference = detect::Reference::common;
            break;
        default:
            break;
    }
    return signal;
}

std::optional<detect::LongContext>
context_for(const KnownModel& model, std::uint32_t rate_numerator, std::uint32_t rate_denominator) {
    auto made = detect::LongContext::make(
        *model.spectrograms,
        rate_numerator,
        rate_denominator,
        model.long_context
    );
    return made ? std::optional(std::move(*made)) : std::nullopt;
}

/// The states of a step's channels as a detection's: a channel that warms up counts where none has
/// a score.
v1::Detection::State state_of(bool any_warms_up) {
    return any_warms_up ? v1::Detection::WARMING_UP : v1::Detection::STATE_UNSPECIFIED;
}

} // namespace

v1::Detection head_of(const detect::ModelCard& card, bool shadow, const v1::EegBlock& block) {
    v1::Detection head;
    head.set_model(card.name);
    head.set_model_version(card.version);
    head.set_shadow(shadow);
    for (const auto& [doubt, sentence] : detect::doubts_of(card, signal_of(block))) {
        head.add_doubts(static_cast<v1::Detection::Doubt>(doubt));
    }
    const bool counts = !shadow && head.doubts().empty();
    head.set_standing(counts ? v1::Detection::ACTIVE : v1::Detection::SHADOW);
    return head;
}

void ModelRuns::assign(
    Models& models,
    const v1::ModelAssignment* assignment,
    const v1::EegBlock& block
) {
    auto before = std::move(runs_);
    runs_.clear();
    if (models.shape(Models::standard, block.rate_numerator(), block.rate_denominator()) !=
        nullptr) {
        const auto& standard = models.at(Models::standard).card.name;
        const bool is_assigned = assignment != nullptr && !assignment->active().empty();
        add_run(models, is_assigned ? assignment->active() : standard, false, block);
        if (assignment != nullptr) {
            for (const auto& name : assignment->shadows()) {
                add_run(models, name, true, block);
            }
        }
    }
    shapes_.clear();
    run_of_shape_.clear();
    for (std::size_t run = 0; run < runs_.size(); ++run) {
        take_state(runs_[run], before, static_cast<std::size_t>(block.channels_size()));
        if (runs_[run].shape) {
            shapes_.push_back(runs_[run].shape.get());
            run_of_shape_.push_back(run);
        }
    }
    loaded_.clear();
    if (std::ranges::all_of(runs_, [](const Run& run) { return run.contexts.empty(); })) {
        marks_.clear();
        loaded_context_ = 0;
    }
}

/// A model that cannot run here says so once a second: the page must not look as if all was well.
void ModelRuns::add_run(
    Models& models,
    const std::string& name,
    bool shadow,
    const v1::EegBlock& block
) {
    const auto numerator = block.rate_numerator();
    const auto denominator = block.rate_denominator();
    const auto place = models.find(name);
    auto& run = runs_.emplace_back();
    const auto cannot = [&](v1::Detection::State why) {
        run.model = nullptr;
        run.place = Models::standard;
        run.shape = models.shape(Models::standard, numerator, denominator);
        run.head.set_state(why);
        run.head.set_standing(v1::Detection::SHADOW);
    };
    if (place == models.size()) {
        run.head.set_model(name);
        run.head.set_shadow(shadow);
        return cannot(v1::Detection::MODEL_MISSING);
    }
    run.model = &models.at(place);
    run.place = place;
    auto card = run.model->card;
    if (run.model->way != Way::long_context) {
        run.head = head_of(card, shadow, block);
        run.shape = models.shape(place, numerator, denominator);
        if (!run.shape) {
            cannot(v1::Detection::RATE_REFUSED);
        }
        return;
    }
    for (int channel = 0; channel < block.channels_size(); ++channel) {
        if (auto context = context_for(*run.model, numerator, denominator)) {
            run.contexts.push_back(std::move(*context));
        }
    }
    const bool reads_rate = !run.contexts.empty();
    card.rate_numerator = reads_rate ? numerator : 1;
    card.rate_denominator = reads_rate ? denominator : 1;
    run.head = head_of(card, shadow, block);
    run.head.set_period_s(context_step_s);
    if (!reads_rate) {
        run.head.clear_period_s();
        cannot(v1::Detection::RATE_REFUSED);
    }
}

/// What the model knew of the stream before, as it ran or as a checkpoint has it.
void ModelRuns::take_state(Run& made, std::vector<Run>& before, std::size_t channels) {
    if (made.model == nullptr) {
        return;
    }
    const auto known =
        std::ranges::find_if(before, [&](const Run& run) { return run.model == made.model; });
    if (made.model->way == Way::line_length) {
        if (known != before.end() && known->baselines.size() == channels) {
            made.baselines = std::move(known->baselines);
            return;
        }
        made.baselines.resize(channels);
        for (std::size_t channel = 0; channel < channels && loaded_.size() == channels; ++channel) {
            made.baselines[channel].load(loaded_[channel]);
        }
    } else if (known != before.end() && known->contexts.size() == made.contexts.size()) {
        made.contexts = std::move(known->contexts);
    }
}

void ModelRuns::take_window(
    std::size_t shape,
    const StreamRuns::Whole& whole,
    const TakenBlock& taken,
    Waiting* waiting
) {
    auto& run = runs_[run_of_shape_[shape]];
    const bool has_memory = !run.baselines.empty();
    if (waiting == nullptr && !has_memory) {
        return;
    }
    const auto& [entry, block, samples] = taken;
    if (waiting != nullptr && run.head.shadow() && waiting->sheds_shadows) {
        waiting->shed += static_cast<std::uint64_t>(block.channels_size());
        return;
    }
    const auto lead = run.shape->lead();
    auto pending = pending_for(run.head, entry, block, {whole.first + lead, whole.end});
    pending.model = run.place;
    pending.detection.set_window(run.shape->first_ending_after(whole.end - 1));
    if (run.model == nullptr) {
        pending.score_of_channel.assign(whole.channels.size(), -1);
    } else if (has_memory) {
        auto* batch = waiting == nullptr ? nullptr : &waiting->batches[run.place];
        take_lengths(run, whole, taken, pending, batch);
    } else {
        for (int channel = 0; channel < block.channels_size(); ++channel) {
            const auto raw = whole.channels[static_cast<std::size_t>(channel)];
            if (!detect::can_be_evaluated(raw.subspan(lead), limit_of(block.codec()))) {
                pending.score_of_channel.push_back(-1);
                continue;
            }
            run.shape->read(
                microvolts(raw, block.channels(channel)),
                new_window(waiting->batches[run.place], pending, run.model->card.samples)
            );
        }
    }
    if (waiting != nullptr) {
        waiting->detections.push_back(std::move(pending));
    }
}

void ModelRuns::take_lengths(
    Run& run,
    const StreamRuns::Whole& whole,
    const TakenBlock& taken,
    Pending& pending,
    Waiting::Batch* batch
) {
    std::vector<float> window(run.model->card.samples);
    bool any_warms_up = false;
    for (std::size_t channel = 0; channel < whole.channels.size(); ++channel) {
        pending.score_of_channel.push_back(-1);
        const auto raw = whole.channels[channel];
        if (!detect::can_be_evaluated(raw, limit_of(taken.block.codec()))) {
            continue;
        }
        const auto& described = taken.block.channels(static_cast<int>(channel));
        run.shape->read(microvolts(raw, described), window);
        const auto scored =
            run.baselines[channel].push(pending.detection.window(), detect::line_length(window));
        any_warms_up = any_warms_up || !scored;
        if (scored && batch != nullptr) {
            pending.score_of_channel.back() = static_cast<std::ptrdiff_t>(batch->scores.size());
            batch->scores.push_back(scored->score);
        }
    }
    pending.detection.set_state(state_of(any_warms_up));
}

void ModelRuns::take_samples(journal::SampleRange part, const TakenBlock& taken, Waiting* waiting) {
    bool any = false;
    for (auto& run : runs_) {
        if (!run.contexts.empty()) {
            take_context(run, part, taken, waiting);
            any = true;
        }
    }
    if (any) {
        mark(part, taken);
    }
}

namespace {

std::vector<double>
exact_microvolts(journal::SampleRange part, const TakenBlock& taken, std::size_t channel) {
    const auto& described = taken.block.channels(static_cast<int>(channel));
    const auto of_channel =
        taken.samples.subspan(channel * taken.block.samples(), taken.block.samples());
    std::vector<double> values_uv(part.end - part.first);
    std::ranges::transform(
        of_channel.subspan(part.first - taken.block.first_sample(), values_uv.size()),
        values_uv.begin(),
        signal::microvolt_scale(described)
    );
    return values_uv;
}

} // namespace

void ModelRuns::take_context(
    Run& run,
    journal::SampleRange part,
    const TakenBlock& taken,
    Waiting* waiting
) {
    const auto& [entry, block, samples] = taken;
    const bool is_shed = waiting != nullptr && run.head.shadow() && waiting->sheds_shadows;
    std::vector<std::vector<detect::LongContextScore>> steps;
    for (std::size_t channel = 0; channel < run.contexts.size(); ++channel) {
        auto& context = run.contexts[channel];
        const auto values_uv = exact_microvolts(part, taken, channel);
        if (waiting == nullptr || is_shed) {
            const auto passed = context.pass(part.first, values_uv);
            if (is_shed) {
                waiting->shed += passed;
            }
            continue;
        }
        auto found = context.push(part.first, values_uv);
        if (!found) {
            ++waiting->failures;
            for (auto& one : run.contexts) { // it cannot go on: all begin anew, together
                one = *context_for(*run.model, block.rate_numerator(), block.rate_denominator());
            }
            return;
        }
        steps.push_back(std::move(*found));
    }
    if (steps.empty()) {
        return;
    }
    const std::uint64_t step_samples =
        context_step_s * block.rate_numerator() / block.rate_denominator();
    auto& scores = waiting->batches[run.place].scores;
    for (std::size_t step = 0; step < steps.front().size(); ++step) {
        const auto& [state, known_until, first, end, score] = steps.front()[step];
        if (end == 0) {
            continue; // the lag lies before the stream
        }
        // what lies between two steps belongs to the later one
        const auto begin = end > step_samples ? end - step_samples : 0;
        auto pending = pending_for(run.head, entry, block, {begin, end});
        pending.model = run.place;
        pending.detection.set_window((end + step_samples - 1) / step_samples); // from 1 on
        pending.detection.set_known_until_us(time_of(block, known_until));
        bool any_warms_up = false;
        for (const auto& of_channel : steps) {
            const auto& found = of_channel[step];
            any_warms_up = any_warms_up || found.state == State::warming_up;
            if (found.state == State::scored) {
                pending.score_of_channel.push_back(static_cast<std::ptrdiff_t>(scores.size()));
                scores.push_back(found.score);
            } else {
                pending.score_of_channel.push_back(-1);
            }
        }
        pending.detection.set_state(state_of(any_warms_up));
        waiting->detections.push_back(std::move(pending));
    }
}

/// One a second is enough to find the block that a context begins in.
void ModelRuns::mark(journal::SampleRange part, const TakenBlock& taken) {
    const auto second = taken.block.rate_numerator() / taken.block.rate_denominator();
    if (marks_.empty() || part.first >= marks_.back().first + second) {
        marks_.push_back({.first = part.first, .sequence = taken.entry.sequence});
    }
    for (const auto& run : runs_) {
        if (run.contexts.empty()) {
            continue;
        }
        const auto needed = run.contexts.front().needs_from().value_or(0);
        while (marks_.size() > 1 && marks_[1].first <= needed) {
            marks_.pop_front();
        }
        return;
    }
}

} // namespace vigil::detector
