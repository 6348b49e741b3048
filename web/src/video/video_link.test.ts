// The link to a video at a moment, without a page.
import { describe, expect, it } from 'vitest';
import { videoAt } from './video_link';

const US = Date.parse('2026-11-24T12:00:00.500Z') * 1000;
const at = (address: string, offset_s = 0) => videoAt({ address, offset_s }, 'p1', US);

describe('the link to a video', () => {
  it('has the moment by the recorder’s clock', () => {
    expect(at('https://video.example/{patient}?at={start}')).toBe('https://video.example/p1?at=2026-11-24T12%3A00%3A00.500Z');
    expect(at('https://video.example/a#t={seconds}', 90)).toBe(`https://video.example/a#t=${Date.parse('2026-11-24T12:01:30Z') / 1000}`);
    expect(at('https://video.example/{start}/{start}', -3600)).toContain('11%3A00%3A00.500Z/2026-11-24T11');
  });

  it('is none where none is set, or what is set is no address of https', () => {
    for (const address of ['', 'javascript:alert({seconds})', 'http://video.example/{start}', '//video.example/{start}', 'data:text/html,{start}']) expect(at(address)).toBeNull();
    expect(videoAt({ address: 'https://video.example/{start}', offset_s: 0 }, 'p1', Number.NaN)).toBeNull();
  });

  it('can carry no address of a patient’s id into another', () => {
    expect(videoAt({ address: 'https://video.example/{patient}?at={seconds}', offset_s: 0 }, '../x?y', US)).toContain('/..%2Fx%3Fy?at=');
  });
});
