// What comes by the control socket, carried out.
import type { BanDecision } from '../ban/ban.ts';
import type { ImportedBan } from '../ban/fail2ban-database.ts';
import { boundedUntil } from '../ban/stored-decision.ts';
import type {
  BanAnswer,
  ConfirmAnswer,
  ControlRequest,
  DaemonStatus,
  ExplainAnswer,
  ImportAnswer,
  ReloadAnswer,
  UnbanAnswer,
} from '../control/messages.ts';
import { requireNetwork } from '../control/require-network.ts';
import { type BanTarget, isNetwork, parseBanTarget, shownTarget } from '../core/ban-target.ts';
import type { Clock } from '../core/clock.ts';
import { RingjailError } from '../core/errors.ts';
import { maxEvidenceCharacters } from '../core/evidence.ts';
import type { Log } from '../core/log.ts';
import type { BanKeeper } from '../enforce/ban-keeper.ts';
import type { JailOptions } from '../jail/jail.ts';
import type { NetworkList } from '../jail/network-list.ts';
import type { CommitConfirm } from './commit-confirm.ts';
import { type BanRecords, explain } from './explanation.ts';
import type { JailSet } from './jail-set.ts';

export interface RequestHandlerOptions {
  readonly jails: JailSet;
  readonly keeper: BanKeeper;
  readonly protectedNetworks: () => NetworkList;
  readonly clock: Clock;
  readonly log: Log;
  readonly describe: () => DaemonStatus;
  readonly confirmation: CommitConfirm;
  /** The ban list or the jails changed by a request: to be on disk before the answer. */
  readonly onChange: () => Promise<void>;
  /** What is remembered of bans; after `settle` the latest is in it; `failure`: why it could not be written. */
  readonly store: {
    readonly store: BanRecords | undefined;
    readonly failure: string | undefined;
    settle(): Promise<void>;
    noteUnbanned(network: BanTarget | undefined, jail: string | undefined): void;
    noteForgotten(network: BanTarget, jail: string | undefined): void;
  };
  /** A ban was made by hand; `ipv6prefix`: its jail's. */
  readonly onBanned: (decision: BanDecision, ipv6prefix: number) => void;
  /** The configuration was read again. */
  readonly onReload: () => Promise<void>;
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
      case 'explain':
        return this.#explain(request.address);
      case 'ban':
        return this.#ban(request.jail, request.addresses);
      case 'unban':
        return this.#unban(request.addresses, request.jail);
      case 'import':
        return this.#import(request.bans);
      case 'reload':
        return this.reload();
      case 'confirm':
        return this.#confirm();
    }
  }

  async reload(): Promise<ReloadAnswer> {
    const { jails, log, onReload } = this.#options;
    jails.load();
    for (const error of jails.errors) log.error(error);
    for (const warning of jails.warnings) log.warning(warning);
    const names = jails.names;
    log.notice(`reloaded: jails ${names.join(', ') || 'none'}`);
    await onReload();
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

  async #explain(text: string): Promise<ExplainAnswer> {
    const { keeper, jails, protectedNetworks, clock, store } = this.#options;
    const network = this.#requireKnown(text, hasHistory(store.store));
    await keeper.settle();
    await keeper.check();
    // What was seen a moment ago is to be told, too.
    await store.settle();
    return explain(network, { keeper, jails, protectedNetworks: protectedNetworks(), nowUsec: clock(), records: store.store });
  }

  async #ban(name: string, addresses: readonly string[]): Promise<BanAnswer> {
    const { keeper, protectedNetworks, clock, log, confirmation, onBanned } = this.#options;
    this.#requireBanning();
    const { jail } = this.#requireJail(name);
    const { actions, bantimeUsec, ignoreip, ipv6prefix } = jail.options;
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
      if (!wasHeld) {
        confirmation.noteBan(decision);
        onBanned(decision, ipv6prefix);
      }
      (wasHeld ? alreadyBanned : banned).push(network.text);
    }
    await this.#carryOut(concerned);
    return { banned, alreadyBanned };
  }

  async #unban(addresses: readonly string[] | 'all', name?: string): Promise<UnbanAnswer> {
    const { keeper, log, confirmation, store } = this.#options;
    if (name !== undefined) this.#requireHolder(name);
    const isHeld = (network: BanTarget) => name === undefined || keeper.bans.isHeldBy(network, name);
    const concerned: BanDecision[] = [];
    const unbanned: string[] = [];
    const notBanned: string[] = [];
    const all = () => Array.from(keeper.bans.bans(), ({ network }) => network).filter((network) => isHeld(network));
    const networks = addresses === 'all' ? all() : addresses.map((text) => this.#requireKnown(text));
    const stillBanned = new Map<string, readonly string[]>();
    if (addresses === 'all') store.noteUnbanned(undefined, name);
    for (const network of networks) {
      if (addresses !== 'all') store.noteUnbanned(network, name);
      this.#forget(network, name);
      const held = addresses === 'all' ? [network] : keeper.find(network).filter(isHeld);
      for (const banned of held) {
        const removed = keeper.remove(banned, name);
        for (const decision of removed) confirmation.noteEnd(decision);
        concerned.push(...removed);
        this.#forget(banned, name);
        log.notice(`unban ${shownTarget(banned.text)} by hand${name === undefined ? '' : ` in jail ${name}`}`);
        unbanned.push(banned.text);
      }
      if (held.length === 0) notBanned.push(network.text);
      for (const target of name === undefined ? [] : [network, ...held]) {
        const jails = this.#jailsThatBan(target);
        if (jails.length > 0) stillBanned.set(target.text, jails);
      }
    }
    await this.#carryOut(concerned);
    return { unbanned, notBanned, stillBanned: Array.from(stillBanned, ([network, jails]) => ({ network, jails })) };
  }

  /** What was counted of it, so that the next failure does not ban it again. */
  #forget(network: BanTarget, name: string | undefined): void {
    const { jails, protectedNetworks, store } = this.#options;
    store.noteForgotten(network, name);
    for (const { jail } of jails.running) {
      if (name !== undefined && jail.options.name !== name) continue;
      jail.clear(network);
      jail.forgive(network, protectedNetworks());
    }
  }

  /** Whose bans shut out all of the network. */
  #jailsThatBan(network: BanTarget): string[] {
    const { keeper } = this.#options;
    return [...new Set(keeper.find(network).flatMap((banned) => [...(keeper.bans.get(banned)?.holders.keys() ?? [])]))];
  }

  /** Bans of another program, by jails of the same names; what is protected or ignored here is not banned by it either. */
  async #import(bans: readonly ImportedBan[]): Promise<ImportAnswer> {
    const { keeper, jails, protectedNetworks, clock, log, confirmation } = this.#options;
    this.#requireBanning();
    const concerned: BanDecision[] = [];
    const spared: { network: string; jail: string; reason: string }[] = [];
    const withoutJail = new Map<string, number>();
    let alreadyBanned = 0;
    let overCount = 0;
    for (const ban of bans) {
      const network = parseBanTarget(ban.network) ?? requireNetwork(ban.network);
      const running = jails.find(ban.jail);
      const options = running?.jail.options;
      if (running === undefined || options === undefined) {
        withoutJail.set(ban.jail, (withoutJail.get(ban.jail) ?? 0) + 1);
        continue;
      }
      const isForeign = !isNetwork(network) && running.findsTexts !== true;
      const reason = isForeign
        ? 'the jail bans addresses only'
        : (protectedNetworks().find(network) ?? options.ignoreip.find(network))?.reason;
      const decision = importedDecision(ban, network, options);
      const wasHeld = keeper.bans.isHeldBy(network, ban.jail);
      if (reason !== undefined) spared.push({ network: network.text, jail: ban.jail, reason });
      else if (decision.untilUsec <= clock()) overCount++;
      else if (keeper.add(decision)) {
        concerned.push(decision);
        // While nobody confirmed it is as any other: it ends with that, and lasts as long as it was given where somebody does.
        if (!wasHeld) confirmation.noteBan(decision);
      } else alreadyBanned++;
    }
    log.notice(`imported ${concerned.length} bans of fail2ban`);
    await this.#carryOut(concerned);
    return { imported: concerned.length, alreadyBanned, overCount, spared, withoutJail: Object.fromEntries(withoutJail) };
  }

  /** Answered is what the firewall was asked for and the disk has: a kill before that leaves what was asked for half done, or undone. */
  async #carryOut(concerned: readonly BanDecision[]): Promise<void> {
    await this.#options.onChange();
    await this.#options.keeper.settle();
    const unwritten = this.#options.store.failure;
    if (unwritten !== undefined) {
      throw new RingjailError('unavailable', `done, but not on disk, so that a restart forgets it: ${unwritten}`);
    }
    for (const { network, actions } of concerned) {
      for (const name of actions) {
        const failure = this.#options.keeper.failureOf(network, name);
        if (failure === undefined) continue;
        throw new RingjailError('unavailable', `noted, but not enforced yet: action ${name}: ${failure} (tried again by itself)`);
      }
    }
  }

  #requireBanning(): void {
    if (this.#options.confirmation.mayBan) return;
    throw new RingjailError('usage', 'nothing is banned, as nobody confirmed in time; to ban again: ringjail confirm');
  }

  /** Throws where the text is no address, and no jail has banned or counted it: most likely an address is mistyped. */
  #requireKnown(text: string, isKnown: (text: string) => boolean = () => false): BanTarget {
    const { keeper, jails } = this.#options;
    const target = parseBanTarget(text);
    if (target === undefined) return requireNetwork(text);
    const isHeld = isNetwork(target) || keeper.bans.get(target) !== undefined;
    if (isHeld || jails.running.some(({ jail }) => jail.windowOf(target).length > 0) || isKnown(target.text)) return target;
    return requireNetwork(text);
  }

  /** A jail that runs, or has bans from when it did. */
  #requireHolder(name: string): void {
    for (const { jail } of this.#options.keeper.bans.decisions()) if (jail === name) return;
    this.#requireJail(name);
  }

  #requireJail(name: string): NonNullable<ReturnType<JailSet['find']>> {
    const { jails } = this.#options;
    const running = jails.find(name);
    if (running !== undefined) return running;
    const names = jails.names.join(', ') || 'none';
    throw new RingjailError('usage', `no jail "${name}" is running; these are: ${names}`);
  }
}

/** A store that cannot be read knows nothing; `explain` says so. */
const hasHistory =
  (records: BanRecords | undefined) =>
  (text: string): boolean => {
    try {
      return records !== undefined && records.history(text).length > 0;
    } catch {
      return false;
    }
  };

function importedDecision(ban: ImportedBan, network: BanTarget, { actions, bantimeUsec }: JailOptions): BanDecision {
  const { jail, sinceUsec, failures, bancount, text } = ban;
  const givenUsec = ban.untilUsec === undefined ? sinceUsec + bantimeUsec : (ban.untilUsec ?? Number.POSITIVE_INFINITY);
  const untilUsec = boundedUntil(givenUsec);
  const evidence = text === undefined ? undefined : { source: 'fail2ban', sequence: 0, text: text.slice(0, maxEvidenceCharacters) };
  return { network, jail, origin: 'imported', actions, sinceUsec, untilUsec, failures, distinct: [], evidence, bancount };
}
