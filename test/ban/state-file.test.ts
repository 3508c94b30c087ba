import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatState, loadState, parseState, type State, saveState } from '../../src/ban/state-file.ts';
import { decisionOf } from './decision.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-state-'));
after(() => rmSync(root, { recursive: true }));

let directories = 0;
function directory(): string {
  directories += 1;
  const path = join(root, String(directories));
  mkdirSync(path);
  return path;
}

const state: State = {
  bans: [
    decisionOf('192.0.2.7', 1_700_000_000_000_001),
    decisionOf('192.0.2.7', 2, { jail: 'sshd' }),
    decisionOf('2001:db8::/64', Number.POSITIVE_INFINITY, { distinct: [], failures: 0 }),
  ],
  positions: { kernel: { bootId: 'b', sequence: 9 } },
  windows: { portscan: [['192.0.2.8', [{ timeUsec: 1, distinct: '22' }]]] },
};

describe('the state as text', () => {
  it('is read back as it was, a ban for good too', () => assert.deepEqual(parseState(formatState(state)), state));

  it('of nothing is read back', () => {
    const nothing = { bans: [], positions: {}, windows: {} };
    assert.deepEqual(parseState(formatState(nothing)), nothing);
  });

  it('a ban by hand has no evidence afterwards either', () => {
    const [ban] = parseState(formatState({ ...state, bans: [decisionOf('192.0.2.7', 5, { evidence: undefined })] })).bans;
    assert.equal(ban?.evidence, undefined);
  });

  it('what attackers wrote into the evidence comes back as it was', () => {
    const evidence = { source: 'kernel', sequence: 1, text: '"}],\\"\x1b[2J\n\0\u2028\xff' };
    const [ban] = parseState(formatState({ ...state, bans: [decisionOf('192.0.2.7', 5, { evidence })] })).bans;
    assert.deepEqual(ban?.evidence, evidence);
  });

  const good = JSON.parse(formatState(state)) as { bans: Record<string, unknown>[] };
  const withBan = (change: Record<string, unknown>) => JSON.stringify({ ...good, bans: [{ ...good.bans[0], ...change }] });
  const broken: [string, string][] = [
    ['nothing', ''],
    ['half of it', formatState(state).slice(0, 100)],
    ['null', 'null'],
    ['a list', '[]'],
    ['NUL bytes', '\0'.repeat(100)],
    ['no version', JSON.stringify({ ...good, version: undefined })],
    ['version 2', JSON.stringify({ ...good, version: 2 })],
    ['version "1"', JSON.stringify({ ...good, version: '1' })],
    ['no bans', JSON.stringify({ ...good, bans: undefined })],
    ['bans that are no list', JSON.stringify({ ...good, bans: {} })],
    ['no positions', JSON.stringify({ ...good, positions: null })],
    ['windows that are a list', JSON.stringify({ ...good, windows: [] })],
    ['a ban that is null', JSON.stringify({ ...good, bans: [null] })],
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
    it(`${name} is refused, and set aside as it was`, async () => {
      assert.throws(() => parseState(text), Error);
      const path = join(directory(), 'state.json');
      writeFileSync(path, text);
      const { state: loaded, setAside } = await loadState(path);
      assert.equal(loaded, undefined);
      assert.ok(setAside);
      assert.ok(setAside.path.startsWith(`${path}.unreadable-`));
      assert.notEqual(setAside.reason, '');
      assert.equal(readFileSync(setAside.path, 'utf8'), text);
      // The next start begins anew, and keeps what was set aside.
      assert.deepEqual(await loadState(path), { state: undefined, setAside: undefined });
    });
  }
});

describe('the state on disk', () => {
  it('is loaded as it was saved', async () => {
    const path = join(directory(), 'state.json');
    await saveState(path, formatState(state));
    assert.deepEqual(await loadState(path), { state, setAside: undefined });
  });

  it('is for nobody else to read, and leaves no other file', async () => {
    const place = directory();
    await saveState(join(place, 'state.json'), formatState(state));
    await saveState(join(place, 'state.json'), formatState(state));
    assert.deepEqual(readdirSync(place), ['state.json']);
    assert.equal(statSync(join(place, 'state.json')).mode & 0o777, 0o600);
  });

  it('that is missing is none', async () => {
    assert.deepEqual(await loadState(join(directory(), 'state.json')), { state: undefined, setAside: undefined });
  });

  it('what a kill left half written beside it does not matter', async () => {
    const path = join(directory(), 'state.json');
    await saveState(path, formatState(state));
    writeFileSync(`${path}.new`, '{"version":1,"ba');
    assert.deepEqual((await loadState(path)).state, state);
    await saveState(path, formatState({ ...state, bans: [] }));
    assert.deepEqual((await loadState(path)).state?.bans, []);
  });

  it('that cannot be read is a failure, and is not set aside', async () => {
    const path = directory();
    await assert.rejects(loadState(path), { code: 'unavailable', message: /^cannot read the state .*EISDIR/ });
    assert.ok(statSync(path).isDirectory());
  });

  it('where it cannot be written, what was there before stays whole', async () => {
    const place = directory();
    const path = join(place, 'state.json');
    await saveState(path, formatState(state));
    mkdirSync(`${path}.new`);
    await assert.rejects(saveState(path, 'x'), { code: 'EISDIR' });
    assert.deepEqual((await loadState(path)).state, state);
  });
});
