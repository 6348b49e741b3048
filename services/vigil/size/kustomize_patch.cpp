#include "vigil/size/kustomize_patch.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <map>

namespace vigil::size {

namespace {

constexpr std::array<std::string_view, 5> deployments{
    "eeg-intake",
    "heart-intake",
    "detector",
    "records",
    "ward",
};
// deploy/base/services/one-writer.yaml: a second pod would wait for the first one's end
constexpr std::string_view one_writer = "records";
constexpr std::size_t longest_name = 63;

bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool has_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at == 0 || !is_word_char(text[at - 1])) &&
            (end == text.size() || !is_word_char(text[end]))) {
            return true;
        }
    }
    return false;
}

/// RFC 1123 labels, as Kubernetes has them.
bool is_label(std::string_view name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !name.empty() && name.size() <= longest_name && name.front() != '-' &&
           name.back() != '-' && std::ranges::all_of(name, is_plain);
}

std::uint64_t lost_with_a_node(std::uint64_t pods, const Spread& spread) {
    return (pods + spread.nodes - 1) / spread.nodes;
}

std::uint64_t away_for_an_update(std::uint64_t pods, const Spread& spread) {
    return pods * spread.unavailable_percent / 100;
}

struct Bounds {
    std::uint64_t at_mean = 0; // pods that the target needs
    std::uint64_t at_peak = 0;
    std::string names; // of what was sized
};

Result<std::string> document(
    const std::string& name,
    const Bounds& bounds,
    const Sizing& sizing,
    const Spread& spread
) {
    const auto fewest = carrying(bounds.at_mean, spread);
    const auto most = carrying(bounds.at_peak, spread);
    if (!fewest || !most) {
        return std::unexpected((fewest ? most : fewest).error());
    }
    const auto left = [&](std::uint64_t pods, std::uint64_t enough) {
        return std::format(
            "{} - {} with a node of {} - {} for an update of {} % = {}, of which {} keep {}",
            pods,
            lost_with_a_node(pods, spread),
            spread.nodes,
            away_for_an_update(pods, spread),
            spread.unavailable_percent,
            pods - lost_with_a_node(pods, spread) - away_for_an_update(pods, spread),
            enough,
            percent(sizing.target)
        );
    };
    return std::format(
        "---\n"
        "# {}\n"
        "apiVersion: autoscaling/v2\n"
        "kind: HorizontalPodAutoscaler\n"
        "metadata:\n"
        "  name: {}\n"
        "spec:\n"
        "  # at the mean rate: {}\n"
        "  minReplicas: {}\n"
        "  # in the busiest hour: {}\n"
        "  maxReplicas: {}\n",
        bounds.names,
        name,
        left(*fewest, bounds.at_mean),
        *fewest,
        left(*most, bounds.at_peak),
        *most
    );
}

} // namespace

Result<std::uint64_t> carrying(std::uint64_t enough, const Spread& spread) {
    constexpr std::uint64_t most = 100'000;
    for (auto pods = enough + 1; pods <= most; ++pods) {
        const auto away = lost_with_a_node(pods, spread) + away_for_an_update(pods, spread);
        if (pods >= away + enough) {
            return pods;
        }
    }
    return fail(
        ErrorCode::invalid_argument,
        std::format(
            "no number of pods leaves {} when a node of {} is lost and {} % are away for an "
            "update; give more --nodes or a smaller --max-unavailable",
            enough,
            spread.nodes,
            spread.unavailable_percent
        ),
        "kustomize"
    );
}

Result<std::string> autoscaler_of(std::string_view service) {
    const auto found = std::ranges::find_if(deployments, [&](std::string_view name) {
        return has_word(service, name);
    });
    if (found != deployments.end()) {
        return std::string(*found);
    }
    if (is_label(service)) {
        return std::string(service);
    }
    return fail(
        ErrorCode::invalid_argument,
        std::format(
            "\"{}\" has no deployment's name in it and is none itself (small letters, digits, -); "
            "choose with --only what has, or give --name",
            service
        ),
        "kustomize"
    );
}

Result<std::string>
kustomize_patch(std::span<const Answer> answers, const Sizing& sizing, const Spread& spread) {
    std::map<std::string, Bounds> all;
    bool alone = false;
    for (const auto& answer : answers) {
        const auto name = autoscaler_of(answer.size.load.name);
        if (!name) {
            return std::unexpected(name.error());
        }
        if (*name == one_writer) {
            alone = true;
            continue;
        }
        auto& bounds = all[*name];
        const auto peak = answer.size.needed.pods;
        bounds.at_peak = std::max(bounds.at_peak, peak);
        bounds.at_mean = std::max(bounds.at_mean, answer.average_pods.value_or(peak));
        bounds.names += (bounds.names.empty() ? "" : ", ") + answer.size.load.name;
    }
    if (all.empty()) {
        return fail(
            ErrorCode::invalid_argument,
            "records has one writer and no bounds: give its pod more CPU, or more --query-slots",
            "kustomize"
        );
    }
    std::string text =
        "# Written by vigil size: the bounds of each autoscaler (docs/sizing.md). In "
        "kustomization.yaml: patches: [{path: this file}]\n";
    if (alone) {
        text +=
            "# records is left as it is: it has one writer, of which no autoscaler makes two.\n";
    }
    for (const auto& [name, bounds] : all) {
        auto one = document(name, bounds, sizing, spread);
        if (!one) {
            return one;
        }
        text += *one;
    }
    return text;
}

} // namespace vigil::size
