// The kernel's records as lines: `host kernel: [12345.678901] message`, as syslog daemons write them and fail2ban's filters expect them.

const secondDigits = 16;

export class KernelLine {
  /** In bytes. */
  readonly longestPrefix: number;
  readonly #head: Buffer;

  constructor(hostname: string) {
    this.#head = Buffer.from(`${hostname} kernel: [`);
    this.longestPrefix = this.#head.length + secondDigits + '.123456] \n'.length;
  }

  /** Writes what stands before the message; returns where the message begins. */
  writePrefix(bytes: Buffer, at: number, sinceBootUsec: number): number {
    const seconds = Math.floor(sinceBootUsec / 1e6);
    const micros = sinceBootUsec - seconds * 1e6;
    // As printf's %12.6f.
    const text = `${seconds.toString().padStart(5)}.${micros.toString().padStart(6, '0')}] `;
    const start = at + this.#head.copy(bytes, at);
    return start + bytes.write(text, start, 'latin1');
  }
}
