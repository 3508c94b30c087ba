import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RingjailError } from '../../src/core/errors.ts';
import { type SourceHealth, supervise } from '../../src/daemon/supervise.ts';
import type { Source, SourceSink } from '../../src/source/source.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

/** A source that runs until it is told to fail, under supervision. */
class Trial implements Source {
  readonly name = 'kernel';
  readonly abort = new AbortController();
  readonly health: SourceHealth = { state: 'starting', failure: undefined, isRefused: false };
  readonly log = recordingLog();
  readonly heard: string[] = [];
  readonly refusals: string[] = [];
  readonly ended: Promise<void>;
  runs = 0;
  sink: SourceSink = { onBatch: () => undefined, onLoss: () => undefined, onCaughtUp: () => undefined };
  fail: (error: unknown) => void = () => undefined;
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const sink: SourceSink = {
      onBatch: () => void this.heard.push('batch'),
      onLoss: () => void this.heard.push('loss'),
      onCaughtUp: () => void this.heard.push('caught up'),
    };
    this.ended = supervise(this, sink, this.abort.signal, this.health, this.log, (refusal) => {
      this.refusals.push(refusal?.message ?? '');
    });
  }

  select(): void {
    this.heard.push('select');
  }

  run(signal: AbortSignal, sink: SourceSink): Promise<void> {
    this.runs++;
    this.sink = sink;
    return new Promise((resolve, reject) => {
      this.fail = reject;
      signal.addEventListener('abort', () => resolve());
    });
  }

  describe(): Record<string, never> {
    return {};
  }

  async pass(ms: number): Promise<void> {
    this.#t.mock.timers.tick(ms);
    await settled();
  }
}

describe('supervise', () => {
  it('runs until it is aborted, and passes on what comes', async (t) => {
    const trial = new Trial(t);
    assert.equal(trial.health.state, 'starting');
    trial.sink.onBatch({} as never);
    trial.sink.onLoss({ count: 1, reason: 'r' });
    trial.sink.onCaughtUp();
    assert.deepEqual(trial.heard, ['batch', 'loss', 'caught up']);
    assert.equal(trial.health.state, 'reading');
    trial.abort.abort();
    await trial.ended;
    assert.deepEqual([trial.runs, trial.log.lines], [1, []]);
  });

  it('starts again what failed, each time later, up to a minute', async (t) => {
    const trial = new Trial(t);
    for (const delayMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      const { runs } = trial;
      trial.fail(new Error('input/output error'));
      await settled();
      assert.deepEqual(trial.health, { state: 'failed', failure: 'input/output error', isRefused: false });
      assert.equal(trial.log.lines.at(-1), `error: source kernel: input/output error; trying again in ${delayMs / 1000} s`);
      await trial.pass(delayMs - 1);
      assert.equal(trial.runs, runs);
      await trial.pass(1);
      assert.equal(trial.runs, runs + 1);
    }
    trial.abort.abort();
    await trial.ended;
  });

  it('after it has read, is well, and begins with a second', async (t) => {
    const trial = new Trial(t);
    trial.fail(new Error('one'));
    await settled();
    await trial.pass(1000);
    trial.sink.onCaughtUp();
    assert.deepEqual(trial.health, { state: 'reading', failure: undefined, isRefused: false });
    trial.fail(new Error('two'));
    await settled();
    await trial.pass(1000);
    assert.equal(trial.runs, 3);
    trial.abort.abort();
    await trial.ended;
  });

  it('says that permission is refused where it never read, and goes on trying', async (t) => {
    const trial = new Trial(t);
    trial.fail(new RingjailError('permission', 'CAP_SYSLOG'));
    await settled();
    assert.deepEqual(trial.health, { state: 'failed', failure: 'CAP_SYSLOG', isRefused: true });
    assert.deepEqual(trial.refusals, ['CAP_SYSLOG']);
    await trial.pass(1000);
    trial.sink.onCaughtUp();
    assert.equal(trial.health.isRefused, false);
    trial.abort.abort();
    await trial.ended;
  });

  it('permission that is refused later is tried again like any failure', async (t) => {
    const trial = new Trial(t);
    trial.sink.onCaughtUp();
    trial.fail(new RingjailError('permission', 'CAP_SYSLOG'));
    await settled();
    assert.deepEqual(trial.refusals, ['']);
    await trial.pass(1000);
    assert.equal(trial.runs, 2);
    trial.abort.abort();
    await trial.ended;
  });

  it('aborted while it waits, ends at once', async (t) => {
    const trial = new Trial(t);
    trial.fail(new Error('no'));
    await settled();
    trial.abort.abort();
    await trial.ended;
    assert.equal(trial.runs, 1);
  });

  it('aborted in the moment of a failure, ends at once', async (t) => {
    const trial = new Trial(t);
    trial.fail(new Error('no'));
    trial.abort.abort();
    await trial.ended;
    assert.equal(trial.runs, 1);
  });

  it('aborted before, starts nothing', async (t) => {
    const trial = new Trial(t);
    trial.abort.abort();
    await trial.ended;
    await supervise(trial, trial.sink, trial.abort.signal, trial.health, trial.log);
    assert.equal(trial.runs, 1);
  });
});
