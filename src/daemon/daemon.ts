// The daemon: wires sources, jails, bans, store and control socket together, and takes them apart again in order.
import { dirname, join } from 'node:path';
import { ConnectionCutter } from '../action/connection-cutter.ts';
import { HelperClient } from '../action/helper-client.ts';
import { tableName } from '../action/nftables-table.ts';
import { runCommand } from '../action/run-command.ts';
import type { BanDecision } from '../ban/ban.ts';
import { cutConnections, openNetfilterMonitor, openNftables } from '../binding/addon.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import { systemClock } from '../core/clock.ts';
import { formatDuration } from '../core/duration.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { LoginMemory } from '../jail/login-memory.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import type { Loss } from '../source/source.ts';
import { findUfwLogLimit } from '../source/ufw-log-limit.ts';
import { createAction, createTicketAction, isTicketAction, releaseUnusedScopes } from './action-registry.ts';
import { actionTools } from './action-tools.ts';
import { type ActionUse, BanKeeper } from './ban-keeper.ts';
import { ticketOf } from './ban-tickets.ts';
import { CommitConfirm } from './commit-confirm.ts';
import { listenForControl } from './control-server.ts';
import { cutTargetsOf } from './cut-targets.ts';
import { FirewallWatch } from './firewall-watch.ts';
import { GivenUpLog } from './given-up-log.ts';
import { HostNetworks } from './host-networks.ts';
import { IgnoreCheck, questionOf } from './ignore-check.ts';
import { IgnoredNames } from './ignored-names.ts';
import type { JailSet } from './jail-set.ts';
import { createLoginTaker } from './login-taker.ts';
import { NameLog } from './name-log.ts';
import { NameResolver } from './name-resolver.ts';
import { ServiceNotifier } from './notify.ts';
import type { Paths } from './paths.ts';
import { Pipeline } from './pipeline.ts';
import { ProtectedSet } from './protected-set.ts';
import { readIfThere } from './read-if-there.ts';
import { RequestHandler } from './request-handler.ts';
import { SessionPeers } from './session-peers.ts';
import { createSource } from './source-registry.ts';
import { SourceSet } from './source-set.ts';
import { describeDaemon } from './status.ts';
import { StoreKeeper } from './store-keeper.ts';

