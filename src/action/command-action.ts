// An action made of commands, in fail2ban's way: started when first needed, checked before each ban, repaired where the check fails.
import { isNetwork } from '../core/ban-target.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import type { Family } from '../core/ip-network.ts';
import { type BanTicket, commonValues, familyOf, type HostNames, targetOfTicket, ticketValues } from './ban-ticket.ts';
import { type CommandDefinition, type CommandName, canLook } from './command-definition.ts';
import { missingFrom, mostListBytes } from './listed-bans.ts';
import type { RunShell, ShellResult } from './run-command.ts';
import { refuseIdentity } from './shell/identity-use.ts';
import { renderShellTemplate } from './shell/shell-template.ts';
import { type ActionOutcome, nothingLost, type Sight, type TicketAction } from './ticket-action.ts';

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
  /** Families whose bans a call found lost that failed itself. */
  readonly #untold = new Set<Family>();
  readonly #definition: CommandDefinition;
  readonly look: ((networks: readonly string[]) => Promise<Sight>) | undefined;
  /** Families whose list failed after the action was started anew, too: whatever is wrong, that is no cure. */
  readonly #listsInVain = new Set<Family>();

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
    const lost = new Set<Family>(this.#untold);
    const lose = (family: Family) => {
      for (const one of this.#lost(family).lost) lost.add(one);
    };
    let broken: string | undefined;
    for (const family of this.#families()) {
      const failure = this.#options.started.has(family) ? await this.#checkFailure(family) : undefined;
      if (failure !== undefined && this.#isMendable(family)) lose(family);
      else broken ??= failure;
    }
    if (broken !== undefined) return { lost: [...lost], missing: [], broken };
    const missing: string[] = [];
    const unasked: string[] = [];
    let failure: unknown;
    const toldOf: Record<Family, string[]> = { 4: [], 6: [] };
    for (const network of networks) toldOf[familyOf(network)].push(network);
    for (const family of [4, 6] as const) {
      const isStarted = this.#options.started.has(this.#definition.isPerFamily ? family : 4);
      const told = toldOf[family];
      if (told.length === 0 || lost.has(family)) continue;
      try {
        const gone = isStarted ? await this.#missing(family, told) : undefined;
        if (gone === 'all') lose(family);
        else if (gone === undefined) unasked.push(...told);
        else missing.push(...gone);
      } catch (error) {
        unasked.push(...told);
        failure ??= error;
      }
    }
    // What was found is repaired first; the next look tells the rest.
    if (failure !== undefined && lost.size === 0 && missing.length === 0) throw failure;
    return { lost: [...lost], missing: missing.filter((network) => !lost.has(familyOf(network))), ...(unasked.length > 0 && { unasked }) };
  }

  /** Undefined where there is no way to ask. All, where what they were put into is gone. */
  async #missing(family: Family, networks: readonly string[]): Promise<readonly string[] | 'all' | undefined> {
    const result = await this.#list(family, mostListBytes);
    if (result === undefined) return undefined;
    const { exitCode, output } = result;
    if (isGone(result) && this.#restartsFor(family)) return 'all';
    const isListed = exitCode === 0 || isEmpty(result);
    if (!isListed) throw new RingjailError('unavailable', `actionlist ended with ${exitCode}: ${output.slice(-500)}`);
    this.#listsInVain.delete(family);
    // Its beginning was cut off, and some of the bans with it.
    if (output.length > mostListBytes - 1024) throw new RingjailError('unavailable', `actionlist writes more than ${mostListBytes} bytes`);
    return await missingFrom(output, networks);
  }

  #list(family: Family, mostBytes?: number): Promise<ShellResult | undefined> {
    return this.#shell('list', family, commonValues(family, this.#options.hostNames), mostBytes, true);
  }

  /** Whether a list that fails has the action started anew: not where nothing is started, and not again where that did not help. */
  #restartsFor(family: Family): boolean {
    return this.#isMendable(family) && !this.#listsInVain.has(family);
  }

  /** Otherwise what the bans are put into is somebody else's. */
  #isMendable(family: Family): boolean {
    const { start, repair } = this.#definition.commands[family];
    return start !== undefined || repair !== undefined;
  }

  /** False where what the bans were put into is gone, and could be set up anew. */
  async #isListed(family: Family): Promise<boolean> {
    if (!this.#restartsFor(family)) return true;
    const result = await this.#list(family);
    return result === undefined || !isGone(result);
  }

  async check(): Promise<ActionOutcome> {
    const lost = this.#takeUntold();
    for (const family of this.#families()) {
      if (!this.#options.started.has(family) || ((await this.#isSound(family)) && (await this.#isListed(family)))) continue;
      lost.push(...(await this.#startAnew(family)).lost);
      if (!(await this.#isListed(family))) this.#listsInVain.add(family);
    }
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
    const ownFamily = familyOf(ticket.network);
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
      // The others that were lost are told with the next answer, or by the next look.
      for (const lost of outcome.lost) this.#untold.add(lost);
      // With what enforced it the ban is gone: then it is the other bans that have to be put back.
      if (name !== 'unban' || !this.#options.started.has(family) || (await this.#isSound(family))) throw error;
      return this.#keep(family);
    }
    return { lost: [...new Set([...outcome.lost, ...this.#takeUntold()])] };
  }

  #takeUntold(): Family[] {
    const untold = [...this.#untold];
    this.#untold.clear();
    return untold;
  }

  async #ready(family: Family): Promise<ActionOutcome> {
    return this.#options.started.has(family) ? this.#keep(family) : this.#startOnce(family);
  }

  async #startOnce(family: Family): Promise<ActionOutcome> {
    if (this.#options.started.has(family)) return nothingLost;
    // Started by an earlier process of which nothing is known: what is in force stays.
    const { start, check } = this.#definition.commands[family];
    if (start === undefined && check !== undefined) await this.#run('check', family);
    const isThere = start === undefined || (check !== undefined && (await this.#isSound(family)));
    if (!isThere) await this.#run('start', family);
    this.#options.started.set(family, true);
    return isThere ? nothingLost : this.#lost(family);
  }

  /** Of an action that was started. */
  async #keep(family: Family): Promise<ActionOutcome> {
    return (await this.#isSound(family)) ? nothingLost : this.#startAnew(family);
  }

  async #startAnew(family: Family): Promise<ActionOutcome> {
    // The check knows what is wrong.
    if (!this.#isMendable(family)) await this.#run('check', family);
    else if (this.#definition.commands[family].repair !== undefined) await this.#run('repair', family);
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
    return (await this.#checkFailure(family)) === undefined;
  }

  async #checkFailure(family: Family): Promise<string | undefined> {
    const result = await this.#shell('check', family, this.#commonValues(family));
    return result === undefined || result.exitCode === 0 ? undefined : failureText('check', result);
  }

  #commonValues(family: Family): Map<string, string> {
    return commonValues(this.#definition.isPerFamily ? family : undefined, this.#options.hostNames);
  }

  /** Nothing where there is no such command. */
  async #run(name: CommandName, family: Family, values = this.#commonValues(family)): Promise<void> {
    const result = await this.#shell(name, family, values);
    if (result === undefined || result.exitCode === 0) return;
    throw new RingjailError('unavailable', failureText(name, result));
  }

  async #shell(
    name: CommandName,
    family: Family,
    values: ReadonlyMap<string, string>,
    mostOutputBytes?: number,
    isBackground = false,
  ): Promise<ShellResult | undefined> {
    const template = this.#definition.commands[family][name];
    if (template === undefined) return undefined;
    const { timeoutMs } = this.#definition;
    try {
      return await this.#options.runShell({
        ...renderShellTemplate(template, values),
        timeoutMs,
        isBackground,
        ...(mostOutputBytes === undefined ? {} : { mostOutputBytes }),
      });
    } catch (error) {
      throw new RingjailError('unavailable', `action${name}: ${messageOf(error)}`, error);
    }
  }
}

const failureText = (name: CommandName, { exitCode, output }: ShellResult): string =>
  `action${name} ended with ${exitCode}${output === '' ? '' : `: ${output.slice(-500)}`}`;

/** As of grep, which found nothing. */
const isEmpty = ({ exitCode, output }: ShellResult): boolean => exitCode === 1 && output === '';

/** A list that failed, and not for want of a program (126 and 127 are the shell's), a permission, a lock or memory. */
const isGone = (result: ShellResult): boolean =>
  ![0, 126, 127].includes(result.exitCode) &&
  !isEmpty(result) &&
  !/permi(?:ssion|tted)|must be root|need to be root|\block\b|timed? ?out|memory|resource|not found/i.test(result.output);
