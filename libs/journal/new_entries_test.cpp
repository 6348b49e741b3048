// Waiting for many entries at once, and never long for the first.
#include "journal/new_entries.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <thread>

using namespace vigil::journal;
using namespace std::chrono_literals;

namespace {

// A reader on a thread of its own, that counts its looks.
class Reader {
public:
    explicit Reader(Pace pace) : news_(pace), thread_([this] { run(); }) {}

    ~Reader() {
        news_.stop();
        thread_.join();
    }

    void tell(Sequence newest) { news_.tell(newest); }

    bool reaches(Sequence sequence) {
        for (int i = 0; i < 20'000 && reached_ < sequence; ++i) {
            std::this_thread::sleep_for(1ms);
        }
        return reached_ >= sequence;
    }

    [[nodiscard]] int looks() const { return looks_; }

private:
    void run() {
        while (news_.wait_beyond(reached_, 1h)) {
            ++looks_;
            reached_ = news_.newest();
        }
    }

    NewEntries news_;
    std::atomic<Sequence> reached_{0};
    std::atomic<int> looks_{0};
    std::thread thread_;
};

} // namespace

TEST_CASE("the first entry after a quiet time is looked at at once, however long the pause") {
    Reader reader({.pause = 1h, .enough = 1000});
    reader.tell(1);
    REQUIRE(reader.reaches(1));
}

TEST_CASE("entries that follow closely wait for one another until enough are there") {
    Reader reader({.pause = 1h, .enough = 10});
    reader.tell(1);
    REQUIRE(reader.reaches(1));
    for (Sequence newest = 2; newest <= 10; ++newest) {
        reader.tell(newest);
    }
    std::this_thread::sleep_for(20ms);
    CHECK(reader.looks() == 1);
    reader.tell(11);
    REQUIRE(reader.reaches(11));
    CHECK(reader.looks() == 2);
}

TEST_CASE("entries that follow closely are looked at when the pause is over") {
    Reader reader({.pause = 30ms, .enough = 1000});
    reader.tell(1);
    reader.tell(2);
    REQUIRE(reader.reaches(2));
}

TEST_CASE("a stop ends every wait") {
    NewEntries news({.pause = 1h, .enough = 1000});
    std::thread stopper([&] { news.stop(); });
    CHECK_FALSE(news.wait_beyond(0, 1h));
    CHECK_FALSE(news.rest(1h));
    stopper.join();
}
