// Whose counts a person took away where the jails at hand do not have them: they are in a store that is read later, or those of a jail that
// does not run. As Jail.clear and Jail.forgive have it, without the jail's options, which nobody knows.
import type { WindowChange } from '../ban/store-changes.ts';
import type { StoredWindows, WindowEntry } from '../ban/stored-window.ts';
import { type BanTarget, isNetwork } from '../core/ban-target.ts';
import { type IpNetwork, networkOf, parseIpNetwork } from '../core/ip-network.ts';

/** Stands for every jail; no jail has this name. */
const anyJail = '';

export class ForgottenCounts {
  readonly #byJail = new Map<string, Targets>();

  /** `jail`: undefined for every one. */
  add(target: BanTarget, jail: string | undefined): void {
    const targets = this.#byJail.get(jail ?? anyJail) ?? new Targets();
    this.#byJail.set(jail ?? anyJail, targets);
    targets.add(target);
  }

  join(others: ForgottenCounts): void {
    for (const [jail, targets] of others.#byJail) for (const target of targets.all()) this.add(target, jail === anyJail ? undefined : jail);
  }

  get isEmpty(): boolean {
    return this.#byJail.size === 0;
  }

  /** Of a jail's windows those that hold somebody of them, and what is left of each. */
  changesOf(windows: StoredWindows, jail: string): WindowChange[] {
    const forgotten = [this.#byJail.get(jail), this.#byJail.get(anyJail)].filter((targets) => targets !== undefined);
    if (forgotten.length === 0) return [];
    const holds = (text: string) => forgotten.some((targets) => targets.isWithin(text));
    const isForgotten = (identity: string, entries: readonly WindowEntry[]) =>
      forgotten.some((targets) => targets.has(identity)) || (!isOfNetworks(identity, entries) && holds(identity));
    return windows.flatMap(([identity, entries]) => {
      const left = isForgotten(identity, entries) ? [] : entries.filter(({ distinct }) => distinct === undefined || !holds(distinct));
      return left.length === entries.length ? [] : [{ identity, entries: left.length === 0 ? undefined : left, evidence: [] }];
    });
  }

  /** What is left of a jail's windows. */
  without(windows: StoredWindows, jail: string): StoredWindows {
    const changes = new Map(this.changesOf(windows, jail).map(({ identity, entries = [] }) => [identity, entries]));
    return windows
      .map(([identity, entries]) => [identity, changes.get(identity) ?? entries] as const)
      .filter(([, entries]) => entries.length > 0);
  }
}

/** A window that counts the addresses of a network, for `aggregate`; of one host's IPv6 network there are windows of failures. */
const isOfNetworks = (identity: string, entries: readonly WindowEntry[]): boolean =>
  parseIpNetwork(identity)?.family !== 6 ||
  entries.some(({ distinct }) => distinct !== undefined && parseIpNetwork(distinct) !== undefined);

class Targets {
  readonly #all = new Map<string, BanTarget>();
  /** By a prefix: the networks of so many bits that hold one of them. */
  readonly #around = new Map<string, Set<string>>();

  add(target: BanTarget): void {
    if (this.has(target.text)) return;
    this.#all.set(target.text, target);
    this.#around.clear();
  }

  all(): Iterable<BanTarget> {
    return this.#all.values();
  }

  has(text: string): boolean {
    return this.#all.has(text);
  }

  /** Whether it is a network that holds one of them, or is one. */
  isWithin(text: string): boolean {
    const outer = parseIpNetwork(text);
    return outer !== undefined && this.#aroundOf(outer).has(outer.text);
  }

  #aroundOf({ family, prefix }: IpNetwork): Set<string> {
    const key = `${family}/${prefix}`;
    const known = this.#around.get(key);
    if (known !== undefined) return known;
    const held = Array.from(this.#all.values())
      .filter(isNetwork)
      .filter((network) => network.family === family && network.prefix >= prefix);
    const around = new Set(held.map((network) => networkOf(network, prefix).text));
    this.#around.set(key, around);
    return around;
  }
}
