import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { identityOfGroups, identityOfHost } from '../../src/match/line-identity.ts';

const identities: [groups: Record<string, string | string[]>, identity: string | undefined][] = [
  [{ ip4: '192.0.2.1' }, 'address 192.0.2.1'],
  [{ ip6: '2001:DB8:0::1' }, 'address 2001:db8::1'],
  [{ ip6: '::FFFF:c000:201' }, 'address 192.0.2.1'],
  [{ dns: 'Host.Example' }, 'name Host.Example'],
  [{ dns: '192.0.2.1' }, 'address 192.0.2.1'],
  [{ ip4: '999.1.1.1' }, 'name 999.1.1.1'],
  [{ ip6: '1:2' }, 'name 1:2'],
  [{ ip6: 'fe80::1%eth0' }, 'name fe80::1%eth0'],
  [{ ip4: '192.0.2.1', ip6: '2001:db8::1', dns: 'x' }, 'address 192.0.2.1'],
  [{ ip4: '', ip6: '2001:db8::1' }, 'address 2001:db8::1'],
  [{ ip6: '', dns: 'x' }, 'name x'],
  [{ ip4: '192.0.2.1', cidr: '24' }, 'address 192.0.2.0/24'],
  [{ ip4: '192.0.2.1', cidr: '32' }, 'address 192.0.2.1'],
  [{ ip4: '192.0.2.1', cidr: '33' }, 'address 192.0.2.1'],
  [{ ip4: '192.0.2.1', cidr: '0' }, 'address 192.0.2.1'],
  [{ ip4: '192.0.2.1', cidr: '9999999999' }, 'address 192.0.2.1'],
  [{ ip6: '2001:db8::1', cidr: '32' }, 'address 2001:db8::/32'],
  [{ ip6: '2001:db8::1', cidr: '128' }, 'address 2001:db8::1'],
  [{ ip4: '192.0.2.1', cidr: '' }, 'address 192.0.2.1'],
  [{ fid: 'session 5', ip4: '192.0.2.1' }, 'id session 5'],
  [{ fid: '2001:DB8::1' }, 'address 2001:db8::1'],
  [{ fid: '', ip4: '192.0.2.1' }, 'address 192.0.2.1'],
  [{ fid: ['192.0.2.1', '80'] }, 'id 192.0.2.1,80'],
  [{ user: 'root' }, undefined],
  [{ fid: '', dns: '' }, undefined],
  [{}, undefined],
];

describe('identityOfGroups', () => {
  for (const [groups, expected] of identities) {
    it(JSON.stringify(groups), () => {
      const identity = identityOfGroups(new Map(Object.entries(groups)));
      assert.equal(identity && `${identity.kind} ${identity.text}`, expected);
      assert.equal(identity?.network?.text, identity?.kind === 'address' ? identity.text : undefined);
    });
  }

  it('the host beside an id', () => {
    assert.equal(
      identityOfHost(
        new Map([
          ['fid', 'x'],
          ['ip4', '192.0.2.1'],
        ]),
      )?.text,
      '192.0.2.1',
    );
  });
});