// A refused ban is worth a line; a flood of forged packets is not worth a flood of them.
const refusalLogIntervalMs = 60_000;
// fail2ban looks before each ban only; ten seconds are what a firewall without events is looked at.
const checkIntervalMs = 10_000;

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
  readonly #hostNetworks = new HostNetworks(() => this.#onHostChange());
  readonly #logins: LoginMemory;
  readonly #protectedSet: ProtectedSet;
  readonly #ignoredNames: IgnoredNames;
  readonly #confirmation: CommitConfirm;
  readonly #cutter: ConnectionCutter;
  readonly #keeper: BanKeeper;
  readonly #helper: HelperClient;
  readonly #firewallWatch: FirewallWatch;
  readonly #pipeline: Pipeline;
  readonly #requests: RequestHandler;
  readonly #store: StoreKeeper;
  readonly #givenUpLog: GivenUpLog;
  readonly #sources: SourceSet;
  readonly #warnings: string[] = [];
  #hasBanned = false;
  #isRouted = false;
  #refusalLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: DaemonOptions) {
    const { paths, jails, log } = options;
    this.#options = options;
    this.#log = log;
    this.#jails = jails;
    const { protectLoginsUsec } = options.settings;
    const logins = new LoginMemory(protectLoginsUsec);
    this.#logins = logins;
    this.#protectedSet = new ProtectedSet({ host: this.#hostNetworks, sessions: new SessionPeers(), logins, clock: systemClock });
    this.#givenUpLog = new GivenUpLog({ log, nowMs: () => performance.now() });
    const isRoot = process.getuid?.() === 0;
    this.#helper = new HelperClient(paths.helper);
    const actionSettings = {
      directory: paths.config,
      isRoot,
      tools: actionTools(join(dirname(paths.socket), 'started.json'), log),
      helper: this.#helper,
    };
    this.#ignoredNames = new IgnoredNames({ log, onChange: () => this.#onHostChange() });
    this.#confirmation = new CommitConfirm({
      limitMs: options.confirmMs,
      log,
      onLift: (bans) => {
        for (const { network, jail } of bans) this.#keeper.remove(network, jail);
        void this.#keeper.settle();
        this.#store.touch();
      },
    });
    this.#cutter = new ConnectionCutter({ cutConnections, log });
    this.#keeper = new BanKeeper({
      createAction,
      clock: systemClock,
      log,
      onEnded: (decisions) => this.#onEnded(decisions),
      tickets: {
        isTicketAction: (name) => isTicketAction(name, isRoot),
        create: (jail, name) => createTicketAction(jail, name, actionSettings),
        ticketOf: (decision) =>
          ticketOf(decision, {
            evidence: (identity, jail) => this.#store.evidence(identity, jail),
            earlierBans: (network, jail) => this.#store.earlierBans(network, jail),
          }),
      },
      // A ban does not wait for it.
      onAsked: (decisions) => this.#cut(decisions),
    });
    this.#firewallWatch = new FirewallWatch({
      open: (onChange) => openNetfilterMonitor(tableName, onChange),
      onChange: (parts) => this.#keeper.noticeChange(parts),
      check: () => this.#keeper.check(),
      checkIntervalMs,
      log,
    });
    this.#store = new StoreKeeper({
      path: paths.store,
      log,
      clock: systemClock,
      bans: this.#keeper.bans,
      jails: () => jails.running.map(({ jail }) => jail),
      positions: () => this.#sources.positions(),
      configurationOf: (name) => jails.configurationOf(name),
      maxEvidenceOf: (name) => jails.find(name)?.jail.options.maxmatches,
      purgeAgeUsec: options.settings.dbpurgeageUsec,
      logins,
    });
    const protectedNetworks = () => this.#protectedSet.current();
    const nameLog = new NameLog({ log, nowMs: () => performance.now() });
    const ignoreCheck = new IgnoreCheck({ runCommand, clock: systemClock, log });
    const resolver = new NameResolver({ clock: systemClock });
    this.#pipeline = new Pipeline({
      keeper: this.#keeper,
      protectedNetworks,
      resolve: (hostname) => resolver.resolve(hostname),
      earlierBans: (network, jail) => this.#store.earlierBans(network, jail),
      clock: systemClock,
      mayBan: () => this.#confirmation.mayBan,
      isIgnored: (command, decision, address) => ignoreCheck.isIgnored(command, questionOf(decision, address)),
      takers: [createLoginTaker(logins, protectLoginsUsec)],
      events: {
        onFailure: ({ evidence }) => this.#sources.expectMore(evidence.source),
        onBan: (decision) => this.#onBan(decision),
        onRefused: (decision, reason) => this.#onRefused(decision, reason),
        onSuppressed: () => this.#confirmation.noteSuppressed(),
        onSeenWhileBanned: (decision) => this.#keeper.suspect(decision),
        onNameResolved: (hostname, addresses, jail) => nameLog.tell(hostname, addresses, jail.options.name),
        onLate: () => this.#carryOut(),
      },
    });
    this.#sources = new SourceSet({
      create: (selector, position) => createSource(selector, position, options.settings.syslog),
      onBatch: (batch) => this.#onBatch(batch),
      onLoss: (source, loss) => this.#onLoss(source, loss),
      onReady: () => this.#onReady(),
      log,
    });
    this.#requests = new RequestHandler({
      jails,
      keeper: this.#keeper,
      protectedNetworks,
      clock: systemClock,
      log,
      describe: () => this.#describe(),
      confirmation: this.#confirmation,
      onChange: () => this.#onChange(),
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
      this.#warnAboutLogLimit();
      // Who is spared by name is so from the first record on.
      await this.#ignoredNames.update(this.#jails.running);
      this.#route();
      await Promise.race([aborted(this.#abort.signal), this.#sources.refused]);
      this.#notifier.stopping();
      this.#pipeline.close();
      this.#ignoredNames.close();
      await this.#sources.stop();
      this.#confirmation.stop();
      await this.#keeper.settle();
      this.#store.flush();
    } finally {
      this.#abort.abort();
      this.#pipeline.close();
      this.#ignoredNames.close();
      await this.#sources.stop();
      this.#confirmation.stop();
      await this.#keeper.settle();
      server.close();
      this.#hostNetworks.close();
      this.#firewallWatch.stop();
      await this.#keeper.stop();
      this.#helper.close();
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
    this.#sources.restore(restored.positions);
    this.#logins.restore(restored.logins);
    this.#jails.restore(restored.windows);
    this.#keeper.restore(restored.bans);
    this.#store.begin();
    const actions = this.#jails.running.flatMap(({ jail }) => jail.options.actions);
    if (restored.isEmpty) this.#adopt(actions);
    this.#releaseSpared();
    this.#firewallWatch.start();
    await this.#keeper.start(this.#uses());
    this.#releaseLeftovers();
    this.#store.touch();
    this.#log.info(`${this.#keeper.bans.size} bans in force from before`);
  }

  /** Without a store nothing is known of the bans that stand in the kernel; they hold until they end or somebody lifts them. */
  #adopt(actions: readonly string[]): void {
    const found = this.#keeper.found(actions);
    for (const { network, untilUsec, action } of found) {
      const sinceUsec = systemClock();
      this.#keeper.adopt([
        {
          network,
          jail: 'found-in-force',
          origin: 'found',
          actions: [action],
          sinceUsec,
          untilUsec,
          failures: 0,
          distinct: [],
          evidence: undefined,
        },
      ]);
    }
    if (found.length > 0) this.#warn(`${found.length} bans were in force without being known; they stay (ringjail unban lifts them)`);
  }

  /** What is protected or ignored by now is not banned any more, whenever it was. */
  #releaseSpared(): void {
    const protectedNetworks = this.#protectedSet.current();
    for (const { network, jail } of Array.from(this.#keeper.bans.decisions())) {
      const spared = protectedNetworks.find(network) ?? this.#jails.find(jail)?.jail.options.ignoreip.find(network);
      if (spared === undefined) continue;
      this.#keeper.remove(network, jail);
      this.#log.notice(`unban ${network.text}: jail ${jail} spares it now (${spared.reason})`);
    }
  }

  /** The jails changed: the sources learn what is wanted of them in the same step as the pipeline. */
  #route(): void {
    this.#isRouted = true;
    this.#pipeline.jails = this.#jails.running;
    this.#sources.update(this.#pipeline.routes.entries());
  }

  /** This machine has other addresses, gateways or routes, or a name in ignoreip has. */
  #onHostChange(): void {
    // Before everything is restored there is nothing to release; the restoration looks itself.
    if (!this.#isRouted) return;
    this.#releaseSpared();
    void this.#keeper.settle();
    this.#store.touch();
  }

  #onBatch(batch: RecordBatch): void {
    this.#pipeline.process(batch);
    this.#givenUpLog.look(this.#jails.running);
    this.#carryOut();
  }

  /** What was decided goes to the firewall and to the disk. */
  #carryOut(): void {
    // Each failure is reported by whoever met it; there is nobody here to wait for the end.
    void this.#keeper.settle();
    // The firewall is asked first: a kill in between has the records read again, which lead to the same ban.
    if (this.#hasBanned) this.#store.commit();
    else this.#store.touch();
    this.#hasBanned = false;
  }

  #cut(decisions: readonly BanDecision[]): void {
    const targets = cutTargetsOf(decisions, (jail) => this.#jails.find(jail)?.policy.cutsConnections ?? true);
    // A ban does not wait for it.
    if (targets.length > 0) void this.#cutter.cut(targets);
  }

  #onLoss(source: string, { count, reason }: Loss): void {
    this.#log.warning(`source ${source}: lost ${count ?? 'an unknown number of'} records: ${reason}`);
  }

  #onReady(): void {
    this.#log.info(this.#watching());
    this.#notifier.ready(this.#watching());
  }

  #watching(): string {
    return `watching: jails ${this.#jails.running.map(({ jail }) => jail.options.name).join(', ') || 'none'}`;
  }

  #onBan(decision: BanDecision): void {
    const { network, jail, failures, distinct, untilUsec, sinceUsec } = decision;
    this.#hasBanned = true;
    this.#confirmation.noteBan(decision);
    const what = distinct.length > 0 ? `${failures} ports (${distinct.join(', ')})` : `${failures} failures`;
    this.#log.notice(`ban ${network.text} for ${formatDuration((untilUsec - sinceUsec) / 1000)}: jail ${jail}, ${what}`);
  }

  #onRefused({ network, jail }: BanDecision, reason: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#refusalLoggedAtMs < refusalLogIntervalMs) return;
    this.#refusalLoggedAtMs = nowMs;
    this.#log.warning(`${network.text} is not banned by jail ${jail}, because it is protected (${reason}): its packets may be forged`);
  }

  #onEnded(decisions: readonly BanDecision[]): void {
    for (const decision of decisions) {
      this.#confirmation.noteEnd(decision);
      this.#log.notice(`unban ${decision.network.text}: its time in jail ${decision.jail} is over`);
    }
    this.#store.touch();
  }

  async #onChange(): Promise<void> {
    this.#route();
    // The jails run meanwhile: who turns out to be spared is let go then.
    void this.#ignoredNames.update(this.#jails.running);
    this.#releaseSpared();
    this.#notifier.status(this.#watching());
    this.#store.flush();
    await this.#keeper.settle();
  }

  /** The configuration was read again. */
  async #onReload(): Promise<void> {
    await this.#onChange();
    this.#keeper.reload(this.#uses());
    this.#releaseLeftovers();
  }

  /** The actions that the jails name. */
  #uses(): ActionUse[] {
    return this.#jails.running.flatMap(({ jail: { options } }) => options.actions.map((action) => ({ jail: options.name, action })));
  }

  /** What an earlier configuration left in the firewall. */
  #releaseLeftovers(): void {
    const ofJails = this.#jails.running.flatMap(({ jail }) => jail.options.actions);
    const ofBans = Array.from(this.#keeper.bans.decisions(), ({ actions }) => actions).flat();
    try {
      releaseUnusedScopes(new Set([...ofJails, ...ofBans]));
    } catch (error) {
      this.#log.warning(`what no jail uses any more stays in nftables: ${messageOf(error)}`);
    }
  }

  #warnAboutLogLimit(): void {
    const warning = findUfwLogLimit(openNftables, readIfThere('/etc/ufw/ufw.conf'));
    if (warning !== undefined) this.#warn(warning);
  }

  #warn(warning: string): void {
    this.#warnings.push(warning);
    this.#log.warning(warning);
  }

  #describe() {
    const failure = this.#store.failure;
    const unconfirmed = this.#confirmation.warning;
    return describeDaemon({
      version: this.#options.version,
      startedAt: this.#startedAt,
      jails: this.#jails,
      keeper: this.#keeper,
      sources: this.#sources.describe(),
      cut: this.#cutter.counts,
      warnings: [
        ...(unconfirmed === undefined ? [] : [unconfirmed]),
        ...this.#warnings,
        ...this.#ignoredNames.warnings,
        ...(failure === undefined ? [] : [`the store cannot be written, bans and counts are kept in memory only: ${failure}`]),
      ],
    });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
