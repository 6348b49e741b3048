#include "journal/readers.hpp"

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace vigil::journal {

Result<void> MemoryReaders::say(const std::string& name, Sequence reached) {
    const std::scoped_lock lock(mutex_);
    reached_[name] = reached;
    return {};
}

Result<std::map<std::string, Sequence>> MemoryReaders::all() {
    const std::scoped_lock lock(mutex_);
    return reached_;
}

Result<void> MemoryReaders::forget(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    reached_.erase(name);
    return {};
}

Sequence floor_of(Readers& readers, const std::vector<std::string>& required) {
    const auto all = readers.all();
    if (!all ||
        !std::ranges::all_of(required, [&](const auto& name) { return all->contains(name); })) {
        return 0;
    }
    Sequence floor = ~Sequence{0};
    for (const auto& [name, reached] : *all) {
        floor = std::min(floor, reached);
    }
    return floor;
}

ReaderReport::ReaderReport(
    Readers& readers,
    std::string name,
    std::function<Sequence()> reached,
    Log& log,
    std::chrono::milliseconds every
)
    : readers_(readers),
      name_(std::move(name)),
      reached_(std::move(reached)),
      log_(log),
      every_(every),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void ReaderReport::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    Sequence said = 0;
    while (!stop.stop_requested()) {
        if (const auto reached = reached_(); reached != said && reached != 0) {
            if (const auto told = readers_.say(name_, reached)) {
                said = reached;
            } else {
                log_.warning("reader_not_told", {{"reader", name_}, {"cause", told.error().cause}});
            }
        }
        never.wait_for(lock, stop, every_, [] { return false; });
    }
}

} // namespace vigil::journal
