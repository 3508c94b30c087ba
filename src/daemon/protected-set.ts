// What no ban may touch: this machine, its gateways and resolvers, who is logged in, and who logged in lately.
import type { Clock } from '../core/clock.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import { isoTime } from '../core/iso-time.ts';
import type { Login, LoginMemory } from '../jail/login-memory.ts';
import { type ListedNetwork, NetworkList } from '../jail/network-list.ts';

export interface ProtectedSetOptions {
  /** Each gives the same array as before where nothing changed. */
  readonly host: { current(): readonly ListedNetwork[] };
  readonly sessions: { current(): readonly IpNetwork[] };
  readonly logins: LoginMemory;
  readonly clock: Clock;
}

export class ProtectedSet {
  readonly #options: ProtectedSetOptions;
  #host: readonly ListedNetwork[] | undefined;
  #sessions: readonly IpNetwork[] | undefined;
  #logins: readonly Login[] | undefined;
  #list = new NetworkList([]);

  constructor(options: ProtectedSetOptions) {
    this.#options = options;
  }

  /** To be asked when a ban is decided; the same list as before where nothing changed. */
  current(): NetworkList {
    const host = this.#options.host.current();
    const sessions = this.#options.sessions.current();
    const logins = this.#options.logins.current(this.#options.clock());
    if (host === this.#host && sessions === this.#sessions && logins === this.#logins) return this.#list;
    this.#host = host;
    this.#sessions = sessions;
    this.#logins = logins;
    // Of several reasons for one address the list tells the last.
    this.#list = new NetworkList([
      ...logins.map(({ address, timeUsec }) => ({ network: address, reason: `logged in at ${isoTime(timeUsec)}` })),
      ...sessions.map((network) => ({ network, reason: 'logged in now' })),
      ...host,
    ]);
    return this.#list;
  }
}
