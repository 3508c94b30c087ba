// The jails at work, as the configuration has them; a reload changes them and keeps what they remember.
import { createHash } from 'node:crypto';
import type { StoredSessionRow } from '../ban/stored-session.ts';
import type { StoredWindows } from '../ban/stored-window.ts';
import { type ConfigError, formatConfigError } from '../config/config-error.ts';
import { type JailContext, loadJails } from '../config/jail-config.ts';
import { Jail } from '../jail/jail.ts';
import { NetworkList } from '../jail/network-list.ts';
import type { JailSessions } from './change-collector.ts';
import type { RunningJail } from './running-jail.ts';

export class JailSet {
  readonly #context: () => JailContext;
  #running: readonly RunningJail[] = [];
  #errors: readonly ConfigError[] = [];
  #begun: readonly string[] = [];
  readonly #configurations = new WeakMap<Jail, string>();

  /** `context`: asked at each load: units may have been installed since. */
  constructor(context: () => JailContext) {
    this.#context = context;
  }

  get running(): readonly RunningJail[] {
    return this.#running;
  }

  /** Of those that run. */
  get names(): readonly string[] {
    return this.#running.map(({ jail }) => jail.options.name);
  }

  /** Of those that did not run before the last `load`; what the store has of them is for `restore`. */
  get begun(): readonly string[] {
    return this.#begun;
  }

  /** What is wrong with the configuration that was read last, a line each. */
  get errors(): readonly string[] {
    return this.#errors.map(formatConfigError);
  }

  /** What somebody should know of those that run, a line each. */
  get warnings(): readonly string[] {
    return this.#running.flatMap(({ warnings }) => warnings ?? []);
  }

  find(name: string): RunningJail | undefined {
    return this.#running.find(({ jail }) => jail.options.name === name);
  }

  /**
   * Reads the configuration. Jails without an error run as it says, with the windows they had, and with their sessions where the filter
   * has the same name; a jail in error runs on as it was; one that is gone or disabled stops, and its bans stay until they end or are
   * lifted.
   */
  load(): void {
    const { jails, errors } = loadJails(this.#context());
    this.#errors = errors;
    const loaded = jails.map(({ options, policy, filter, usedns, findsTexts, warnings, records }): RunningJail => {
      const jail = new Jail(options);
      const former = this.find(options.name);
      if (former !== undefined) {
        jail.takeOver(former.jail);
        filter.takeOver?.(former.filter);
      }
      return {
        selectors: records.selectors,
        filter,
        jail,
        policy,
        findsTexts,
        warnings,
        resolvesNames: usedns === 'yes' || usedns === 'warn',
        countsNames: usedns === 'raw',
        tellsOfNames: usedns === 'warn',
      };
    });
    const broken = new Set(errors.map(({ section }) => section));
    // An error that belongs to no section (a file that cannot be read) may be any jail's.
    const isKept = (name: string) => !loaded.some(({ jail }) => jail.options.name === name) && (broken.has(name) || broken.has(undefined));
    this.#begun = loaded.map(({ jail }) => jail.options.name).filter((name) => this.find(name) === undefined);
    this.#running = [...loaded, ...this.#running.filter(({ jail }) => isKept(jail.options.name))];
  }

  /** By jail, as the store holds them; of the jails of these names. */
  restore(windows: ReadonlyMap<string, StoredWindows>, sessions: readonly StoredSessionRow[] = [], names = this.names): void {
    for (const { jail } of this.#running) if (names.includes(jail.options.name)) jail.restore(windows.get(jail.options.name) ?? []);
    for (const { jail, filter, cache } of this.sessions()) {
      if (!names.includes(jail)) continue;
      cache.restore(sessions.flatMap((row) => (row.jail === jail && row.filter === filter ? [[row.id, row.state] as const] : [])));
    }
  }

  /** Of the filters that know sessions. */
  sessions(): JailSessions[] {
    return this.#running.flatMap(({ jail, filter }) =>
      Array.from(filter.sessions ?? [], ([name, cache]) => ({ jail: jail.options.name, filter: name, cache })),
    );
  }

  /** A hash of what the jail is configured as: bans made by the same configuration have the same one. */
  configurationOf(name: string): string | undefined {
    const running = this.find(name);
    if (running === undefined) return undefined;
    const known = this.#configurations.get(running.jail);
    if (known !== undefined) return known;
    const hash = hashOf(running);
    this.#configurations.set(running.jail, hash);
    return hash;
  }
}

function hashOf({ selectors, filter, jail, policy }: RunningJail): string {
  const plain = (_: string, value: unknown) => {
    if (value instanceof NetworkList) return [...value.entries().map(({ network }) => network.text), ...value.texts()];
    // JSON knows no Infinity: a ban for good.
    return value === Number.POSITIVE_INFINITY ? 'for good' : value;
  };
  const text = JSON.stringify({ selectors, filter: filter.name, ...jail.options, ...policy }, plain);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
