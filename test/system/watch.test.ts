// ringjail watch with real packets: it shows whom the jails would ban, and touches nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Laboratory, run, until } from '../lab/laboratory.ts';
import { stagedProgram } from '../lab/staged-program.ts';
import { needsRoot } from './requires-root.ts';

describe('ringjail watch', { skip: needsRoot }, () => {
  const lab = new Laboratory('rjwatch');
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-watch-'));

  before(() => {
    lab.up();
    lab.enableUfw('high');
    mkdirSync(join(directory, 'filter.d'));
    const shipped = `${stagedProgram()}/config`;
    writeFileSync(join(directory, 'filter.d', 'portscan.conf'), `[INCLUDES]\nbefore = ${shipped}/filter.d/portscan.conf\n`);
    writeFileSync(
      join(directory, 'jail.conf'),
      '[portscan]\nenabled = yes\nbackend = kernel, syslog\ndistinct = port\nfilter = portscan\n',
    );
    writeFileSync(join(directory, 'ringjail.conf'), '[Definition]\nsyslog_listen = udp://127.0.0.1:5514\n');
  });
  after(() => {
    lab.down();
    rmSync(directory, { recursive: true });
  });

  test('shows failures and the ban that would be, and changes neither firewall nor files nor ports', async () => {
    const ruleset = async () => (await run(lab.onServer('nft', 'list', 'ruleset'))).stdout.replace(/packets \d+ bytes \d+/g, '');
    const earlier = { ruleset: await ruleset(), files: readdirSync(directory) };
    const [program = '', ...args] = lab.onServer(
      'env',
      `STATE_DIRECTORY=${directory}`,
      `RUNTIME_DIRECTORY=${directory}`,
      `${stagedProgram()}/bin/ringjail`,
      '-c',
      directory,
      'watch',
    );
    const watch = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let shown = '';
    watch.stdout.on('data', (text: Buffer) => (shown += text.toString()));
    try {
      await until('it watches', () => shown.includes('watching kernel'));
      assert.match(shown, /syslog port is not seen here/);
      await lab.knock('10.77.0.31', [3001, 3002, 3003, 3004, 3005, 3006]);
      await until('the ban is shown', () => /portscan: WOULD BAN 10\.77\.0\.31 /.test(shown));
      assert.match(shown, /portscan: failure of 10\.77\.0\.31: \[UFW BLOCK\]/);
      assert.deepEqual({ ruleset: await ruleset(), files: readdirSync(directory) }, earlier);
      assert.equal((await run(lab.onServer('ss', '-Hlnu'))).stdout.includes(':5514'), false);
    } finally {
      watch.kill('SIGINT');
    }
  });
});
