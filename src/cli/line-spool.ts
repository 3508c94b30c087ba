// Text kept to be printed later, however much: in memory first, then in a file that nobody else can open.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const maxMemoryBytes = 4 * 1024 * 1024;
const blockBytes = 64 * 1024;

export class LineSpool {
  count = 0;
  #waiting: string[] = [];
  #waitingLength = 0;
  #descriptor: number | undefined;

  /** `line`: as it is printed, without its end. */
  add(line: string): void {
    this.count++;
    this.#waiting.push(line, '\n');
    this.#waitingLength += line.length + 1;
    if (this.#waitingLength > maxMemoryBytes) this.#store();
  }

  /** Once, at the end: what was added, in blocks. */
  *drain(): Generator<string | Uint8Array> {
    if (this.#descriptor !== undefined) {
      const block = Buffer.allocUnsafe(blockBytes);
      for (let at = 0, count = 1; count > 0; at += count) {
        count = readSync(this.#descriptor, block, 0, blockBytes, at);
        yield Uint8Array.prototype.slice.call(block, 0, count);
      }
      closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
    yield this.#waiting.join('');
    this.#waiting = [];
  }

  #store(): void {
    this.#descriptor ??= openUnnamed();
    const bytes = Buffer.from(this.#waiting.join(''));
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    this.#waiting = [];
    this.#waitingLength = 0;
  }
}

/** A file without a name: gone when it is closed, or when the process ends. */
function openUnnamed(): number {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-'));
  try {
    return openSync(join(directory, 'lines'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
