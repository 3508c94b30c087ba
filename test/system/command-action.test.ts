// fail2ban's own definitions, run for real: by the helper as root, in the laboratory's server, asked over its socket as the daemon asks.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HelperClient } from '../../src/action/helper-client.ts';
import { RemoteAction } from '../../src/action/remote-action.ts';
import { formatDefinition, parseDefinition } from '../../src/config/action-list.ts';
import { loadTicketAction } from '../../src/config/ticket-action-config.ts';
import { TicketEnforcer } from '../../src/enforce/ticket-enforcer.ts';
import { ticketOf } from '../action/ban-ticket.ts';
import { recordingLog } from '../daemon/recording-log.ts';
import { Laboratory, projectDirectory, run, until } from '../lab/laboratory.ts';
import { cacheDirectory } from '../lab/staged-program.ts';
import { needsRoot } from './requires-root.ts';

const samples = process.env['RINGJAIL_FAIL2BAN_CONFIG'] ?? join(cacheDirectory, 'fail2ban/etc/fail2ban');
const skip =
  needsRoot || (!existsSync(join(samples, 'action.d')) && "needs Debian's package fail2ban, extracted: sudo scripts/fetch-samples.sh");

const v4 = '10.77.0.11';
const v6 = 'fd77::11';

describe('commands of fail2ban, by the helper', { skip }, () => {
  const lab = new Laboratory('rjcmd');
  // Below /tmp others may write, and the helper would refuse it.
  const directory = skip ? '' : mkdtempSync('/run/ringjail-commands-');
  const socket = join(directory, 'actions.sock');
  const client = new HelperClient(socket);
  const enforcers: TicketEnforcer[] = [];
  const actions: Record<string, string> = {
    iptables: 'iptables-multiport[name=ipt, port="22,80", blocktype=DROP]',
    nftables: 'nftables-multiport[name=nft, port="22,80"]',
    ipset: 'iptables-ipset-proto6[name=set, port=22]',
    ufw: 'ufw[blocktype=deny]',
    ownufw: 'ringjail-ufw',
    hostsdeny: `hostsdeny[file="${directory}/hosts.deny"]`,
    route: 'route',
    'mail-whois': 'mail-whois[name=mailed, dest=admin]',
    'sendmail-whois-matches': `sendmail-whois-matches[name=sent, mailcmd="cat >> ${directory}/sent"]`,
    shorewall: 'shorewall[blocktype=drop]',
    plain: 'plain',
    web: 'ringjail-ufw[destination=192.0.2.80]',
    sessions: `nginx-block-map[srv_pid="${directory}/nginx.pid", blck_lst_file="${directory}/sessions.map"]`,
  };
  let helper: ChildProcess;
  let said = '';

  const create = (jail: string): TicketEnforcer => {
    const named = parseDefinition(actions[jail] ?? '');
    assert.ok(named.ok);
    const { norestored, canLook } = loadTicketAction(directory, named.value, { section: jail, origin: { file: 'j', line: 1 } }, 'host');
    const action = new RemoteAction({ name: formatDefinition(named.value), jail, norestored, canLook, client });
    const enforcer = new TicketEnforcer(action, jail, recordingLog(), { checkIntervalMs: 1000 });
    enforcers.push(enforcer);
    return enforcer;
  };
  const onServer = async (...command: string[]) => (await run(lab.onServer(...command))).stdout;
  const banned = async (jail: string, others = {}) => {
    const enforcer = create(jail);
    for (const network of [v4, v6]) {
      await enforcer.ban(ticketOf(network, { jail, untilUsec: undefined, ...others }));
      assert.equal(enforcer.failureOf(network), undefined);
    }
    return enforcer;
  };
  const lifted = async (enforcer: TicketEnforcer) => {
    for (const network of [v4, v6]) await enforcer.unban(network);
    assert.equal(enforcer.failure, undefined);
  };

  before(async () => {
    lab.up();
    lab.enableUfw('low');
    cpSync(join(samples, 'action.d'), join(directory, 'action.d'), { recursive: true });
    cpSync(join(projectDirectory, 'config/action.d/ufw.conf'), join(directory, 'action.d/ringjail-ufw.conf'));
    const plain = 'actionban = iptables -I INPUT 1 -s <ip> -j DROP\nactionunban = iptables -D INPUT -s <ip> -j DROP\n';
    writeFileSync(join(directory, 'action.d/plain.conf'), `[Definition]\n${plain}`);
    const jails = Object.entries(actions).map(([jail, action]) => `[${jail}]\nenabled = true\naction = ${action}\n`);
    writeFileSync(join(directory, 'jail.conf'), jails.join('\n'));
    writeFileSync(join(directory, 'hosts.deny'), 'ALL: 198.51.100.7\n');
    const fakes = join(directory, 'fakes');
    mkdirSync(fakes);
    const fake = (name: string, text: string) => {
      writeFileSync(join(fakes, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(fakes, name), 0o755);
    };
    fake('whois', 'echo "netname: $1 \\\\c $(echo EVIL)"');
    fake('mail', `{ printf "[%s]" "$@"; echo; cat; echo; } >> ${directory}/mail`);
    await run(lab.onServer('mount', '--bind', fakes, '/usr/local/sbin'));
    const program = [process.execPath, join(projectDirectory, 'dist/src/cli/ringjail.js'), '-c', directory, 'actions', '--listen', socket];
    const [command = '', ...args] = lab.onServer('env', `RUNTIME_DIRECTORY=${directory}`, ...program);
    helper = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    helper.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until('the helper listens', () => existsSync(socket));
  });

  after(async () => {
    await Promise.all(enforcers.map((enforcer) => enforcer.stop()));
    client.close();
    helper?.kill();
    lab.down();
    rmSync(directory, { recursive: true, force: true });
  });

  test('iptables-multiport: chain on demand, ports, repaired when somebody flushes, unbanned', async () => {
    const enforcer = await banned('iptables');
    assert.match(await onServer('iptables', '-S'), new RegExp(`-A f2b-ipt -s ${v4}/32 -j DROP`));
    assert.match(await onServer('iptables', '-S', 'INPUT'), /-p tcp -m multiport --dports 22,80 -j f2b-ipt/);
    assert.match(await onServer('ip6tables', '-S'), new RegExp(`-A f2b-ipt -s ${v6}/128 -j DROP`));
    await onServer('iptables', '-F');
    const rule = `-A f2b-ipt -s ${v4}/32 -j DROP`;
    assert.ok(!(await onServer('iptables', '-S')).includes(rule));
    await until('the ban is back', async () => (await onServer('iptables', '-S')).includes(rule));
    await onServer('iptables', '-F');
    await onServer('iptables', '-X', 'f2b-ipt');
    await until('the ban is back', async () => (await onServer('iptables', '-S')).includes(rule));
    // actioncheck looks at the jump alone.
    await onServer('iptables', '-F', 'f2b-ipt');
    await until('the ban is back', async () => (await onServer('iptables', '-S')).includes(rule));
    await until('all are counted', () => enforcer.health().repairs === 3);
    assert.equal((await onServer('iptables', '-S', 'f2b-ipt')).match(new RegExp(v4, 'g'))?.length, 1);
    assert.match(await onServer('iptables', '-S', 'INPUT'), /-p tcp -m multiport --dports 22,80 -j f2b-ipt/);
    assert.equal((await onServer('ip6tables', '-S', 'f2b-ipt')).match(new RegExp(v6, 'g'))?.length, 1);
    await lifted(enforcer);
    assert.doesNotMatch(await onServer('iptables', '-S'), new RegExp(v4));
    assert.doesNotMatch(await onServer('ip6tables', '-S'), new RegExp(v6));
  });

  test('iptables-multiport: a restart leaves one rule, and flush and stop none', async () => {
    const first = await banned('iptables');
    await first.stop();
    const second = create('iptables');
    second.restore([ticketOf(v4, { jail: 'iptables' })], [v6]);
    await second.start();
    assert.equal((await onServer('iptables', '-S', 'f2b-ipt')).match(new RegExp(v4, 'g'))?.length, 1);
    assert.doesNotMatch(await onServer('ip6tables', '-S'), new RegExp(v6));
    await second.stop({ isFinal: true });
    assert.doesNotMatch(await onServer('iptables', '-S'), /f2b-ipt/);
  });

  test('iptables-multiport: a restart leaves the rules that are there as they are, and makes those that are not', async () => {
    const first = await banned('iptables');
    await first.stop();
    await onServer('ip6tables', '-D', 'f2b-ipt', '-s', v6, '-j', 'DROP');
    const { length } = said;
    const second = create('iptables');
    second.restore(
      [v4, v6].map((network) => ticketOf(network, { jail: 'iptables', untilUsec: undefined })),
      [],
    );
    await second.start();
    await until('both are enforced', () => second.isEnforced(v4) && second.isEnforced(v6));
    assert.match(await onServer('ip6tables', '-S', 'f2b-ipt'), new RegExp(`-s ${v6}/128 -j DROP`));
    assert.match(said.slice(length), new RegExp(`ban ${v6} by`));
    assert.doesNotMatch(said.slice(length), new RegExp(`ban ${v4} by`));
    await second.stop({ isFinal: true });
  });

  test("iptables: an owner's rule for a network around a ban is no ban", async () => {
    await onServer('iptables', '-A', 'INPUT', '-s', '10.77.0.0/24', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
    const enforcer = create('plain');
    await enforcer.ban(ticketOf(v4, { jail: 'plain', untilUsec: undefined }));
    const isThere = async () => (await onServer('iptables', '-S', 'INPUT')).includes(`-A INPUT -s ${v4}/32 -j DROP`);
    for (let time = 1; time <= 3; time++) {
      await onServer('iptables', '-D', 'INPUT', '-s', v4, '-j', 'DROP');
      await until(`it is back, ${time}`, isThere);
      await until('it is counted', () => enforcer.health().repairs === time);
    }
    assert.equal(enforcer.health().isUnknown, false);
    await enforcer.unban(v4);
    await onServer('iptables', '-D', 'INPUT', '-s', '10.77.0.0/24', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
  });

  test('nftables-multiport', async () => {
    const enforcer = await banned('nftables');
    assert.match(await onServer('nft', 'list', 'set', 'inet', 'f2b-table', 'addr-set-nft'), new RegExp(v4));
    assert.match(await onServer('nft', 'list', 'set', 'inet', 'f2b-table', 'addr6-set-nft'), new RegExp(v6));
    await onServer('nft', 'flush', 'ruleset');
    await until('the ban is back', async () => (await onServer('nft', 'list', 'ruleset')).includes(v4));
    await onServer('nft', 'flush', 'set', 'inet', 'f2b-table', 'addr6-set-nft');
    await until('the ban is back', async () => (await onServer('nft', 'list', 'ruleset')).includes(v6));
    await lifted(enforcer);
    assert.doesNotMatch(await onServer('nft', 'list', 'ruleset'), new RegExp(`${v4}|${v6}`));
    await enforcer.stop({ isFinal: true });
    assert.doesNotMatch(await onServer('nft', 'list', 'ruleset'), /f2b-table/);
    lab.enableUfw('low');
  });

  test('iptables-ipset-proto6', async () => {
    const enforcer = await banned('ipset');
    assert.match(await onServer('ipset', 'list'), new RegExp(`${v4} timeout 0`));
    assert.match(await onServer('ipset', 'list'), new RegExp(`${v6} timeout 0`));
    await onServer('iptables', '-F');
    await onServer('ipset', 'destroy', 'f2b-set');
    assert.doesNotMatch(await onServer('ipset', 'list'), new RegExp(v4));
    await until('the ban is back', async () => (await onServer('ipset', 'list')).includes(`${v4} timeout 0`));
    assert.match(await onServer('iptables', '-S', 'INPUT'), /--match-set f2b-set src/);
    // actioncheck sees nothing of these.
    await onServer('ipset', 'flush', 'f2b-set6');
    await until('the ban is back', async () => (await onServer('ipset', 'list')).includes(`${v6} timeout 0`));
    await onServer('ipset', 'del', 'f2b-set', v4);
    await until('the ban is back', async () => (await onServer('ipset', 'list')).includes(`${v4} timeout 0`));
    await until('all are counted', () => enforcer.health().repairs === 3);
    await lifted(enforcer);
    assert.doesNotMatch(await onServer('ipset', 'list'), new RegExp(v4));
  });

  test('iptables-ipset-proto6: of more bans than a request names, each is looked at every time', async () => {
    const enforcer = create('ipset');
    const many = Array.from({ length: 1100 }, (_, index) => `10.78.${index >> 8}.${index & 255}`);
    enforcer.restore(
      many.map((network) => ticketOf(network, { jail: 'ipset', untilUsec: undefined })),
      [],
    );
    // As an earlier run has left them.
    writeFileSync(join(directory, 'many'), many.map((network) => `add f2b-set ${network}\n`).join(''));
    await onServer('sh', '-c', `ipset list f2b-set >/dev/null || ipset create f2b-set hash:ip timeout 0; ipset restore <${directory}/many`);
    const { length } = said;
    await enforcer.start();
    await until('all are enforced', () => many.every((network) => enforcer.isEnforced(network)));
    assert.doesNotMatch(said.slice(length), /unban 10\.78/);
    for (const network of [many[3] ?? '', many[1099] ?? '']) await onServer('ipset', 'del', 'f2b-set', network);
    await until('both are back', () => enforcer.health().repairs > 0);
    const listed = await onServer('ipset', 'list', 'f2b-set');
    for (const network of [many[3], many[1099]]) assert.match(listed, new RegExp(`^${network} `, 'm'));
    await enforcer.stop({ isFinal: true });
  });

  test('ufw', async () => {
    // What was flushed before led to its chains, too.
    await onServer('/usr/lib/ufw/ufw-init', 'flush-all');
    await onServer('ufw', 'reload');
    const enforcer = await banned('ufw');
    assert.match(await onServer('ufw', 'show', 'added'), new RegExp(`deny from ${v4} comment 'by Fail2Ban after 5 attempts against ufw'`));
    assert.match(await onServer('ufw', 'show', 'added'), new RegExp(`deny from ${v6}`));
    for (const address of [v4, v6]) await onServer('ufw', 'delete', 'deny', 'from', address);
    assert.doesNotMatch(await onServer('ufw', 'show', 'added'), /deny from/);
    await until('both are back', async () => (await onServer('ufw', 'show', 'added')).match(/deny from/g)?.length === 2);
    await lifted(enforcer);
    assert.doesNotMatch(await onServer('ufw', 'show', 'added'), /deny from/);
  });

  test("our own ufw: leaves rules of the owner's alone, and is not in force where nothing leads to its rules", async () => {
    const added = async () => (await onServer('ufw', 'show', 'added')).split('\n').filter((line) => line.startsWith('ufw deny'));
    await onServer('ufw', 'deny', 'from', v4);
    await lifted(await banned('ownufw'));
    assert.deepEqual(await added(), [`ufw deny from ${v4}`]);
    await onServer('ufw', 'delete', 'deny', 'from', v4);
    const enforcer = await banned('ownufw');
    assert.deepEqual(await added(), [`ufw deny from ${v4} comment 'ringjail ownufw'`, `ufw deny from ${v6} comment 'ringjail ownufw'`]);
    const web = create('web');
    await web.ban(ticketOf(v4, { jail: 'web', untilUsec: undefined }));
    // What another jail shuts from one destination is not shut out.
    await onServer('ufw', 'allow', 'from', '10.77.0.0/24', 'to', 'any', 'port', '22');
    await onServer('ufw', 'delete', 'deny', 'from', v4);
    await until('it is back', async () => (await added()).includes(`ufw deny from ${v4} comment 'ringjail ownufw'`));
    await onServer('ufw', 'delete', 'deny', 'from', v4, 'to', '192.0.2.80');
    await until('that one, too', async () => (await added()).includes(`ufw deny from ${v4} to 192.0.2.80 comment 'ringjail web'`));
    await until('all is counted', () => web.health().repairs === 1 && enforcer.health().repairs === 1);
    assert.deepEqual([web.health().isUnknown, enforcer.health().isUnknown], [false, false]);
    await web.unban(v4);
    await web.stop();
    await onServer('ufw', 'delete', 'allow', 'from', '10.77.0.0/24', 'to', 'any', 'port', '22');
    await onServer('iptables', '-D', 'INPUT', '-j', 'ufw-before-input');
    await until('it is told', async () => /nothing leads to the rules of ufw/.test(enforcer.failureOf(v4) ?? ''));
    await onServer('iptables', '-A', 'INPUT', '-j', 'ufw-before-input');
    await until('it is in force', async () => enforcer.failureOf(v4) === undefined);
    await lifted(enforcer);
    assert.deepEqual(await added(), []);
  });

  test('hostsdeny', async () => {
    const file = join(directory, 'hosts.deny');
    const enforcer = await banned('hostsdeny');
    assert.equal(readFileSync(file, 'utf8'), `ALL: 198.51.100.7\nALL: ${v4}\nALL: [${v6}]\n`);
    writeFileSync(file, `# ${v4}\nALL: 198.51.100.7\n`);
    await until('both are back', () => readFileSync(file, 'utf8') === `# ${v4}\nALL: 198.51.100.7\nALL: ${v4}\nALL: [${v6}]\n`);
    rmSync(file);
    await until('both are back', () => existsSync(file) && readFileSync(file, 'utf8') === `ALL: ${v4}\nALL: [${v6}]\n`);
    await until('all are counted', () => enforcer.health().repairs === 2);
    writeFileSync(file, `ALL: 198.51.100.7\n${readFileSync(file, 'utf8')}`);
    await lifted(enforcer);
    assert.equal(readFileSync(file, 'utf8'), 'ALL: 198.51.100.7\n');
  });

  test('route', async () => {
    const enforcer = await banned('route');
    assert.match(await onServer('ip', 'route'), new RegExp(`unreachable ${v4}`));
    assert.match(await onServer('ip', '-6', 'route'), new RegExp(`unreachable ${v6}`));
    for (const address of [v4, v6]) await onServer('ip', 'route', 'del', 'unreachable', address);
    assert.doesNotMatch(await onServer('ip', 'route'), /unreachable/);
    await until(
      'both are back',
      async () => ((await onServer('ip', 'route')) + (await onServer('ip', '-6', 'route'))).match(/unreachable (?:10|fd)/g)?.length === 2,
    );
    await lifted(enforcer);
    assert.doesNotMatch(await onServer('ip', 'route'), /unreachable/);
  });

  test('mail-whois: a mail at the start, one a ban, none for restored bans', async () => {
    await banned('mail-whois');
    const mail = readFileSync(join(directory, 'mail'), 'utf8');
    assert.match(mail, new RegExp(`\\[-s\\]\\[\\[Fail2Ban\\] mailed: banned ${v4} from [\\w.-]+\\]\\[admin\\]`));
    assert.match(mail, new RegExp(`The IP ${v4} has just been banned by Fail2Ban after\n5 attempts against mailed`));
    assert.match(mail, new RegExp(`netname: ${v4}`));
    assert.equal(mail.match(/just been banned/g)?.length, 2);
    const next = create('mail-whois');
    next.restore([ticketOf(v4, { jail: 'mail-whois' })], [v6]);
    await next.start();
    assert.equal(readFileSync(join(directory, 'mail'), 'utf8'), mail);
  });

  test('text from a log comes through as it is, and runs nothing', async () => {
    const matches = ['user "$(touch /run/ringjail-owned)" `id` \\c %s \\n', "~!id 'x' ; rm -rf /"];
    await banned('sendmail-whois-matches', { matches });
    const sent = readFileSync(join(directory, 'sent'), 'utf8');
    assert.ok(sent.includes(`Matches:\n\n${matches.join('\n')}\n`), sent);
    assert.ok(!existsSync('/run/ringjail-owned'));
  });

  test('nginx-block-map: sessions, which are no addresses, and nothing that its file or sed would read as more', async () => {
    const file = join(directory, 'sessions.map');
    const enforcer = create('sessions');
    const ban = (text: string) => enforcer.ban(ticketOf(text, { jail: 'sessions', isRaw: true }));
    await enforcer.start();
    for (const text of ['A1b2-C3_d', 'a.c', 'abc', '192.0.2.7:80', 'bob@example.org']) {
      await ban(text);
      assert.equal(enforcer.failureOf(text), undefined);
    }
    const written = '\\A1b2-C3_d 1;\n\\a.c 1;\n\\abc 1;\n\\192.0.2.7:80 1;\n\\bob@example.org 1;\n';
    assert.equal(readFileSync(file, 'utf8'), written);
    for (const text of [
      'a" 1; }',
      '$(touch /run/ringjail-owned)',
      'x/w/run/ringjail-owned',
      '-rf',
      "'",
      'a b',
      '\\n',
      '%s',
      'x'.repeat(256),
    ]) {
      await ban(text);
      const isWord = /^x+$/.test(text);
      assert.match(enforcer.failureOf(text) ?? '', isWord ? /^$/ : /characters that action(?:un)?ban cannot be given safely/);
      await enforcer.unban(text);
    }
    assert.equal(readFileSync(file, 'utf8'), written);
    await enforcer.unban('a.c');
    assert.equal(readFileSync(file, 'utf8'), written.replace('\\a.c 1;\n', ''));
    assert.ok(!existsSync('/run/ringjail-owned'));
    const firewall = create('iptables');
    await firewall.ban(ticketOf('0/0', { jail: 'iptables', isRaw: true }));
    assert.match(firewall.failureOf('0/0') ?? '', /actionban uses <ip>, which is an address/);
  });

  test('shorewall, the real one', async () => {
    const start = `set -e
      for program in shorewall shorewall6; do
        mkdir ${directory}/$program ${directory}/$program.state
        family=ipv4; [ $program = shorewall ] || family=ipv6
        sed 's/^STARTUP_ENABLED=.*/STARTUP_ENABLED=Yes/' /etc/$program/$program.conf >${directory}/$program/$program.conf
        printf 'fw firewall\\nnet %s\\n' $family >${directory}/$program/zones
        printf '?FORMAT 2\\nnet ${lab.name}-s -\\n' >${directory}/$program/interfaces
        printf 'all all ACCEPT\\n' >${directory}/$program/policy
        mount --bind ${directory}/$program /etc/$program
        mount --bind ${directory}/$program.state /var/lib/$program
        $program start
      done`;
    const started = await run(lab.onServer('sh', '-c', start));
    assert.equal(started.code, 0, started.stdout + started.stderr);
    const enforcer = await banned('shorewall');
    // What config/action.d/shorewall.conf asks for.
    for (const program of ['iptables', 'ip6tables']) assert.match(await onServer(program, '-w', '5', '-S'), /-j dynamic/);
    assert.match(await onServer('iptables', '-S', 'dynamic'), new RegExp(`-s ${v4}/32 -j DROP`));
    assert.match(await onServer('ip6tables', '-S', 'dynamic'), new RegExp(`-s ${v6}/128 -j DROP`));
    await onServer('shorewall', 'allow', v4);
    await onServer('shorewall6', 'allow', v6);
    assert.doesNotMatch(await onServer('iptables', '-S', 'dynamic'), /DROP/);
    await until('both are back', async () => {
      const rules = (await onServer('iptables', '-S', 'dynamic')) + (await onServer('ip6tables', '-S', 'dynamic'));
      return [v4, v6].every((address) => new RegExp(`-s ${address}/\\d+ -j DROP`).test(rules));
    });
    await lifted(enforcer);
    assert.doesNotMatch(await onServer('iptables', '-S', 'dynamic'), /DROP/);
  });

  test('the attacked helper is alive, and has written down who asked for what', async () => {
    const bad = createConnection(socket);
    bad.on('error', () => bad.destroy());
    bad.write('{"id":1,"op":"ban","jail":"ufw","action":"ufw","ticket":{"network":"$(reboot)"}}\n');
    await new Promise((resolve) => bad.on('close', resolve));
    await assert.rejects(
      new RemoteAction({ name: 'iptables', jail: 'ufw', norestored: false, client }).ban(ticketOf(v4, { jail: 'ufw' })),
      /no enabled jail ufw .* names action iptables/,
    );
    for (const network of ['127.0.0.1', '10.77.0.2', 'fd77::2', '10.77.0.0/24']) {
      const enforcer = create('route');
      await enforcer.ban(ticketOf(network, { jail: 'route' }));
      assert.match(enforcer.failureOf(network) ?? '', /is protected \((?:loopback|address of this machine)\)/);
      await enforcer.stop();
    }
    chmodSync(join(directory, 'action.d/route.conf'), 0o666);
    const begun = new RemoteAction({ name: 'route', jail: 'route', norestored: false, client });
    await assert.rejects(begun.reload(), /route\.conf may be written by others than root/);
    // What was read while only root could write it ends it, and nothing is begun any more.
    await begun.stop();
    const route = create('route');
    await route.ban(ticketOf(v4, { jail: 'route' }));
    assert.match(route.failureOf(v4) ?? '', /route\.conf may be written by others than root/);
    await route.stop();
    assert.match(said, new RegExp(`uid 0: ban ${v4.replaceAll('.', '\\.')} by route of jail route: done in \\d+ ms`));
    assert.match(said, /refused: uid 0: a frame that is no request/);
    assert.equal(helper.exitCode, null);
  });
});
