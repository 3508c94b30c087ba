// The jails at work, as the configuration has them; a reload changes them and keeps what they remember.
import { type ConfigError, formatConfigError } from '../config/config-error.ts';
import { type JailContext, loadJails } from '../config/jail-config.ts';
import { Jail, type JailState, parseJailState } from '../jail/jail.ts';
import type { RunningJail } from './running-jail.ts';

export class JailSet {
  readonly #context: () => JailContext;
  #running: readonly RunningJail[] = [];
  #errors: readonly ConfigError[] = [];

  /** `context`: asked at each load, as a reload may bring other settings. */
  constructor(context: () => JailContext) {
    this.#context = context;
  }

  get running(): readonly RunningJail[] {
    return this.#running;
  }

  /** What is wrong with the configuration that was read last, a line each. */
  get errors(): readonly string[] {
    return this.#errors.map(formatConfigError);
  }

  find(name: string): RunningJail | undefined {
    return this.#running.find(({ jail }) => jail.options.name === name);
  }

  /**
   * Reads the configuration. Jails without an error run as it says, with the windows they had; a jail in error runs on as it was; one
   * that is gone or disabled stops, and its bans stay until they end or are lifted.
   */
  load(): void {
    const { jails, errors } = loadJails(this.#context());
    this.#errors = errors;
    const loaded = jails.map(({ options, filter, usedns, records }): RunningJail => {
      const jail = new Jail(options);
      const former = this.find(options.name)?.jail;
      if (former !== undefined) jail.takeOver(former);
      return { selectors: records.selectors, filter, jail, resolvesNames: usedns === 'yes' || usedns === 'warn' };
    });
    const broken = new Set(errors.map(({ section }) => section));
    // An error that belongs to no section (a file that cannot be read) may be any jail's.
    const isKept = (name: string) => !loaded.some(({ jail }) => jail.options.name === name) && (broken.has(name) || broken.has(undefined));
    this.#running = [...loaded, ...this.#running.filter(({ jail }) => isKept(jail.options.name))];
  }

  /** By jail. */
  save(): Record<string, JailState> {
    return Object.fromEntries(this.#running.map(({ jail }) => [jail.options.name, jail.save()]));
  }

  restore(windows: Readonly<Record<string, unknown>>): void {
    for (const { jail } of this.#running) jail.restore(parseJailState(windows[jail.options.name]));
  }
}
