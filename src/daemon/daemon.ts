// The daemon: wires sources, jails, bans, state and control socket together, and takes them apart again in order.
import { readFileSync } from 'node:fs';
import { ConnectionCutter } from '../action/connection-cutter.ts';
import type { BanDecision } from '../ban/ban.ts';
import { loadState, type State } from '../ban/state-file.ts';
import { cutConnections, openKernelLog, openNftables } from '../binding/addon.ts';
import { systemClock } from '../core/clock.ts';
import { formatDuration } from '../core/duration.ts';
import type { Log } from '../core/log.ts';
import { LoginMemory } from '../jail/login-memory.ts';
import type { RecordBatch, SourcePosition } from '../record/record-batch.ts';
import { KernelSource } from '../source/kernel-source.ts';
import type { Loss, Source, SourceSink } from '../source/source.ts';
import { findUfwLogLimit } from '../source/ufw-log-limit.ts';
import { createAction } from './action-registry.ts';
import { BanKeeper } from './ban-keeper.ts';
import { CommitConfirm } from './commit-confirm.ts';
import { listenForControl } from './control-server.ts';
import { HostNetworks } from './host-networks.ts';
import type { JailSet } from './jail-set.ts';
import { ServiceNotifier } from './notify.ts';
import type { Paths } from './paths.ts';
import { Pipeline } from './pipeline.ts';
import { ProtectedSet } from './protected-set.ts';
import { RequestHandler } from './request-handler.ts';
import { SessionPeers } from './session-peers.ts';
import { StateSaver } from './state-saver.ts';
import { describeDaemon } from './status.ts';
import { type SourceHealth, supervise } from './supervise.ts';

// A refused ban is worth a line; a flood of forged packets is not worth a flood of them.
const refusalLogIntervalMs = 60_000;

// A day.
const defaultProtectLoginsUsec = 86_400_000_000;

