// How far a long reading is, on a terminal: one line that is written over, and gone at the end.

const intervalMs = 200;
const barWidth = 30;

/** A terminal. */
interface TextSink {
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #stream: TextSink;
  readonly #total: number;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #shownMs = 0;
  #isShown = false;

  constructor(stream: TextSink, total: number, nowMs: () => number) {
    this.#stream = stream;
    this.#total = total;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#shownMs = this.#startMs;
  }

  update(done: number, lines: number): void {
    const now = this.#nowMs();
    if (now - this.#shownMs < intervalMs) return;
    this.#shownMs = now;
    this.#isShown = true;
    const part = Math.min(1, done / this.#total);
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
