// An action made of commands, in fail2ban's way: started when first needed, checked before each ban, repaired where the check fails.
import { isNetwork } from '../core/ban-target.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import { type Family, parseIpNetwork } from '../core/ip-network.ts';
import { type BanTicket, commonValues, type HostNames, targetOfTicket, ticketValues } from './ban-ticket.ts';
import { type CommandDefinition, type CommandName, canLook } from './command-definition.ts';
import { refuseIdentity } from './identity-use.ts';
import type { RunShell, ShellResult } from './run-command.ts';
import { renderShellTemplate } from './shell-template.ts';
import { type ActionOutcome, nothingLost, type Sight, type TicketAction } from './ticket-action.ts';

/** A full ipset of 65,536 addresses takes a quarter of it. */
const mostListBytes = 16 << 20;

/** Which families are started: what a command set up outside outlives the process. */
export interface StartedFamilies {
  has(family: Family): boolean;
  set(family: Family, isStarted: boolean): void;
}

export interface CommandActionOptions {
  readonly name: string;
  readonly definition: CommandDefinition;
  readonly runShell: RunShell;
  readonly started: StartedFamilies;
  readonly hostNames: HostNames;
  /** The name of an address, '' where it has none; asked only by definitions that use <ip-host>. */
  readonly lookUpName: (address: string) => Promise<string>;
}

export class CommandAction implements TicketAction {
  readonly #options: CommandActionOptions;
  readonly #definition: CommandDefinition;
  readonly look: ((networks: readonly string[]) => Promise<Sight>) | undefined;

  constructor(options: CommandActionOptions) {
    this.#options = options;
    this.#definition = options.definition;
    if (canLook(options.definition)) this.look = (networks) => this.#look(networks);
  }

  get name(): string {
    return this.#options.name;
  }

  get norestored(): boolean {
    return this.#definition.norestored;
  }

