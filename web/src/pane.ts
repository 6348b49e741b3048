// A rectangle to draw in: a canvas of its own, or a part of the ward's one canvas in the drawing thread.

export interface Pane {
  readonly pen: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly visible: boolean;
  /** Set when everything must be drawn again: another size, density or theme. */
  stale: boolean;
  /** What fonts its letters have, as CSS says it. */
  readonly fontFamily: string;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const NOWHERE: Box = { x: 0, y: 0, width: 0, height: 0 };

/** What is drawn in a region that shows nothing current is so faint. */
const DIMMED = 0.4;

/** A part of a canvas: whoever draws between begin() and end() cannot touch its neighbours. */
export class Region implements Pane {
  stale = true;
  fontFamily = 'sans-serif';
  private box = NOWHERE;
  private density = 1;
  private dimmed = false;

  constructor(readonly pen: OffscreenCanvasRenderingContext2D) {}

  get width(): number {
    return this.box.width;
  }

  get height(): number {
    return this.box.height;
  }

  get visible(): boolean {
    return this.box.width > 0 && this.box.height > 0;
  }

  place(box: Box, density: number): void {
    this.box = box;
    this.density = density;
    this.stale = true;
  }

  dim(dimmed: boolean): void {
    if (this.dimmed === dimmed) return;
    this.dimmed = dimmed;
    this.stale = true;
  }

  begin(): void {
    const { pen, box, density } = this;
    pen.save();
    pen.setTransform(density, 0, 0, density, density * box.x, density * box.y);
    pen.beginPath();
    pen.rect(0, 0, box.width, box.height);
    pen.clip();
    if (this.dimmed) pen.globalAlpha = DIMMED;
  }

  end(): void {
    this.pen.restore();
  }
}
