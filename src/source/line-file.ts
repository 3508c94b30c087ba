// A file of text, line by line, in memory that does not grow with it: log files, and what people pipe in. Bytes, never strings.
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';

/** Longer lines are cut: no log's own line comes near. */
const maxLineBytes = 1024 * 1024;

/** So much is read at once. */
const blockBytes = 256 * 1024;

const lineFeed = 0x0a;

export class LineFile {
  readonly path: string;
  /** Undefined for a pipe and the like. */
  readonly sizeBytes: number | undefined;
  bytesRead = 0;
  /** Lines that were longer than 1 MiB; what is beyond was passed over. */
  cutLines = 0;
  readonly #handle: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(maxLineBytes + blockBytes);
  /** buffer[0, filled) is an unfinished line. */
  #filled = 0;
  /** The rest of a line that was cut. */
  #isSkipping = false;

  private constructor(path: string, handle: FileHandle, sizeBytes: number | undefined) {
    this.path = path;
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  /** Undefined where there is no such file. */
  static async open(path: string): Promise<LineFile | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const stat = await handle.stat();
      if (!stat.isDirectory()) return new LineFile(path, handle, stat.isFile() ? stat.size : undefined);
    } catch (error) {
      await handle?.close();
      const code = systemCodeOf(error);
      if (code === 'ENOENT' || code === 'ENAMETOOLONG' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE') return undefined;
      throw new RingjailError(
        code === 'EACCES' || code === 'EPERM' ? 'permission' : 'unavailable',
        `cannot open ${path}: ${messageOf(error)}`,
        error,
      );
    }
    await handle.close();
    throw new RingjailError('usage', `${path} is a directory: name a log file in it`);
  }

  /** Blocks of whole lines, each ended by "\n", the last one of the file too. A block holds until the next one is asked for. */
  async *blocks(): AsyncGenerator<Buffer> {
    try {
      for (let isAtEnd = false; !isAtEnd; ) {
        const count = await this.#read();
        isAtEnd = count === 0;
        if (isAtEnd && this.#filled > 0) this.#buffer[this.#filled++] = lineFeed;
        // What was left over by the last block holds no line feed.
        const last = this.#buffer.subarray(0, this.#filled).lastIndexOf(lineFeed);
        if (last !== -1) yield* this.#yieldLines(last + 1);
        else if (this.#filled >= maxLineBytes) yield* this.#cut();
      }
    } finally {
      await this.#handle.close();
    }
  }

  async #read(): Promise<number> {
    try {
      const { bytesRead } = await this.#handle.read(this.#buffer, this.#filled, blockBytes);
      this.bytesRead += bytesRead;
      this.#filled += bytesRead;
      return bytesRead;
    } catch (error) {
      throw new RingjailError('unavailable', `cannot read ${this.path}: ${messageOf(error)}`, error);
    }
  }

  *#yieldLines(end: number): Generator<Buffer> {
    const start = this.#isSkipping ? this.#buffer.indexOf(lineFeed) + 1 : 0;
    this.#isSkipping = false;
    if (start < end) yield this.#buffer.subarray(start, end);
    this.#buffer.copyWithin(0, end, this.#filled);
    this.#filled -= end;
  }

  *#cut(): Generator<Buffer> {
    if (!this.#isSkipping) {
      this.cutLines++;
      this.#buffer[maxLineBytes] = lineFeed;
      yield this.#buffer.subarray(0, maxLineBytes + 1);
    }
    this.#isSkipping = true;
    this.#filled = 0;
  }
}
