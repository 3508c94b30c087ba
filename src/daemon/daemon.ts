// The daemon: wires the flow, the actions, the store and the control socket together, and takes them apart again in order.
import type { BanDecision } from '../ban/ban.ts';
import { openNftables } from '../binding/addon.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import type { DaemonStatus } from '../control/messages.ts';
import { systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { BanKeeper } from '../enforce/ban-keeper.ts';
import type { TicketFacts } from '../enforce/ban-tickets.ts';
import { findUfwLogLimit } from '../source/ufw-log-limit.ts';
import { ActionSet } from './action-set.ts';
import { CommitConfirm } from './commit-confirm.ts';
import { listenForControl } from './control-server.ts';
import { Flow } from './flow.ts';
import { FlowLog } from './flow-log.ts';
import type { JailSet } from './jail-set.ts';
import { ServiceNotifier } from './notify.ts';
import type { Paths } from './paths.ts';
import { mostTexts } from './pipeline.ts';
import { readIfThere } from './read-if-there.ts';
import { RequestHandler } from './request-handler.ts';
import { describeDaemon } from './status.ts';
import { StoreKeeper } from './store-keeper.ts';

export interface DaemonOptions {
  readonly version: string;
  readonly paths: Paths;
  /** Loaded. */
  readonly jails: JailSet;
  readonly log: Log;
  readonly settings: DaemonConfig;
  /** Of `run --confirm`; undefined without it. */
  readonly confirmMs?: number | undefined;
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Log;
  readonly #jails: JailSet;
  readonly #startedAt = new Date();
  readonly #abort = new AbortController();
  readonly #notifier = new ServiceNotifier();
  readonly #flowLog: FlowLog;
  readonly #actions: ActionSet;
  readonly #keeper: BanKeeper;
  readonly #confirmation: CommitConfirm;
  readonly #flow: Flow;
  readonly #store: StoreKeeper;
  readonly #requests: RequestHandler;
  readonly #warnings: string[] = [];
  #hasBanned = false;
  #isRestored = false;

  constructor(options: DaemonOptions) {
    const { paths, jails, log, settings } = options;
    this.#options = options;
    this.#log = log;
    this.#jails = jails;
    this.#flowLog = new FlowLog({ log, nowMs: () => performance.now() });
    const facts: TicketFacts = {
      evidence: (identity, jail) => this.#store.facts.evidence(identity, jail),
      earlierBans: (network, jail) => this.#store.facts.earlierBans(network, jail),
    };
    this.#actions = new ActionSet({
      paths,
      jails,
      facts,
      checkIntervalMs: settings.checkIntervalMs,
      onEnded: (decisions) => this.#onEnded(decisions),
      onLifted: () => this.#store.touch(),
      bounded: (decision) => this.#confirmation.bounded(decision),
      log,
    });
    this.#keeper = this.#actions.keeper;
    this.#confirmation = new CommitConfirm({
      limitMs: options.confirmMs,
      log,
      clock: systemClock,
      onConfirm: (bans) => {
        for (const decision of bans) this.#keeper.unbind(decision);
        this.#carryOut();
      },
      onLift: (bans) => {
        for (const { network, jail } of bans) this.#keeper.remove(network, jail);
        this.#carryOut();
      },
    });
    this.#flow = new Flow({
      jails,
      settings,
      log,
      keeper: this.#keeper,
      earlierBans: facts.earlierBans,
      mayBan: () => this.#confirmation.mayBan,
      events: {
        onBan: (decision) => this.#onBan(decision),
        onRefused: (decision, reason) => this.#flowLog.refused(decision, reason),
        onTooMany: (decision) => this.#flowLog.tooMany(decision, mostTexts),
        onSuppressed: () => this.#confirmation.noteSuppressed(),
        onSeenWhileBanned: (decision) => this.#keeper.suspect(decision),
        onNameResolved: (hostname, addresses, jail) => this.#flowLog.resolved(hostname, addresses, jail.options.name),
        onLate: () => this.#carryOut(),
        onBatch: () => {
          this.#flowLog.batchMatched(jails.running);
          this.#carryOut();
        },
        onLoss: (source, loss) => this.#flowLog.lost(source, loss),
        onReady: () => this.#onReady(),
        onSpared: () => {
          // Before everything is restored there is nothing to release; the restoration looks itself.
          if (!this.#isRestored) return;
          this.#releaseSpared();
          this.#carryOut();
        },
      },
    });
    this.#store = new StoreKeeper({
      path: paths.store,
      log,
      clock: systemClock,
      bans: this.#keeper.bans,
      jails: () => jails.running.map(({ jail }) => jail),
      sessions: () => jails.sessions(),
      positions: () => this.#flow.sources.positions(),
      configurationOf: (name) => jails.configurationOf(name),
      maxEvidenceOf: (name) => jails.find(name)?.jail.options.maxmatches,
      purgeAgeUsec: settings.dbpurgeageUsec,
      logins: this.#flow.logins,
      lifts: this.#keeper.lifts,
      onLateBans: (bans) => this.#onLateBans(bans),
    });
    this.#requests = new RequestHandler({
      jails,
      keeper: this.#keeper,
      protectedNetworks: () => this.#flow.protectedNetworks(),
      clock: systemClock,
      log,
      describe: () => this.#describe(),
      confirmation: this.#confirmation,
      onChange: () => this.#onChange(),
      onBanned: (decision, ipv6prefix) => this.#flow.countBan(decision, ipv6prefix),
      store: this.#store,
      onReload: () => this.#onReload(),
    });
  }

  /** Runs until `stop`. Rejects with a RingjailError where it cannot start; what fails later is repeated, and shown by `status`. */
  async run(): Promise<void> {
    // Before anything else is touched: where another daemon answers, this one must change nothing.
    let restored: Promise<void> | undefined;
    const server = await listenForControl(this.#options.paths.socket, async (request) => {
      await restored;
      return this.#requests.handle(request);
    });
    try {
      restored = this.#restore();
      await restored;
      this.#confirmation.start();
      const logLimit = findUfwLogLimit(openNftables, readIfThere('/etc/ufw/ufw.conf'));
      if (logLimit !== undefined) this.#warn(logLimit);
      await this.#flow.run(this.#abort.signal);
      this.#notifier.stopping();
      await this.#rest();
      this.#store.flush();
    } finally {
      this.#abort.abort();
      await this.#rest();
      server.close();
      this.#flow.close();
      await this.#actions.stop();
      this.#store.stop();
    }
  }

  /** Ends `run` in order; lifts nothing. */
  stop(): void {
    // Ctrl-C reaches the daemon from the terminal, and once more from whoever passes it on.
    if (this.#abort.signal.aborted) return;
    this.#log.notice('stopping; the bans stay in force');
    this.#abort.abort();
  }

  /** As `ringjail reload` does; for SIGHUP. */
  async reload(): Promise<void> {
    await this.#requests.reload();
  }

  async #restore(): Promise<void> {
    const restored = this.#store.open();
    for (const warning of restored.warnings) this.#warn(warning);
    this.#flow.sources.restore(restored.positions);
    this.#flow.logins.restore(restored.logins);
    this.#jails.restore(restored.windows, restored.sessions);
    this.#keeper.restore(restored.bans);
    this.#keeper.lifts.restore(restored.lifts);
    this.#store.begin();
    // Without a store nothing is known of the bans that stand in the kernel.
    const found = restored.isEmpty ? this.#actions.adoptFound() : 0;
    if (found > 0) this.#warn(`${found} bans were in force without being known; they stay (ringjail unban lifts them)`);
    this.#releaseSpared();
    await this.#actions.start();
    this.#isRestored = true;
    this.#store.touch();
    this.#log.info(`${this.#keeper.bans.size} bans in force from before`);
  }

  /** Nobody decides any more, and what was decided is done. Once more does no harm. */
  async #rest(): Promise<void> {
    await this.#flow.stop();
    this.#confirmation.stop();
    await this.#keeper.settle();
  }

  /** What was decided goes to the firewall and to the disk. */
  #carryOut(): void {
    // Each failure is reported by whoever met it; there is nobody here to wait for the end.
    void this.#keeper.settle();
    const hasBanned = this.#hasBanned;
    this.#hasBanned = false;
    // The firewall is asked first, which is a microtask: a kill in between has the records read again, which lead to the same ban.
    if (hasBanned) queueMicrotask(() => this.#store.commit());
    else this.#store.touch();
  }

  /** What is protected or ignored by now is not banned any more, whenever it was. */
  #releaseSpared(): void {
    const protectedNetworks = this.#flow.protectedNetworks();
    for (const decision of Array.from(this.#keeper.bans.decisions())) {
      const { network, jail } = decision;
      const spared = protectedNetworks.find(network) ?? this.#jails.find(jail)?.jail.options.ignoreip.find(network);
      if (spared === undefined) continue;
      this.#keeper.remove(network, jail);
      this.#flowLog.spared(decision, spared.reason);
    }
  }

  /** Bans of an earlier run that could be read only now. */
  #onLateBans(bans: readonly BanDecision[]): void {
    this.#keeper.restoreLate(bans);
    this.#actions.forgetFound(bans);
    this.#releaseSpared();
    void this.#keeper.settle();
  }

  #onReady(): void {
    void this.#keeper.forgetUnknown();
    this.#log.info(this.#watching());
    this.#notifier.ready(this.#watching());
  }

  #watching(): string {
    return `watching: jails ${this.#jails.names.join(', ') || 'none'}`;
  }

  #onBan(decision: BanDecision): void {
    this.#hasBanned = true;
    this.#confirmation.noteBan(decision);
    this.#flowLog.banned(decision);
  }

  #onEnded(decisions: readonly BanDecision[]): void {
    for (const decision of decisions) {
      this.#confirmation.noteEnd(decision);
      this.#flowLog.ended(decision);
    }
    this.#store.touch();
  }

  /** A request changed the ban list or the jails. */
  async #onChange(): Promise<void> {
    this.#flow.update();
    this.#releaseSpared();
    this.#notifier.status(this.#watching());
    // What is written in slices keeps nobody waiting; what is left of it for the disk is little.
    await Promise.all([this.#keeper.settle(), this.#store.settle()]);
    this.#store.flush();
  }

  /** The configuration was read again. */
  async #onReload(): Promise<void> {
    // Before their next write, which would make the store hold what they have counted since.
    const { begun } = this.#jails;
    const { windows, sessions } = this.#store.facts.recall(begun);
    this.#jails.restore(windows, sessions, begun);
    await this.#onChange();
    await this.#actions.reload();
    this.#store.touch();
  }

  #warn(warning: string): void {
    this.#warnings.push(warning);
    this.#log.warning(warning);
  }

  #describe(): DaemonStatus {
    const unconfirmed = this.#confirmation.warning;
    return describeDaemon({
      version: this.#options.version,
      startedAt: this.#startedAt,
      jails: this.#jails,
      keeper: this.#keeper,
      sources: this.#flow.sources.describe(),
      cut: this.#actions.cutCounts,
      warnings: [...(unconfirmed === undefined ? [] : [unconfirmed]), ...this.#warnings, ...this.#flow.warnings, ...this.#store.warnings],
    });
  }
}