  async start(): Promise<ActionOutcome> {
    if (this.#definition.isStartedOnDemand) return nothingLost;
    const lost: Family[] = [];
    for (const family of this.#families()) lost.push(...(await this.#startOnce(family)).lost);
    return { lost };
  }

  async #look(networks: readonly string[]): Promise<Sight> {
    const lost: Family[] = [];
    for (const family of this.#families()) {
      if (this.#options.started.has(family) && !(await this.#isSound(family))) lost.push(...this.#lost(family).lost);
    }
    const missing: string[] = [];
    for (const family of [4, 6] as const) {
      const isStarted = this.#options.started.has(this.#definition.isPerFamily ? family : 4);
      const told = networks.filter((network) => network.includes(':') === (family === 6));
      if (isStarted && told.length > 0 && !lost.includes(family)) missing.push(...(await this.#missing(family, told)));
    }
    return { lost, missing };
  }

  /** Nothing where there is no way to ask. */
  async #missing(family: Family, networks: readonly string[]): Promise<string[]> {
    const result = await this.#shell('list', family, commonValues(family, this.#options.hostNames), mostListBytes);
    if (result === undefined) return [];
    const { exitCode, output } = result;
    if (exitCode !== 0) throw new RingjailError('unavailable', `actionlist ended with ${exitCode}: ${output.slice(-500)}`);
    // Its beginning was cut off, and some of the bans with it.
    if (output.length > mostListBytes - 1024) throw new RingjailError('unavailable', `actionlist writes more than ${mostListBytes} bytes`);
    // Between addresses stands whatever the program likes; none of it is in one.
    const found = new Set(output.split(/[^0-9A-Fa-f.:/]+/).flatMap((word) => parseIpNetwork(word)?.text ?? []));
    return networks.filter((network) => !found.has(network));
  }

  async check(): Promise<ActionOutcome> {
    const lost: Family[] = [];
    for (const family of this.#families()) if (this.#options.started.has(family)) lost.push(...(await this.#keep(family)).lost);
    return { lost };
  }

  async ban(ticket: BanTicket): Promise<ActionOutcome> {
    if (this.norestored && ticket.restored) return nothingLost;
    return this.#execute('ban', ticket, true);
  }

  async unban(ticket: BanTicket): Promise<ActionOutcome> {
    if (this.norestored && ticket.restored) return nothingLost;
    return this.#execute('unban', ticket, this.#definition.repairsOnUnban);
  }

  async prolong(ticket: BanTicket): Promise<ActionOutcome> {
    if (this.norestored && ticket.restored) return nothingLost;
    return this.#execute('prolong', ticket, true);
  }

  async flush(): Promise<boolean> {
    const families = this.#families().filter((family) => this.#options.started.has(family));
    if (families.some((family) => this.#definition.commands[family].flush === undefined)) return false;
    for (const family of families) await this.#run('flush', family);
    return true;
  }

  async reload(): Promise<void> {
    for (const family of this.#families()) if (this.#options.started.has(family)) await this.#run('reload', family);
  }

  async stop(): Promise<void> {
    const failures: string[] = [];
    for (const family of this.#families()) {
      if (!this.#options.started.has(family)) continue;
      try {
        await this.#run('stop', family);
      } catch (error) {
        failures.push(messageOf(error));
      }
      // Tried again it would fail again: most likely somebody else took it away.
      this.#options.started.set(family, false);
    }
    if (failures.length > 0) throw new RingjailError('unavailable', failures.join('; '));
  }

  /** Of which its commands know nothing of the other's. */
  #families(): readonly Family[] {
    return this.#definition.isPerFamily ? [4, 6] : [4];
  }

  async #execute(name: 'ban' | 'unban' | 'prolong', ticket: BanTicket, repairs: boolean): Promise<ActionOutcome> {
    const target = targetOfTicket(ticket);
    if (target === undefined) throw new RingjailError('usage', 'the ticket names no address');
    // What is no address is told as IPv4 is.
    const ownFamily = target.family ?? 4;
    const commands = this.#definition.commands[ownFamily];
    if (commands[name] === undefined) return nothingLost;
    const refusal = isNetwork(target) ? undefined : refuseIdentity(commands, target.text);
    if (refusal !== undefined) throw new RingjailError('usage', refusal);
    const family = this.#definition.isPerFamily ? ownFamily : 4;
    const outcome = repairs ? await this.#ready(family) : nothingLost;
    const values = ticketValues(ticket, this.#options.hostNames);
    if (commands[name].tags.has('ip-host') && !values.has('ip-host')) values.set('ip-host', await this.#options.lookUpName(target.text));
    try {
      await this.#run(name, ownFamily, values);
    } catch (error) {
      // With what enforced it the ban is gone: then it is the other bans that have to be put back.
      if (name !== 'unban' || !this.#options.started.has(family) || (await this.#isSound(family))) throw error;
      return this.#keep(family);
    }
    return outcome;
  }

  async #ready(family: Family): Promise<ActionOutcome> {
    return this.#options.started.has(family) ? this.#keep(family) : this.#startOnce(family);
  }

  async #startOnce(family: Family): Promise<ActionOutcome> {
    if (this.#options.started.has(family)) return nothingLost;
    // Started by an earlier process of which nothing is known: what is in force stays.
    const { start, check } = this.#definition.commands[family];
    const isThere = start === undefined || (check !== undefined && (await this.#isSound(family)));
    if (!isThere) await this.#run('start', family);
    this.#options.started.set(family, true);
    return isThere ? nothingLost : this.#lost(family);
  }

  /** Of an action that was started. */
  async #keep(family: Family): Promise<ActionOutcome> {
    if (await this.#isSound(family)) return nothingLost;
    if (this.#definition.commands[family].repair !== undefined) await this.#run('repair', family);
    else {
      // Half of it may be gone, so that stopping fails where there is nothing left to stop.
      await this.#run('stop', family).catch(() => undefined);
      this.#options.started.set(family, false);
      await this.#run('start', family);
    }
    if (!(await this.#isSound(family))) {
      this.#options.started.set(family, false);
      throw new RingjailError('unavailable', 'actioncheck fails even after the action was started anew');
    }
    this.#options.started.set(family, true);
    return this.#lost(family);
  }

  #lost(family: Family): ActionOutcome {
    return { lost: this.#definition.isPerFamily ? [family] : [4, 6] };
  }

  async #isSound(family: Family): Promise<boolean> {
    const result = await this.#shell('check', family, this.#commonValues(family));
    return result === undefined || result.exitCode === 0;
  }

  #commonValues(family: Family): Map<string, string> {
    return commonValues(this.#definition.isPerFamily ? family : undefined, this.#options.hostNames);
  }

  /** Nothing where there is no such command. */
  async #run(name: CommandName, family: Family, values = this.#commonValues(family)): Promise<void> {
    const result = await this.#shell(name, family, values);
    if (result === undefined || result.exitCode === 0) return;
    throw new RingjailError(
      'unavailable',
      `action${name} ended with ${result.exitCode}${result.output === '' ? '' : `: ${result.output.slice(-500)}`}`,
    );
  }

  async #shell(
    name: CommandName,
    family: Family,
    values: ReadonlyMap<string, string>,
    mostOutputBytes?: number,
  ): Promise<ShellResult | undefined> {
    const template = this.#definition.commands[family][name];
    if (template === undefined) return undefined;
    const { timeoutMs } = this.#definition;
    try {
      return await this.#options.runShell({
        ...renderShellTemplate(template, values),
        timeoutMs,
        ...(mostOutputBytes === undefined ? {} : { mostOutputBytes }),
      });
    } catch (error) {
      throw new RingjailError('unavailable', `action${name}: ${messageOf(error)}`, error);
    }
  }
}
