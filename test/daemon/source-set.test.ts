import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RingjailError } from '../../src/core/errors.ts';
import { SourceSet } from '../../src/daemon/source-set.ts';
import type { SourcePosition } from '../../src/record/record-batch.ts';
import { type RecordSelector, sourceNameOf } from '../../src/record/record-selector.ts';
import type { Source, SourceSink } from '../../src/source/source.ts';
import { batchOf } from '../record/batch-of.ts';
import { recordingLog } from './recording-log.ts';
import { settled } from './settled.ts';

const kernel: RecordSelector = { source: 'kernel' };
const syslog: RecordSelector = { source: 'syslog', facilities: [4], programs: undefined };
const otherSyslog: RecordSelector = { source: 'syslog', facilities: [10], programs: undefined };
const bans: RecordSelector = { source: 'bans' };

/** A source that does what the test says. */
class FakeSource implements Source {
  readonly name: string;
  readonly position: SourcePosition | undefined;
  selectors: readonly RecordSelector[] = [];
  sink: SourceSink | undefined;
  isAborted = false;
  fail: (error: Error) => void = () => undefined;
  end: () => void = () => undefined;
  /** Whether it ends only when it is told to `end`. */
  isSlow = false;

  constructor(name: string, position: SourcePosition | undefined) {
    this.name = name;
    this.position = position;
  }

  select(selectors: readonly RecordSelector[]): void {
    this.selectors = selectors;
  }

  /** What it passed over by itself. */
  now: SourcePosition | undefined;

  positionNow(): SourcePosition | undefined {
    return this.now;
  }

  run(signal: AbortSignal, sink: SourceSink): Promise<void> {
    this.sink = sink;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
      signal.addEventListener('abort', () => {
        this.isAborted = true;
        if (!this.isSlow) resolve();
      });
    });
  }

  describe(): Record<string, never> {
    return {};
  }

  deliver(number: number): void {
    this.sink?.onBatch({ ...batchOf(['x'], { source: this.name }), position: { number } });
  }
}

class Trial {
  readonly heard: string[] = [];
  readonly log = recordingLog();
  readonly made: FakeSource[] = [];
  refusal: string | undefined;
  readonly set: SourceSet;

  constructor(t: TestContext) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    this.set = new SourceSet({
      create: (selector, position) => {
        const source = new FakeSource(sourceNameOf(selector), position);
        this.made.push(source);
        return source;
      },
      onBatch: ({ source, position }) => void this.heard.push(`${source} ${position['number']}`),
      onLoss: (source, { count, reason }) => void this.heard.push(`${source} lost ${count}: ${reason}`),
      onReady: () => void this.heard.push('ready'),
      log: this.log,
    });
    this.set.refused.catch((error: Error) => {
      this.refusal = error.message;
    });
  }

  update(...selectors: RecordSelector[]): void {
    const names = new Set(selectors.map(sourceNameOf));
    this.set.update(Array.from(names, (name) => [name, { selectors: selectors.filter((one) => sourceNameOf(one) === name) }] as const));
  }

  /** The one that was made last under that name. */
  source(name: string): FakeSource {
    const source = this.made.findLast((one) => one.name === name);
    assert.ok(source);
    return source;
  }

  get states(): Record<string, string> {
    return Object.fromEntries(this.set.describe().map(({ source, health }) => [source.name, health.state]));
  }
}

const denied = () => new RingjailError('permission', 'may not read');

describe('SourceSet', () => {
  it('starts what is needed, once, and tells each what is wanted of it; our own bans are no source to start', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog, otherSyslog, bans);
    assert.deepEqual(
      trial.made.map(({ name, selectors }) => [name, selectors]),
      [
        ['kernel', [kernel]],
        ['syslog', [syslog, otherSyslog]],
      ],
    );
    assert.deepEqual(trial.states, { kernel: 'starting', syslog: 'starting' });
    trial.update(kernel, otherSyslog);
    assert.equal(trial.made.length, 2);
    assert.deepEqual(trial.source('syslog').selectors, [otherSyslog]);
    await trial.set.stop();
  });

  it('passes on batches and losses, and knows where each source is', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('kernel').deliver(1);
    trial.source('syslog').deliver(7);
    trial.source('kernel').deliver(2);
    trial.source('kernel').sink?.onLoss({ count: 3, reason: 'overwritten' });
    assert.deepEqual(trial.heard, ['kernel 1', 'syslog 7', 'kernel 2', 'kernel lost 3: overwritten']);
    assert.deepEqual(trial.set.positions(), { kernel: { number: 2 }, syslog: { number: 7 } });
    await trial.set.stop();
  });

  it('knows what a source passed over of which no batch told, also after its end', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('kernel').deliver(1);
    trial.source('kernel').now = { number: 4 };
    assert.deepEqual(trial.set.positions(), { kernel: { number: 4 } });
    trial.source('kernel').now = { number: 6 };
    await trial.set.stop();
    trial.source('kernel').now = { number: 8 };
    assert.deepEqual(trial.set.positions(), { kernel: { number: 6 } });
  });

  it('begins where an earlier run ended, and keeps the positions of sources that nobody needs now', async (t) => {
    const trial = new Trial(t);
    trial.set.restore({ kernel: { number: 5 }, journal: { number: 9 } });
    trial.update(kernel);
    assert.deepEqual(trial.source('kernel').position, { number: 5 });
    assert.deepEqual(trial.set.positions(), { kernel: { number: 5 }, journal: { number: 9 } });
    await trial.set.stop();
  });

  it('stops what is not needed any more, which says nothing from then on; needed again, goes on where it was', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    const former = trial.source('syslog');
    former.isSlow = true;
    former.deliver(1);
    trial.update(kernel);
    assert.ok(former.isAborted);
    assert.deepEqual(trial.states, { kernel: 'starting' });
    former.deliver(2);
    former.sink?.onCaughtUp();
    trial.update(kernel, syslog);
    assert.notEqual(trial.source('syslog'), former);
    assert.deepEqual(trial.source('syslog').position, { number: 1 });
    former.deliver(3);
    former.sink?.onCaughtUp();
    assert.deepEqual(trial.heard, ['syslog 1']);
    assert.deepEqual(trial.log.lines, []);
    former.end();
    await trial.set.stop();
  });

  it('stop waits for all of them, those too that were stopped before', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    const former = trial.source('syslog');
    former.isSlow = true;
    trial.update(kernel);
    let isStopped = false;
    const stopped = trial.set.stop().then(() => {
      isStopped = true;
    });
    await settled();
    assert.ok(trial.source('kernel').isAborted);
    assert.equal(isStopped, false);
    former.end();
    await stopped;
    // And nothing starts behind its back.
    trial.update(kernel, syslog);
    assert.equal(trial.made.length, 2);
  });
});

