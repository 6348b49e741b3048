#include "detector/stream_runs.hpp"

#include <algorithm>
#include <iterator>

namespace vigil::detector {

void StreamRuns::add(Shapes shapes, const Piece& piece, const Visit& visit) {
    const journal::SampleRange added{piece.first, piece.first + (piece.until - piece.from)};
    const auto run = grow(piece);
    for (std::size_t number = 0; number < shapes.size(); ++number) {
        visit_whole(shapes, number, *run, added, visit);
    }
    trim(**std::ranges::max_element(shapes, {}, &detect::WindowShape::needed), run);
    while (runs_.size() > limit_) {
        runs_.erase(std::ranges::min_element(runs_, {}, &Run::time_us));
    }
}

void StreamRuns::restore(const Piece& piece, const Held& held) {
    const auto run = grow(piece);
    run->gap_before = held.gap_before && run->first == held.first;
    run->time_us = held.time_us;
}

std::vector<StreamRuns::Held> StreamRuns::held() const {
    std::vector<Held> all;
    for (const auto& run : runs_) {
        auto& one = all.emplace_back(Held{
            .first = run.first,
            .gap_before = run.gap_before,
            .time_us = run.time_us,
            .parts = {},
        });
        for (const auto& mark : run.marks) {
            one.parts.push_back({.end = mark.end, .sequence = mark.origin.sequence});
        }
    }
    return all;
}

StreamRuns::Place StreamRuns::grow(const Piece& piece) {
    Run fresh{
        .first = piece.first,
        .end = piece.first + (piece.until - piece.from),
        .gap_before = true,
        .time_us = piece.time_us,
        .channels = std::vector<std::vector<std::int32_t>>(channels_),
        .marks = {{.end = piece.first + (piece.until - piece.from), .origin = piece.origin}},
    };
    for (std::size_t channel = 0; channel < channels_; ++channel) {
        const auto row = piece.channel_major.subspan(channel * piece.samples, piece.samples);
        fresh.channels[channel].assign(
            row.begin() + static_cast<std::ptrdiff_t>(piece.from),
            row.begin() + static_cast<std::ptrdiff_t>(piece.until)
        );
    }
    auto right =
        std::ranges::find_if(runs_, [&](const Run& run) { return run.first >= fresh.end; });
    auto place = runs_.end();
    if (right != runs_.begin() && std::prev(right)->end == fresh.first) {
        place = std::prev(right);
        append(*place, fresh);
    } else {
        place = runs_.insert(right, std::move(fresh));
    }
    if (right != runs_.end() && right->first == place->end) {
        append(*place, *right);
        runs_.erase(right);
    }
    place->time_us = piece.time_us;
    return place;
}

void StreamRuns::visit_whole(
    Shapes shapes,
    std::size_t number,
    const Run& run,
    journal::SampleRange added,
    const Visit& visit
) {
    const auto& shape = *shapes[number];
    Whole whole;
    for (auto k = shape.first_ending_after(added.first);; ++k) {
        whole.end = shape.end_of(k);
        if (whole.end > run.end) {
            return;
        }
        if (whole.end < shape.needed() || whole.end - shape.needed() < run.first) {
            continue;
        }
        whole.first = whole.end - shape.needed();
        if (whole.first >= added.end) {
            return;
        }
        whole.channels.clear();
        for (const auto& channel : run.channels) {
            whole.channels.push_back(
                std::span(channel).subspan(whole.first - run.first, shape.needed())
            );
        }
        visit(number, whole);
    }
}

void StreamRuns::trim(const detect::WindowShape& shape, Place run) {
    const auto next_end = shape.end_of(shape.first_ending_after(run->end));
    const auto tail = next_end < shape.needed() ? 0 : next_end - shape.needed();
    if (tail <= run->first) {
        return;
    }
    const auto head_end = run->first + shape.needed();
    if (!run->gap_before) {
        drop_before(*run, tail);
    } else if (head_end < tail) {
        Run head = *run;
        drop_from(head, head_end);
        runs_.insert(run, std::move(head));
        drop_before(*run, tail);
        run->gap_before = false;
    }
}

void StreamRuns::append(Run& run, const Run& later) {
    for (std::size_t channel = 0; channel < run.channels.size(); ++channel) {
        auto& samples = run.channels[channel];
        samples
            .insert(samples.end(), later.channels[channel].begin(), later.channels[channel].end());
    }
    run.marks.insert(run.marks.end(), later.marks.begin(), later.marks.end());
    run.end = later.end;
}

void StreamRuns::drop_before(Run& run, std::uint64_t index) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(index, run.end) - run.first);
    for (auto& samples : run.channels) {
        samples.erase(samples.begin(), samples.begin() + count);
    }
    run.first += static_cast<std::uint64_t>(count);
    std::erase_if(run.marks, [&](const Mark& mark) { return mark.end <= run.first; });
}

void StreamRuns::drop_from(Run& run, std::uint64_t index) {
    for (auto& samples : run.channels) {
        samples.resize(index - run.first);
    }
    run.end = index;
    const auto last =
        std::ranges::find_if(run.marks, [&](const Mark& mark) { return mark.end >= index; });
    if (last != run.marks.end()) {
        last->end = index;
        run.marks.erase(std::next(last), run.marks.end());
    }
}

void StreamRuns::forget(std::int64_t time_us) {
    std::erase_if(runs_, [time_us](const Run& run) { return run.time_us < time_us; });
}

std::vector<journal::SampleRange> StreamRuns::missing(journal::SampleRange range) const {
    std::vector<journal::SampleRange> parts;
    for (const auto& run : runs_) {
        if (run.end <= range.first || run.first >= range.end) {
            continue;
        }
        if (run.first > range.first) {
            parts.push_back({range.first, run.first});
        }
        range.first = std::min(run.end, range.end);
    }
    if (range.first < range.end) {
        parts.push_back(range);
    }
    return parts;
}

std::uint64_t StreamRuns::newest_end() const {
    return runs_.empty() ? 0 : runs_.back().end;
}

StreamRuns::Origin StreamRuns::oldest() const {
    Origin oldest{.sequence = ~journal::Sequence{0}, .before = {}};
    for (const auto& run : runs_) {
        for (const auto& mark : run.marks) {
            if (mark.origin.sequence < oldest.sequence) {
                oldest = mark.origin;
            }
        }
    }
    return oldest;
}

std::size_t StreamRuns::samples_held() const {
    std::size_t held = 0;
    for (const auto& run : runs_) {
        held += run.end - run.first;
    }
    return held * channels_;
}

} // namespace vigil::detector
