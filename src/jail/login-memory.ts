// Who logged in lately: such an address is not banned, as somebody with a key may still mistype a password.
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

export interface Login {
  readonly address: IpNetwork;
  /** Microseconds since 1970. */
  readonly timeUsec: number;
}

/** Address and time in microseconds, as `save` gives and `restore` takes. */
export type SavedLogin = readonly [address: string, timeUsec: number];

const mostLogins = 1000;

export class LoginMemory {
  readonly #keepUsec: number;
  readonly #limit: number;
  readonly #logins = new Map<string, Login>();
  #current: readonly Login[] = [];
  /** `#current` holds for times in [#validFrom, #validUntil). */
  #validFrom = Number.POSITIVE_INFINITY;
  #validUntil = Number.NEGATIVE_INFINITY;
  #revision = 0;

  /** `keepUsec`: how long a login counts; 0: not at all. The most recent `limit` addresses are kept. */
  constructor(keepUsec: number, limit = mostLogins) {
    this.#keepUsec = keepUsec;
    this.#limit = limit;
  }

  /** Another number after each login that was taken in. */
  get revision(): number {
    return this.#revision;
  }

  observe(address: IpNetwork, timeUsec: number): void {
    if (this.#keepUsec <= 0 || !Number.isFinite(timeUsec)) return;
    const known = this.#logins.get(address.text);
    // Records may be read again after a restart.
    if (known !== undefined && known.timeUsec >= timeUsec) return;
    this.#logins.set(address.text, { address, timeUsec });
    this.#revision++;
    this.#validUntil = Number.NEGATIVE_INFINITY;
    if (this.#logins.size > this.#limit) this.#evict();
  }

  /** Logins that still count; the same array as before where nothing changed. */
  current(nowUsec: number): readonly Login[] {
    if (nowUsec >= this.#validFrom && nowUsec < this.#validUntil) return this.#current;
    let nextEndUsec = Number.POSITIVE_INFINITY;
    for (const [key, login] of this.#logins) {
      // The clock was set back: from now on it counts as made now, or it would count for longer than it should.
      const timeUsec = Math.min(login.timeUsec, nowUsec);
      if (timeUsec !== login.timeUsec) this.#logins.set(key, { ...login, timeUsec });
      const endUsec = timeUsec + this.#keepUsec;
      if (endUsec <= nowUsec) this.#logins.delete(key);
      else nextEndUsec = Math.min(nextEndUsec, endUsec);
    }
    this.#current = [...this.#logins.values()];
    this.#validFrom = nowUsec;
    this.#validUntil = nextEndUsec;
    return this.#current;
  }

  save(): SavedLogin[] {
    return Array.from(this.#logins.values(), ({ address, timeUsec }) => [address.text, timeUsec] as const);
  }

  /** What `save` gave, from disk: whatever is no such entry is left out. */
  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const entry of saved as unknown[]) {
      const [text, timeUsec] = Array.isArray(entry) ? (entry as unknown[]) : [];
      const address = typeof text === 'string' ? parseIpAddress(text) : undefined;
      if (address !== undefined && typeof timeUsec === 'number') this.observe(address, timeUsec);
    }
  }

  #evict(): void {
    let oldest: Login | undefined;
    for (const login of this.#logins.values()) if (oldest === undefined || login.timeUsec < oldest.timeUsec) oldest = login;
    if (oldest !== undefined) this.#logins.delete(oldest.address.text);
  }
}
