import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openSqlite } from '../../src/binding/sqlite.ts';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { importBans } from '../../src/cli/import.ts';
import { formatMessage, maxRequestBytes, parseRequest } from '../../src/control/codec.ts';
import type { ImportAnswer } from '../../src/control/messages.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringjail-import-'));
after(() => rmSync(directory, { recursive: true }));
const database = join(directory, 'fail2ban.sqlite3');
const socket = join(directory, 'ringjail.sock');
const context = (lines: string[], isJson = false): CommandContext => ({
  version: '1',
  paths: { config: '', store: '', helper: '', socket },
  isJson,
  print: (text) => void lines.push(...text.split('\n')),
  write: async () => undefined,
  printError: () => undefined,
});

function fill(addresses: readonly string[], line: string): void {
  rmSync(database, { force: true });
  const sqlite = openSqlite(database);
  sqlite.exec(`CREATE TABLE fail2banDb(version INTEGER); CREATE TABLE bans(jail, ip, timeofban, bantime, bancount, data);
    CREATE TABLE bips(jail, ip, timeofban, bantime, bancount, data)`);
  const add = sqlite.prepare("INSERT INTO bips VALUES('sshd', ?, 1700000000, -1, 1, ?)");
  sqlite.transaction(() => addresses.forEach((address) => void add.run(address, JSON.stringify({ matches: [line], failures: 3 }))))();
  sqlite.close();
}

/** A daemon that imports all but the first of each request; how many bans and bytes each request had. */
async function withDaemon(task: () => Promise<unknown>): Promise<{ bans: number; bytes: number }[]> {
  const requests: { bans: number; bytes: number }[] = [];
  const server = createServer((connection) => {
    let text = '';
    connection.on('data', (chunk) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      const request = parseRequest(text);
      const bans = request?.command === 'import' ? request.bans.length : -1;
      requests.push({ bans, bytes: Buffer.byteLength(text) });
      const spared = [{ network: '192.0.2.1', jail: 'sshd', reason: 'gateway' }];
      const result: ImportAnswer = { imported: bans - 1, alreadyBanned: 1, overCount: 0, spared, withoutJail: { 'ng\x1b[2J': 2 } };
      connection.end(formatMessage({ ok: true, result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await task();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  return requests;
}

describe('ringjail import', () => {
  it('asks the daemon, and tells what was left out and why', async () => {
    fill(['192.0.2.1', '192.0.2.2', 'user\x1b[2J'], 'line');
    const lines: string[] = [];
    assert.equal((await withDaemon(() => importBans(context(lines), 'fail2ban', database))).length, 1);
    assert.deepEqual(lines, [
      'imported 1 bans',
      '1 are banned already',
      '192.0.2.1 of jail sshd is left out: it is never banned here (gateway)',
      '"user\\u001b[2J" of jail sshd is left out: it makes no sense',
      '2 bans of jail ng\\x1b[2J are left out: no such jail runs here; enable it and import again',
    ]);
  });

  it('many go in several requests, none too large, and are counted together', async () => {
    const addresses = Array.from({ length: 10_000 }, (_, index) => `198.18.${index >> 8}.${index & 255}`);
    fill(addresses, '\u{1f512}'.repeat(256));
    const lines: string[] = [];
    const requests = await withDaemon(() => importBans(context(lines, true), 'fail2ban', database));
    assert.ok(requests.length > 1);
    for (const { bytes } of requests) assert.ok(bytes < maxRequestBytes);
    assert.equal(
      requests.reduce((sum, { bans }) => sum + bans, 0),
      10_000,
    );
    const summary = JSON.parse(lines.join('')) as ImportAnswer;
    assert.equal(summary.imported, 10_000 - requests.length);
    assert.equal(Object.values(summary.withoutJail)[0], 2 * requests.length);
  });

  it('needs the daemon, also where there is nothing to import', async () => {
    fill([], '');
    await assert.rejects(importBans(context([]), 'fail2ban', database), { code: 'unavailable', message: /no daemon answers.*start it/ });
  });

  it('knows no other program', async () => {
    await assert.rejects(importBans(context([]), 'crowdsec', database), { code: 'usage' });
  });
});
