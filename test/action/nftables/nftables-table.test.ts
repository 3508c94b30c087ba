import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultScope } from '../../../src/action/nftables/nftables-scope.ts';
import { banSets, elementOf, ScopeTable, setOf } from '../../../src/action/nftables/nftables-table.ts';
import { network } from '../../core/network.ts';

describe('the set and the element of a network', () => {
  const cases: [text: string, set: string, element: string][] = [
    ['192.0.2.7', 'banned4', '192.0.2.7'],
    ['192.0.2.7/32', 'banned4', '192.0.2.7'],
    ['192.0.2.6/31', 'banned4_net', '192.0.2.6/31'],
    ['0.0.0.0/0', 'banned4_net', '0.0.0.0/0'],
    ['10.0.0.0/8', 'banned4_net', '10.0.0.0/8'],
    ['::ffff:192.0.2.7', 'banned4', '192.0.2.7'],
    ['2001:db8::7', 'banned6', '2001:db8::7'],
    ['2001:db8::/64', 'banned6_64', '2001:db8::'],
    ['2001:db8:0:1::/64', 'banned6_64', '2001:db8:0:1::'],
    ['2001:db8::/63', 'banned6_net', '2001:db8::/63'],
    ['2001:db8::/65', 'banned6_net', '2001:db8::/65'],
    ['2001:db8::/127', 'banned6_net', '2001:db8::/127'],
  ];
  for (const [text, set, element] of cases) {
    it(`${text}: ${element} in ${set}`, () => {
      assert.equal(setOf(network(text)).name, set);
      assert.equal(elementOf(network(text)), element);
    });
  }
});

describe('the commands for the table', () => {
  const commands = new ScopeTable(defaultScope).commands();

  it('keep the elements: nothing but chains is flushed, nothing is deleted', () => {
    for (const command of commands) assert.match(command, /^(?:add (?:table|set|chain|rule|counter)|flush chain) inet ringjail\b/);
  });

  for (const hook of ['input', 'forward']) {
    it(`drop on ${hook} by every set, before all other tables, and accept the rest`, () => {
      const own = commands.filter((command) => command.includes(` ringjail ${hook} `) || command.endsWith(` ringjail ${hook}`));
      assert.match(own[0] ?? '', new RegExp(`^add chain .* type filter hook ${hook} priority -160; policy accept;`));
      // After the flush, or each start would add the rules once more.
      assert.match(own[1] ?? '', /^flush chain/);
      const dropped = own.slice(2).map((command) => /@(\w+) counter name "banned" drop$/.exec(command)?.[1]);
      assert.deepEqual(
        dropped,
        banSets.map(({ name }) => name),
      );
    });
  }

  it('make every set one whose elements can end', () => {
    for (const { name, prefix } of banSets) {
      const made = commands.find((command) => command.startsWith(`add set inet ringjail ${name} `)) ?? '';
      assert.match(made, prefix === undefined ? /flags timeout, interval;/ : /flags timeout;/);
    }
  });
});
