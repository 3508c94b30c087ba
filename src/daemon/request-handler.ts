// What comes by the control socket, carried out.
import type { BanDecision } from '../ban/ban.ts';
import type { BanAnswer, ConfirmAnswer, ControlRequest, DaemonStatus, ReloadAnswer, UnbanAnswer } from '../control/messages.ts';
import type { Clock } from '../core/clock.ts';
import { RingjailError } from '../core/errors.ts';
import { type IpNetwork, parseIpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { BanKeeper } from './ban-keeper.ts';
import type { CommitConfirm } from './commit-confirm.ts';
import type { JailSet } from './jail-set.ts';

export interface RequestHandlerOptions {
  readonly jails: JailSet;
  readonly keeper: BanKeeper;
  readonly protectedNetworks: () => NetworkList;
  readonly clock: Clock;
  readonly log: Log;
  readonly describe: () => DaemonStatus;
  readonly confirmation: CommitConfirm;
  /** Why the state could not be written; undefined where it was. */
  readonly stateFailure: () => string | undefined;
  /** The ban list or the jails changed by a request: to be on disk before the answer. */
  readonly onChange: () => Promise<void>;
}

export class RequestHandler {
  readonly #options: RequestHandlerOptions;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /** The answer's result; rejects with a RingjailError that becomes the answer. */
  async handle(request: ControlRequest): Promise<unknown> {
    switch (request.command) {
      case 'status':
        return this.#status(request.jail);
      case 'ban':
        return this.#ban(request.jail, request.addresses);
      case 'unban':
        return this.#unban(request.addresses);
      case 'reload':
        return this.reload();
      case 'confirm':
        return this.#confirm();
    }
  }

  async reload(): Promise<ReloadAnswer> {
    const { jails, log, onChange } = this.#options;
    jails.load();
    for (const error of jails.errors) log.error(error);
    const names = jails.running.map(({ jail }) => jail.options.name);
    log.notice(`reloaded: jails ${names.join(', ') || 'none'}`);
    await onChange();
    return { jails: names, errors: jails.errors };
  }

  async #confirm(): Promise<ConfirmAnswer> {
    const answer = this.#options.confirmation.confirm();
    await this.#options.onChange();
    return answer;
  }

  async #status(jail: string | undefined): Promise<DaemonStatus> {
    await this.#options.keeper.check();
    const status = this.#options.describe();
    if (jail === undefined) return status;
    this.#requireJail(jail);
    return { ...status, jails: status.jails.filter(({ name }) => name === jail) };
  }

  async #ban(name: string, addresses: readonly string[]): Promise<BanAnswer> {
    const { keeper, protectedNetworks, clock, log, confirmation } = this.#options;
    if (!confirmation.mayBan) {
      throw new RingjailError('usage', 'nothing is banned, as nobody confirmed in time; to ban again: ringjail confirm');
    }
    const { jail } = this.#requireJail(name);
    const { actions, bantimeUsec, ignoreip } = jail.options;
    const networks = addresses.map(requireNetwork);
    for (const network of networks) {
      const spared = protectedNetworks().find(network) ?? ignoreip.find(network);
      if (spared === undefined) continue;
      const held = spared.network.text === network.text ? '' : ` (it has ${spared.network.text} in it or is in it)`;
      throw new RingjailError('usage', `${network.text} is never banned: ${spared.reason}${held}`);
    }
    const concerned: BanDecision[] = [];
    const banned: string[] = [];
    const alreadyBanned: string[] = [];
    for (const network of networks) {
      const now = clock();
      const decision: BanDecision = {
        network,
        jail: name,
        origin: 'hand',
        actions,
        sinceUsec: now,
        untilUsec: now + bantimeUsec,
        failures: 0,
        distinct: [],
        evidence: undefined,
      };
      concerned.push(decision);
      const wasHeld = keeper.bans.isHeldBy(network, name);
      if (keeper.add(decision)) log.notice(`ban ${network.text} by hand in jail ${name}`);
      if (!wasHeld) confirmation.noteBan(decision);
      (wasHeld ? alreadyBanned : banned).push(network.text);
    }
    await this.#carryOut(concerned);
    return { banned, alreadyBanned };
  }

  async #unban(addresses: readonly string[] | 'all'): Promise<UnbanAnswer> {
    const { keeper, jails, log, confirmation } = this.#options;
    const concerned: BanDecision[] = [];
    const unbanned: string[] = [];
    const notBanned: string[] = [];
    const asked = addresses === 'all' ? Array.from(keeper.bans.bans(), ({ network }) => network) : addresses.map(requireNetwork);
    for (const network of asked) {
      for (const { jail } of jails.running) jail.clear(network);
      const held = addresses === 'all' ? [network] : keeper.find(network);
      for (const banned of held) {
        const removed = keeper.remove(banned);
        for (const decision of removed) confirmation.noteEnd(decision);
        concerned.push(...removed);
        for (const { jail } of jails.running) jail.clear(banned);
        log.notice(`unban ${banned.text} by hand`);
        unbanned.push(banned.text);
      }
      if (held.length === 0) notBanned.push(network.text);
    }
    await this.#carryOut(concerned);
    return { unbanned, notBanned };
  }

  /** First on disk, then in the firewall: after a kill in between, the restart brings the firewall to what was asked for. */
  async #carryOut(concerned: readonly BanDecision[]): Promise<void> {
    await this.#options.onChange();
    await this.#options.keeper.settle();
    const unwritten = this.#options.stateFailure();
    if (unwritten !== undefined) {
      throw new RingjailError('unavailable', `done, but not on disk, so that a restart forgets it: ${unwritten}`);
    }
    const names = new Set(concerned.flatMap(({ actions }) => actions));
    const failed = this.#options.keeper.actions().find(({ name, failure }) => failure !== undefined && names.has(name));
    if (failed !== undefined) {
      throw new RingjailError(
        'unavailable',
        `noted, but not enforced yet: action ${failed.name}: ${failed.failure} (tried again by itself)`,
      );
    }
  }

  #requireJail(name: string): NonNullable<ReturnType<JailSet['find']>> {
    const { jails } = this.#options;
    const running = jails.find(name);
    if (running !== undefined) return running;
    const names = jails.running.map(({ jail }) => jail.options.name).join(', ') || 'none';
    throw new RingjailError('usage', `no jail "${name}" is running; these are: ${names}`);
  }
}

function requireNetwork(text: string): IpNetwork {
  const network = parseIpNetwork(text);
  if (network === undefined)
    throw new RingjailError('usage', `"${text}" is no IP address or network; write 203.0.113.7, 2001:db8::7 or 203.0.113.0/24`);
  return network;
}