describe('SourceSet: ready', () => {
  it('when all have read what waited', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('kernel').sink?.onCaughtUp();
    assert.deepEqual(trial.heard, []);
    trial.source('syslog').sink?.onCaughtUp();
    trial.source('syslog').sink?.onCaughtUp();
    assert.deepEqual(trial.heard, ['ready']);
    await trial.set.stop();
  });

  for (const failsFirst of [true, false]) {
    it(`when one has read and the other failed, ${failsFirst ? 'which was first' : 'which was last'}`, async (t) => {
      const trial = new Trial(t);
      trial.update(kernel, syslog);
      if (!failsFirst) trial.source('kernel').sink?.onCaughtUp();
      trial.source('syslog').fail(new Error('gone'));
      await settled();
      if (failsFirst) trial.source('kernel').sink?.onCaughtUp();
      assert.deepEqual(trial.heard, ['ready']);
      await trial.set.stop();
    });
  }

  it('again after an update that starts one, not after one that does not', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel);
    trial.source('kernel').sink?.onCaughtUp();
    trial.update(kernel);
    assert.deepEqual(trial.heard, ['ready']);
    trial.update(kernel, syslog);
    assert.deepEqual(trial.heard, ['ready']);
    trial.source('syslog').sink?.onCaughtUp();
    assert.deepEqual(trial.heard, ['ready', 'ready']);
    await trial.set.stop();
  });

  it('when the one that all waited for is stopped', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('kernel').sink?.onCaughtUp();
    trial.update(kernel);
    assert.deepEqual(trial.heard, ['ready']);
    await trial.set.stop();
  });

  it('where there is nothing to read: jails that count our own bans only', (t) => {
    const trial = new Trial(t);
    trial.update(bans);
    assert.deepEqual(trial.heard, ['ready']);
  });
});

describe('SourceSet: refused permission', () => {
  it('of one, while another reads: shown and tried again, and no end', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('kernel').sink?.onCaughtUp();
    trial.source('syslog').fail(denied());
    await settled();
    assert.equal(trial.refusal, undefined);
    assert.deepEqual(trial.states, { kernel: 'reading', syslog: 'failed' });
    assert.match(trial.log.lines.join('\n'), /error: source syslog: may not read; trying again/);
    t.mock.timers.tick(1000);
    await settled();
    assert.deepEqual(trial.states, { kernel: 'reading', syslog: 'starting' });
    await trial.set.stop();
  });

  it('of one, before the other has read: waits for the other', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('syslog').fail(denied());
    await settled();
    assert.deepEqual([trial.refusal, trial.heard], [undefined, []]);
    trial.source('kernel').sink?.onCaughtUp();
    await settled();
    assert.deepEqual([trial.refusal, trial.heard], [undefined, ['ready']]);
    await trial.set.stop();
  });

  it('of all: rejects, so that whoever started the daemon reads why', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('syslog').fail(denied());
    trial.source('kernel').fail(denied());
    await settled();
    assert.equal(trial.refusal, 'may not read');
    await trial.set.stop();
  });

  it('of all that are needed, while one reads that the daemon can do without: rejects', async (t) => {
    const trial = new Trial(t);
    trial.set.update([
      ['kernel', { selectors: [kernel] }],
      ['syslog', { selectors: [syslog], isOptional: true }],
    ]);
    trial.source('syslog').sink?.onCaughtUp();
    trial.source('kernel').fail(denied());
    await settled();
    assert.equal(trial.refusal, 'may not read');
    await trial.set.stop();
  });

  it('of one that the daemon can do without, before the other has read: goes on', async (t) => {
    const trial = new Trial(t);
    trial.set.update([
      ['kernel', { selectors: [kernel] }],
      ['syslog', { selectors: [syslog], isOptional: true }],
    ]);
    trial.source('syslog').fail(denied());
    await settled();
    trial.source('kernel').sink?.onCaughtUp();
    assert.deepEqual([trial.refusal, trial.heard], [undefined, ['ready']]);
    await trial.set.stop();
  });

  it('of one, and the other broken otherwise: goes on trying', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel, syslog);
    trial.source('kernel').fail(new Error('broken'));
    trial.source('syslog').fail(denied());
    await settled();
    assert.deepEqual([trial.refusal, trial.heard], [undefined, ['ready']]);
    await trial.set.stop();
  });

  it('of all that a reload asks for: ends nothing that ran', async (t) => {
    const trial = new Trial(t);
    trial.update(kernel);
    trial.source('kernel').sink?.onCaughtUp();
    trial.update(syslog);
    trial.source('syslog').fail(denied());
    await settled();
    assert.equal(trial.refusal, undefined);
    assert.deepEqual(trial.states, { syslog: 'failed' });
    await trial.set.stop();
  });
});
