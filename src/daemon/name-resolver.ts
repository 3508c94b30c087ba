// Host names in log lines to addresses, where `usedns` asks for it: beside the matching, with a time limit, and never many at once.
import { lookup } from 'node:dns/promises';
import type { Clock } from '../core/clock.ts';
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

// Who attacks chooses the names: neither their number nor a slow name server may cost more than this.
const mostAtOnce = 64;
const mostRemembered = 1000;
const rememberedUsec = 60 * 1_000_000;
const longestMs = 5000;

export interface NameResolverOptions {
  readonly clock: Clock;
  /** For tests; the addresses of a name. `isAwaited`: whether anybody still waits for them. */
  readonly query?: (hostname: string, isAwaited: () => boolean) => Promise<readonly string[]>;
  readonly timeoutMs?: number;
}

export class NameResolver {
  /** Names that were not resolved because too many were asked for. */
  refused = 0;
  readonly #clock: Clock;
  readonly #query: NonNullable<NameResolverOptions['query']>;
  readonly #timeoutMs: number;
  /** Oldest first. */
  readonly #known = new Map<string, { readonly sinceUsec: number; readonly addresses: Promise<readonly IpNetwork[]> }>();
  #running = 0;

  constructor({ clock, query = oneByOne(), timeoutMs = longestMs }: NameResolverOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#query = query;
  }

  /** Never rejects: a name without an answer has no addresses. */
  async resolve(hostname: string): Promise<readonly IpNetwork[]> {
    const name = hostname.toLowerCase();
    if (!/^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?$/.test(name)) return [];
    const known = this.#known.get(name);
    const nowUsec = this.#clock();
    if (known !== undefined && Math.abs(nowUsec - known.sinceUsec) < rememberedUsec) return known.addresses;
    if (this.#running >= mostAtOnce) {
      this.refused++;
      return [];
    }
    const addresses = this.#ask(name);
    this.#known.delete(name);
    this.#known.set(name, { sinceUsec: nowUsec, addresses });
    if (this.#known.size > mostRemembered) this.#known.delete(this.#known.keys().next().value ?? '');
    return addresses;
  }

  async #ask(name: string): Promise<readonly IpNetwork[]> {
    this.#running++;
    let isLate = false;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve([]);
      }, this.#timeoutMs);
    });
    try {
      const answer = await Promise.race([this.#query(name, () => !isLate), tooLate]);
      return answer.flatMap((text) => parseIpAddress(text) ?? []);
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
      this.#running--;
    }
  }
}

/**
 * getaddrinfo, which knows /etc/hosts and libnss-resolve: where the daemon may not speak to the network, nothing else has an answer. Its
 * calls hold a thread for as long as a name server is silent, and of those libuv gives half to such calls: the names of attackers have one.
 */
function oneByOne(): NonNullable<NameResolverOptions['query']> {
  let last: Promise<unknown> = Promise.resolve();
  return async (hostname, isAwaited) => {
    const answer = last.then(() => (isAwaited() ? lookup(hostname, { all: true }) : []));
    last = answer.catch(() => undefined);
    return (await answer).map(({ address }) => address);
  };
}
