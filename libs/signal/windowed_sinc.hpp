// The impulse response of which both anti-alias filters are made. Used by resampler and by
// detect/window_shape.
#pragma once

namespace vigil::signal {

/// An ideal low pass's impulse response under a Kaiser window, up to a factor; 0 beyond the half
/// width. Whoever designs a filter scales the taps by their sum.
///
/// units   offset and half width in samples, cutoff in cycles per sample
/// source  Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.6 (not looked up here;
///         compare_with_scipy.py compares the taps with scipy's firwin)
[[nodiscard]] double
windowed_sinc(double offset, double cutoff, double half_width, double kaiser_beta);

} // namespace vigil::signal