export interface DaemonOptions {
  readonly version: string;
  readonly paths: Paths;
  /** Loaded. */
  readonly jails: JailSet;
  readonly log: Log;
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
  readonly #logins = new LoginMemory(defaultProtectLoginsUsec);
  readonly #protectedSet = new ProtectedSet({
    host: this.#hostNetworks,
    sessions: new SessionPeers(),
    logins: this.#logins,
    clock: systemClock,
  });
  readonly #confirmation: CommitConfirm;
  readonly #cutter: ConnectionCutter;
  readonly #keeper: BanKeeper;
  readonly #pipeline: Pipeline;
  readonly #requests: RequestHandler;
  readonly #saver: StateSaver;
  readonly #sources: { source: Source; health: SourceHealth }[] = [];
  readonly #positions = new Map<string, SourcePosition>();
  readonly #warnings: string[] = [];
  #refusalLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: DaemonOptions) {
    const { paths, jails, log } = options;
    this.#options = options;
    this.#log = log;
    this.#jails = jails;
    this.#saver = new StateSaver(paths.state, () => this.#takeState(), log);
    this.#confirmation = new CommitConfirm({
      limitMs: options.confirmMs,
      log,
      onLift: (bans) => {
        for (const { network, jail } of bans) this.#keeper.remove(network, jail);
        void this.#keeper.settle();
        this.#saver.touch();
      },
    });
    this.#cutter = new ConnectionCutter({ cutConnections, log });
    this.#keeper = new BanKeeper({
      createAction,
      clock: systemClock,
      log,
      onEnded: (decisions) => this.#onEnded(decisions),
      // A ban does not wait for it.
      onAsked: (networks) => void this.#cutter.cut(networks.map((network) => ({ network }))),
    });
    const protectedNetworks = () => this.#protectedSet.current();
    this.#pipeline = new Pipeline({
      keeper: this.#keeper,
      protectedNetworks,
      clock: systemClock,
      mayBan: () => this.#confirmation.mayBan,
      events: {
        onBan: (decision) => this.#onBan(decision),
        onRefused: (decision, reason) => this.#onRefused(decision, reason),
        onSuppressed: () => this.#confirmation.noteSuppressed(),
        onSeenWhileBanned: (decision) => this.#keeper.suspect(decision),
      },
    });
    this.#requests = new RequestHandler({
      jails,
      keeper: this.#keeper,
      protectedNetworks,
      clock: systemClock,
      log,
      describe: () => this.#describe(),
      confirmation: this.#confirmation,
      stateFailure: () => this.#saver.failure,
      onChange: () => this.#onChange(),
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
      this.#pipeline.jails = this.#jails.running;
      this.#confirmation.start();
      this.#warnAboutLogLimit();
      await Promise.all(
        this.#sources.map(({ source, health }) => supervise(source, this.#sink(source), this.#abort.signal, health, this.#log)),
      );
      this.#notifier.stopping();
      this.#confirmation.stop();
      await this.#keeper.settle();
      await this.#saver.flush();
    } finally {
      this.#abort.abort();
      this.#confirmation.stop();
      await this.#keeper.settle();
      server.close();
      this.#hostNetworks.close();
      await this.#keeper.stop();
      this.#saver.stop();
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
    const { state, setAside } = await loadState(this.#options.paths.state);
    if (setAside !== undefined) {
      this.#warn(`the state could not be read (${setAside.reason}); it is kept as ${setAside.path}, and counting begins anew`);
    }
    for (const [source, position] of Object.entries(state?.positions ?? {})) this.#positions.set(source, position);
    this.#jails.restore(state?.windows ?? {});
    this.#keeper.restore(state?.bans ?? []);
    const actions = this.#jails.running.flatMap(({ jail }) => jail.options.actions);
    if (state === undefined) this.#adopt(actions);
    this.#releaseSpared();
    await this.#keeper.start(actions);
    this.#log.info(`${this.#keeper.bans.size} bans in force from before`);
    this.#sources.push({ source: this.#createKernelSource(), health: { state: 'starting', failure: undefined } });
  }

  /** Without a state nothing is known of the bans that stand in the kernel; they hold until they end or somebody lifts them. */
  #adopt(actions: readonly string[]): void {
    const found = this.#keeper.found(actions);
    for (const { network, untilUsec, action } of found) {
      const sinceUsec = systemClock();
      this.#keeper.restore([
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

  /** This machine has other addresses, gateways or routes. */
  #onHostChange(): void {
    // Before everything is restored there is nothing to release; the restoration looks itself.
    if (this.#sources.length === 0) return;
    this.#releaseSpared();
    void this.#keeper.settle();
    this.#saver.touch();
  }

  #createKernelSource(): Source {
    return new KernelSource({
      open: openKernelLog,
      path: '/dev/kmsg',
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      clock: systemClock,
      monotonicUsec: () => Number(process.hrtime.bigint() / 1000n),
      position: this.#positions.get('kernel'),
    });
  }

  #sink(source: Source): SourceSink {
    return {
      onBatch: (batch) => this.#onBatch(batch),
      onLoss: (loss) => this.#onLoss(source, loss),
      onCaughtUp: () => this.#onCaughtUp(source),
    };
  }

  #onBatch(batch: RecordBatch): void {
    this.#pipeline.process(batch);
    this.#positions.set(batch.source, batch.position);
    // Each failure is reported by whoever met it; there is nobody here to wait for the end.
    void this.#keeper.settle();
    this.#saver.touch();
  }

  #onLoss(source: Source, { count, reason }: Loss): void {
    this.#log.warning(`source ${source.name}: lost ${count ?? 'an unknown number of'} records: ${reason}`);
  }

  #onCaughtUp(source: Source): void {
    this.#log.info(`source ${source.name}: everything up to now is read; ${this.#watching()}`);
    this.#notifier.ready(this.#watching());
  }

  #watching(): string {
    return `watching: jails ${this.#jails.running.map(({ jail }) => jail.options.name).join(', ') || 'none'}`;
  }

  #onBan(decision: BanDecision): void {
    const { network, jail, failures, distinct, untilUsec, sinceUsec } = decision;
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
    this.#saver.touch();
  }

  async #onChange(): Promise<void> {
    this.#pipeline.jails = this.#jails.running;
    this.#releaseSpared();
    this.#notifier.status(this.#watching());
    await this.#saver.flush();
    await this.#keeper.settle();
  }

  #warnAboutLogLimit(): void {
    const warning = findUfwLogLimit(openNftables, readIfThere('/etc/ufw/ufw.conf'));
    if (warning !== undefined) this.#warn(warning);
  }

  #warn(warning: string): void {
    this.#warnings.push(warning);
    this.#log.warning(warning);
  }

  #takeState(): State {
    return {
      bans: Array.from(this.#keeper.bans.decisions()),
      positions: Object.fromEntries(this.#positions),
      windows: this.#jails.save(),
    };
  }

  #describe() {
    const failure = this.#saver.failure;
    const unconfirmed = this.#confirmation.warning;
    return describeDaemon({
      version: this.#options.version,
      startedAt: this.#startedAt,
      jails: this.#jails,
      keeper: this.#keeper,
      sources: this.#sources,
      warnings: [
        ...(unconfirmed === undefined ? [] : [unconfirmed]),
        ...this.#warnings,
        ...(failure === undefined ? [] : [`the state cannot be written: ${failure}`]),
      ],
    });
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
