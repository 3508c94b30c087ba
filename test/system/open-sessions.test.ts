// Bans and what is open, with the daemon, a real sshd and real packets: the session of a banned address dies, nobody who is logged in is banned.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DaemonProcess } from '../lab/daemon-process.ts';
import { Laboratory, run, until } from '../lab/laboratory.ts';
import type { LineProcess } from '../lab/line-process.ts';
import { SshServer } from '../lab/ssh-server.ts';
import { needsRoot } from './requires-root.ts';

const scanned = Array.from({ length: 20 }, (_, index) => 1001 + index);

/** The laboratory, where the server's programs run beside sshd. */
class SshLaboratory extends Laboratory {
  ssh: SshServer | undefined;

  override onServer(...command: string[]): string[] {
    return this.ssh?.inside(...command) ?? super.onServer(...command);
  }
}

describe('open sessions', { skip: needsRoot }, () => {
  const lab = new SshLaboratory('rjopen');
  const ssh = new SshServer(lab);
  let daemon: DaemonProcess;

  before(async () => {
    lab.up();
    lab.enableUfw('high');
    await ssh.start();
    lab.ssh = ssh;
    daemon = new DaemonProcess(lab);
    await daemon.start();
  });

  after(async () => {
    await daemon?.dispose();
    ssh.dispose();
    lab.ssh = undefined;
    lab.down();
  });

  const assertLives = async (session: LineProcess) => {
    const line = `still there? ${session.lines.length}`;
    session.send(line);
    await session.has(line);
  };
  const assertDied = async (session: LineProcess) => {
    assert.equal(await session.ended(), 255);
    assert.match(session.stderr, /reset|aborted|closed|Broken pipe/);
  };

  test('a ban by hand ends the ssh session of the address, another address keeps its own', async () => {
    const banned = await ssh.session('10.77.0.40', false);
    const other = await ssh.session('10.77.0.41', false);
    const { code, stderr } = await daemon.control('ban', 'portscan', '10.77.0.40');
    assert.deepEqual([code, stderr], [0, '']);
    await assertDied(banned);
    await assertLives(other);
    assert.match(daemon.stderr, /cut 1 TCP connections and \d+ tracked flows of 10\.77\.0\.40/);
  });

  test('a ban by a port scan ends the ssh session of the address', async () => {
    const session = await ssh.session('10.77.0.42', false);
    await lab.knock('10.77.0.42', scanned);
    await assertDied(session);
    assert.ok((await daemon.banned()).includes('10.77.0.42'));
  });

  test('who is logged in is not banned by hand, the reason is told, and the session lives on', async () => {
    const session = await ssh.session('10.77.0.43', true);
    const { code, stderr } = await daemon.control('ban', 'portscan', '10.77.0.43');
    assert.equal(code, 64);
    assert.match(stderr, /10\.77\.0\.43 is never banned: logged in now/);
    await assertLives(session);
  });

  test('who is logged in is not banned by a port scan either, and it is counted', async () => {
    const session = await ssh.session('10.77.0.44', true);
    await lab.knock('10.77.0.44', scanned);
    await until('a ban is refused', async () => ((await daemon.status()).jails[0]?.refused ?? 0) > 0);
    assert.match(daemon.stderr, /10\.77\.0\.44 is not banned by jail portscan, because it is protected \(logged in now\)/);
    await assertLives(session);
    assert.ok(!(await daemon.banned()).includes('10.77.0.44'));
  });

  test('who has logged out can be banned', async () => {
    const session = await ssh.session('10.77.0.45', true);
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.45')).code, 64);
    session.send('\u0004');
    assert.equal(await session.ended(), 0);
    await until('it is not protected any more', async () => (await daemon.control('ban', 'portscan', '10.77.0.45')).code === 0);
  });

  test('an address that becomes one of this machine is not banned any more, and a gateway neither', async () => {
    assert.equal((await daemon.control('ban', 'portscan', '10.77.0.50', '10.77.0.51', '10.77.0.52')).code, 0);
    await run(lab.onServer('ip', 'addr', 'add', '10.77.0.50/32', 'dev', 'lo'));
    await run(lab.onServer('ip', 'route', 'add', '203.0.113.0/24', 'via', '10.77.0.51'));
    await until('both are released', async () => {
      const elements = await daemon.elements('banned4');
      return !elements.includes('10.77.0.50') && !elements.includes('10.77.0.51') && elements.includes('10.77.0.52');
    });
  });
});
