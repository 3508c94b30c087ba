import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandAction } from '../../src/action/command-action.ts';
import { type CommandDefinition, type CommandSet, commandNames } from '../../src/action/command-definition.ts';
import type { ShellCommand } from '../../src/action/run-command.ts';
import { parseShellTemplate } from '../../src/action/shell/shell-template-parser.ts';
import { nothingGone } from '../../src/action/ticket-action.ts';
import { ticketOf } from './ban-ticket.ts';

function commandsOf(texts: Record<string, string>): CommandSet {
  return Object.fromEntries(
    commandNames.flatMap((name) => {
      const parsed = parseShellTemplate(texts[name] ?? '');
      assert.ok(parsed.ok);
      return texts[name] === undefined ? [] : [[name, parsed.value.template]];
    }),
  );
}

interface Given extends Partial<CommandDefinition> {
  readonly texts?: Record<string, string>;
  /** Exit codes in order; 0 after the last. */
  readonly exits?: Record<string, number[]>;
  readonly started?: readonly (4 | 6)[];
  readonly says?: string;
}

const all = { start: 'start', stop: 'stop', check: 'check', ban: 'ban', unban: 'unban', flush: 'flush', prolong: 'prolong' };

function create({ texts = all, exits = {}, started = [], says = 'said', ...definition }: Given = {}) {
  const ran: string[] = [];
  const commands: ShellCommand[] = [];
  const families = new Set<4 | 6>(started);
  const action = new CommandAction({
    name: 'test',
    definition: {
      name: 'test',
      commands: { 4: commandsOf(texts), 6: commandsOf(texts) },
      isPerFamily: true,
      isStartedOnDemand: true,
      norestored: false,
      repairsOnUnban: false,
      timeoutMs: 60_000,
      ...definition,
    },
    runShell: (command) => {
      commands.push(command);
      ran.push(command.script);
      return Promise.resolve({ exitCode: exits[command.script]?.shift() ?? 0, output: says });
    },
    started: { has: (family) => families.has(family), set: (family, is) => void (is ? families.add(family) : families.delete(family)) },
    hostNames: { full: 'host.example.org', short: 'host' },
    lookUpName: () => Promise.resolve('name.example'),
  });
  return { action, ran, commands, families };
}

const v4 = ticketOf('192.0.2.7');
const v6 = ticketOf('2001:db8::7');

describe('CommandAction, told of what is no address', () => {
  const text = '$(reboot) "x';
  const bob = ticketOf(text, { isRaw: true, fields: { 'F-USER': 'bob' } });

  it('by <fid> and <F-ID>, as IPv4 is told, without a family', async () => {
    const { action, commands } = create({ texts: { start: 'start', ban: 'kick <fid> "<F-ID>" <F-USER> <family>', unban: 'free <fid>' } });
    await action.ban(bob);
    await action.unban(bob);
    assert.deepEqual(
      commands.map(({ env }) => env),
      [{}, { RJ_FID: text, RJ_F_ID_OPERAND: text, RJ_F_USER_OPERAND: 'bob', RJ_FAMILY: '' }, { RJ_FID: text }],
    );
  });

  it('by the commands for IPv4, also where a colon is in it', async () => {
    const { action, ran } = create({ commands: { 4: commandsOf({ ban: 'four' }), 6: commandsOf({ ban: 'six' }) } });
    await action.ban(ticketOf('host:22', { isRaw: true }));
    await action.ban(ticketOf('2001:db8::7'));
    assert.deepEqual(ran, ['four', 'six']);
  });

  for (const [name, ban] of [
    ['needs an address', 'kick <ip>'],
    ['looks up a name', 'kick <fid> <ip-host>'],
    ['is of a firewall', 'iptables -s <fid>'],
  ] as const) {
    it(`refuses where the command ${name}, and starts nothing`, async () => {
      const { action, ran } = create({ texts: { start: 'start', ban } });
      await assert.rejects(action.ban(bob), { code: 'usage' });
      assert.deepEqual(ran, []);
    });
  }

  it('and a text that it cannot be given', async () => {
    const { action, ran } = create({ texts: { ban: 'kick <fid>', unban: 'sed -i "s/x<fid>//" file' } });
    await assert.rejects(action.ban(bob), { code: 'usage', message: /actionunban cannot be given safely/ });
    await assert.rejects(action.ban(ticketOf('192.0.2.7', { isRaw: true })), /no address/);
    assert.deepEqual(ran, []);
    await action.ban(ticketOf('bob', { isRaw: true }));
    assert.equal(ran.length, 1);
  });
});

