// The way to one's calls in the header of the ward. A browser that was called and is no more says so there.
import { element, setData, setText } from '../element';
import { words } from '../words';
import type { CallsDialog } from './calls_dialog';
import { lapsed, ownId, pushes } from './this_browser';

export class CallsButton {
  readonly box = element('button', { type: 'button', class: 'button calls-button', 'aria-haspopup': 'dialog' }, words.calls.button);
  private dialog: CallsDialog | null = null;

  constructor() {
    this.box.addEventListener('click', () => void this.open());
    // Where somebody clicks a notification while the ward is open.
    navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ open?: string }>) => {
      if (data.open) location.hash = `#/patient/${encodeURIComponent(data.open)}`;
    });
    if (ownId()) void this.look();
  }

  get isOpen(): boolean {
    return this.dialog?.box.open ?? false;
  }

  private async look(): Promise<void> {
    try {
      this.say(lapsed(await pushes()));
    } catch {
      // the page says by itself that the server is away
    }
  }

  private async open(): Promise<void> {
    if (!this.dialog) {
      const { CallsDialog: Dialog } = await import('./calls_dialog');
      this.dialog = new Dialog((known) => this.say(lapsed(known)));
      document.body.append(this.dialog.box);
    }
    await this.dialog.show();
  }

  private say(isLapsed: boolean): void {
    setText(this.box, isLapsed ? words.calls.buttonEnded : words.calls.button);
    setData(this.box, 'lapsed', String(isLapsed));
  }
}
