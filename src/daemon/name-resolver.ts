// Host names in log lines to addresses, where `usedns` asks for it: beside the matching, with a time limit, and never many at once.
import { Resolver } from 'node:dns/promises';
import type { Clock } from '../core/clock.ts';
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

// Who attacks chooses the names: neither their number nor a slow name server may cost more than this.
const mostAtOnce = 64;
const mostRemembered = 1000;
const rememberedUsec = 60 * 1_000_000;
const timeoutMs = 2000;

export interface NameResolverOptions {
  readonly clock: Clock;
  /** For tests; the addresses of one family. */
  readonly query?: (hostname: string, family: 4 | 6) => Promise<readonly string[]>;
}

export class NameResolver {
  /** Names that were not resolved because too many were asked for. */
  refused = 0;
  readonly #clock: Clock;
  readonly #query: NonNullable<NameResolverOptions['query']>;
  /** Oldest first. */
  readonly #known = new Map<string, { readonly sinceUsec: number; readonly addresses: Promise<readonly IpNetwork[]> }>();
  #running = 0;

  constructor({ clock, query = queryDns() }: NameResolverOptions) {
    this.#clock = clock;
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
    const answers = await Promise.allSettled([this.#query(name, 4), this.#query(name, 6)]);
    this.#running--;
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.flatMap((text) => parseIpAddress(text) ?? []) : []));
  }
}

function queryDns(): NonNullable<NameResolverOptions['query']> {
  // c-ares, not getaddrinfo: that would take the threads which everything else waits for.
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  return (hostname, family) => (family === 4 ? resolver.resolve4(hostname) : resolver.resolve6(hostname));
}
