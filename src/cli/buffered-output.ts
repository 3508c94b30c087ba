// Text on its way to standard output, gathered so that many short lines cost few writes.

const fullLength = 64 * 1024;

export class BufferedOutput {
  readonly #write: (text: string | Uint8Array) => Promise<void>;
  #waiting: (string | Uint8Array)[] = [];
  #length = 0;

  constructor(write: (text: string | Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  add(text: string | Uint8Array): void {
    this.#waiting.push(text);
    this.#length += text.length;
  }

  /** Writes what is there, if it is much. */
  async flushIfFull(): Promise<void> {
    if (this.#length >= fullLength) await this.flush();
  }

  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#length = 0;
    if (waiting.every((text) => typeof text === 'string')) await this.#write(waiting.join(''));
    else await this.#write(Buffer.concat(waiting.map((text) => (typeof text === 'string' ? Buffer.from(text) : text))));
  }
}
