// How far a long reading is, on a terminal: one line that is written over, and gone at the end.

const intervalMs = 200;
const barWidth = 30;

/** A terminal. */
interface TextSink {
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #stream: TextSink;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #shownMs = 0;
  #isShown = false;

  constructor(stream: TextSink, nowMs: () => number) {
    this.#stream = stream;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#shownMs = this.#startMs;
  }

  update({ done, total }: { readonly done: number; readonly total: number }, lines: number): void {
    const now = this.#nowMs();
    if (now - this.#shownMs < intervalMs) return;
    this.#shownMs = now;
    this.#isShown = true;
    const part = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(part * barWidth);
    const leftSec = Math.ceil(((now - this.#startMs) / 1000) * (1 / Math.max(part, 1e-6) - 1));
    const bar = `${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}`;
    this.#stream.write(`\r[${bar}] ${Math.floor(part * 100)} %, ${lines} lines, ${leftSec} s left\x1b[K`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K');
    this.#isShown = false;
  }
}