describe('CommandAction', () => {
  it('starts on demand, each family by itself, after its check said that it is not there', async () => {
    const { action, ran, families } = create({ exits: { check: [1, 0, 1] } });
    assert.deepEqual(await action.start(), { lost: [] });
    assert.deepEqual(await action.ban(v4), { lost: [4] });
    assert.deepEqual(await action.ban(v4), { lost: [] });
    assert.deepEqual(await action.ban(v6), { lost: [6] });
    assert.deepEqual(ran, ['check', 'start', 'ban', 'check', 'ban', 'check', 'start', 'ban']);
    assert.deepEqual([...families], [4, 6]);
  });

  it('takes over what an earlier process started', async () => {
    const { action, ran } = create();
    assert.deepEqual(await action.ban(v4), { lost: [] });
    assert.deepEqual(ran, ['check', 'ban']);
  });

  it('without a check, and started before: bans at once', async () => {
    const { action, ran } = create({ texts: { start: 'start', ban: 'ban' }, started: [4] });
    await action.ban(v4);
    assert.deepEqual(ran, ['ban']);
  });

  it('starts with the daemon where it is not on demand, for both families at once where nothing differs', async () => {
    const { action, ran } = create({ texts: { start: 'start', ban: 'ban' }, isStartedOnDemand: false, isPerFamily: false });
    assert.deepEqual(await action.start(), { lost: [4, 6] });
    await action.ban(v4);
    await action.ban(v6);
    assert.deepEqual(ran, ['start', 'ban', 'ban']);
  });

  it('a check that fails: stopped, started, checked again, and the earlier bans are told lost', async () => {
    const { action, ran } = create({ started: [4], exits: { check: [1], stop: [1] } });
    assert.deepEqual(await action.ban(v4), { lost: [4] });
    assert.deepEqual(ran, ['check', 'stop', 'start', 'check', 'ban']);
  });

  it('repair takes the place of stop and start', async () => {
    const { action, ran } = create({ texts: { ...all, repair: 'repair' }, started: [4], exits: { check: [1] } });
    assert.deepEqual(await action.check(), { lost: [4] });
    assert.deepEqual(ran, ['check', 'repair', 'check']);
  });

  it('a check that fails for good: the ban is not enforced', async () => {
    const { action, families } = create({ started: [4], exits: { check: [1, 1] } });
    await assert.rejects(action.ban(v4), /actioncheck fails/);
    assert.deepEqual([...families], []);
  });

  it('an unban that fails where the check fails too: there is nothing left to lift', async () => {
    const { action } = create({ started: [4], exits: { unban: [1, 1], check: [1, 1, 0, 0] } });
    assert.deepEqual(await action.unban(v4), { lost: [4] });
    await assert.rejects(action.unban(v4), /actionunban ended with 1: said/);
  });

  it('norestored: says nothing of restored bans', async () => {
    const { action, ran } = create({ norestored: true });
    const restored = { ...v4, restored: true };
    for (const call of ['ban', 'unban', 'prolong'] as const) await action[call](restored);
    assert.deepEqual(ran, []);
  });

  it('flush and stop: what is started, family by family', async () => {
    const { action, ran, families } = create({ started: [6] });
    assert.equal(await action.flush(), true);
    await action.stop();
    assert.deepEqual(ran, ['flush', 'stop']);
    assert.equal(families.size, 0);
    const without = create({ texts: { ban: 'ban' }, started: [4] });
    assert.equal(await without.action.flush(), false);
  });

  it('the values of the ban', async () => {
    const { action, commands } = create({
      texts: { ban: 'x <ip> <family> <bantime> <failures> <ip-rev> <restored> "<matches>" <ip-host> <F-USER>' },
    });
    const matches = ['one', '$(two)'];
    await action.ban(ticketOf('192.0.2.7', { matches, fields: { 'F-USER': "'root'", ip: 'no' } }));
    await action.ban(ticketOf('2001:db8::/64', { untilUsec: undefined }));
    const { RJ_IP, RJ_BANTIME, RJ_FAMILY, RJ_IP_REV } = commands.at(-1)?.env ?? {};
    assert.deepEqual([RJ_IP, RJ_BANTIME, RJ_FAMILY], ['2001:db8::/64', '-1', 'inet6']);
    assert.match(RJ_IP_REV ?? '', /^(?:0\.){24}8\.b\.d\.0\.1\.0\.0\.2\.$/);
    const first = commands.find(({ env }) => env['RJ_IP'] === '192.0.2.7')?.env;
    assert.deepEqual(first, {
      RJ_IP: '192.0.2.7',
      RJ_FAMILY: 'inet4',
      RJ_BANTIME: '600',
      RJ_FAILURES: '5',
      RJ_IP_REV: '7.2.0.192.',
      RJ_RESTORED: '0',
      RJ_MATCHES_OPERAND: 'one\n$(two)',
      RJ_IP_HOST_OPERAND: 'name.example',
      RJ_F_USER_OPERAND: "'root'",
    });
  });
});

