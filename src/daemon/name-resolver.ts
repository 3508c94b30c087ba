// Host names in log lines to addresses, where `usedns` asks for it: beside the matching, with a time limit, and never many at once.
import type { Clock } from '../core/clock.ts';
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';
import { fewAtOnce, type NameLookup } from './name-lookup.ts';

// Who attacks chooses the names: neither their number nor a slow name server may cost more than this.
const mostAtOnce = 64;
const mostRemembered = 1000;
const rememberedUsec = 60 * 1_000_000;
const longestMs = 5000;

export interface NameResolverOptions {
  readonly clock: Clock;
  /** For tests. */
  readonly query?: NameLookup;
  readonly timeoutMs?: number;
}

export class NameResolver {
  /** Names that were not resolved because too many were asked for. */
  refused = 0;
  readonly #clock: Clock;
  readonly #query: NameLookup;
  readonly #timeoutMs: number;
  /** Oldest first. */
  readonly #known = new Map<string, { readonly sinceUsec: number; readonly addresses: Promise<readonly IpNetwork[]> }>();
  /** Whose answer nobody waits for any more, but it is remembered. */
  readonly #late = new Set<string>();
  #running = 0;

  constructor({ clock, query = fewAtOnce(), timeoutMs = longestMs }: NameResolverOptions) {
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
    this.#remember(name, addresses);
    return addresses;
  }

  #remember(name: string, addresses: Promise<readonly IpNetwork[]>): void {
    this.#known.delete(name);
    this.#known.set(name, { sinceUsec: this.#clock(), addresses });
    if (this.#known.size > mostRemembered) this.#known.delete(this.#known.keys().next().value ?? '');
  }

  async #ask(name: string): Promise<readonly IpNetwork[]> {
    this.#running++;
    let isLate = false;
    let timer: NodeJS.Timeout | undefined;
    const answer = this.#answer(name, () => !isLate);
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(undefined);
        this.#rememberLate(name, answer);
      }, this.#timeoutMs);
    });
    try {
      return (await Promise.race([answer, tooLate])) ?? [];
    } finally {
      clearTimeout(timer);
      this.#running--;
    }
  }

  /** Undefined where nobody was asked. */
  async #answer(name: string, isAwaited: () => boolean): Promise<readonly IpNetwork[] | undefined> {
    try {
      return (await this.#query(name, isAwaited))?.flatMap((text) => parseIpAddress(text) ?? []);
    } catch {
      return [];
    }
  }

  /** No answer yet does not mean that there is none: until it comes, whoever names the host again waits for it anew. */
  #rememberLate(name: string, answer: Promise<readonly IpNetwork[] | undefined>): void {
    this.#known.delete(name);
    if (this.#late.has(name)) return;
    this.#late.add(name);
    void answer.then((addresses) => {
      this.#late.delete(name);
      if (addresses !== undefined) this.#remember(name, Promise.resolve(addresses));
    });
  }
}
