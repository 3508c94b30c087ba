import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConnectionCutter } from '../../src/action/connection-cutter.ts';
import type { RawCut } from '../../src/binding/addon.ts';
import { network } from '../core/network.ts';
import { recordingLog } from '../daemon/recording-log.ts';

const nothing: RawCut = { sockets: 0, flows: 0, socketError: undefined, flowError: undefined };

/** A cutter with a kernel that answers `answers` in turn, and what it was asked. */
function setUp(...answers: (Partial<RawCut> | Error)[]) {
  const log = recordingLog();
  const asked: { rows: string; ports: number[]; protocol: number }[] = [];
  const cutter = new ConnectionCutter({
    log,
    cutConnections: async (networks, ports, protocol) => {
      asked.push({ rows: Buffer.from(networks).toString('hex'), ports: [...ports], protocol });
      await new Promise(setImmediate);
      const answer = answers.shift() ?? {};
      if (answer instanceof Error) throw answer;
      return { ...nothing, ...answer };
    },
  });
  const cut = (...texts: string[]) => cutter.cut(texts.map((text) => ({ network: network(text) })));
  return { log, asked, cutter, cut };
}

const rowOf192 = `0420c0000207${'00'.repeat(12)}`;

describe('ConnectionCutter', () => {
  it('hands over networks as rows, with ports and protocol', async () => {
    const { asked, cutter } = setUp();
    await cutter.cut([
      {
        network: network('2001:db8::/64'),
        ports: [
          [22, 22],
          [8000, 8010],
        ],
        protocol: 6,
      },
    ]);
    assert.deepEqual(asked, [{ rows: `064020010db8${'00'.repeat(12)}`, ports: [22, 22, 8000, 8010], protocol: 6 }]);
  });

  it('asks for all ports and protocols where none are named', async () => {
    const { asked, cut } = setUp();
    await cut('192.0.2.7');
    assert.deepEqual(asked, [{ rows: rowOf192, ports: [], protocol: 0 }]);
  });

  it('cuts what comes in one turn of the loop at once, and what comes while it runs afterwards at once', async () => {
    const { asked, cut } = setUp();
    const first = cut('192.0.2.7');
    const second = cut('192.0.2.8');
    await undefined;
    await undefined;
    const late = [cut('192.0.2.9'), cut('192.0.2.10')];
    await Promise.all([first, second, ...late]);
    assert.deepEqual(
      asked.map(({ rows }) => rows.length / 36),
      [2, 2],
    );
  });

  it('makes one call for each set of ports', async () => {
    const { asked, cutter } = setUp();
    const ports = [[22, 22]] as const;
    await cutter.cut([
      { network: network('192.0.2.7'), ports },
      { network: network('192.0.2.8') },
      { network: network('192.0.2.9'), ports },
    ]);
    assert.deepEqual(
      asked.map(({ rows, ports: given }) => [rows.length / 36, given]),
      [
        [2, [22, 22]],
        [1, []],
      ],
    );
  });

  it('works again after it was done', async () => {
    const { asked, cut } = setUp();
    await cut('192.0.2.7');
    await cut('192.0.2.7');
    assert.equal(asked.length, 2);
  });

  it('counts what was ended, and says so', async () => {
    const { cutter, cut, log } = setUp({ sockets: 2, flows: 3 }, {}, { flows: 1 });
    for (const text of ['192.0.2.7', '192.0.2.8', '192.0.2.9']) await cut(text);
    assert.deepEqual(cutter.counts, { sockets: 2, flows: 4, failures: 0 });
    assert.deepEqual(log.lines, [
      'info: cut 2 TCP connections and 3 tracked flows of 192.0.2.7',
      'info: cut 0 TCP connections and 1 tracked flows of 192.0.2.9',
    ]);
  });

  it('counts each failure, tells each trouble once with its cure, and never rejects', async () => {
    const unsupported = { socketError: 'EOPNOTSUPP', flowError: 'EIO' };
    const { cutter, cut, log } = setUp(unsupported, unsupported, new Error('out of memory'));
    for (let index = 0; index < 3; index++) await cut('192.0.2.7');
    assert.equal(cutter.counts.failures, 3);
    assert.equal(log.lines.length, 3);
    assert.match(log.lines[0] ?? '', /^warning: .*TCP connections.*CONFIG_INET_DIAG_DESTROY/);
    assert.match(log.lines[1] ?? '', /^warning: .*tracked flows of banned addresses: EIO;/);
    assert.match(log.lines[2] ?? '', /^warning: .*out of memory/);
  });
});