describe('CommandAction, looked at', () => {
  it('checks what is started, one process a family, and changes nothing', async () => {
    const { action, ran } = create({ started: [6], exits: { check: [1] } });
    assert.deepEqual(await action.look?.([]), { lost: [6], missing: [] });
    assert.deepEqual(ran, ['check']);
    assert.deepEqual(await action.look?.([]), { lost: [], missing: [] });
  });

  it('where both families are one, both are lost', async () => {
    const { action, ran } = create({ started: [4], exits: { check: [1] }, isPerFamily: false });
    assert.deepEqual([await action.look?.([]), ran], [{ lost: [4, 6], missing: [] }, ['check']]);
  });

  it('without an actioncheck there is no way to', () => assert.equal(create({ texts: { ban: 'ban' } }).action.look, undefined));

  const listing = { ban: 'ban', list: 'list' };

  it('an actionlist tells which bans are gone, in whatever form it writes them', async () => {
    const said = '-A f2b-x -s 192.0.2.7/32 -j DROP\n add x 192.0.2.8 timeout 0\nALL: [2001:DB8::7], {198.51.100.0/24}; 0.0.0.0/0';
    const { action } = create({ texts: listing, started: [4, 6], says: said });
    const there = ['192.0.2.7', '192.0.2.8', '2001:db8::7', '198.51.100.0/24'];
    const gone = ['192.0.2.70', '92.0.2.8', '198.51.101.1', '2001:db8::/64'];
    assert.deepEqual((await action.look?.([...there, ...gone]))?.missing.toSorted(), gone.toSorted());
  });

  it('one process a family that has bans and is started, none where all of it is lost', async () => {
    const only4 = create({ texts: listing, started: [4] });
    await only4.action.look?.(['192.0.2.7', '2001:db8::7']);
    assert.deepEqual(only4.ran, ['list']);
    const lost = create({ texts: { ...listing, start: 'start', check: 'check' }, started: [4], exits: { check: [1] } });
    assert.deepEqual(await lost.action.look?.(['192.0.2.7']), { lost: [4], missing: [] });
    assert.deepEqual(lost.ran, ['check']);
    const none = create({ texts: listing, started: [4, 6] });
    await none.action.look?.([]);
    assert.deepEqual(none.ran, []);
  });

  const set = { start: 'start', stop: 'stop', list: 'list', ban: 'ban' };

  it('an actionlist that fails: what it was to list is gone, and is set up anew', async () => {
    const { action, ran, families } = create({ texts: set, started: [4, 6], exits: { list: [1, 1, 0, 0], stop: [1] }, says: '192.0.2.7' });
    assert.deepEqual(await action.look?.(['192.0.2.7']), { lost: [4], missing: [] });
    assert.deepEqual(await action.check(), { lost: [4] });
    assert.deepEqual(ran, ['list', 'list', 'stop', 'start', 'list', 'list']);
    assert.deepEqual([...families].toSorted(), [4, 6]);
    assert.deepEqual(await action.look?.(['192.0.2.7']), nothingGone);
  });

  it('where that is no cure it is not tried again, until the list has worked', async () => {
    const { action, ran } = create({ texts: set, started: [4], exits: { list: [1, 1, 1, 1, 0, 1] }, says: '192.0.2.7' });
    const look = () => action.look?.(['192.0.2.7']) ?? Promise.reject(new Error('none'));
    assert.deepEqual([await look(), await action.check()], [{ lost: [4], missing: [] }, { lost: [4] }]);
    await assert.rejects(look(), /actionlist ended with 1/);
    assert.deepEqual(await action.check(), { lost: [] });
    assert.deepEqual([await look(), await look()], [nothingGone, { lost: [4], missing: [] }]);
    assert.equal(ran.filter((script) => script === 'start').length, 1);
  });

  for (const [exit, says] of [
    [127, 'sh: 1: ipset: command not found'],
    [1, 'iptables v1.8.9: Permission denied (you must be root)'],
    [4, 'Another app is currently holding the xtables lock.'],
    [1, 'netlink: Error: Could not process rule: Operation not permitted'],
  ] as const) {
    it(`an actionlist that fails by the machine tells nothing: ${says}`, async () => {
      const { action, ran } = create({ texts: set, started: [4], exits: { list: [exit, exit] }, says });
      await assert.rejects(async () => action.look?.(['192.0.2.7']), { message: `actionlist ended with ${exit}: ${says}` });
      assert.deepEqual(await action.check(), { lost: [] });
      assert.deepEqual(ran, ['list', 'list']);
    });
  }

  it('grep that finds nothing is a list without bans', async () => {
    const { action } = create({ texts: set, started: [4], exits: { list: [1] }, says: '' });
    assert.deepEqual(await action.look?.(['192.0.2.7']), { lost: [], missing: ['192.0.2.7'] });
  });

  it('what one family lacks is found although the other cannot be listed', async () => {
    const { action } = create({ texts: listing, started: [4, 6], exits: { list: [0, 2] } });
    assert.deepEqual(await action.look?.(['192.0.2.7', '2001:db8::7']), { lost: [], missing: ['192.0.2.7'], unasked: ['2001:db8::7'] });
  });

  it('says which bans nobody can look for', async () => {
    const listless = create({ texts: { check: 'check', ban: 'ban' }, started: [4, 6] });
    assert.deepEqual(await listless.action.look?.(['192.0.2.7']), { lost: [], missing: [], unasked: ['192.0.2.7'] });
    const { action } = create({ texts: listing, isPerFamily: true, started: [4], says: '192.0.2.7' });
    assert.deepEqual(await action.look?.(['192.0.2.7', '2001:db8::7']), { lost: [], missing: [], unasked: ['2001:db8::7'] });
  });

  it('where nothing is started, a check that fails is not for the action to repair: told with what it said, and nothing is banned', async () => {
    const { action, ran, families } = create({ texts: { ...listing, check: 'check' }, started: [4, 6], exits: { check: [0, 1, 1, 1] } });
    assert.deepEqual(await action.look?.(['192.0.2.7']), { lost: [], missing: [], broken: 'actioncheck ended with 1: said' });
    await assert.rejects(action.ban(v4), /actioncheck ended with 1: said/);
    assert.deepEqual([ran, families.size], [['check', 'check', 'check', 'check'], 2]);
    await action.ban(v4);
    assert.equal(ran.at(-1), 'ban');
  });

  it('nor is it begun there', async () => {
    const { action, ran } = create({ texts: { check: 'check', ban: 'ban' }, exits: { check: [1] } });
    await assert.rejects(action.ban(v4), /actioncheck ended with 1: said/);
    assert.deepEqual(ran, ['check']);
  });

  it('an actionlist that fails where nothing is started, or writes too much, tells nothing', async () => {
    const failing = create({ texts: listing, started: [4], exits: { list: [1] } });
    await assert.rejects(async () => failing.action.look?.(['192.0.2.7']), /actionlist ended with 1: said/);
    const endless = create({ texts: listing, started: [4], says: 'x'.repeat(8 << 20) });
    await assert.rejects(async () => endless.action.look?.(['192.0.2.7']), /writes more than/);
  });
});
