// Host names in log lines to addresses, where `usedns` asks for it: beside the matching, with a time limit, and never many at once.
import { Resolver } from 'node:dns/promises';
import type { Clock } from '../core/clock.ts';
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

// Who attacks chooses the names: neither their number nor a slow name server may cost more than this.
const mostAtOnce = 64;
const mostRemembered = 1000;
const rememberedUsec = 60 * 1_000_000;
const queryTimeoutMs = 2000;
/** For all name servers together, each of which has the time above. */
const longestMs = 5000;

export interface NameResolverOptions {
  readonly clock: Clock;
  /** For tests; the addresses of one family. */
  readonly query?: (hostname: string, family: 4 | 6) => Promise<readonly string[]>;
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

  constructor({ clock, query = queryDns(), timeoutMs = longestMs }: NameResolverOptions) {
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
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => resolve([]), this.#timeoutMs);
    });
    const ask = async (family: 4 | 6) => Promise.race([this.#query(name, family), tooLate]);
    const answers = await Promise.allSettled([ask(4), ask(6)]);
    clearTimeout(timer);
    this.#running--;
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.flatMap((text) => parseIpAddress(text) ?? []) : []));
  }
}

function queryDns(): NonNullable<NameResolverOptions['query']> {
  // c-ares, not getaddrinfo: that would take the threads which everything else waits for.
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 1 });
  return (hostname, family) => (family === 4 ? resolver.resolve4(hostname) : resolver.resolve6(hostname));
}
