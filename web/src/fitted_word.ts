// A word that is set as high as its box allows and narrowed where it would be too wide: height is what is read from afar.

const NARROWEST = 0.5;

/** Sizes are told by the browser after its own layout; asking for them after each change of a text would force one more. */
const watched = new WeakMap<Element, FittedWord>();
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) watched.get(target)?.fit();
});

export class FittedWord {
  readonly box = document.createElement('span');
  private readonly word = document.createElement('span');

  constructor(className: string, wordClass = 'fitted-word') {
    this.box.className = `fitted ${className}`;
    this.word.className = wordClass;
    this.box.append(this.word);
    for (const part of [this.box, this.word]) {
      watched.set(part, this);
      observer.observe(part);
    }
  }

  set(text: string): void {
    if (this.word.textContent !== text) this.word.textContent = text;
  }

  fit(): void {
    const room = this.box.clientWidth;
    const wide = this.word.offsetWidth;
    const scale = wide > room && wide > 0 ? Math.max(NARROWEST, room / wide) : 1;
    const transform = scale === 1 ? '' : `scaleX(${scale.toFixed(3)})`;
    if (this.word.style.transform !== transform) this.word.style.transform = transform;
  }

  release(): void {
    for (const part of [this.box, this.word]) observer.unobserve(part);
  }
}
