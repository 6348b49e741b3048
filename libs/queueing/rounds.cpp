#include "queueing/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace vigil::queueing {

Rounds::Rounds(std::uint32_t pods) : heap_(pods) {
    for (std::uint32_t pod = 0; pod < pods; ++pod) {
        heap_[pod].pod = pod;
    }
}

std::uint32_t Rounds::next() {
    const std::size_t last = heap_.size() - 1;
    std::swap(heap_.front(), heap_.back());
    sink(last);
    const auto pod = heap_.back().pod;
    ++heap_.back().deadline;
    rise(last);
    return pod;
}

/// From the top, in what lies before `end`.
void Rounds::sink(std::size_t end) {
    std::size_t at = 0;
    while (2 * at + 1 < end) {
        std::size_t below = 2 * at + 1;
        if (below + 1 < end && heap_[below + 1].deadline < heap_[below].deadline) {
            ++below;
        }
        if (heap_[below].deadline >= heap_[at].deadline) {
            return;
        }
        std::swap(heap_[at], heap_[below]);
        at = below;
    }
}

void Rounds::rise(std::size_t at) {
    while (at > 0 && heap_[at].deadline < heap_[(at - 1) / 2].deadline) {
        std::swap(heap_[at], heap_[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

bool Rounds::begins_anew() const {
    for (std::uint32_t pod = 0; pod < heap_.size(); ++pod) {
        if (heap_[pod].pod != pod || heap_[pod].deadline != heap_.front().deadline) {
            return false;
        }
    }
    return true;
}

namespace {

/// How many slots of a pod are in use, as probabilities.
using Busy = std::vector<double>;

/// After the time to the next request, which is exponential.
void pass_gap(Busy& busy, double offered, double cores) {
    double leaving = 0; // to here, from one more
    for (std::size_t slots = busy.size(); slots-- > 0;) {
        const double here = busy[slots] + leaving;
        const double ends = std::min(static_cast<double>(slots), cores);
        busy[slots] = here * offered / (offered + ends);
        leaving = here * ends / (offered + ends);
    }
}

/// A request comes; the share that finds all in use.
double take(Busy& busy) {
    const double full = busy.back();
    for (std::size_t slots = busy.size() - 1; slots > 0; --slots) {
        busy[slots] = busy[slots - 1];
    }
    busy.front() = 0;
    busy.back() += full;
    return full;
}

/// So many steps round off a little of the whole each, which would never let it settle.
void make_whole(Busy& busy) {
    const double whole = std::ranges::fold_left(busy, 0.0, std::plus());
    for (double& share : busy) {
        share /= whole;
    }
}

/// Over its turns again and again, until it begins them as it did before.
double refused_of_a_pod(const std::vector<std::uint32_t>& gaps, const Pods& pods, double offered) {
    constexpr int most_times = 100'000;
    constexpr double settled = 1e-13;
    Busy busy(pods.slots + 1, 0);
    busy.front() = 1;
    double refused = 0;
    double moved = 1;
    for (int times = 0; times < most_times && moved > settled; ++times) {
        const Busy before = busy;
        refused = 0;
        for (const auto gap : gaps) {
            for (std::uint32_t request = 0; request < gap; ++request) {
                pass_gap(busy, offered, pods.cores);
            }
            refused += take(busy);
        }
        make_whole(busy);
        moved = 0;
        for (std::size_t slots = 0; slots < busy.size(); ++slots) {
            moved = std::max(moved, std::abs(busy[slots] - before[slots]));
        }
    }
    return refused / static_cast<double>(gaps.size());
}

} // namespace

PodsBlocking rounds_blocking(const Pods& pods, double offered) {
    Rounds rounds(static_cast<std::uint32_t>(pods.pods));
    std::vector<std::vector<std::uint32_t>> gaps(pods.pods);
    std::vector<std::uint32_t> first(pods.pods, 0);
    std::vector<std::uint32_t> last(pods.pods, 0);
    constexpr std::uint64_t most_work = 5'000'000; // some hundredths of a second
    const auto most_turns = std::max(4 * pods.pods, most_work / (pods.pods * pods.slots));
    std::uint32_t turn = 0;
    do {
        const auto pod = rounds.next();
        ++turn;
        if (first[pod] == 0) {
            first[pod] = turn;
        } else {
            gaps[pod].push_back(turn - last[pod]);
        }
        last[pod] = turn;
    } while (!rounds.begins_anew() && turn < most_turns);
    double refused = 0;
    for (std::size_t pod = 0; pod < pods.pods; ++pod) {
        if (rounds.begins_anew()) {
            gaps[pod].push_back(turn - last[pod] + first[pod]);
        }
        refused += refused_of_a_pod(gaps[pod], pods, offered);
    }
    return {
        .share = refused / static_cast<double>(pods.pods),
        .many_pods = !rounds.begins_anew(),
    };
}

} // namespace vigil::queueing
