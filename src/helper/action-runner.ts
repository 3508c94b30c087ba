// What the helper does for a request that was understood: only actions that the configuration names, only from files that are root's,
// only for addresses that may be banned.

import { type BanTicket, targetOfTicket } from '../action/ban-ticket.ts';
import type { HelperAnswer, HelperRequest } from '../action/helper-messages.ts';
import { nothingGone, type TicketAction } from '../action/ticket-action.ts';
import { parseDefinition } from '../config/action-list.ts';
import { type ActionReference, loadActionReferences } from '../config/action-references.ts';
import { formatConfigError } from '../config/config-error.ts';
import { type ActionTools, loadTicketAction } from '../config/ticket-action-config.ts';
import { RingjailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { NetworkList } from '../jail/network-list.ts';
import { findUntrusted } from './trusted-file.ts';

export interface ActionRunnerOptions {
  readonly configDirectory: string;
  readonly protectedNetworks: () => NetworkList;
  readonly tools: ActionTools;
  /** Whether this machine has a unit file of that name: `enabled = auto`. */
  readonly hasUnit: (name: string) => boolean;
  readonly log: Log;
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
  readonly #actions = new Map<string, TicketAction>();
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
      const sight = (await this.#action(key, request).look?.(request.networks)) ?? nothingGone;
      return { id: request.id, ok: true, flushed: false, ...sight };
    } finally {
      this.#looks.delete(key);
    }
  }

  async #runNow(key: string, request: Exclude<HelperRequest, { op: 'look' }>): Promise<HelperAnswer & { readonly ok: true }> {
    if (request.op === 'reload') this.#forget(key);
    const action = this.#action(key, request);
    const answer = { id: request.id, ok: true, flushed: false, ...nothingGone } as const;
    switch (request.op) {
      case 'start':
      case 'check':
        return { ...answer, ...(await action[request.op]()) };
      case 'ban':
      case 'prolong':
        this.#refuseProtected(request.ticket);
        return { ...answer, ...(await action[request.op](request.ticket)) };
      case 'unban':
        return { ...answer, ...(await action.unban(request.ticket)) };
      case 'flush':
        return { ...answer, flushed: await action.flush() };
      case 'stop':
      case 'reload':
        await action[request.op]();
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

  #action(key: string, request: HelperRequest): TicketAction {
    const known = this.#actions.get(key);
    if (known !== undefined) return known;
    this.#readAgain(key);
    const named = this.#references.get(key);
    const reference = named ?? this.#begun(request);
    if (this.#refusal !== undefined) throw new RingjailError('configuration', this.#refusal);
    if (reference === undefined)
      throw new RingjailError('usage', `no enabled jail ${request.jail} of this configuration names action ${request.action}`);
    const action = this.#load(reference);
    if (named !== undefined) this.#actions.set(key, action);
    return action;
  }

  /** What the configuration named when it was begun, and names no more, may still be ended, and nothing else. */
  #begun({ op, jail, action }: HelperRequest): ActionReference | undefined {
    const started = this.#options.tools.started(jail, action);
    if (!endings.includes(op) || !(started.has(4) || started.has(6))) return undefined;
    const named = parseDefinition(action);
    return named.ok ? { jail, action, named: named.value, origin: { file: 'an earlier jail.conf', line: 1 } } : undefined;
  }

  #load({ jail, action, named, origin }: ActionReference): TicketAction {
    const { configDirectory, tools } = this.#options;
    const { create, errors, files } = loadTicketAction(configDirectory, named, { section: jail, origin }, tools.hostNames.full);
    const untrusted = files.map(findUntrusted).find((reason) => reason !== undefined);
    if (untrusted !== undefined) throw new RingjailError('configuration', `action ${action} is not run as root: ${untrusted}`);
    if (create === undefined) throw new RingjailError('configuration', errors.map(formatConfigError).join('; '));
    return create(tools);
  }

  #readAgain(key: string): void {
    if (!this.#mustRead && this.#references.has(key) && this.#refusal === undefined) return;
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs < freshMs) return;
    this.#readAtMs = nowMs;
    this.#mustRead = false;
    const { references, errors, files } = loadActionReferences(this.#options.configDirectory, this.#options.hasUnit);
    this.#references = new Map(references.map((reference) => [keyOf(reference), reference]));
    const untrusted = [this.#options.configDirectory, ...files].map(findUntrusted).find((reason) => reason !== undefined);
    this.#refusal = untrusted && `nothing is run as root by this configuration: ${untrusted}`;
    for (const error of errors) this.#options.log.warning(formatConfigError(error));
  }

  /** What has to be ended first by its old definition stays. */
  #forget(key: string): void {
    this.#actions.delete(key);
    this.#mustRead = true;
  }
}

const keyOf = ({ jail, action }: { readonly jail: string; readonly action: string }): string => `${jail}\n${action}`;
