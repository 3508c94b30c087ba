// What the helper does for a request that was understood: only actions that the configuration names, only from files that are root's,
// only for addresses that may be banned.

import { type BanTicket, targetOfTicket } from '../action/ban-ticket.ts';
import type { CommandDefinition } from '../action/command-definition.ts';
import type { HelperAnswer, HelperRequest } from '../action/helper-messages.ts';
import { nothingGone, type TicketAction } from '../action/ticket-action.ts';
import { parseDefinition } from '../config/action-list.ts';
import { type ActionReference, loadActionReferences } from '../config/action-references.ts';
import { formatConfigError } from '../config/config-error.ts';
import { type ActionTools, createCommands, loadTicketAction } from '../config/ticket-action-config.ts';
import { RingjailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { KeptDefinitions } from './kept-definitions.ts';
import { findUntrusted } from './trusted-file.ts';

export interface ActionRunnerOptions {
  readonly configDirectory: string;
  readonly protectedNetworks: () => NetworkList;
  readonly tools: ActionTools;
  /** Whether this machine has a unit file of that name: `enabled = auto`. */
  readonly hasUnit: (name: string) => boolean;
  /** With what that was begun which has not ended. */
  readonly kept: KeptDefinitions;
  readonly log: Log;
}

interface Use {
  readonly action: TicketAction;
  /** Undefined for what is no command. */
  readonly definition: CommandDefinition | undefined;
  readonly fingerprint: string | undefined;
  /** Why it may end what it began, and nothing else; undefined where it may do all. */
  readonly refusal?: string | undefined;
  /** Whether something may be there that only this definition ends. */
  isBegun: boolean;
}

const endings: readonly string[] = ['unban', 'flush', 'stop'] satisfies HelperRequest['op'][];

/** An unknown action has the configuration read again, but not by every request of a flood. */
const freshMs = 1000;

export class ActionRunner {
  readonly #options: ActionRunnerOptions;
  #references = new Map<string, ActionReference>();
  #refusal: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #mustRead = true;
  #unclear: ReadonlySet<string> = new Set();
  readonly #uses = new Map<string, Use>();
  /** By action, settled when its last command has ended: one at a time. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** The actions that are looked at: beside the queue, so that a look that hangs holds up no ban, and one at a time. */
  readonly #looks = new Set<string>();

  constructor(options: ActionRunnerOptions) {
    this.#options = options;
  }

  /** Rejects with the sentence that becomes the answer. */
  run(request: HelperRequest): Promise<HelperAnswer & { readonly ok: true }> {
    const key = keyOf(request);
    if (request.op === 'look') return this.#look(key, request);
    const former = this.#queues.get(key) ?? Promise.resolve();
    const result = former.then(() => this.#runNow(key, request));
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(key, settled);
    void settled.then(() => {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    });
    return result;
  }

  async #look(key: string, request: Extract<HelperRequest, { op: 'look' }>): Promise<HelperAnswer & { readonly ok: true }> {
    if (this.#looks.has(key)) throw new RingjailError('unavailable', 'an earlier look has not ended');
    this.#looks.add(key);
    try {
      const sight = (await this.#use(key, request).action.look?.(request.networks)) ?? { ...nothingGone, unasked: request.networks };
      return { id: request.id, ok: true, flushed: false, ...sight };
    } finally {
      this.#looks.delete(key);
    }
  }

  async #runNow(key: string, request: Exclude<HelperRequest, { op: 'look' }>): Promise<HelperAnswer & { readonly ok: true }> {
    const answer = { id: request.id, ok: true, flushed: false, ...nothingGone } as const;
    if ((request.op === 'start' || request.op === 'reload') && this.#renew(key, request)) return { ...answer, outdated: true };
    const use = this.#use(key, request);
    const { action, refusal } = use;
    if (refusal !== undefined && !endings.includes(request.op)) throw new RingjailError('configuration', refusal);
    switch (request.op) {
      case 'start':
        this.#begin(use, request);
        return { ...answer, ...(await action.start()) };
      case 'check':
        return { ...answer, ...(await action.check()) };
      case 'ban':
      case 'prolong':
        this.#refuseProtected(request.ticket);
        this.#begin(use, request);
        return { ...answer, ...(await action[request.op](request.ticket)) };
      case 'unban':
        return { ...answer, ...(await action.unban(request.ticket)) };
      case 'flush':
        return { ...answer, flushed: await action.flush() };
      case 'stop':
        // Stopped in vain it counts as stopped: tried again it would fail again.
        await action.stop().finally(() => this.#end(key, request));
        return answer;
      case 'reload':
        await action.reload();
        return answer;
    }
  }

  /** What is no address goes to mail and web hooks, and to commands that have it by <fid> and take any text (identity-use.ts). */
  #refuseProtected(ticket: BanTicket): void {
    const target = targetOfTicket(ticket);
    const found = target && this.#options.protectedNetworks().find(target);
    if (target === undefined || found !== undefined)
      throw new RingjailError('usage', `${ticket.network} is protected (${found?.reason ?? 'no address'}) and is never banned`);
  }

  #use(key: string, request: HelperRequest): Use {
    const known = this.#uses.get(key);
    if (known !== undefined) return known;
    const kept = this.#kept(request);
    let reference: ActionReference;
    try {
      reference = this.#reference(key, request);
    } catch (error) {
      if (kept !== undefined && this.#maySurvive(request)) return kept;
      const begun = this.#refusal === undefined ? this.#begun(request) : undefined;
      if (begun === undefined) throw error;
      return this.#load(begun);
    }
    const use = kept ?? this.#load(reference);
    this.#uses.set(key, use);
    return use;
  }

  /** What was begun and is named no more may be ended; where nobody can tell what its jail names, it goes on. */
  #maySurvive({ op, jail }: HelperRequest): boolean {
    return endings.includes(op) || (this.#refusal === undefined && this.#unclear.has(jail));
  }

  /**
   * The definition as its file is now takes the place of one that was not begun. True where another one was: that has to be stopped first.
   * Throws at a reload where the file is in error; the former one stays.
   */
  #renew(key: string, request: HelperRequest): boolean {
    const former = this.#uses.get(key) ?? this.#kept(request);
    if (request.op === 'reload') this.#mustRead = true;
    let current: Use;
    try {
      current = this.#load(this.#reference(key, request));
    } catch (error) {
      if (former === undefined || request.op === 'reload') throw error;
      return false;
    }
    const isOutdated = former?.isBegun === true && former.fingerprint !== current.fingerprint;
    this.#uses.set(key, former?.isBegun === true ? former : current);
    return isOutdated;
  }

  #begin(use: Use, { jail, action }: HelperRequest): void {
    const { definition, fingerprint, isBegun } = use;
    if (isBegun || definition === undefined || fingerprint === undefined) return;
    use.isBegun = true;
    this.#options.kept.keep(jail, action, { definition, fingerprint });
  }

  #end(key: string, { jail, action }: HelperRequest): void {
    this.#uses.delete(key);
    this.#mustRead = true;
    this.#options.kept.drop(jail, action);
  }

  #kept({ jail, action }: HelperRequest): Use | undefined {
    const { kept, tools } = this.#options;
    const found = kept.of(jail, action);
    return found && { ...found, action: createCommands(jail, action, found.definition, tools), isBegun: true };
  }

  #reference(key: string, { jail, action }: HelperRequest): ActionReference {
    this.#readAgain(key);
    if (this.#refusal !== undefined) throw new RingjailError('configuration', this.#refusal);
    const reference = this.#references.get(key);
    if (reference === undefined) throw new RingjailError('usage', `no enabled jail ${jail} of this configuration names action ${action}`);
    return reference;
  }

  /** What the configuration named when it was begun, and names no more, may still be ended, and nothing else. */
  #begun({ op, jail, action }: HelperRequest): ActionReference | undefined {
    const started = this.#options.tools.started(jail, action);
    if (!endings.includes(op) || !(started.has(4) || started.has(6))) return undefined;
    const named = parseDefinition(action);
    return named.ok ? { jail, action, named: named.value, origin: { file: 'an earlier jail.conf', line: 1 } } : undefined;
  }

  #load({ jail, action, named, origin }: ActionReference): Use {
    const { configDirectory, tools } = this.#options;
    const { create, definition, fingerprint, errors, files } = loadTicketAction(
      configDirectory,
      named,
      { section: jail, origin },
      tools.hostNames.full,
    );
    const untrusted = files.map(findUntrusted).find((reason) => reason !== undefined);
    if (untrusted !== undefined) throw new RingjailError('configuration', `action ${action} is not run as root: ${untrusted}`);
    if (create === undefined) throw new RingjailError('configuration', errors.map(formatConfigError).join('; '));
    return { action: create(tools), definition, fingerprint, isBegun: false };
  }

  #readAgain(key: string): void {
    if (!this.#mustRead && this.#references.has(key) && this.#refusal === undefined) return;
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs < freshMs) return;
    this.#readAtMs = nowMs;
    this.#mustRead = false;
    const { references, unclear, errors, files } = loadActionReferences(this.#options.configDirectory, this.#options.hasUnit);
    this.#references = new Map(references.map((reference) => [keyOf(reference), reference]));
    this.#unclear = unclear;
    const untrusted = [this.#options.configDirectory, ...files].map(findUntrusted).find((reason) => reason !== undefined);
    this.#refusal = untrusted && `nothing is run as root by this configuration: ${untrusted}`;
    for (const error of errors) this.#options.log.warning(formatConfigError(error));
  }
}

const keyOf = ({ jail, action }: { readonly jail: string; readonly action: string }): string => `${jail}\n${action}`;
