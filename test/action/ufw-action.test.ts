// The rules of the action, on a fake ufw; test/system has it on the real one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PartFailure } from '../../src/action/action.ts';
import { UfwAction } from '../../src/action/ufw-action.ts';
import { network } from '../core/network.ts';
import { wantedOf } from './wanted.ts';

const later = 1;

/** As much of ufw(8) as the action uses. */
class FakeUfw {
  rules: string[];
  isActive = true;
  /** Says yes to everything, and does nothing. */
  isLying = false;
  readonly changes: string[] = [];
  /** Somebody flushed iptables behind ufw's back. */
  isFlushed = false;
  /** Somebody flushed INPUT, and nothing leads to the chains of ufw. */
  isUnlinked = false;
  /** IPV6=no in /etc/default/ufw. */
  hasIpv6 = true;
  readonly action = new UfwAction(async (program, args) => {
    if (program !== 'ufw') return { stdout: this.#chain(program, args), stderr: '' };
    return { stdout: this.#run(args), stderr: '' };
  });

  constructor(rules: readonly string[] = []) {
    this.rules = [...rules];
  }

  /** As iptables -S and ip6tables -S show what ufw made of the rules. */
  #chain(program: string, args: readonly string[]): string {
    const [prefix, chain] = program === 'iptables' ? [32, 'ufw-user-input'] : [128, 'ufw6-user-input'];
    const before = prefix === 32 ? 'ufw-before-input' : 'ufw6-before-input';
    if (args[2] === '-C') {
      const isInput = args[3] === 'INPUT';
      assert.deepEqual(args, ['-w', '5', '-C', ...(isInput ? ['INPUT', '-j', before] : [before, '-j', chain])]);
      if (isInput && this.isUnlinked) throw new Error(`${program}: Bad rule (does a matching rule exist in that chain?).`);
      return '';
    }
    assert.deepEqual(args, ['-w', '5', '-S', chain]);
    if (!this.isActive) throw new Error(`${program}: No chain/target/match by that name.`);
    const rules = this.isFlushed ? [] : this.rules;
    const lines = rules.flatMap((rule) => {
      const [, verdict, from = ''] = /^(deny|reject) from (\S+)(?: comment .*)?$/.exec(rule) ?? [];
      if (verdict === undefined || from.includes(':') !== (prefix === 128)) return [];
      return `-A ${chain} -s ${from.includes('/') ? from : `${from}/${prefix}`} -j ${verdict === 'deny' ? 'DROP' : 'REJECT'}`;
    });
    return [`-N ${chain}`, ...lines, ''].join('\n');
  }

  #run(args: readonly string[]): string {
    const command = args.join(' ');
    if (command === 'status') return this.isActive ? 'Status: active\n\nTo  Action  From\n' : 'Status: inactive\n';
    if (command === 'show added') {
      const rules = this.rules.length === 0 ? '(None)' : this.rules.map((rule) => `ufw ${rule}`).join('\n');
      return `Added user rules (see 'ufw status' for running firewall):\n${rules}\n`;
    }
    this.changes.push(command);
    if (this.isLying) return '';
    if (command.includes(':') && !this.hasIpv6) throw new Error('ERROR: Invalid IP version');
    const [, from, comment] = /^prepend deny from (\S+) comment (\S+)$/.exec(command) ?? [];
    if (from !== undefined) this.rules.unshift(`deny from ${from} comment '${comment}'`);
    else if (args[0] === 'delete') {
      const rule = args.slice(1).join(' ');
      const index = this.rules.findIndex((other) => other === rule || other.startsWith(`${rule} comment `));
      if (index === -1) throw new Error('Could not delete non-existent rule');
      this.rules.splice(index, 1);
    } else assert.fail(command);
    return 'Rule added\n';
  }
}

const ours = (text: string) => `deny from ${text} comment 'ringjail'`;

