import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseState, type State } from '../../src/ban/state-file.ts';
import { StateSaver } from '../../src/daemon/state-saver.ts';
import { recordingLog } from './recording-log.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-saver-'));
after(() => rmSync(root, { recursive: true }));

let directories = 0;

/** A saver of a state whose sequence the test sets. */
class Trial {
  readonly directory = join(root, String(directories++));
  readonly path = join(this.directory, 'state.json');
  readonly log = recordingLog((line) => this.onLine(line));
  readonly saver = new StateSaver(this.path, () => this.#take(), this.log);
  sequence = 0;
  writes = 0;
  onTake: () => void = () => undefined;
  onLine: (line: string) => void = () => undefined;

  constructor({ isWritable = true } = {}) {
    if (isWritable) this.mend();
  }

  mend(): void {
    mkdirSync(this.directory);
  }

  get onDisk(): number {
    return Number(parseState(readFileSync(this.path, 'utf8')).positions['kernel']?.['sequence']);
  }

  #take(): State {
    this.writes++;
    this.onTake();
    return { bans: [], positions: { kernel: { sequence: this.sequence } }, windows: {} };
  }
}

describe('StateSaver', { timeout: 30_000 }, () => {
  it('flush resolves when the state is on disk', async () => {
    const trial = new Trial();
    trial.sequence = 7;
    await trial.saver.flush();
    assert.equal(trial.onDisk, 7);
    assert.equal(trial.saver.failure, undefined);
  });

  it('a touch is written a second later, once for however many', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const trial = new Trial();
    for (let time = 0; time < 100; time++) trial.saver.touch();
    t.mock.timers.tick(999);
    assert.equal(trial.writes, 0);
    trial.sequence = 9;
    t.mock.timers.tick(1);
    // Joins the write that the timer began.
    await trial.saver.flush();
    assert.equal(trial.onDisk, 9);
    assert.ok(trial.writes <= 2);
    t.mock.timers.tick(3_600_000);
    await trial.saver.flush();
    assert.ok(trial.writes <= 3, 'an idle daemon writes nothing');
  });

  it('a touch during a write waits for its own second: no write follows at once', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const trial = new Trial();
    trial.onTake = () => trial.saver.touch();
    await trial.saver.flush();
    assert.equal(trial.writes, 1);
  });

  it('flush takes the timer away that a touch has set', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const trial = new Trial();
    trial.saver.touch();
    await trial.saver.flush();
    t.mock.timers.tick(10_000);
    assert.equal(trial.writes, 1);
  });

  it('what changes while it is written is on disk when its own flush resolves', async () => {
    const trial = new Trial();
    let second: Promise<void> | undefined;
    trial.onTake = () => {
      if (second !== undefined) return;
      second = trial.saver.flush();
      // Like a batch that comes at the same moment.
      trial.saver.touch();
      setImmediate(() => (trial.sequence = 8));
    };
    trial.sequence = 7;
    await trial.saver.flush();
    trial.sequence = 8;
    await second;
    assert.equal(trial.writes, 2);
    trial.saver.stop();
  });

  // A promise that resolves too early shows at one of these moments only, right after a write.
  for (let turns = 0; turns <= 12; turns++) {
    it(`a flush ${turns} turns after the end of a write is a write of its own`, async () => {
      const trial = new Trial({ isWritable: false });
      await trial.saver.flush();
      trial.mend();
      const later = new Promise<void>((resolve) => {
        trial.onLine = async (line) => {
          assert.match(line, /written again/);
          for (let turn = 0; turn < turns; turn++) await undefined;
          trial.sequence = 9;
          resolve(trial.saver.flush());
        };
      });
      await trial.saver.flush();
      await later;
      assert.equal(trial.onDisk, 9);
    });
  }

  it('never two writes at once', async () => {
    const trial = new Trial();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        trial.sequence = index;
        return trial.saver.flush();
      }),
    );
    assert.equal(trial.onDisk, 19);
    assert.ok(trial.writes <= 2, String(trial.writes));
  });

  it('a failure is shown, told once, repeated each second, and its end is told', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const trial = new Trial({ isWritable: false });
    await trial.saver.flush();
    assert.match(trial.saver.failure ?? '', /ENOENT/);
    t.mock.timers.tick(1000);
    await trial.saver.flush();
    assert.equal(trial.log.lines.length, 1);
    assert.match(trial.log.lines[0] ?? '', /^error: state .*: cannot be written, bans are kept in memory only: ENOENT/);
    trial.mend();
    t.mock.timers.tick(1000);
    await trial.saver.flush();
    assert.equal(trial.saver.failure, undefined);
    assert.match(trial.log.lines[1] ?? '', /^notice: state .*: written again$/);
    assert.equal(trial.onDisk, 0);
  });

  it('stopped, it writes nothing any more and has no timer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const trial = new Trial();
    trial.saver.touch();
    trial.saver.stop();
    trial.saver.touch();
    await trial.saver.flush();
    t.mock.timers.tick(10_000);
    assert.equal(trial.writes, 0);
  });

  it('stopped while a write fails, it does not try again', async (t) => {
    const timers = t.mock.method(globalThis, 'setTimeout');
    const trial = new Trial({ isWritable: false });
    const flushed = trial.saver.flush();
    trial.onTake = () => trial.saver.stop();
    await flushed;
    assert.equal(timers.mock.callCount(), 0);
  });
});
