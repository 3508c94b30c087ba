// A login that succeeds clears what was counted, with the sshd filter as shipped and as fail2ban has it.
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type JailContext, loadJails } from '../../src/config/jail-config.ts';
import { Pipeline } from '../../src/daemon/pipeline.ts';
import { BanKeeper } from '../../src/enforce/ban-keeper.ts';
import { Jail } from '../../src/jail/jail.ts';
import { NetworkList } from '../../src/jail/network-list.ts';
import { configDirectory } from '../config/config-directory.ts';
import { FakeAction } from '../enforce/fake-action.ts';
import { copyFail2banConfig, removeFail2banConfig, skipWithoutFail2ban } from '../lab/fail2ban-package.ts';
import { batchOf } from '../record/batch-of.ts';
import { recordingLog } from './recording-log.ts';

const contextOf = (directory: string): JailContext => ({
  directory,
  isRoot: true,
  hostName: 'host.example',
  hasUnit: () => false,
  clock: () => 1_000_000,
  listensToSyslog: false,
});

/** Who is banned by these messages, of one process each, with maxretry = 3. */
function bansOf(directory: string, options: string, messages: readonly string[]): string[] {
  writeFileSync(join(directory, 'jail.local'), `[sshd]\nenabled = true\nbackend = systemd\naction = nftables\nmaxretry = 3\n${options}\n`);
  const { jails, errors } = loadJails(contextOf(directory));
  assert.deepEqual(errors, []);
  const bans: string[] = [];
  const log = recordingLog();
  const clock = () => 1_000_000;
  const pipeline = new Pipeline({
    keeper: new BanKeeper({ createAction: (name) => new FakeAction(name), clock, log, onEnded: () => undefined }),
    protectedNetworks: () => new NetworkList([]),
    resolve: async () => [],
    earlierBans: () => 0,
    clock,
    events: {
      onBan: ({ network }) => void bans.push(network.text),
      onRefused: () => undefined,
      onSeenWhileBanned: () => undefined,
    },
  });
  pipeline.jails = jails
    .filter(({ options: { name } }) => name === 'sshd')
    .map((jail) => ({ ...jail, selectors: jail.records.selectors, jail: new Jail(jail.options), resolvesNames: false }));
  for (const [index, message] of messages.entries())
    pipeline.process(batchOf([`host sshd[${index + 1}]: ${message}`], { source: 'journal' }));
  return bans;
}

const failed = 'Failed password for alice from 192.0.2.1 port 50000 ssh2';
const accepted = 'Accepted publickey for alice from 192.0.2.1 port 50001 ssh2: ED25519 SHA256:abc';
const forgotten = [failed, failed, accepted, failed, failed];

function examine(directory: string): void {
  it('no by default: three failures ban, whoever logs in between', () => assert.deepEqual(bansOf(directory, '', forgotten), ['192.0.2.1']));
  it('yes: two and two are not three', () => assert.deepEqual(bansOf(directory, 'reset_on_success = yes', forgotten), []));
  it('yes: three after the login are', () =>
    assert.deepEqual(bansOf(directory, 'reset_on_success = yes', [...forgotten, failed]), ['192.0.2.1']));
  it("yes: another's login clears nothing", () => {
    const messages = forgotten.map((message) => (message === accepted ? message.replace('.0.2.1', '.0.2.9') : message));
    assert.deepEqual(bansOf(directory, 'reset_on_success = yes', messages), ['192.0.2.1']);
  });
}

describe('reset_on_success, the sshd filter as shipped', () => {
  const directory = configDirectory({});
  cpSync(join(import.meta.dirname, '../../../config'), directory, { recursive: true });
  examine(directory);
  it('a name or the ID of a certificate that looks like an address clears nothing of it', () => {
    const forged = [
      'Accepted publickey for alice from 192.0.2.9 port 5 ssh2: RSA-CERT SHA256:p8Y ID x from 192.0.2.1 port 22 ssh2 (serial 0) CA RSA SHA256:abc',
      'Accepted password for x from 192.0.2.1 port 22 ssh2 from 192.0.2.9 port 5 ssh2',
    ];
    assert.deepEqual(bansOf(directory, 'reset_on_success = yes', [failed, failed, ...forged, failed]), ['192.0.2.1']);
  });
});

describe("reset_on_success, fail2ban's sshd filter", { skip: skipWithoutFail2ban }, () => {
  const directory = copyFail2banConfig();
  after(() => removeFail2banConfig(directory));
  examine(directory);
});
