// Keeps a source running: what ends by failure is started again, with back-off, and its state is known.
import { BackOff } from '../core/back-off.ts';
import { messageOf, RingjailError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Source, SourceSink } from '../source/source.ts';

const retryLimits = { firstMs: 1000, lastMs: 60_000 };

export interface SourceHealth {
  state: 'starting' | 'reading' | 'failed';
  /** Why it failed last; undefined while it reads. */
  failure: string | undefined;
  /** Whether it was refused permission before it ever read. */
  isRefused: boolean;
}

/** Runs `source` until `signal` aborts; never rejects. `onFailed`: after each failure, with the error where permission was refused. */
export async function supervise(
  source: Source,
  sink: SourceSink,
  signal: AbortSignal,
  health: SourceHealth,
  log: Log,
  onFailed: (refusal: RingjailError | undefined) => void = () => undefined,
): Promise<void> {
  const backOff = new BackOff(retryLimits);
  let hasRead = false;
  const observed: SourceSink = {
    onBatch: (batch) => sink.onBatch(batch),
    onLoss: (loss) => sink.onLoss(loss),
    onCaughtUp: () => {
      hasRead = true;
      backOff.succeeded();
      health.state = 'reading';
      health.failure = undefined;
      health.isRefused = false;
      sink.onCaughtUp();
    },
  };
  while (!signal.aborted) {
    health.state = 'starting';
    try {
      await source.run(signal, observed);
    } catch (error) {
      const refusal = !hasRead && error instanceof RingjailError && error.code === 'permission' ? error : undefined;
      health.state = 'failed';
      health.failure = messageOf(error);
      health.isRefused = refusal !== undefined;
      const retryMs = backOff.failed();
      log.error(`source ${source.name}: ${health.failure}; trying again in ${retryMs / 1000} s`);
      onFailed(refusal);
      await sleep(retryMs, signal);
    }
  }
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake);
  });
