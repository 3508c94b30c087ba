// Host names in ignoreip: looked up when the configuration is loaded, and again every ten minutes, as an address may move or the name server
// may have been away. Log lines never lead here.
import { lookup } from 'node:dns/promises';
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { RunningJail } from './running-jail.ts';

const limitMs = 5000;
const againMs = 10 * 60 * 1000;

export interface IgnoredNamesOptions {
  readonly log: Log;
  /** Other addresses are spared now. */
  readonly onChange: () => void;
  /** The addresses of a name; for tests. */
  readonly ask?: (name: string) => Promise<readonly string[]>;
}

export class IgnoredNames {
  readonly #options: IgnoredNamesOptions;
  readonly #ask: (name: string) => Promise<readonly string[]>;
  /** What was found last, also where it cannot be found now: a name server that is away must not lock anybody out. */
  readonly #found = new Map<string, readonly IpNetwork[]>();
  #jails: readonly RunningJail[] = [];
  #warned: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: IgnoredNamesOptions) {
    this.#options = options;
    this.#ask = options.ask ?? askResolver;
  }

  /** What is not known of the jails' names, a line each. */
  get warnings(): readonly string[] {
    // Where it may be somebody's name as it stands, nobody can say that it ought to be a host's.
    const jails = this.#jails.filter(({ findsTexts }) => findsTexts !== true);
    return jails.flatMap(({ jail, policy }) =>
      policy.ignoredNames
        .filter((name) => !this.#found.has(name))
        .map((name) => `jail ${jail.options.name}: ignoreip: ${name} cannot be resolved, so it is NOT spared; tried again by itself`),
    );
  }

  /** Known addresses are spared at once; resolves when all names were looked up, which takes five seconds at the longest. */
  async update(jails: readonly RunningJail[]): Promise<void> {
    this.#jails = jails;
    this.#spread();
    await this.#lookUp();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #lookUp(): Promise<void> {
    clearTimeout(this.#timer);
    const names = new Set(this.#jails.flatMap(({ policy }) => policy.ignoredNames));
    if (names.size === 0 || this.#isClosed) return;
    const answers = await Promise.all(Array.from(names, async (name) => [name, await this.#addressesOf(name)] as const));
    if (this.#isClosed) return;
    let isChanged = false;
    for (const [name, addresses] of answers) {
      if (addresses.length === 0) continue;
      isChanged ||= textOf(addresses) !== textOf(this.#found.get(name) ?? []);
      this.#found.set(name, addresses);
    }
    this.#tell();
    if (isChanged) {
      this.#spread();
      this.#options.onChange();
    }
    clearTimeout(this.#timer);
    // It keeps no process alive.
    this.#timer = setTimeout(() => void this.#lookUp(), againMs).unref();
  }

  #spread(): void {
    for (const { jail, policy } of this.#jails) {
      const entries = policy.ignoredNames.flatMap((name) =>
        (this.#found.get(name) ?? []).map((network) => ({ network, reason: `ignoreip: ${name}` })),
      );
      jail.options.ignoreip.extend(entries);
    }
  }

  /** Each trouble when it begins, not every ten minutes. */
  #tell(): void {
    const { warnings } = this;
    for (const warning of warnings) if (!this.#warned.has(warning)) this.#options.log.warning(warning);
    this.#warned = new Set(warnings);
  }

  /** Empty where there is no answer in time. */
  async #addressesOf(name: string): Promise<readonly IpNetwork[]> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => resolve([]), limitMs);
    });
    try {
      const texts = await Promise.race([this.#ask(name), tooLate]);
      return texts.flatMap((text) => parseIpAddress(text.replace(/%.*$/, '')) ?? []);
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  }
}

const textOf = (addresses: readonly IpNetwork[]): string =>
  addresses
    .map(({ text }) => text)
    .sort()
    .join();

/** By the system's own ways, /etc/hosts among them. */
const askResolver = async (name: string): Promise<readonly string[]> => (await lookup(name, { all: true })).map(({ address }) => address);
