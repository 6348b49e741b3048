// The Epileptor: a model of how seizures start, run and end. Used by the synthetic ward.
#pragma once

namespace vigil::signal {

/// Six coupled equations: a fast pair (x1, y1) that makes the discharge, a slower pair (x2, y2)
/// that makes spike-and-wave, their low-passed coupling g, and the very slow z that starts and ends
/// seizures. Dimensionless; one unit of time is what the caller makes of it.
///
/// source  Jirsa, Stacey, Quilichini, Ivanov, Bernard, Brain 137:2210 (2014), equations 1 to 6 and
/// the constants below them
class Epileptor {
public:
    struct State {
        double x1, y1, z, x2, y2, g;
    };

    /// `slowness` is the paper's tau0 (2857 there): how long seizures and the time between them
    /// are.
    explicit Epileptor(double slowness) : slowness_(slowness) {}

    /// One step of Heun's method for stochastic equations; `dt` at most 0.06: after a seizure x1 is
    /// near -2, where its slope is -24, and Heun is stable up to 2/24.
    ///
    /// x0      excitability: under -2.1 it rests for ever, over that it has seizures of its own
    /// noise1  what is added to x1 and noise2 to x2: already multiplied by the square root of dt
    void step(double dt, double x0, double noise1, double noise2);

    [[nodiscard]] const State& state() const { return state_; }

private:
    [[nodiscard]] State slope(const State& s, double x0) const;

    double slowness_;
    State state_{.x1 = -1.63, .y1 = -12.3, .z = 3.1, .x2 = -0.9, .y2 = 0, .g = -0.163}; // at rest
};

} // namespace vigil::signal