describe('UfwAction', () => {
  it('puts a ban before the rules that allow, with a comment that makes it ours', async () => {
    const ufw = new FakeUfw(['allow 22/tcp']);
    await ufw.action.enforce(
      [network('192.0.2.7'), network('2001:db8::/64')],
      wantedOf({ '192.0.2.7': later, '2001:db8::/64': Number.POSITIVE_INFINITY }),
    );
    assert.deepEqual(ufw.rules, [ours('2001:db8::/64'), ours('192.0.2.7'), 'allow 22/tcp']);
    assert.deepEqual(ufw.changes, ['prepend deny from 192.0.2.7 comment ringjail', 'prepend deny from 2001:db8::/64 comment ringjail']);
  });

  it('is idempotent', async () => {
    const ufw = new FakeUfw();
    for (let time = 0; time < 3; time++) {
      await ufw.action.enforce([network('192.0.2.7')], wantedOf({ '192.0.2.7': later }));
      await ufw.action.reconcile(wantedOf({ '192.0.2.7': later }));
    }
    assert.equal(ufw.changes.length, 1);
  });

  it('of nothing changes nothing', async () => {
    const ufw = new FakeUfw(['allow 22/tcp']);
    await ufw.action.enforce([], wantedOf({}));
    await ufw.action.reconcile(wantedOf({}));
    assert.deepEqual(ufw.changes, []);
  });

  it('unban deletes our rule', async () => {
    const ufw = new FakeUfw([ours('192.0.2.7'), 'allow 22/tcp', ours('192.0.2.8')]);
    await ufw.action.enforce([network('192.0.2.7')], wantedOf({ '192.0.2.8': later }));
    assert.deepEqual(ufw.rules, ['allow 22/tcp', ours('192.0.2.8')]);
  });

  for (const rule of ['deny from 192.0.2.7', "deny from 192.0.2.7 comment 'my neighbour'", "deny from 192.0.2.7 comment 'not ringjail'"]) {
    it(`the owner's ${rule} serves as the ban, and stays when it ends`, async () => {
      const ufw = new FakeUfw([rule]);
      await ufw.action.enforce([network('192.0.2.7')], wantedOf({ '192.0.2.7': later }));
      await ufw.action.enforce([network('192.0.2.7')], wantedOf({}));
      await ufw.action.reconcile(wantedOf({}));
      assert.deepEqual(ufw.changes, []);
      assert.deepEqual(ufw.rules, [rule]);
    });
  }

  for (const rule of [
    'deny from 192.0.2.7 to any port 22',
    'reject from 192.0.2.7',
    'allow from 192.0.2.7',
    'deny out to 192.0.2.7',
    'deny from 192.0.2.0/24',
  ]) {
    it(`the owner's ${rule} is not the ban, and is left alone`, async () => {
      const ufw = new FakeUfw([rule]);
      await ufw.action.enforce([network('192.0.2.7')], wantedOf({ '192.0.2.7': later }));
      assert.deepEqual(ufw.rules, [ours('192.0.2.7'), rule]);
      await ufw.action.reconcile(wantedOf({}));
      assert.deepEqual(ufw.rules, [rule]);
    });
  }

  it('reconcile takes away our rules that nobody wants any more, and adds what is missing', async () => {
    const ufw = new FakeUfw([ours('192.0.2.1'), 'allow 22/tcp', ours('2001:db8::1')]);
    await ufw.action.reconcile(wantedOf({ '2001:db8::1': later, '192.0.2.3': later }));
    assert.deepEqual(ufw.rules, [ours('192.0.2.3'), 'allow 22/tcp', ours('2001:db8::1')]);
  });

  it('rules that nobody but ufw understands do not matter', async () => {
    const rules = [
      '',
      'deny from any',
      "deny from 192.0.2.7 comment 'ringjail' x",
      "allow in on eth0 comment 'it''s ringjail'",
      'route deny from 192.0.2.7',
    ];
    const ufw = new FakeUfw(rules);
    await ufw.action.reconcile(wantedOf({}));
    assert.deepEqual(ufw.rules, rules);
  });

  it('a ufw that takes a change and does nothing is found out, for a ban and for an unban', async () => {
    for (const [rules, wanted] of [
      [[], { '192.0.2.7': later }],
      [[ours('192.0.2.7')], {}],
    ] as const) {
      const ufw = new FakeUfw(rules);
      ufw.isLying = true;
      await assert.rejects(ufw.action.enforce([network('192.0.2.7')], wantedOf(wanted)), {
        code: 'unavailable',
        message: /do not agree for 192\.0\.2\.7$/,
      });
    }
  });

  it('a ban that ufw refuses holds up no other, and no unban; it is told, and only it', async () => {
    const ufw = new FakeUfw([ours('192.0.2.9')]);
    ufw.hasIpv6 = false;
    const wanted = wantedOf({ '2001:db8::7': later, '192.0.2.7': later });
    const only = (error: unknown) => {
      assert.ok(error instanceof PartFailure);
      assert.deepEqual([...error.failed.keys()], ['2001:db8::7']);
      assert.match(error.message, /not 2001:db8::7: ERROR: Invalid IP version/);
      return true;
    };
    const networks = [network('2001:db8::7'), network('192.0.2.7'), network('192.0.2.9')];
    await assert.rejects(ufw.action.enforce(networks, wanted), only);
    assert.deepEqual(ufw.rules, [ours('192.0.2.7')]);
    assert.equal(ufw.changes[0], 'delete deny from 192.0.2.9');
    await assert.rejects(ufw.action.reconcile(wanted), only);
    ufw.isFlushed = true;
    await assert.rejects(ufw.action.reconcile(wanted), /sudo ufw reload/);
  });

  it('a ufw that is not active shuts nobody out: that is a failure, with its cure', async () => {
    const ufw = new FakeUfw();
    ufw.isActive = false;
    await assert.rejects(ufw.action.enforce([network('192.0.2.7')], wantedOf({ '192.0.2.7': later })), {
      code: 'unavailable',
      message: /ufw is not active.*sudo ufw enable/,
    });
  });

  describe('looks whether the bans are still there', () => {
    const bans = wantedOf({ '192.0.2.7': later, '2001:db8::/64': later });
    const banned = async (rules: readonly string[] = []) => {
      const ufw = new FakeUfw(rules);
      await ufw.action.reconcile(bans);
      return ufw;
    };

    it('they are, also where a rule of the owner serves as one', async () => {
      for (const rules of [[], ['deny from 192.0.2.7']]) assert.equal(await (await banned(rules)).action.isInForce(bans), true);
    });

    const harms: Readonly<Record<string, (ufw: FakeUfw) => void>> = {
      'a deleted rule': (ufw) => void ufw.rules.shift(),
      'a reset': (ufw) => {
        ufw.rules = [];
        ufw.isActive = false;
      },
      'a disabled ufw': (ufw) => {
        ufw.isActive = false;
      },
      'a flush behind its back': (ufw) => {
        ufw.isFlushed = true;
      },
      'a flush of INPUT, so that nothing leads there': (ufw) => {
        ufw.isUnlinked = true;
      },
      'a rule that only looks alike': (ufw) => {
        ufw.rules = ['reject from 192.0.2.7', ...ufw.rules.slice(0, 1)];
      },
    };
    for (const [name, harm] of Object.entries(harms)) {
      it(`${name}: they are not`, async () => {
        const ufw = await banned();
        harm(ufw);
        assert.equal(await ufw.action.isInForce(bans), false);
      });
    }

    it('nothing is asked of a family that has no ban', async () => {
      const asked: string[] = [];
      const action = new UfwAction(async (program) => {
        asked.push(program);
        return { stdout: '-A ufw-user-input -s 192.0.2.7/32 -j DROP\n', stderr: '' };
      });
      assert.equal(await action.isInForce(wantedOf({})), true);
      assert.equal(await action.isInForce(wantedOf({ '192.0.2.7': later })), true);
      assert.deepEqual([...new Set(asked)], ['iptables']);
    });

    it('rejects where nobody can tell', async () => {
      const action = new UfwAction(() => Promise.reject(new Error('iptables: Permission denied')));
      await assert.rejects(action.isInForce(bans), /Permission denied/);
    });

    it('tells what was missing, also when ufw refused to work in between', async () => {
      const ufw = await banned();
      ufw.rules = [];
      ufw.isActive = false;
      await assert.rejects(ufw.action.reconcile(bans), /not active/);
      ufw.isActive = true;
      assert.deepEqual(await ufw.action.reconcile(bans), { found: '2 rules of ufw missing', bans: 2 });
      assert.equal(await ufw.action.reconcile(bans), undefined);
    });

    for (const harm of ['isFlushed', 'isUnlinked'] as const) {
      it(`what only the kernel lacks is not ours to load again: told, with the cure (${harm})`, async () => {
        const ufw = await banned();
        ufw[harm] = true;
        await assert.rejects(ufw.action.reconcile(bans), /the kernel does not have them.*sudo ufw reload/);
      });
    }
  });
});
