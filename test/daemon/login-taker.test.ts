import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLoginTaker } from '../../src/daemon/login-taker.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { ProtectedSet } from '../../src/daemon/protected-set.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { LoginMemory } from '../../src/jail/login-memory.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { allOf, batchOf } from '../record/batch-of.ts';
import { runningJail } from './fake-jail.ts';
import { recordingLog } from './recording-log.ts';

const day = 86_400_000_000;
const login = 'Accepted publickey for root from 192.0.2.1 port 50000 ssh2: ED25519 SHA256:abc';
const failure = 'Failed password for root from 192.0.2.1 port 50000 ssh2';

describe('createLoginTaker', () => {
  it('asks the journal for what root wrote as sshd, and with protect_logins = 0 for nothing', () => {
    const selectorsOf = (keepUsec: number) => createLoginTaker(new LoginMemory(keepUsec), keepUsec).selectors;
    assert.deepEqual(selectorsOf(day), [
      {
        source: 'journal',
        place: {},
        matches: [
          ['_UID=0', '_COMM=sshd'],
          ['_UID=0', '_COMM=sshd-session'],
        ],
        isSystemOnly: false,
      },
    ]);
    assert.deepEqual(selectorsOf(0), []);
    assert.equal(createLoginTaker(new LoginMemory(day), day).isOptional, true);
  });

  it('remembers who logged in and when, by the message alone', () => {
    const logins = new LoginMemory(day);
    const taker = createLoginTaker(logins, day);
    const batch = batchOf(['Accepted nothing', login, failure], { source: 'journal', prefix: 'host sshd[1]: ' });
    taker.take(batch, allOf(batch));
    assert.deepEqual(logins.save(), [['192.0.2.1', 1_000_001]]);
  });
});

describe('Pipeline with the logins', () => {
  /** What becomes of these messages of one batch, where each failure bans. */
  function eventsOf(messages: readonly string[], keepUsec: number): string[] {
    const events: string[] = [];
    const logins = new LoginMemory(keepUsec);
    const protectedSet = new ProtectedSet({ host: { current: () => [] }, sessions: { current: () => [] }, logins, clock: () => 2_000_000 });
    const keeper = new BanKeeper({
      createAction: (name) => new FakeAction(name),
      clock: () => 2_000_000,
      log: recordingLog(),
      onEnded: () => undefined,
    });
    const pipeline = new Pipeline({
      keeper,
      protectedNetworks: () => (keepUsec > 0 ? protectedSet.current() : new NetworkList([])),
      resolve: async () => [],
      earlierBans: () => 0,
      clock: () => 2_000_000,
      takers: [createLoginTaker(logins, keepUsec)],
      events: {
        onBan: ({ network }) => void events.push(`ban ${network.text}`),
        onRefused: ({ network }, reason) => void events.push(`refused ${network.text}: ${reason}`),
        onSeenWhileBanned: () => undefined,
      },
    });
    const selectors = [{ source: 'journal', place: {}, matches: [], isSystemOnly: false }] as const;
    pipeline.jails = [runningJail({ selectors, literal: 'Failed' })];
    pipeline.process(batchOf(messages, { source: 'journal' }));
    return events;
  }

  it('protects from the failures of the same batch', () =>
    assert.deepEqual(eventsOf([failure, login], day), ['refused 192.0.2.1: logged in at 1970-01-01T00:00:01.000Z']));
  it('protects nobody else', () => assert.deepEqual(eventsOf([failure, login.replace('.1 port', '.2 port')], day), ['ban 192.0.2.1']));
  it('switched off, protects nobody', () => assert.deepEqual(eventsOf([login, failure], 0), ['ban 192.0.2.1']));
});
