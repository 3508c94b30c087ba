// Gathers messages that came by a stream into the form that datagrams are received in: one buffer, with room around each.
import { roomBeforeMessage } from '../record/syslog-line.ts';
import type { RawMessages } from './syslog-batch.ts';

export class MessageBuffer {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #bytes = Buffer.allocUnsafe(0);
  #used = 0;

  get count(): number {
    return this.#starts.length;
  }

  /** Copies bytes[start, end). */
  add(bytes: Buffer, start: number, end: number): void {
    const messageStart = this.#used + roomBeforeMessage;
    const messageEnd = messageStart + end - start;
    if (messageEnd + 1 > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(2 * this.#bytes.length, messageEnd + 1, 4096));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, messageStart, start, end);
    this.#starts.push(messageStart);
    this.#ends.push(messageEnd);
    this.#used = messageEnd + 1;
  }

  /** All that was added, from one sender; the buffer begins anew. */
  take(sender: string): RawMessages {
    const raw = {
      bytes: this.#bytes.subarray(0, this.#used),
      starts: Uint32Array.from(this.#starts),
      ends: Uint32Array.from(this.#ends),
      senderIds: new Uint32Array(this.#starts.length),
      senders: [sender],
    };
    this.#bytes = Buffer.allocUnsafe(0);
    this.#used = 0;
    this.#starts.length = 0;
    this.#ends.length = 0;
    return raw;
  }
}
