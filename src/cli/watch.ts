// ringjail watch: what the sources deliver and whom the jails would ban, live. Touches nothing.

import type { BanDecision } from '../ban/ban.ts';
import { formatConfigError } from '../config/config-error.ts';
import { loadDaemonConfig } from '../config/daemon-config.ts';
import { shownTarget } from '../core/ban-target.ts';
import { formatDuration } from '../core/duration.ts';
import { RingjailError } from '../core/errors.ts';
import { isoTime } from '../core/iso-time.ts';
import { createLog } from '../core/log.ts';
import { printable } from '../core/printable.ts';
import { formatLoss } from '../daemon/flow-log.ts';
import { jailContextOf } from '../daemon/jail-context.ts';
import { JailSet } from '../daemon/jail-set.ts';
import { Observer } from '../daemon/observer.ts';
import type { Jail } from '../jail/jail.ts';
import type { Failure } from '../match/failure.ts';
import type { CommandContext } from './command-context.ts';
import { formatJson } from './json-text.ts';
import { requireDirectory } from './require-directory.ts';
import { shortTime } from './time-text.ts';

export async function watch({ paths, isJson, print, printError }: CommandContext): Promise<number> {
  requireDirectory(paths.config);
  const settings = loadDaemonConfig(paths.config);
  const jails = new JailSet(() => jailContextOf(paths.config, true, settings));
  jails.load();
  for (const error of [...settings.errors.map(formatConfigError), ...jails.errors]) printError(error);
  if (jails.running.length === 0) throw new RingjailError('configuration', `no jail can run with ${paths.config}: see ringjail check`);
  const log = createLog({ threshold: 'warning', forJournal: false, write: (line) => printError(line.trimEnd().replace(/^\w+ +/, '')) });
  const tell = (event: Readonly<Record<string, unknown>>, text: string) => print(isJson ? formatJson(event) : printable(text));
  // What the ring still holds from before is too much to read; of that only its bans are shown.
  let isLive = false;
  let earlier = 0;
  const observer = new Observer(jails, settings, log, {
    onFailure: (failure, jail) => {
      if (isLive || isJson) tell(failureEvent(failure, jail), formatFailure(failure, jail));
      else earlier++;
    },
    onBan: (decision) => tell(banEvent('ban', decision), formatBan(decision)),
    onRefused: (decision, reason) =>
      tell(
        { ...banEvent('refused', decision), reason },
        `${timeOf(decision.sinceUsec)}  ${shownTarget(decision.network.text)} would be spared: ${reason}`,
      ),
    onLoss: (source, loss) => printError(formatLoss(source, loss)),
    onReady: () => {
      isLive = true;
      if (isJson) return;
      if (earlier > 0) print(`${earlier} failures are from before now`);
      const sources = observer.describe().map(({ source, health }) => `${source.name} (${health.failure ?? 'reading'})`);
      if (observer.isSyslogLeftOut) print("what comes to the syslog port is not seen here: the port is the daemon's");
      print(`watching ${sources.join(', ')} for jails ${jails.names.join(', ')}; Ctrl-C ends it`);
    },
  });
  const abort = new AbortController();
  const stop = () => abort.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  await observer.run(abort.signal);
  return 0;
}

const timeOf = (usec: number): string => shortTime(isoTime(usec));

function formatFailure({ address, timeUsec, evidence }: Failure, { options }: Jail): string {
  return `${timeOf(timeUsec)}  ${options.name}: failure of ${shownTarget(address.text)}: ${evidence.text}`.slice(
    0,
    process.stdout.columns ?? undefined,
  );
}

function formatBan({ network, jail, sinceUsec, untilUsec, failures }: BanDecision): string {
  const time = Number.isFinite(untilUsec) ? `for ${formatDuration((untilUsec - sinceUsec) / 1000)}` : 'for good';
  return `${timeOf(sinceUsec)}  ${jail}: WOULD BAN ${shownTarget(network.text)} ${time}, after ${failures} failures`;
}

function failureEvent({ address, timeUsec, evidence }: Failure, { options }: Jail) {
  return {
    event: 'failure',
    time: timeOf(timeUsec),
    jail: options.name,
    address: address.text,
    source: evidence.source,
    text: evidence.text,
  };
}

function banEvent(event: string, { network, jail, sinceUsec, untilUsec, failures }: BanDecision) {
  return {
    event,
    time: timeOf(sinceUsec),
    jail,
    network: network.text,
    until: Number.isFinite(untilUsec) ? timeOf(untilUsec) : null,
    failures,
  };
}
