import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { readFormerState, retireFormerState } from '../../src/ban/former-state.ts';
import { decisionOf } from './decision.ts';
import { emptyDirectory } from './store-fixture.ts';

const decisions = [
  decisionOf('192.0.2.7', 1_700_000_000_000_001),
  decisionOf('2001:db8::/64', Number.POSITIVE_INFINITY, { distinct: [], failures: 0, evidence: undefined }),
];
const entry = { timeUsec: 1, distinct: '22' };

/** As version 0.1 wrote it. */
const state = {
  version: 1,
  bans: decisions.map((ban) => ({ ...ban, network: ban.network.text, untilUsec: Number.isFinite(ban.untilUsec) ? ban.untilUsec : null })),
  positions: { kernel: { bootId: 'b', sequence: 9 } },
  windows: { portscan: [['192.0.2.8', [entry]]] },
};

function written(text: string): string {
  const path = join(emptyDirectory(), 'state.json');
  writeFileSync(path, text);
  return path;
}

describe('readFormerState', () => {
  it('reads what version 0.1 wrote', () => {
    const { contents, setAside } = readFormerState(written(JSON.stringify(state))) ?? {};
    assert.equal(setAside, undefined);
    assert.deepEqual(contents?.bans, decisions);
    assert.deepEqual(contents.positions, state.positions);
    assert.deepEqual(contents.windows, new Map([['portscan', [['192.0.2.8', [entry]]]]]));
  });

  it('is undefined where there is none', () => assert.equal(readFormerState(join(emptyDirectory(), 'state.json')), undefined));

  it('what is no window is left out', () => {
    const entries: unknown[] = [null, 5, ['192.0.2.7'], ['192.0.2.7', null], [7, [entry]], ['192.0.2.7', [null]]];
    const bad = [{ distinct: '1' }, { timeUsec: '1' }, { timeUsec: 1, distinct: 5 }].map((value) => ['192.0.2.7', [value]]);
    const windows = { one: [...entries, ...bad, ['192.0.2.9', [{ timeUsec: 5 }]]], two: 'text' };
    const { contents } = readFormerState(written(JSON.stringify({ ...state, windows }))) ?? {};
    assert.deepEqual(contents?.windows.get('one'), [['192.0.2.9', [{ timeUsec: 5, distinct: undefined }]]]);
    assert.deepEqual(contents.windows.get('two'), []);
  });

  const withBan = (change: Record<string, unknown>) => JSON.stringify({ ...state, bans: [{ ...state.bans[0], ...change }] });
  const broken: [string, string][] = [
    ['nothing', ''],
    ['half of it', JSON.stringify(state).slice(0, 100)],
    ['null', 'null'],
    ['a list', '[]'],
    ['NUL bytes', '\0'.repeat(100)],
    ['no version', JSON.stringify({ ...state, version: undefined })],
    ['version 2', JSON.stringify({ ...state, version: 2 })],
    ['version "1"', JSON.stringify({ ...state, version: '1' })],
    ['no bans', JSON.stringify({ ...state, bans: undefined })],
    ['bans that are no list', JSON.stringify({ ...state, bans: {} })],
    ['no positions', JSON.stringify({ ...state, positions: null })],
    ['a position that is a list', JSON.stringify({ ...state, positions: { kernel: [] } })],
    ['windows that are a list', JSON.stringify({ ...state, windows: [] })],
    ['a ban that is null', JSON.stringify({ ...state, bans: [null] })],
    ['a ban of no network', withBan({ network: 'example.org' })],
    ['a ban without a network', withBan({ network: undefined })],
    ['a ban without a jail', withBan({ jail: undefined })],
    ['a ban without an end', withBan({ untilUsec: undefined })],
    ['a ban whose end is a text', withBan({ untilUsec: '5' })],
    ['a ban without a beginning', withBan({ sinceUsec: undefined })],
    ['a ban without actions', withBan({ actions: undefined })],
    ['a ban whose actions are a text', withBan({ actions: 'nftables' })],
    ['a ban without distinct', withBan({ distinct: undefined })],
    ['a ban without failures', withBan({ failures: null })],
  ];
  for (const [name, text] of broken) {
    it(`${name} is refused, and set aside as it was`, () => {
      const path = written(text);
      const { contents, setAside } = readFormerState(path) ?? {};
      assert.deepEqual(contents?.bans, []);
      assert.ok(setAside);
      assert.ok(setAside.path.startsWith(`${path}.unreadable-`));
      assert.notEqual(setAside.reason, '');
      assert.equal(readFileSync(setAside.path, 'utf8'), text);
      assert.equal(readFormerState(path), undefined);
    });
  }

  it('what cannot be read is told of, and stays', () => {
    const path = join(emptyDirectory(), 'state.json');
    mkdirSync(path);
    assert.match(readFormerState(path)?.setAside?.reason ?? '', /EISDIR/);
    assert.deepEqual(readdirSync(dirname(path)), ['state.json']);
  });
});

describe('retireFormerState', () => {
  it('renames the file, and does nothing where there is none', () => {
    const path = written('{}');
    retireFormerState(path);
    retireFormerState(path);
    assert.deepEqual(readdirSync(dirname(path)), ['state.json.imported']);
  });
});
