#include "signal/synthetic/epileptor.hpp"

namespace vigil::signal {

Epileptor::State Epileptor::slope(const State& s, double x0) const {
    constexpr double external_1 = 3.1;
    constexpr double external_2 = 0.45;
    constexpr double y0 = 1;
    constexpr double tau2 = 10;
    constexpr double gamma = 0.01;
    const double f1 =
        s.x1 < 0 ? (s.x1 - 3) * s.x1 * s.x1 : (s.x2 - 0.6 * (s.z - 4) * (s.z - 4)) * s.x1;
    const double f2 = s.x2 < -0.25 ? 0 : 6 * (s.x2 + 0.25);
    return {
        .x1 = s.y1 - f1 - s.z + external_1,
        .y1 = y0 - 5 * s.x1 * s.x1 - s.y1,
        .z = (4 * (s.x1 - x0) - s.z) / slowness_,
        .x2 = -s.y2 + s.x2 - s.x2 * s.x2 * s.x2 + external_2 + 2 * s.g - 0.3 * (s.z - 3.5),
        .y2 = (f2 - s.y2) / tau2,
        // 0.002 g of the paper is 2 g here, g being low-passed 0.1 x1 as The Virtual Brain
        // integrates it
        .g = -gamma * (s.g - 0.1 * s.x1),
    };
}

void Epileptor::step(double dt, double x0, double noise1, double noise2) {
    const State a = slope(state_, x0);
    const State ahead{
        .x1 = state_.x1 + dt * a.x1 + noise1,
        .y1 = state_.y1 + dt * a.y1,
        .z = state_.z + dt * a.z,
        .x2 = state_.x2 + dt * a.x2 + noise2,
        .y2 = state_.y2 + dt * a.y2,
        .g = state_.g + dt * a.g,
    };
    const State b = slope(ahead, x0);
    const double half = dt / 2;
    state_.x1 += half * (a.x1 + b.x1) + noise1;
    state_.y1 += half * (a.y1 + b.y1);
    state_.z += half * (a.z + b.z);
    state_.x2 += half * (a.x2 + b.x2) + noise2;
    state_.y2 += half * (a.y2 + b.y2);
    state_.g += half * (a.g + b.g);
}

} // namespace vigil::signal
