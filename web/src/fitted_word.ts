// A word that is set as high as its box allows and narrowed where it would be too wide: height is what is read from afar.

const NARROWEST = 0.5;

export class FittedWord {
  readonly box = document.createElement('span');
  private readonly word = document.createElement('span');
  private shown = '';
  private room = -1;

  constructor(className: string) {
    this.box.className = `fitted ${className}`;
    this.word.className = 'fitted-word';
    this.box.append(this.word);
  }

  set(text: string): void {
    const room = this.box.clientWidth;
    if (text === this.shown && room === this.room) return;
    this.shown = text;
    this.room = room;
    if (this.word.textContent !== text) this.word.textContent = text;
    const wide = this.word.offsetWidth;
    const scale = wide > room && wide > 0 ? Math.max(NARROWEST, room / wide) : 1;
    this.word.style.transform = scale === 1 ? '' : `scaleX(${scale})`;
  }

  refit(): void {
    const text = this.shown;
    this.shown = '';
    this.room = -1;
    this.set(text);
  }
}
