// Where one syslog message ends and the next begins in a stream (RFC 6587, 3.4): `LENGTH SP message` (octet counting), or each ended by a line
// feed. Which of the two is told anew at each message, as rsyslog does: a length is one only where "<" follows it.

/** As long as a datagram may be; what a longer message holds beyond is thrown away. */
export const longestFrame = 65_536;

const lineFeed = 0x0a;
const space = 0x20;
const lessThan = 0x3c;
// A longer number is no length; this one already makes a gigabyte.
const mostDigits = 9;

export type OnFrame = (bytes: Buffer, start: number, end: number) => void;

export class SyslogFraming {
  /** Messages that were longer than longestFrame, and cut. */
  truncated = 0;
  readonly #onFrame: OnFrame;
  #mode: 'head' | 'counted' | 'line' = 'head';
  /** The frame as far as it came; in mode 'head' the digits and the space. */
  #frame: Buffer = Buffer.alloc(1024);
  #length = 0;
  /** Mode 'counted': how many bytes are still to come. */
  #remaining = 0;
  #isCut = false;

  /** `onFrame`'s bytes are the caller's until it returns; no frame is empty. */
  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#mode === 'head') {
        at = this.#readHead(chunk, at);
      } else if (this.#mode === 'counted') {
        const until = Math.min(chunk.length, at + this.#remaining);
        this.#append(chunk, at, until);
        this.#remaining -= until - at;
        at = until;
        if (this.#remaining === 0) this.#finish();
      } else {
        const newline = chunk.indexOf(lineFeed, at);
        this.#append(chunk, at, newline === -1 ? chunk.length : newline);
        at = newline === -1 ? chunk.length : newline + 1;
        if (newline !== -1) this.#finish();
      }
    }
  }

  /** The stream has ended: a line without its line feed is a message all the same. False where half of a counted message was thrown away. */
  end(): boolean {
    const isWhole = this.#mode !== 'counted';
    if (isWhole) this.#finish();
    return isWhole;
  }

  /** The mode is known by the first byte that is neither digit nor space after digits; that byte is not taken. */
  #readHead(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      const hasSpace = this.#length > 0 && this.#frame[this.#length - 1] === space;
      const isDigit = byte >= (this.#length === 0 ? 0x31 : 0x30) && byte <= 0x39;
      if (hasSpace && byte === lessThan) {
        this.#remaining = Number(this.#frame.toString('latin1', 0, this.#length - 1));
        this.#length = 0;
        this.#mode = 'counted';
        return at;
      }
      const isLength = !hasSpace && (isDigit ? this.#length < mostDigits : byte === space && this.#length > 0);
      if (!isLength) {
        this.#mode = 'line';
        return at;
      }
      this.#frame[this.#length++] = byte;
    }
    return chunk.length;
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const taken = Math.min(end - start, longestFrame - this.#length);
    if (taken < end - start) this.#isCut = true;
    if (this.#length + taken > this.#frame.length) {
      const larger = Buffer.alloc(Math.min(longestFrame, Math.max(2 * this.#frame.length, this.#length + taken)));
      this.#frame.copy(larger, 0, 0, this.#length);
      this.#frame = larger;
    }
    chunk.copy(this.#frame, this.#length, start, start + taken);
    this.#length += taken;
  }

  #finish(): void {
    const length = this.#length;
    if (this.#isCut) this.truncated++;
    this.#length = 0;
    this.#isCut = false;
    this.#mode = 'head';
    if (length > 0) this.#onFrame(this.#frame, 0, length);
  }
}
